/*
 * What the planner asked to know more about, as the lines of its plan.  They
 * go back into the stream of pairs, behind the heads of their folder.
 */
#ifndef DRIVER_PROBES_H
#define DRIVER_PROBES_H

#include <stddef.h>

struct probe {
	char	*line;		/* without an outcome; or "wait - R L " */
	int	 round;		/* that it was first asked in */
};

struct probes {
	struct probe	*probe;		/* sorted by line after probes_settle */
	size_t		 n, cap;
};

void	 probes_free(struct probes *);
/* Notes a probe line (an outcome in front is dropped) of this round. */
void	 probes_add(struct probes *, const char *line, int round);
/* Notes the folder of a report's line: it waits for the answers, and is part of the next round. */
void	 probes_wait(struct probes *, const char *line, int round);
/* Ends a round: sorts, drops what was asked before.  How many are new. */
size_t	 probes_settle(struct probes *, int round);
/*
 * The probes of the folder whose pair line this is: calls fn for each, or with
 * NULL only counts, one that waits included.  fresh: only if one of them is of this round (0: any).
 */
size_t	 probes_of(const struct probes *, const char *pair, int fresh,
	    void (*fn)(void *arg, const char *line), void *arg);

#endif
