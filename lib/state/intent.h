/*
 * Intents: uploads begun and not known to have ended (hazard 25), or refused by the
 * server; and files that are in the archive and have no uid.  By folder and local base name.
 */
#ifndef STATE_INTENT_H
#define STATE_INTENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "state/env.h"

struct state_intent {
	const char	*name;		/* local base name without info part */
	uint64_t	 gen;		/* generation in which the plan was made */
	uint32_t	 validity, next;	/* of the remote before the upload */
	uint64_t	 size;		/* bytes on the wire */
	int64_t		 date;		/* unix seconds */
	int		 has_dig;
	unsigned char	 dig[DIGEST_LEN];	/* of the header block; 0 without has_dig */
	unsigned	 kept;		/* KEPT_NO: it is open; KEPT_REFUSED: the server said NO and has not got it, not
					   again while size and dig are the same; KEPT_LATER: so for now, again, and
					   asked before the bytes go; KEPT_ARCHIVE: it is not to be uploaded at all;
					   KEPT_AMBIGUOUS: the server has it, and its uid was not found */
	const char	*why;		/* what it said, NULL if nothing */
};

/* One intent: 1, 0 if there is none, -1.  Strings are borrowed (env.h). */
int	 state_intent_get(struct state *, uint32_t folder, const char *name,
	    struct state_intent *, struct err *);
int	 state_intent_put(struct state *, uint32_t folder, const struct state_intent *,
	    struct err *);
/* One that is not there is fine. */
int	 state_intent_del(struct state *, uint32_t folder, const char *name, struct err *);

/*
 * All intents of a folder, sorted by name, copied out: they outlive the transaction.
 * 0 and an array (NULL and 0 when there are none) for state_intents_free, or -1.
 */
int	 state_intents(struct state *, uint32_t folder, struct state_intent **, size_t *,
	    struct err *);
void	 state_intents_free(struct state_intent *, size_t);

#endif
