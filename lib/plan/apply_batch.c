/*
 * One batch of everything but downloads and adoptions, over all its folders: what the state and the
 * disk say, folders made on the server, the rest there in one flight, names and letters, a commit;
 * then its deletions, in one more flight, and their commit.
 *
 * Deletions come last in a run: a batch that holds any holds the last of all else.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/apply.h"
#include "plan/change.h"
#include "plan/trash.h"

static int
expect(struct apply *ap, struct action *a, struct err *e)
{
	return action_deletes(a) ? delete_expect(ap, a, e) : change_expect(ap, a, e);
}

/* 1 if an action of the part wants to know where its file is, or that there is none. */
static int
wants(const struct action *a)
{
	return change_wants_file(a) || delete_open(a);
}

/* 1 if its row will rest on what a mail reader renamed or removed, and nothing else of it is to be done. */
static int
rests(const struct action *a)
{
	return action_open(a) && a->uid != 0 && (a->verb == VERB_AGREE || a->verb == VERB_FORGET);
}

/* That must be durable before the row is; a directory that cannot be opened cannot be synced. */
static void
sync_names(struct flight *fl, struct part *p)
{
	struct err why = { 0 };
	size_t i;

	for (i = 0; i < p->n; i++)
		if (rests(p->a[i])) {
			if (afolder_open(fl->ap, p->f, &why) == 0)
				p->f->dirty = 1;
			else
				action_fail(p->a[i], why.status, "%s", why.text);
		}
}

/* A folder's files, in one reading of it: of flag changes and uploads, which are measured, and of deletions. */
static void
find(struct flight *fl, struct part *p, struct uploads *us)
{
	struct err why = { 0 };
	int proven = 0, r, any = 0;
	size_t i;

	for (i = 0; i < p->n && !any; i++)
		any = wants(p->a[i]);
	sync_names(fl, p);
	if (!any)
		return;
	r = afolder_open(fl->ap, p->f, &why);
	if (r == 0)
		r = apply_locate(fl->ap, p->f, p->a, p->n, &proven, &why);
	for (i = 0; i < p->n; i++) {
		if (!wants(p->a[i]))
			continue;
		if (r == -1)
			action_fail(p->a[i], why.status, "%s", why.text);
		else if (delete_open(p->a[i]))
			delete_look(fl->ap, p->a[i], proven);
		else
			change_cause(fl->ap, p->a[i]);
	}
	uploads_measure(us, p);
}

/* All but the deletions: 0, or -1. */
static int
changes(struct flight *fl, struct uploads *us, struct err *e)
{
	if (change_intend(fl->ap, fl->as, us, e) == -1)
		return -1;
	change_sync(us);
	change_talk(fl, us);
	change_disk(fl, us);
	if (afolder_sync(fl->ap, e) == -1)
		return -1;
	return change_commit(fl->ap, fl->as, us, e);
}

int
apply_batch(struct apply *ap, struct actions *as, struct err *e)
{
	struct flight fl;
	struct uploads us;
	size_t i;
	int r;

	if (apply_check(ap, as, expect, e) == -1)
		return -1;
	flight_init(&fl, ap, as);
	uploads_init(&us, &fl);
	for (i = 0; i < fl.n; i++)
		find(&fl, &fl.part[i], &us);
	/* first of all: the trash that is searched may be one of them */
	change_create(&fl);
	r = trash_prepare(&fl, &us, e);
	if (r == 0)
		r = changes(&fl, &us, e);
	uploads_free(&us);
	if (r == 0)
		r = delete_finish(&fl, e);
	flight_free(&fl);
	return r;
}
