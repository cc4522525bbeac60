/*
 * A folder whose UIDVALIDITY has changed: its rows become its past, in one commit, and it goes
 * on under the new one as if it had never been synced.  Stopped anywhere behind that, the next
 * run finds what is done in the rows, and what is known from before in the past.
 */
#include "plan/apply.h"
#include "state/folder.h"
#include "state/validity.h"

/* The state must be the very one that the plan was made from. */
static int
expect(struct apply *ap, struct action *a, struct err *e)
{
	struct state_folder sf;
	int got = 0;

	if (a->f->id != 0 && (got = state_folder_get(ap->st, a->f->id, &sf, e)) == -1)
		return -1;
	if (got == 0 || sf.validity != a->saved || sf.gen != a->gen)
		action_skip(a, "the state says otherwise");
	if (got == 1)
		state_folder_free(&sf);
	return 0;
}

/* In a write transaction. */
static int
renew(struct apply *ap, struct action *a, struct err *e)
{
	uint32_t id;

	if (state_folder_renew(ap->st, a->f->id, a->now, &id, e) == -1)
		return -1;
	a->f->id = id;
	action_done(a, NULL);
	return apply_log(ap, a, e);
}

/* What the folder is from here on; no head of before may come back. */
static void
begin(struct afolder *f, uint32_t validity)
{
	f->validity = validity;
	f->rows = 0;
	f->recovering = 1;
	f->touched = 0;
	f->rhead = (struct state_rhead){ 0 };
	f->cur = f->new = (struct dirhead){ 0 };
}

int
apply_renew(struct apply *ap, struct action *a, struct err *e)
{
	struct actions one = { .a = &a, .n = 1 };

	if (apply_get_flush(ap, e) == -1 || apply_check(ap, &one, expect, e) == -1)
		return -1;
	if (action_open(a)) {
		/* first: from the first new name on the numbers in names are of two minds */
		if (validity_forget(ap->a->metadata, ap->a->remote.name, a->f->remote, e) == -1 ||
		    state_begin(ap->st, 1, e) == -1)
			return -1;
		if (renew(ap, a, e) == -1) {
			state_abort(ap->st);
			return -1;
		}
		if (state_commit(ap->st, e) == -1)
			return -1;
		begin(a->f, a->now);
	}
	apply_report(ap, a);
	return 0;
}
