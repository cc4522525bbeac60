/*
 * A state that cannot be used any more: told for sure from one that only cannot be opened now,
 * and moved out of the way.  For who holds the account's lock.
 */
#ifndef STATE_REPAIR_H
#define STATE_REPAIR_H

#include "base/err.h"

enum state_health {
	STATE_SOUND,
	STATE_BROKEN,		/* cut off, damaged, or rows that make no sense */
	STATE_NEWER,		/* of a format that this program does not know */
	STATE_UNKNOWN		/* it cannot be read now: rights, memory, a disk that fails */
};

/*
 * Reads all of it, and tries to change it, in a process of its own: a damaged one may end whoever does.  Why it is
 * not sound goes to the error; its status is 0 otherwise.
 */
enum state_health state_judge(const char *dir, const char *account, struct err *);
/*
 * Moves its files into a new directory beside it, DIR.broken-N with the first N that is free,
 * whose path is the caller's then.  0 or -1.
 */
int	 state_move_aside(const char *dir, char **to, struct err *);

#endif
