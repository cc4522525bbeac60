/* The end of a folder: what was planned is printed, or why nothing was. */
#include "plan/folder.h"

#include <errno.h>
#include <string.h>

/* A folder that is not there, or must be made while the state knows its messages. */
static void
check_sides(struct folder *f)
{
	int known = f->rows.n != 0 || f->nheld != 0 || f->recovery.what != RECOVER_NOT;

	if (f->r.kind == KIND_NONE ? !f->rcreated || known : f->rcreated && known)
		folder_refuse(f, "vanished-remote");
	else if (f->l.kind == KIND_NONE ? !f->lcreated || known : f->lcreated && known)
		folder_refuse(f, "vanished-local");
}

static int
stored(int r, struct err *e)
{
	return r != -1 ? r :
	    err_again(e, "temporary file: %s; free some space", strerror(errno));
}

/* Prints the line that the builder holds. */
static void
put_built(struct folder *f, struct plan *p)
{
	plan_line(p, f->out.out.data, f->out.out.len - 1);
	buf_clear(&f->out.out);
}

static void
left_alone(struct folder *f, struct plan *p)
{
	struct pline l;

	pline_init(&l, "keep", "both", f->remote, f->local);
	l.why = f->refused;
	l.text = f->failure;
	l.again = f->again;
	if (strcmp(f->refused, "uidvalidity") == 0) {
		l.now = f->rnow.validity;
		l.saved = f->recovery.from != 0 ? f->recovery.from : f->rsaved.validity;
	}
	buf_clear(&f->out.out);
	pline_write(&f->out, &l);
	put_built(f, p);
}

/* The creates of the pair are lines of the folder like others. */
static int
add_creates(struct folder *f, struct err *e)
{
	size_t len;
	char *line;
	int got;

	while ((got = queue_get(&f->creates, &line, &len)) == 1) {
		f->count++;
		f->acts = 1;
		f->sum += rec_hash(line, len);
		if (sort_add(&f->sorted, "!", 1, line, len) == -1)
			return stored(-1, e);
	}
	return stored(got, e);
}

/*
 * A mark only where it says something that the state does not say yet; or where lines are to be
 * carried out: the heads are void from the first of them on, until a mark says that it was all.
 */
static void
put_marks(struct folder *f, struct plan *p)
{
	struct mark m = { f->remote, f->local, f->lasting, f->gen, f->count, f->sum };
	int changed = f->recovery.what != RECOVER_NOT || f->renewed || f->rules_saved == NULL ||
	    strcmp(f->rules_saved, m.rules) != 0;
	int local = (f->l.kind == KIND_FULL || f->l.kind == KIND_DELTA) && !f->hold_local;
	int remote = (f->r.kind == KIND_FULL || f->r.kind == KIND_DELTA) && !f->hold_remote;

	if (f->undecided)
		return;
	rhead_check(&f->rnow, f->maxuid);
	rhead_check(&f->rsaved, 0);
	remote = remote && (changed || !rhead_equal(&f->rnow, &f->rsaved));
	local = local && (changed || (f->acts && !remote) || !lhead_equal(&f->lnow, &f->lsaved));
	if (local) {
		mark_local(&f->out, &m, &f->lnow);
		put_built(f, p);
	}
	if (remote) {
		mark_remote(&f->out, &m, &f->rnow);
		put_built(f, p);
	}
}

static int
planned(struct folder *f, struct plan *p, struct err *e)
{
	const char *line;
	size_t len;
	int got;

	while ((got = sort_next(&f->sorted, &line, &len)) == 1)
		plan_line(p, line, len);
	if (got == 0)
		put_marks(f, p);
	return stored(got, e);
}

int
folder_finish(struct folder *f, struct plan *p, struct err *e)
{
	int r = 0;

	if (!folder_whole(f))
		folder_refuse(f, "failed");
	if (f->refused == NULL)
		check_sides(f);
	if (f->refused == NULL && (decide_rest(f, e) == -1 || add_creates(f, e) == -1))
		return -1;
	if (f->refused != NULL)
		left_alone(f, p);
	else
		r = planned(f, p, e);
	folder_clear(f);
	return r;
}
