/*
 * Where words for people go: a stream and, appended to, a log file.  All of it
 * passes through pct_show, so that no foreign byte reaches a terminal.
 */
#ifndef DRIVER_SINK_H
#define DRIVER_SINK_H

#include <stdio.h>

#include "base/err.h"
#include "driver/words.h"

struct sink {
	FILE		*to;	/* borrowed */
	FILE		*log;	/* or NULL */
	enum level	 level;	/* what is below it is not said */
};

/* log: a file name or NULL. */
int	 sink_open(struct sink *, FILE *to, enum level, const char *log, struct err *);
/* -1 with errno if something could not be written. */
int	 sink_close(struct sink *);
/* One line. */
void	 sink_say(struct sink *, enum level, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

#endif
