/* What imap-fetch and the server say to each other (RFC 3501); for fetcher.c. */
#ifndef PLAN_FETCH_H
#define PLAN_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "imap/mailbox.h"
#include "imap/session.h"
#include "plan/chunk.h"
#include "plan/fetcher.h"
#include "plan/spool.h"

struct fetching {
	const struct fetcher *f;
	struct imap	 im;
	int		 asked, open, dead;	/* the session: asked for, there, given up */
	struct chunk	*head, *tail;	/* in order of output */
	size_t		 nchunks;
	struct queue	 later;		/* lines beyond what chunks are made of at a time */
	struct chunk	*front;		/* the one whose answers are coming */
	struct mailbox	 box;		/* of the selected folder */
	char		*refused;	/* why the selected folder cannot be read, or NULL */
	struct chunk	 selected;	/* remote (owned) and validity of the EXAMINE sent last */
	uint64_t	 inflight;	/* bytes */
	size_t		 nflight;	/* chunks */
	struct imap_sink sink;		/* of message bodies, into the spool */
	struct spool	 spool;
	int		 eof;		/* of the plan */
	int		 status;	/* exit status of the worst problem */
	struct err	*why;		/* the first one; borrowed */
};

/* Something failed, the rest goes on. */
void	 fetch_problem(struct fetching *, const struct err *);
/* The session is there: what it brings goes to the spool. */
void	 fetch_listen(struct fetching *);
/* Queues a chunk's commands; a folder that cannot be named makes it done at once. */
void	 fetch_send(struct fetching *, struct chunk *);

#endif
