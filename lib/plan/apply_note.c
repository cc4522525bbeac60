/* Notes of a plan: what is to be remembered of the server. */
#include <stdlib.h>

#include "base/mem.h"
#include "plan/apply.h"
#include "state/meta.h"

void
apply_note(struct apply *ap, const struct rec *rec)
{
	const char *caps = rec_get(rec, "caps");

	if (caps == NULL)
		return;
	free(ap->caps);
	ap->caps = mem_dup(caps);
}

/* A hint only, so it comes last: what it costs to lose it is a turn of the next run. */
int
apply_remember(struct apply *ap, struct err *e)
{
	if (ap->caps == NULL)
		return 0;
	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	if (state_caps_put(ap->st, ap->caps, e) == -1) {
		state_abort(ap->st);
		return -1;
	}
	return state_commit(ap->st, e);
}
