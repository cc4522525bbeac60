/* One account, from its lock to its summary. */
#ifndef DRIVER_ACCOUNT_H
#define DRIVER_ACCOUNT_H

#include "conf/account.h"
#include "driver/loop.h"
#include "driver/options.h"
#include "driver/ui.h"

/* Synchronizes it, or only plans.  Tells the user interface; the exit status. */
int	 account_run(const struct account *, const struct options *, int dryrun,
	    struct loop *, struct ui *);

#endif
