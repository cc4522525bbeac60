/* What is known of an account as a whole. */
#ifndef STATE_META_H
#define STATE_META_H

#include "base/buf.h"
#include "base/err.h"

struct state;

#define STATE_CAPS_MAX	16384	/* bytes */

/*
 * In a transaction: what the server could do when it was last asked, as a comma list;
 * appended, nothing if it is not known.  0 or -1.
 */
int	 state_caps_get(struct state *, struct buf *, struct err *);
/* In a write transaction: keeps it; what is too long is not kept. */
int	 state_caps_put(struct state *, const char *, struct err *);

#endif
