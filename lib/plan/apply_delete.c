/*
 * Deletions, the last thing that a run does to messages.  Nothing goes unless the
 * state says that both sides had it under this UIDVALIDITY, and the other side
 * provably lacks it now.
 *
 * On the server in two flights (hazard 16): the first looks and marks, behind a
 * SELECT whose UIDVALIDITY is only known afterwards; the second expunges by uid
 * where that was the right one, and takes the marks back where it was not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/flight.h"
#include "plan/rules.h"
#include "state/msg.h"

/* More deletions on this side than the user allows at once, counted again here. */
static int
too_many(const struct apply *ap, const struct action *a)
{
	const struct maxdelete limit = {
		.never = !ap->a->maxdelete_on || ap->allowdelete,
		.n = ap->a->maxdelete_count, .percent = ap->a->maxdelete_percent
	};

	return maxdelete_holds(&limit, a->f->deletes[a->side == SIDE_REMOTE], a->f->rows);
}

static int
expect(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = 0;

	if (too_many(ap, a)) {
		action_skip(a, "held: more deletions than maxdelete allows "
		    "(--allow-delete lets them through once)");
		return 0;
	}
	if (a->f->validity != a->validity) {
		action_skip(a, "UIDVALIDITY is not the state's");
		return 0;
	}
	if ((got = state_msg_get(ap->st, a->f->id, a->uid, &row, e)) == -1)
		return -1;
	if (got == 0)
		action_skip(a, "the state does not know it");
	else if (row.name == NULL || (a->name != NULL && strcmp(row.name, a->name) != 0))
		action_skip(a, "the state names another file");
	else
		action_set_name(a, row.name);
	return 0;
}

/* What the disk has now: the target of a local deletion, the cause of a remote one. */
static void
look(struct flight *fl, struct afolder *f)
{
	struct err why = { 0 };
	struct action *a;
	struct mdname name;
	int proven = 0, r;
	size_t i;

	r = afolder_open(fl->ap, f, &why);
	if (r == 0)
		r = apply_locate(fl->ap, fl->as, f, &proven, &why);
	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->f != f || !action_open(a))
			continue;
		if (r == -1)
			action_fail(a, why.status, "%s", why.text);
		else if (a->side == SIDE_REMOTE && a->file != NULL)
			action_skip(a, "the file is back");
		else if (a->file == NULL && !proven)
			action_skip(a, "the folder is in motion: absence could not be proven");
		else if (a->side == SIDE_LOCAL && a->file != NULL &&
		    (name_parse(a->file, fl->ap->a->infosep, NULL, &name) == -1 ||
		    name.flags != a->was))
			action_skip(a, "its flags changed meanwhile");
	}
}

/* The uids of a folder's open actions, of one side or (SIDE_BOTH) of any. */
static void
uids(struct flight *fl, struct afolder *f, enum side side, struct uidset *set)
{
	struct action *a;
	size_t i;

	uidset_clear(set);
	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->f == f && action_open(a) && (side == SIDE_BOTH || a->side == side))
			uidset_add(set, a->uid, a->uid);
	}
}

/* First flight: what does the server have now; and the marks. */
static int
mark(struct flight *fl, struct flight_store *marks)
{
	struct uidset all, remote;
	size_t i;

	uidset_init(&all);
	uidset_init(&remote);
	flight_start(fl);
	for (i = 0; i < fl->n; i++) {
		uids(fl, fl->folders[i], SIDE_BOTH, &all);
		uids(fl, fl->folders[i], SIDE_REMOTE, &remote);
		if (all.n == 0 || flight_select(fl, fl->folders[i], remote.n == 0) == -1)
			continue;
		flight_fetch_flags(fl, &all);
		marks[i].fl = fl;
		marks[i].f = fl->folders[i];
		marks[i].flags = FLAG_DELETED;
		if (remote.n != 0)
			flight_store(fl, &marks[i], &remote);
		flight_unselect(fl);
	}
	uidset_free(&all);
	uidset_free(&remote);
	return flight_end(fl);
}

