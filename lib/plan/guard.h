/*
 * Deletions of one side wait here until all of the folder's are counted: then
 * either the deletions are planned, or what keeps the messages instead.
 */
#ifndef PLAN_GUARD_H
#define PLAN_GUARD_H

#include <stdint.h>

#include "base/queue.h"

struct guard {
	struct queue	 q;
	uint64_t	 n;
};

void	 guard_init(struct guard *);
void	 guard_free(struct guard *);
/* Adds a deletion: the line and the keep that may stand in for it.  0, or -1 with errno. */
int	 guard_put(struct guard *, const struct buf *act, const struct buf *keep);
/* Takes the oldest one's line, or its keep: 1, 0 if there is none, -1 with errno. */
int	 guard_take(struct guard *, int keep, struct buf *);

#endif
