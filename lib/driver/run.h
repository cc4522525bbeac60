/*
 * A run of the program: for each account the pipe to sync-pair, and if that
 * found work the rest of it, in as many rounds as the planner's questions take.
 */
#ifndef DRIVER_RUN_H
#define DRIVER_RUN_H

#include "driver/options.h"

/*
 * Runs all that the options ask for; says everything through the user
 * interface, and what keeps it from having one on standard error.  The exit status.
 */
int	 run(const struct options *);

#endif
