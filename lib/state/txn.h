/*
 * Transactions of the state, one at a time per handle.  Whatever reads or writes rows
 * does so in the open one; calling it without is a broken invariant.
 *
 * Whoever reads opens a short transaction, copies out and ends it before writing
 * to a pipe (hazard 31).  Pointers into rows live until the transaction ends or the next
 * write in it.  After an error in a write transaction the caller aborts it.
 */
#ifndef STATE_TXN_H
#define STATE_TXN_H

#include <stdint.h>

#include "base/err.h"

struct state;

/*
 * A write transaction waits for another process's to end.  state_commit of one that
 * changed something gives the environment its next generation, and each folder touched
 * the same.  0 or -1; state_commit has ended the transaction either way, and after
 * -1 nothing of it is in the state.
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
