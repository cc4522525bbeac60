/*
 * Sorts lines by keys: in memory while they are few, in runs in a
 * temporary file (base/spill.h) beyond that.
 */
#ifndef PLAN_SORT_H
#define PLAN_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/spill.h"

struct sort_run;

struct sort {
	struct buf	 arena;		/* entries not yet in a run */
	size_t		 memory;	/* bytes of them that make a run */
	uint32_t	*at;		/* where each starts */
	size_t		 n, cap;
	size_t		 next;		/* of them, once reading has begun */
	struct spill	 spill;		/* runs */
	off_t		 end;
	struct buf	 last;		/* the last entry of the last run */
	struct sort_run	*runs;
	size_t		 nruns, live;	/* while reading: a heap of those not used up */
	int		 reading;
};

#define SORT_MEMORY	(2u << 20)

void	 sort_init(struct sort *, size_t memory);	/* memory: mostly SORT_MEMORY */
void	 sort_free(struct sort *);
/* Adds a line (no LF) under a key.  Equal keys: by the line.  0, or -1 with errno. */
int	 sort_add(struct sort *, const char *key, size_t keylen, const char *line, size_t len);
/*
 * The next line in order: 1 and the line, 0 at the end, -1 with errno.  It lives until
 * the next call.  After the first call nothing may be added.
 */
int	 sort_next(struct sort *, const char **line, size_t *len);

#endif
