/*
 * The one stream of what happens: records of the plan or the report, and a few
 * events of the driver's own.  Summary and user interface see the same.
 */
#ifndef DRIVER_EVENT_H
#define DRIVER_EVENT_H

#include "base/rec.h"
#include "conf/account.h"

struct summary;

enum event_kind {
	EVENT_START,		/* the program */
	EVENT_ACCOUNT,		/* an account's run begins */
	EVENT_CONNECT,		/* a session is being made */
	EVENT_RECORD,		/* a line of the plan (dry run), of the report, or of what differs: rec */
	EVENT_NOTE,		/* what the heads half of the pipe notes by the way: rec */
	EVENT_SAID,		/* a line that a tool wrote on standard error: text */
	EVENT_TRACE,		/* for -d: text, to standard error */
	EVENT_INFO,		/* words of the driver: text */
	EVENT_WARNING,
	EVENT_ERROR,
	EVENT_DONE		/* the account's run has ended: summary */
};

struct event {
	enum event_kind	 kind;
	const struct account *account;	/* NULL outside of one */
	int		 dryrun;
	int		 verify;
	const char	*text;
	const struct rec *rec;
	const struct summary *summary;
};

/* Somebody who wants to know; all pointers live until it returns. */
struct listener {
	void	(*hear)(void *arg, const struct event *);
	void	*arg;
};

#endif
