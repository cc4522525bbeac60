/*
 * One session of imap-fetch at work: which folder it has selected, which chunks it was
 * asked for, the message that is coming.  A lane that dies lets go of its chunks.
 */
#ifndef PLAN_LANE_H
#define PLAN_LANE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "imap/mailbox.h"
#include "imap/session.h"
#include "plan/chunk.h"
#include "plan/spool.h"

#define LANE_BYTES	(8u << 20)	/* asked for and not yet received */
#define LANE_CHUNKS	1024		/* as many folders, if each has little */

enum lane_state { LANE_ASKED, LANE_OPEN, LANE_GONE };

struct fetching;

struct lane {
	struct fetching	*run;
	enum lane_state	 state;
	struct imap	 im;
	struct chunk	*front, *last;	/* in flight, in the order of their commands */
	size_t		 nchunks;	/* of them */
	uint64_t	 inflight;	/* bytes of them that have not come */
	char		*remote;	/* of the EXAMINE sent last; owned */
	uint32_t	 validity;	/* that it should find */
	struct mailbox	 box;		/* of the folder whose answers come */
	char		*refused;	/* why that one cannot be read, or NULL */
	struct imap_sink sink;		/* of message bodies, into the spool */
	struct spool	 spool;
};

/* A session is asked for; how as for imap_ask_for.  0, or -1 with the error set: it is gone. */
int	 lane_ask(struct lane *, struct fetching *, unsigned how, struct err *);
/* What was asked for is there.  0, or -1 likewise. */
int	 lane_take(struct lane *, struct err *);
/* Queues a chunk's commands; a folder that cannot be named makes it done at once. */
void	 lane_send(struct lane *, struct chunk *);
/* Leaves the selected folder behind what was sent; nothing if none is. */
void	 lane_leave(struct lane *);
/*
 * Ends it, and gives the session back if it can be.  Chunks in flight are free again, with what has
 * come of them.
 */
void	 lane_close(struct lane *);

#endif
