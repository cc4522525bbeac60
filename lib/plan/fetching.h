/* The state of a run of imap-fetch; for fetcher.c, share.c and lane.c. */
#ifndef PLAN_FETCHING_H
#define PLAN_FETCHING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/queue.h"
#include "plan/chunk.h"
#include "plan/fetcher.h"
#include "plan/lane.h"
#include "plan/spool.h"

#define LANES_MAX	16

struct fetching {
	const struct fetcher *f;
	struct chunk	*head, *tail;	/* in order of output */
	size_t		 nchunks, nwants;	/* and the messages of all of them */
	struct queue	 later;		/* lines beyond what chunks are made of at a time */
	int		 eof;		/* of the plan */
	int		 idle;		/* no line of it is waiting to be read */

	struct lane	 lane[LANES_MAX];
	size_t		 nlanes;	/* ever asked for */
	int		 confined;	/* it has shut itself in */
	int		 dead;		/* there is no session, nor will there be one */
	struct err	 lost;		/* why the last lane died */
	uint64_t	 waiting;	/* bytes of the lines that no lane was asked for yet */
	size_t		 unsent;	/* chunks to fetch for that no lane has */
	struct spools	 spools;

	struct queue	 ready;		/* lines to write */
	struct buf	 piece;		/* those being written */
	int		 status;	/* exit status of the worst problem */
	struct err	*why;		/* the first one; borrowed */
};

/* Something failed, the rest goes on. */
void	 fetch_problem(struct fetching *, const struct err *);

/*
 * fetch_confine.c: opens what will be needed and shuts the process in; before the first session
 * is asked for.  0, or -1 with the error set.
 */
int	 fetch_confine(struct fetching *, struct err *);

/* share.c: asks for sessions as far as there is work for them. */
void	 share_ask(struct fetching *);
/* Gives the lanes what there is to fetch, each as much as its window allows. */
void	 share_out(struct fetching *);
/*
 * Waits for the lanes and the descriptors given, and does what the lanes ask for; then takes
 * sessions that have come and lets go of lanes that died.  0, or -1 with errno.
 */
int	 share_wait(struct fetching *, struct pollfd *, size_t n);
/* 1 if nothing is asked of any lane. */
int	 share_quiet(const struct fetching *);

#endif
