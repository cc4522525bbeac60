/* What an account's run came to, counted from the event stream. */
#ifndef DRIVER_SUMMARY_H
#define DRIVER_SUMMARY_H

#include <stdint.h>

#include "base/buf.h"
#include "driver/event.h"

enum { ON_LOCAL, ON_REMOTE };

struct summary {
	int64_t	 started;	/* io_now() */
	int64_t	 ms;		/* taken */
	int	 dryrun, verify;
	int	 status;	/* exit status so far */
	uint64_t copied[2];	/* done, or in a dry run planned, by side */
	uint64_t flags[2];
	uint64_t deleted[2], moved[2];	/* moved: to the trash */
	uint64_t created[2];
	uint64_t adopted;
	uint64_t kept, held;	/* held: by maxdelete, not in kept */
	uint64_t skipped, failed;
	uint64_t same, folders;	/* messages, in so many folders, as sync-verify counts them */
	uint64_t differ, unproven;	/* its lines; folders of which nothing can be said */
	int	 told;		/* it has come to its end */
	uint64_t turns, up, down;	/* of all sessions */
};

void	 summary_open(struct summary *, int dryrun, int verify);
/* Counts one event; EVENT_RECORD also for the exit status. */
void	 summary_hear(struct summary *, const struct event *);
/* Takes an exit status into account. */
void	 summary_status(struct summary *, int);
/* Stops the clock; failed lines, or differences, without any other bad status make EXIT_FAIL. */
void	 summary_close(struct summary *);
/* Appends it in words, one line: "3 new, 1 uploaded; 7 turns, 12 kB down, 3 kB up, 0.4 s". */
void	 summary_words(const struct summary *, struct buf *);

/* The side a plan line names: ON_LOCAL, ON_REMOTE, or -1 for both. */
int	 summary_side(const struct rec *);

#endif
