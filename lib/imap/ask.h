/*
 * Listing folders: one flight over many, read-only, UNSELECT between them.  An
 * ask is one folder's question and, afterwards, its answer.
 *
 * A question that cannot be answered by its rung of the ladder, or whose answer
 * contradicts itself, is put again on a lower one at the end of the same flight; nothing
 * but an answer that is proven leaves a message out (hazards 22 and 23).
 *
 * An answer that fits can still be a part of the truth (hazard 27).  What an earlier one
 * said is gone, and is much, is asked for by itself; and STATUS, which selects nothing, counts too.
 */
#ifndef IMAP_ASK_H
#define IMAP_ASK_H

#include <stdint.h>
#include <time.h>

#include "base/digest.h"
#include "base/queue.h"
#include "base/rung.h"
#include "base/uidset.h"
#include "imap/mailbox.h"

#define ASK_FLAGS	5	/* those that both sides have */
#define ASK_WINDOW	(4u << 20)	/* bytes of answers on their way at a time */
#define ASK_LINE	3600	/* bytes of a uid set in one command: none is longer than 4 kB */

struct ask_flight;

/* Of every message, whatever the state knows: then "since" is 1 and nothing is a delta. */
enum ask_all {
	ASK_NOT_ALL,
	ASK_SIZES,		/* its size */
	ASK_FULL		/* and the digest of all its bytes */
};

struct ask {
	char		*remote;	/* owned */
	uint32_t	 since;		/* uids from here on are asked for size and date; at least 1 */
	int		 onlynew;	/* uids below that are not listed at all */
	struct uidset	 probe;		/* uids whose digest is wanted */
	struct uidset	 whole;		/* those whose digest of all bytes is wanted too */
	struct uidset	 doubt;		/* uids that an earlier listing said are gone */
	enum ask_all	 all;
	enum rung	 rung;		/* by which to ask; becomes the one that answered */
	enum rung	 began;		/* the first one */
	enum rung	 full;		/* by which, if that fails; RUNG_ANY is RUNG_PLAIN */
	uint64_t	 expect;	/* bytes of the answer, about; 0: unknown */

	/* the state's head, and its rows: for the rungs that answer with what changed */
	uint32_t	 validity;
	uint64_t	 modseq;
	struct uidset	 rows;		/* what a delta may leave out */
	struct uidset	 kept;		/* rows that it must tell of */
	int		 search;	/* RUNG_CONDSTORE: ask which of them are left */
	int		 bare;		/* the server is not to be asked for HIGHESTMODSEQ */

	/* the answer */
	int		 done;
	int		 delta;		/* found and gone are what changed; else found is all there is */
	char		*why;		/* why it could not be listed, or NULL; owned */
	struct mailbox	 box;
	struct queue	 found;		/* records "m r" */
	uint64_t	 nfound;
	struct uidset	 gone;		/* of a delta: rows that are there no more */
	uint32_t	 last;		/* highest uid found */
	int		 moved;		/* the folder changed while it was listed */
	enum rung	 blame;		/* the rung that was caught lying, or RUNG_ANY */
	const char	*lie;		/* what it said */
	const char	*hides;		/* why an answer that fits is not all there is, or NULL */

	/* private to ask*.c */
	struct ask_flight *flight;	/* that it is in */
	unsigned	 due;		/* commands not yet answered */
	int		 examined;	/* EXAMINE has been answered */
	int		 stirred;	/* EXISTS changed after that: a count that does not fit is no lie */
	int		 param;		/* EXAMINE had a parameter */
	int		 noparam;	/* and was answered BAD for it */
	int		 refused;	/* a command of this rung was refused: it cannot be the answer */
	int		 agains, plains;	/* times asked again by the same rung, and by the lowest */
	enum rung	 accused;	/* the rung whose answer has to be checked by another */
	const char	*charge;	/* what it said */
	int		 certain;	/* it needs no other proof */
	uint64_t	 top;		/* highest MODSEQ of a FETCH */
	uint64_t	 mustreach;	/* one that a later HIGHESTMODSEQ must reach */
	uint64_t	 first;		/* messages when EXAMINE was answered */
	uint64_t	 nlate;		/* found that have come since */
	uint64_t	 nnew, nforeign;	/* found with a uid from since on; those not among the rows */
	uint64_t	 strange;	/* found below it that are not among the rows either */
	struct uidset	 seen;		/* uids found, without the kept */
	struct uidset	 keptseen;	/* the kept that were found */
	struct uidset	 left;		/* below since, as SEARCH says */
	struct uidset	 back;		/* the doubted that were shown */
	struct mailbox	 status;	/* with doubt: as STATUS told */
	struct uidset	 vanished;	/* as VANISHED (EARLIER) says */
	struct uidset	 flag[ASK_FLAGS];
	unsigned	 tags[ASK_FLAGS + 1];	/* of the searches for each flag and for all */
	unsigned	 answered;	/* bits: which of them have been */
};

struct ask	*ask_new(const char *remote);
void		 ask_free(struct ask *);
void		 ask_empty(struct ask *);	/* frees what question and answer hold; its name stays */

/* Told of each ask that is done, in the order of the flight; 0, or -1 with the error set. */
struct ask_news {
	int		(*done)(void *, struct ask *, struct err *);
	void		*arg;
};

/*
 * Asks for every ask in the array that is not done.  0, or -1 if the session broke
 * (im->err): then those without an answer stay not done.  news may be NULL.
 */
int	 ask_all(struct imap *, struct ask **, size_t n, int utf8, const struct ask_news *);
/*
 * 1 if the answer is complete: as many messages as EXISTS (unless onlynew), nothing moved,
 * and nothing was shown besides; a delta only gets done if it is.
 */
int	 ask_proven(const struct ask *);

#endif
