/*
 * The lock of an account.  Two files: OfflineIMAP's own METADATA/ACCOUNT.lock,
 * so that it and we exclude each other (its lockf and our open-file-description
 * lock conflict), and "lock" beside the state, since OfflineIMAP unlinks the
 * former when it finds it taken.  Neither is ever unlinked here.  The locks
 * live as long as any process has the descriptors: sync-apply inherits them and
 * is safe when the driver dies.
 */
#ifndef DRIVER_LOCK_H
#define DRIVER_LOCK_H

#include "base/err.h"
#include "conf/account.h"

#define LOCK_ENV	"OFFLINEIMAP_LOCK"	/* "FD,FD": the numbers in the child */

struct lock {
	int	 account;	/* descriptor of ACCOUNT.lock, -1 if not held */
	int	 state;		/* of the one beside the state */
	int	 inherited;	/* who started us has them too, and had them before */
};

/*
 * Takes both, close-on-exec, and creates what is missing (0700): metadata and
 * state directory, lock files.  If LOCK_ENV is set, takes over the two that
 * were inherited, after a check that they are these files and locked by us.
 * 0 or -1; held by another is EXIT_AGAIN.
 */
int	 lock_take(const struct account *, struct lock *, struct err *);
/* Closes them: the locks go when no child has them any more. */
void	 lock_release(struct lock *);

#endif
