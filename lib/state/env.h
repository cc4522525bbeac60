/*
 * The state of an account: one LMDB environment (DESIGN.md, State).  This is the
 * handle and its format; transactions are in txn.h, what is in it is in folder.h,
 * msg.h, intent.h and log.h.
 */
#ifndef STATE_ENV_H
#define STATE_ENV_H

#include <stdint.h>

#include "base/err.h"
#include "state/txn.h"

#define STATE_FORMAT	1u	/* of all keys and values together; meta "format" */

enum {
	STATE_READ = 0,
	STATE_WRITE = 1,
	STATE_NOSYNC = 2	/* with STATE_WRITE: commits are not synced (fsync = no) */
};

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

#endif
