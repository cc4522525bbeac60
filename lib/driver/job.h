/* The run of one account: what its parts know together, and how they speak. */
#ifndef DRIVER_JOB_H
#define DRIVER_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/queue.h"
#include "conf/account.h"
#include "driver/broker.h"
#include "driver/event.h"
#include "driver/lock.h"
#include "driver/loop.h"
#include "driver/options.h"
#include "driver/pairs.h"
#include "driver/pipe.h"
#include "driver/probes.h"
#include "driver/summary.h"
#include "driver/ui.h"

struct job {
	const struct account *account;
	const struct options *options;
	int		 dryrun;	/* nothing is written: to verify is one too */
	struct loop	*loop;
	struct ui	*ui;
	struct summary	 summary;
	struct pipe	 pipe;
	struct lock	 lock;
	struct buf	 pass;
	struct broker	 broker;
	struct pairs	 pairs;
	struct buf	 shown;		/* with -d chain: what a later round was fed */
	struct probes	 probes;
	struct queue	 plan;		/* a dry run's, until it is the last */
	int		 round;
	size_t		 asked;		/* probes in this one */
	int		 suspect;	/* a tool failed that may have met a broken state */
	int		 mended;	/* a broken one was moved aside, once */
	int		 complete;	/* the last tool's stream has ended properly */
	uint64_t	 lines;		/* of it */
	char		*last;		/* the folder that it spoke of last, by the server's name, or NULL */
	uint64_t	*told;		/* lines of earlier rounds that say that nothing was done */
	size_t		 ntold, sorted, toldcap;
};

/* An event, to the summary and the user interface. */
void	 job_tell(struct job *, enum event_kind, const char *text, const struct rec *);
void	 job_say(struct job *, enum event_kind, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
/* An error of the driver's own: said, and part of the exit status. */
void	 job_failed(struct job *, const struct err *);

/* What a tool or imap-connect wrote on standard error; as chain_news.said. */
void	 job_said(void *job, const char *tool, const char *text);
/* A tool that ended badly: which, how, and what comes of it; as chain_news.died. */
void	 job_died(void *job, const char *tool, int status, int lines);
/* What comes of a failure now: a clause. */
const char *job_next_step(const struct job *);

/*
 * A folder that is planned again has the same things kept, skipped and failed
 * again.  1 if an earlier round has said so; remembers the line.
 */
int	 job_told(struct job *, const struct rec *);
/* The round is over: what it said is what the next finds. */
void	 job_told_settle(struct job *);

#endif
