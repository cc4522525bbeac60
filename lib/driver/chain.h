/*
 * A pipe of tools: starts them, feeds the first, reads the records of the
 * last, hears what they say on standard error, waits for their ends, and tells
 * causes from consequences when some of them failed.
 */
#ifndef DRIVER_CHAIN_H
#define DRIVER_CHAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/rec.h"
#include "driver/broker.h"
#include "driver/lock.h"
#include "driver/loop.h"

#define CHAIN_MAX	8	/* tools in one pipe */

enum {
	CHAIN_SESSION = 1,	/* the tool asks the broker */
	CHAIN_LOCK = 2		/* the tool inherits the lock */
};

struct chain_tool {
	char	**argv;
	int	  uses;		/* CHAIN_ bits */
};

struct chain_news {
	/*
	 * More lines for the first tool's standard input (it is empty without this
	 * function): 1, 0 when that was all, or -1 with the error.
	 */
	int	(*feed)(void *arg, struct buf *, struct err *);
	/* A record of the last tool; -1 with the error ends the run. */
	int	(*record)(void *arg, const struct rec *, struct err *);
	/* A line that a tool wrote on its standard error. */
	void	(*said)(void *arg, const char *tool, const char *text);
	/* A tool failed, and no other tool is the cause of it; lines: said before. */
	void	(*died)(void *arg, const char *tool, int status, int lines);
	void	*arg;
};

/*
 * Runs n tools to their end.  lock may be NULL.  Returns the worst exit status
 * among the causes (signals count as EXIT_AGAIN), 0 if all went well.  What failed
 * here (a tool that cannot be started, a bad record) is in the error, whose status is 0
 * otherwise.  A signal that asks for an end (loop->stop) ends the tools.
 */
int	 chain_run(struct loop *, struct broker *, const struct lock *,
	    const struct chain_tool *, int n, const struct chain_news *, struct err *);

#endif
