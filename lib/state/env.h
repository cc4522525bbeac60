/*
 * The state of an account: one LMDB environment (DESIGN.md, State).  This is the
 * handle, its format and its transactions; what is in it is in folder.h, msg.h,
 * intent.h and log.h.
 *
 * Whoever reads opens a short transaction, copies out and ends it before writing
 * to a pipe (hazard 31).  Every function below takes effect in the one open
 * transaction of the handle; calling one without it is a broken invariant.
 * Pointers into rows live until the transaction ends or the next write in it.
 * After an error in a write transaction the caller aborts it.
 */
#ifndef STATE_ENV_H
#define STATE_ENV_H

#include <stdint.h>

#include "base/err.h"

#define STATE_FORMAT	1u	/* of all keys and values together; meta "format" */

enum {
	STATE_READ = 0,
	STATE_WRITE = 1,
	STATE_NOSYNC = 2	/* with STATE_WRITE: commits are not synced (fsync = no) */
};

struct state;

/*
 * Opens the state of an account in a directory.  STATE_READ of one that does not
 * exist gives a handle on an empty state and makes nothing on disk; STATE_WRITE
 * makes the directory (0700, with parents) and the state.  Refused, with
 * the remedy in the text: a newer format, a broken file, another account's state, a
 * network file system.  0 and the handle, or -1.
 */
int	 state_open(struct state **, const char *dir, const char *account, int mode, struct err *);
/* Ends an open transaction without its changes, and frees.  NULL is fine. */
void	 state_close(struct state *);

/*
 * Transactions, one at a time per handle.  A write transaction waits for another
 * process's to end.  state_commit of one that changed something gives the environment
 * its next generation, and each folder touched the same.  0 or -1 (then nothing
 * of it was written).
 */
int	 state_begin(struct state *, int write, struct err *);
int	 state_commit(struct state *, struct err *);
void	 state_abort(struct state *);

/*
 * In a transaction: the generation that it sees; in a write transaction that has changed
 * something, the one that its commit will make.  0 for a state that does not exist.
 */
uint64_t state_generation(const struct state *);

/*
 * Outside transactions: lets go of the pages that reading has mapped in, so that
 * going through a large state does not count as this process's memory.
 */
void	 state_relax(struct state *);

#endif
