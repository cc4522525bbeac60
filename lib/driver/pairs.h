/*
 * The stream of pairs from sync-pair: kept, and fed to the planning half of the
 * pipe, again for each round of probes.
 */
#ifndef DRIVER_PAIRS_H
#define DRIVER_PAIRS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/queue.h"
#include "base/rec.h"
#include "driver/probes.h"

#define PAIRS_NAMED	3

struct pairs {
	struct queue	 now, again;	/* to be fed, and fed before */
	uint64_t	 lines;		/* of the stream that came in */
	uint64_t	 work;		/* pair, create and forget lines among them */
	char		*named[PAIRS_NAMED];	/* the server's names of the first of them that are pairs */
	uint64_t	 npairs;	/* of how many */
	int		 complete;	/* its end has come */
	/* while feeding */
	const struct probes *probes;	/* borrowed */
	int		 round;
	int		 whole;		/* all pairs with all probes, not just the probed */
	int		 folder;	/* 1 within a pair that is fed, 0 in none, -1 in one that is not */
	char		*pair;		/* whose probes are still to come */
	uint64_t	 fed;		/* lines */
};

void	 pairs_open(struct pairs *);
void	 pairs_close(struct pairs *);

/* Takes a record of sync-pair.  -1 with the error: after the end, or a wrong count. */
int	 pairs_take(struct pairs *, const struct rec *, struct err *);

/*
 * Begins to feed from the start.  The first round is the stream as it came; a
 * later one holds the probed folders without their heads, which have changed
 * since, or, if whole, all that the first had, with the probes in it.
 */
void	 pairs_rewind(struct pairs *, const struct probes *, int round, int whole);
/* Some more lines: 1, 0 when these were the last, -1 with the error.  As chain_news.feed. */
int	 pairs_feed(struct pairs *, struct buf *, struct err *);

#endif
