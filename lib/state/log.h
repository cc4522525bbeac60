/* The audit log: the last lines of reports, bounded. */
#ifndef STATE_LOG_H
#define STATE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "state/env.h"

#define STATE_LOG_MAX	10000u	/* lines that are worth keeping */

/* Appends a line (no LF). */
int	 state_log_put(struct state *, const char *line, size_t len, struct err *);
/* Drops the oldest lines beyond that many. */
int	 state_log_trim(struct state *, uint64_t keep, struct err *);
/*
 * The first line with a number above "after" (0 for the oldest): 1, its number and
 * the line (not NUL-terminated, borrowed), 0 at the end, -1.
 */
int	 state_log_next(struct state *, uint64_t after, uint64_t *seq, const char **line,
	    size_t *len, struct err *);

#endif