/* 1 if our mark may be on the message, and was not there before. */
static int
is_marked(const struct afolder *f, const struct action *a)
{
	if (f->refused != NULL || f->readonly)
		return 0;
	return a->onserver ? (a->seen & FLAG_DELETED) == 0 :
	    f->unread != NULL && (a->was & FLAG_DELETED) == 0;
}

/*
 * What the first flight saw decides: a remote deletion goes on if the message is
 * there as planned; one that is gone already is done; a local one goes on if the
 * server does not have the message.  unmark gets what was marked and must not stay so.
 */
static void
judge(struct flight *fl, struct flight_store *marks, size_t fi, struct uidset *unmark)
{
	struct afolder *f = fl->folders[fi];
	struct action *a;
	char room[600];
	const char *no;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->f != f || !action_open(a))
			continue;
		if ((no = flight_obstacle(f, a->validity, room, sizeof(room))) != NULL)
			action_fail(a, EXIT_AGAIN, "%s", no);
		else if (a->side == SIDE_LOCAL) {
			if (a->onserver)
				action_skip(a, "the server has it again");
			continue;
		} else if (f->readonly)
			action_fail(a, EXIT_FAIL, "the folder is read-only on the server");
		else if (marks[fi].refused != NULL)
			action_fail(a, EXIT_FAIL, "the server refused it: %s", marks[fi].refused);
		else if (a->onserver && (a->seen & ~(unsigned)FLAG_DELETED) !=
		    (a->was & ~(unsigned)FLAG_DELETED))
			action_skip(a, "its flags changed on the server meanwhile");
		if (a->side == SIDE_REMOTE && !action_open(a) && is_marked(f, a))
			uidset_add(unmark, a->uid, a->uid);
	}
}

struct expunge {
	struct flight *fl;
	struct afolder *f;
};

static int
expunged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct expunge *x = arg;
	struct action *a;
	struct buf b;
	size_t i;

	(void)im;
	(void)e;
	if (r->status == IMAP_OK)
		return 0;
	buf_init(&b, 1024);
	imap_words(r, &b);
	for (i = 0; i < x->fl->as->n; i++) {
		a = x->fl->as->a[i];
		if (a->f == x->f && a->side == SIDE_REMOTE)
			action_fail(a, EXIT_AGAIN, "marked \\Deleted, but the server refused to expunge: %s",
			    buf_cstr(&b));
	}
	buf_free(&b);
	return 0;
}

static int
expunges(const struct apply *ap)
{
	return ap->a->remote.expunge && imap_has(&ap->im, "UIDPLUS");
}

static void
send_expunge(struct expunge *x, struct uidset *set)
{
	struct imap_done done = { expunged, x };
	struct imap *im = &x->fl->ap->im;
	struct buf b;
	size_t at = 0;

	buf_init(&b, 16384);
	for (uidset_sort(set); at < set->n; buf_clear(&b)) {
		uidset_text(set, &at, 4000, &b);
		imap_begin(im, done);
		imap_printf(im, "UID EXPUNGE %s", buf_cstr(&b));
		imap_end(im);
	}
	buf_free(&b);
}

/* Second flight: expunge, and take marks back. */
static int
expunge(struct flight *fl, struct uidset *unmark)
{
	struct flight_store *undo = mem_alloc((fl->n + 1) * sizeof(*undo));
	struct expunge *x = mem_alloc((fl->n + 1) * sizeof(*x));
	struct uidset set;
	size_t i, n = 0;
	int r = 0;

	uidset_init(&set);
	for (i = 0; i < fl->n; i++) {
		uids(fl, fl->folders[i], SIDE_REMOTE, &set);
		n += unmark[i].n != 0 || (set.n != 0 && expunges(fl->ap));
	}
	if (n != 0)
		flight_start(fl);
	for (i = 0; i < fl->n && n != 0; i++) {
		uids(fl, fl->folders[i], SIDE_REMOTE, &set);
		if ((unmark[i].n == 0 && (set.n == 0 || !expunges(fl->ap))) ||
		    flight_select(fl, fl->folders[i], 0) == -1)
			continue;
		undo[i].fl = x[i].fl = fl;
		undo[i].f = x[i].f = fl->folders[i];
		undo[i].flags = FLAG_DELETED;
		undo[i].remove = 1;
		if (unmark[i].n != 0)
			flight_store(fl, &undo[i], &unmark[i]);
		if (set.n != 0 && expunges(fl->ap))
			send_expunge(&x[i], &set);
		flight_unselect(fl);
	}
	if (n != 0)
		r = flight_end(fl);
	for (i = 0; i < fl->n; i++)
		free(undo[i].refused);
	uidset_free(&set);
	free(undo);
	free(x);
	return r;
}

