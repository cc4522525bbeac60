/*
 * What sync-plan and sync-verify share: tools that are pure functions of a listing
 * (offlineimap-records(5)), read no configuration and shut themselves in.
 */
#ifndef PLAN_PURE_H
#define PLAN_PURE_H

#include "base/err.h"
#include "base/rec.h"

/*
 * Reads a listing to its end, proven by its count.  Its first line becomes VERB "1 account="
 * on the output; each other line but the stream's own end goes to record.  0, or -1.
 */
int	 pure_read(struct recin *, struct recout *, const char *verb,
	    int (*record)(void *, const struct rec *, struct err *), void *, struct err *);

/*
 * The whole of main: options, confinement, run from standard input to output.  run returns
 * 0 and the exit status, or -1.  Returns the exit status.
 */
int	 pure_main(int argc, char *argv[], const char *name,
	    int (*run)(struct recin *, struct recout *, int *status, struct err *));

#endif
