/*
 * One direction of a connection: bytes that come from one socket and go to
 * another, later by a delay, at most at a rate.  What came together goes
 * together, and nothing waits for what went before it: a delay is no pause.
 */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <stddef.h>
#include <stdint.h>

#define FLOW_NEVER	INT64_MAX
#define FLOW_PARTS	4096		/* arrivals that can be on the way at once */

/* The wire in this direction, which all connections share. */
struct wire {
	int64_t		 delay;		/* nanoseconds one way */
	uint64_t	 rate;		/* bytes a second, 0 for no limit */
	uint64_t	 cut;		/* a connection ends after that many, 0 for never */
	int64_t		 free_at;	/* what was sent up to now has passed by then */
	uint64_t	 bytes;		/* that came in, over all connections */
};

/* Bytes up to an offset in the stream that may go out at a time. */
struct part {
	int64_t		 due;
	uint64_t	 end;
};

struct flow {
	struct wire	*wire;
	char		*ring;		/* of "window" bytes */
	size_t		 window;
	uint64_t	 base;		/* a byte of the stream that lies at the ring's start */
	uint64_t	 in, out;	/* bytes that have come and gone */
	struct part	 parts[FLOW_PARTS];
	unsigned	 first, nparts;
	int64_t		 eof_at;	/* when the end of the stream is due, or FLOW_NEVER */
	int64_t		 not_before;	/* nothing arrives earlier: the connection is being made */
	int		 ended;		/* the end has gone out too */
};

/* Nanoseconds of a clock that only moves forward. */
int64_t	 flow_now(void);

void	 flow_init(struct flow *, struct wire *, int64_t not_before);
void	 flow_free(struct flow *);
/* Whether more can be taken in. */
int	 flow_room(const struct flow *);
/* When it has something to send: now or earlier, later, or FLOW_NEVER. */
int64_t	 flow_due(const struct flow *);
/* Takes what a socket has: bytes or 0, -1 if the connection is broken. */
int64_t	 flow_take(struct flow *, int from);
/* Sends what is due: 0, 1 if this was the byte to cut at, -1 if the connection is broken. */
int	 flow_give(struct flow *, int to);

#endif
