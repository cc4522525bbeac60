/*
 * Lines kept for later, first in first out: in memory while they are few, in a
 * temporary file (base/spill.h) beyond that, so that no stream's length is a limit.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/spill.h"

#define QUEUE_MEMORY	(256u << 10)	/* bytes held in memory at either end */

struct queue {
	struct buf	 head;		/* being read, from "at" */
	size_t		 at;
	struct buf	 tail;		/* being written */
	struct spill	 spill;		/* what is in neither */
	off_t		 rpos, wpos;	/* in it */
	uint64_t	 lines;		/* put and not yet taken */
};

void	 queue_init(struct queue *);
void	 queue_free(struct queue *);
/* Adds a line (no LF).  -1 with errno if the spill file could not be written. */
int	 queue_put(struct queue *, const char *line, size_t len);
/*
 * Takes the oldest line: 1 and the line (NUL-terminated, LF dropped; lives until
 * the next call on this queue), 0 if there is none, -1 with errno.
 */
int	 queue_get(struct queue *, char **line, size_t *len);

#endif
