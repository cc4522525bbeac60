/*
 * Adoptions: two equal messages become one row, without a transfer.  The server
 * must still have the message, or the row would read as its deletion next time.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "maildir/locate.h"
#include "plan/apply.h"
#include "plan/flight.h"
#include "state/intent.h"
#include "state/msg.h"

/* The state must have no file for that uid yet. */
static int
expect(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = 0;

	if (a->f->validity != 0 && a->f->validity != a->validity) {
		action_skip(a, "UIDVALIDITY is not the state's");
		return 0;
	}
	if (a->f->id != 0 && (got = state_msg_get(ap->st, a->f->id, a->uid, &row, e)) == -1)
		return -1;
	if (got == 1 && row.name != NULL && strcmp(row.name, a->name) == 0)
		action_skip(a, "already paired");
	else if (got == 1 && row.name != NULL)
		a->rowname = mem_dup(row.name);	/* allowed if that file provably is gone */
	return action_open(a) ? expect_unpaired(ap, a, e) : 0;
}

/* 1 if what was found for a row's name is the very file that is to be adopted: it was a stand-in. */
static int
itself(const struct md_found *old, const struct action *a)
{
	return old->copies == 1 && a->file != NULL && strcmp(old->file, a->file) == 0;
}

/* Rows that name another file: that one must provably not be there. */
static int
old_files(struct flight *fl, struct part *p, struct err *e)
{
	struct md_found *old = mem_alloc((p->n + 1) * sizeof(*old));
	size_t *of = mem_alloc((p->n + 1) * sizeof(*of)), i, n = 0;
	int proven = 0, r = 0;

	for (i = 0; i < p->n; i++)
		if (p->a[i]->rowname != NULL && action_open(p->a[i])) {
			of[n] = i;
			old[n++].base = p->a[i]->rowname;
		}
	if (n != 0)
		r = locate_files(&p->f->md, fl->ap->a->infosep, old, n, &proven, e);
	for (i = 0; i < n && r == 0; i++)
		if ((old[i].where != 0 && !itself(&old[i], p->a[of[i]])) || !proven)
			action_skip(p->a[of[i]], "the state names another file for it, which is there");
	locate_free(old, n);
	free(old);
	free(of);
	return r;
}

/* Finds the files; what is not there is skipped.  *here is cleared if they lie in another file system than the Maildir. */
static void
find(struct flight *fl, struct part *p, int *here)
{
	struct err why = { 0 };
	struct stat st;
	int proven;
	size_t i;

	if (afolder_open(fl->ap, p->f, &why) == -1 ||
	    apply_locate(fl->ap, p->f, p->a, p->n, &proven, &why) == -1 ||
	    old_files(fl, p, &why) == -1)
		for (i = 0; i < p->n; i++)
			action_fail(p->a[i], why.status, "%s", why.text);
	for (i = 0; i < p->n; i++)
		if (action_open(p->a[i]) && p->a[i]->file == NULL)
			action_skip(p->a[i], "the file is gone");
	*here &= p->f->open && fstat(p->f->md.cur, &st) == 0 && st.st_dev == fl->ap->syncdev;
}

/* Asks the server, all folders in one flight. */
static int
verify(struct flight *fl)
{
	struct uidset set;
	struct part *p;
	size_t i, j;

	flight_start(fl);
	uidset_init(&set);
	for (i = 0; i < fl->n; i++) {
		p = &fl->part[i];
		uidset_clear(&set);
		for (j = 0; j < p->n; j++)
			if (action_open(p->a[j]))
				uidset_add(&set, p->a[j]->uid, p->a[j]->uid);
		if (set.n == 0 || flight_select(fl, p, SELECT_READ) == -1)
			continue;
		flight_fetch_flags(fl, p, &set);
		flight_unselect(fl, p);
	}
	uidset_free(&set);
	return flight_end(fl);
}

/* The state will say that it is here: whoever wrote it may not have made it durable. */
static void
sync_files(struct flight *fl, int here)
{
	struct err why = { 0 };
	struct part *p;
	size_t i, j, n = 0;

	for (i = 0; i < fl->as->n; i++)
		n += (size_t)action_open(fl->sorted[i]);
	apply_sync_begin(fl->ap, here ? n : 0);
	if (apply_sync_end(fl->ap) || n == 0)
		return;
	for (i = 0; i < fl->n; i++) {
		p = &fl->part[i];
		if (afolder_open(fl->ap, p->f, &why) == 0)
			apply_sync_files(fl->ap, p->a, p->n, apply_file_at);
		else
			for (j = 0; j < p->n; j++)
				action_fail(p->a[j], why.status, "%s", why.text);
	}
}

/* Gives the file its name with uid; the base goes to a->file. */
static void
rename_file(struct apply *ap, struct action *a)
{
	struct err why = { 0 };
	char room[600];
	struct buf base;
	const char *no;

	if ((no = flight_obstacle(a->f, a->validity, room, sizeof(room))) != NULL) {
		action_fail(a, EXIT_AGAIN, "%s", no);
		return;
	}
	if (!a->onserver) {
		action_skip(a, "the server does not have it any more");
		return;
	}
	if (afolder_open(ap, a->f, &why) == -1) {
		action_fail(a, why.status, "%s", why.text);
		return;
	}
	buf_init(&base, 4096);
	if (apply_rename_uid(ap, a, a->uid, &base) == -1)
		action_unable(a, "renaming the file");
	else {
		free(a->file);
		a->file = mem_dup(buf_cstr(&base));
	}
	buf_free(&base);
}

static int
commit(struct apply *ap, struct actions *as, struct err *e)
{
	struct state_msg m;
	size_t i;

	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < as->n; i++) {
		if (!action_open(as->a[i]))
			continue;
		memset(&m, 0, sizeof(m));
		m.uid = as->a[i]->uid;
		m.flags = as->a[i]->flags;
		m.size = as->a[i]->size;
		m.name = as->a[i]->file;
		if (afolder_make(ap, as->a[i]->f, as->a[i]->validity, e) == -1 ||
		    state_msg_put(ap->st, as->a[i]->f->id, &m, e) == -1 ||
		    state_intent_del(ap->st, as->a[i]->f->id, as->a[i]->name, e) == -1) {
			state_abort(ap->st);
			return -1;
		}
		action_done(as->a[i], NULL);
	}
	return state_commit(ap->st, e);
}

int
apply_adopt(struct apply *ap, struct actions *as, struct err *e)
{
	struct flight fl;
	struct err why = { 0 };
	int here = 1;
	size_t i;

	if (apply_check(ap, as, expect, e) == -1)
		return -1;
	flight_init(&fl, ap, as);
	for (i = 0; i < fl.n; i++)
		find(&fl, &fl.part[i], &here);
	if (apply_session(ap, 0, &why) == -1)
		actions_fail(as, &why);
	else if (verify(&fl) == -1)
		actions_fail(as, &ap->im.err);
	sync_files(&fl, here);
	for (i = 0; i < as->n; i++)
		if (action_open(fl.sorted[i]))
			rename_file(ap, fl.sorted[i]);
	flight_free(&fl);
	if (afolder_sync(ap, e) == -1)
		return -1;
	return commit(ap, as, e);
}
