/*
 * Listing folders: one flight over many, read-only, UNSELECT between them.  An
 * ask is one folder's question and, afterwards, its answer.
 */
#ifndef IMAP_ASK_H
#define IMAP_ASK_H

#include <stdint.h>
#include <time.h>

#include "base/digest.h"
#include "base/queue.h"
#include "imap/mailbox.h"
#include "imap/set.h"

struct ask {
	struct ask	*next;
	char		*remote;	/* owned */
	uint32_t	 since;		/* uids from here on are asked for size and date; at least 1 */
	int		 onlynew;	/* uids below that are not listed at all */
	struct uidset	 probe;		/* uids whose digest is wanted */
	struct uidset	 whole;		/* those whose digest of all bytes is wanted too */

	/* the answer */
	int		 done;
	char		*why;		/* why it could not be listed, or NULL; owned */
	struct mailbox	 box;
	struct queue	 found;		/* records "m r" */
	uint64_t	 nfound;
	uint32_t	 last;		/* highest uid found */
	int		 moved;		/* the folder changed while it was listed */

	/* private to ask.c */
	void		*flight;	/* that it is in */
	unsigned	 due;		/* commands not yet answered */
	int		 examined;	/* EXAMINE has been answered */
	struct uidset	 seen;
};

struct ask	*ask_new(const char *remote);
void		 ask_free(struct ask *);

/*
 * Asks for every ask in the array that is not done.  0, or -1 if the session broke
 * (im->err): then those without an answer stay not done.
 */
int	 ask_all(struct imap *, struct ask **, size_t n, int utf8);
/* 1 if the listing is complete: as many messages as EXISTS (unless onlynew), and nothing moved. */
int	 ask_proven(const struct ask *);

#endif