static void
speak(struct flight *fl)
{
	struct flight_store *marks = mem_alloc((fl->n + 1) * sizeof(*marks));
	struct uidset *unmark = mem_alloc((fl->n + 1) * sizeof(*unmark));
	struct err why = { 0 };
	size_t i, open = 0;

	for (i = 0; i < fl->as->n; i++)
		open += action_open(fl->as->a[i]) != 0;
	if (open == 0)
		goto out;
	if (apply_session(fl->ap, &why) == -1)
		actions_fail(fl->as, &why);
	else if (mark(fl, marks) == -1)
		actions_fail(fl->as, &fl->ap->im.err);
	else {
		for (i = 0; i < fl->n; i++)
			judge(fl, marks, i, &unmark[i]);
		if (expunge(fl, unmark) == -1)
			for (i = 0; i < fl->as->n; i++)
				if (fl->as->a[i]->side == SIDE_REMOTE)
					action_fail(fl->as->a[i], fl->ap->im.err.status, "%s",
					    fl->ap->im.err.text);
	}
out:
	for (i = 0; i < fl->n; i++) {
		free(marks[i].refused);
		uidset_free(&unmark[i]);
	}
	free(marks);
	free(unmark);
}

/* Local files; one that was renamed since is looked for by the next run. */
static void
unlink_files(struct actions *as)
{
	struct action *a;
	size_t i;

	for (i = 0; i < as->n; i++) {
		a = as->a[i];
		if (!action_open(a) || a->side != SIDE_LOCAL || a->file == NULL)
			continue;
		if (unlinkat(md_where(&a->f->md, a->where), a->file, 0) == 0)
			a->f->dirty = 1;
		else
			action_skip(a, "removing the file: %s", strerror(errno));
	}
}

/* A message that only got its mark stays in the state, so that it is not fetched again. */
static int
row(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;
	int got;

	if (afolder_touch(ap, a->f, e) == -1)
		return -1;
	if (a->side == SIDE_LOCAL || !a->onserver || expunges(ap))
		return state_msg_del(ap->st, a->f->id, a->uid, e);
	if ((got = state_msg_get(ap->st, a->f->id, a->uid, &m, e)) != 1)
		return got;
	m.kept = KEPT_EXPUNGE;
	m.name = NULL;
	m.flags = a->seen | FLAG_DELETED;
	return state_msg_put(ap->st, a->f->id, &m, e);
}

static int
commit(struct apply *ap, struct actions *as, struct err *e)
{
	size_t i;
	int r = 0;

	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < as->n && r == 0; i++) {
		if (!action_open(as->a[i]))
			continue;
		if ((r = row(ap, as->a[i], e)) == 0) {
			action_done(as->a[i], NULL);
			r = apply_log(ap, as->a[i], e);
		}
	}
	if (r == 0)
		return state_commit(ap->st, e);
	state_abort(ap->st);
	return -1;
}

int
apply_delete(struct apply *ap, struct actions *as, struct err *e)
{
	struct flight fl;
	size_t i;

	if (apply_check(ap, as, expect, e) == -1)
		return -1;
	flight_init(&fl, ap, as);
	for (i = 0; i < fl.n; i++)
		look(&fl, fl.folders[i]);
	speak(&fl);
	unlink_files(as);
	flight_free(&fl);
	if (afolder_sync(ap, e) == -1)
		return -1;
	return commit(ap, as, e);
}
