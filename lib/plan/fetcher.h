/*
 * imap-fetch: copies a plan and fetches the message of each "copy local" line into
 * a spool file.  Commands for later messages go out while earlier ones come in, on several
 * sessions if there is work for them, so that the server is never waited for between folders
 * or messages; lines leave in the order they came.
 */
#ifndef PLAN_FETCHER_H
#define PLAN_FETCHER_H

#include "base/rec.h"
#include "conf/account.h"

struct fetcher {
	const struct account *a;
	struct recin	*in;
	int		 out;		/* descriptor */
	char		*const *transport;
	int		 timeout;	/* for imap_open */
	int		 trace;
};

/*
 * 0, or -1 with the error set.  A message that could not be fetched passes without a
 * spool; *status is then the exit status that it means, and why has the first such error.
 */
int	 fetcher_run(const struct fetcher *, int *status, struct err *why, struct err *);

#endif
