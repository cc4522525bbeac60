/*
 * The plan on its way out, and the deletions of all its folders together.
 *
 * Where the pairs say that the account may lose more than maxdelete lets through (total),
 * everything from the first deletion on waits until the last folder is planned: then all
 * deletions of a side go, or messages are kept in place of all of them.
 */
#ifndef PLAN_TOTAL_H
#define PLAN_TOTAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/queue.h"
#include "base/rec.h"
#include "plan/rules.h"

struct plan {
	struct recout	*out;		/* borrowed */
	uint64_t	 lines;		/* written behind the header */

	/* private */
	struct maxdelete limit;
	uint64_t	 total;		/* rows of the account; 0: it cannot come to that many */
	uint64_t	 deletes[2];	/* deletions planned: local, remote */
	int		 waiting;	/* lines wait */
	struct queue	 q;		/* they do here */
	int		 error;		/* errno of that, or 0 */
};

void	 plan_init(struct plan *, struct recout *);
void	 plan_free(struct plan *);
/* Takes what a pair record says of the account; its maxdelete is read already, so it is sound. */
void	 plan_pair(struct plan *, const struct rec *);
/* A line (no LF) that is ready; a write that fails is told by the output's flush. */
void	 plan_line(struct plan *, const char *line, size_t len);
/* The last folder is planned: what waits goes out.  0 or -1. */
int	 plan_release(struct plan *, struct err *);

#endif
