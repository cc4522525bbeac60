/*
 * Deletions, the last thing that a run does to messages.  Nothing goes unless the
 * state says that both sides had it under this UIDVALIDITY, and the other side
 * provably lacks it now.
 *
 * On the server in two flights (hazard 16): the first, which apply_talk.c shares with
 * flags and uploads, looks and marks, behind a SELECT whose UIDVALIDITY is only known
 * afterwards; the second expunges by uid where that was the right one, and takes the
 * marks back where it was not.  What MOVE puts into the trash needs no mark; it goes out with the
 * second.  Between them everything else of the batch goes into
 * the state, and the disk is looked at once more.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/change.h"
#include "plan/rules.h"
#include "plan/trash.h"
#include "state/folder.h"
#include "state/msg.h"

int
delete_open(const struct action *a)
{
	return action_deletes(a) && action_open(a);
}

/* 1 if it goes to the trash in one step, mark and all. */
static int
by_move(const struct action *a)
{
	return a->verb == VERB_MOVE && a->side == SIDE_REMOTE && a->how == TRASH_MOVE;
}

int
delete_marks(const struct action *a)
{
	return delete_open(a) && a->side == SIDE_REMOTE && !by_move(a);
}

/* The rows of all folders, once; in a transaction.  0 or -1. */
static int
count_rows(struct apply *ap, struct err *e)
{
	struct state_folder *all;
	size_t i, n;

	if (ap->counted)
		return 0;
	if (state_folders(ap->st, &all, &n, e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		ap->total += all[i].rows;
	state_folders_free(all, n);
	ap->counted = 1;
	return 0;
}

/*
 * More deletions on this side than the user allows at once, in the folder or in all of them together,
 * counted again here: 1, 0, -1.
 */
static int
too_many(struct apply *ap, const struct action *a, struct err *e)
{
	int side = a->side == SIDE_REMOTE;
	const struct maxdelete limit = {
		.never = !ap->a->maxdelete_on || ap->allowdelete,
		.n = ap->a->maxdelete_count, .percent = ap->a->maxdelete_percent
	};

	if (limit.never || ap->ndeletes[side] <= limit.n)
		return 0;
	if (count_rows(ap, e) == -1)
		return -1;
	return maxdelete_holds(&limit, a->f->deletes[side], a->f->rows) ||
	    maxdelete_holds(&limit, ap->ndeletes[side], ap->total);
}

int
delete_expect(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = 0;

	if (!delete_open(a))
		return 0;
	if ((got = too_many(ap, a, e)) == -1)
		return -1;
	if (got == 1) {
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

void
delete_look(struct apply *ap, struct action *a, int proven)
{
	struct mdname name;

	if (a->side == SIDE_REMOTE && a->file != NULL)
		action_skip(a, "the file is back");
	else if (a->file == NULL && !proven)
		action_skip(a, "the folder is in motion: absence could not be proven");
	else if (a->side == SIDE_LOCAL && a->file != NULL &&
	    (name_parse(a->file, ap->a->infosep, NULL, &name) == -1 || name.flags != a->was))
		action_skip(a, "its flags changed meanwhile");
}

/* 1 if our mark may be on the message, and was not there before. */
static int
is_marked(const struct afolder *f, const struct action *a)
{
	if (!a->marked || f->refused != NULL || f->readonly)
		return 0;
	return a->onserver ? (a->seen & FLAG_DELETED) == 0 :
	    f->unread != NULL && (a->was & FLAG_DELETED) == 0;
}

/*
 * What the first flight saw decides: a remote deletion goes on if the message is
 * there as planned; one that is gone already is done; a local one goes on if the
 * server does not have the message.
 */
void
delete_judge(const struct afolder *f, struct action *a, const char *refused)
{
	char room[600];
	const char *no;

	if (!delete_open(a))
		return;
	a->takeback = is_marked(f, a);
	if ((no = flight_obstacle(f, a->validity, room, sizeof(room))) != NULL)
		action_fail(a, EXIT_AGAIN, "%s", no);
	else if (a->side == SIDE_LOCAL) {
		if (a->onserver)
			action_skip(a, "the server has it again");
	} else if (f->readonly)
		action_fail(a, EXIT_FAIL, "the folder is read-only on the server");
	else if (refused != NULL && !by_move(a))
		action_fail(a, EXIT_FAIL, "the server refused it: %s", refused);
	else if (a->onserver && (a->seen & ~(unsigned)FLAG_DELETED) !=
	    (a->was & ~(unsigned)FLAG_DELETED))
		action_skip(a, "its flags changed on the server meanwhile");
}

/* The uploads before it may have taken their time: the files of what is still to be deleted, again. */
static void
look_again(struct flight *fl, struct part *p)
{
	struct err why = { 0 };
	int proven = 0, r;
	size_t i, open = 0;

	for (i = 0; i < p->n; i++)
		open += (size_t)delete_open(p->a[i]);
	if (open == 0)
		return;
	r = afolder_open(fl->ap, p->f, &why);
	if (r == 0)
		r = apply_locate(fl->ap, p->f, p->a, p->n, &proven, &why);
	for (i = 0; i < p->n; i++) {
		if (!delete_open(p->a[i]))
			continue;
		if (r == -1)
			action_fail(p->a[i], why.status, "%s", why.text);
		else
			delete_look(fl->ap, p->a[i], proven);
	}
}

static int
expunges(const struct apply *ap)
{
	return ap->a->remote.expunge && imap_has(&ap->im, "UIDPLUS");
}

/* What the second flight does in a folder. */
struct finish {
	struct part *p;
	struct uidset expunge;	/* marked, and still to be deleted */
	struct uidset unmark;	/* marked, and not to be deleted after all */
	struct uidset move;	/* to the trash; they are still to be looked at */
	struct uidset plain;	/* of those, marked by others: the mark is not moved along */
	struct flight_store undo, bare;
	int sent;
};

static void
gather(const struct apply *ap, struct finish *x)
{
	struct action *a;
	size_t i;

	for (i = 0; i < x->p->n; i++) {
		a = x->p->a[i];
		if (!action_deletes(a) || a->side != SIDE_REMOTE)
			continue;
		if (!action_open(a) && a->takeback)
			uidset_add(&x->unmark, a->uid, a->uid);
		else if (by_move(a)) {
			if (!action_open(a) || !a->onserver)
				continue;
			uidset_add(&x->move, a->uid, a->uid);
			if (a->seen & FLAG_DELETED)
				uidset_add(&x->plain, a->uid, a->uid);
		}
		else if (action_open(a) && expunges(ap))
			uidset_add(&x->expunge, a->uid, a->uid);
	}
}

static int
expunged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct finish *x = arg;
	struct action *a;
	struct buf b;
	size_t i;

	(void)im;
	(void)e;
	if (r->status == IMAP_OK)
		return 0;
	buf_init(&b, 1024);
	imap_words(r, &b);
	for (i = 0; i < x->p->n; i++) {
		a = x->p->a[i];
		if (action_deletes(a) && a->side == SIDE_REMOTE && !by_move(a))
			action_fail(a, EXIT_AGAIN, "marked \\Deleted, but the server refused to expunge: %s",
			    buf_cstr(&b));
	}
	buf_free(&b);
	return 0;
}

/* The moves of a folder.  0, or -1 if the session broke. */
static int
move(struct flight *fl, struct finish *x)
{
	size_t i;
	int r;

	if ((r = trash_cleared(fl, x->p, TRASH_MOVE)) != 1) {
		uidset_clear(&x->move);
		return r;
	}
	x->bare.flags = FLAG_DELETED;
	x->bare.remove = 1;
	flight_store(fl, &x->bare, &x->plain);
	trash_send(fl, x->p, "UID MOVE", &x->move);
	for (i = 0; i < x->move.n; i++)
		uidset_add(&x->expunge, x->move.r[i].lo, x->move.r[i].hi);
	return 0;
}

/* Moves that were refused; those whose folder was not there may be tried once more. */
static void
moved(const struct flight *fl, struct part *p, int last)
{
	struct action *a;
	size_t i;

	if (p->untrashed == NULL || (p->notrash && !last && trash_may_create(fl->ap)))
		return;
	for (i = 0; i < p->n; i++) {
		a = p->a[i];
		if (by_move(a))
			action_fail(a, EXIT_FAIL, "it could not be moved to \"%s\": %s", p->trash, p->untrashed);
	}
}

/* Second flight: expunge, move, and take marks back; or once more, what had no folder to be moved to. */
static int
expunge(struct flight *fl, struct finish *x, int again)
{
	struct imap_done done = { expunged, NULL };
	size_t i;
	int r = 0;

	flight_start(fl);
	for (i = 0; i < fl->n && r == 0; i++) {
		if (again && !x[i].p->notrash)
			continue;
		if (again)
			trash_create(fl, x[i].p);
		gather(fl->ap, &x[i]);
		if ((x[i].unmark.n == 0 && x[i].expunge.n == 0 && x[i].move.n == 0) ||
		    flight_select(fl, x[i].p, SELECT_WATCH) == -1)
			continue;
		x[i].sent = 1;
		x[i].undo.flags = FLAG_DELETED;
		x[i].undo.remove = 1;
		flight_store(fl, &x[i].undo, &x[i].unmark);
		done.arg = &x[i];
		flight_set(fl, "UID EXPUNGE", &x[i].expunge, "", done);
		if (x[i].move.n != 0)
			r = move(fl, &x[i]);
		echo_gone(x[i].p->f, &x[i].expunge);
		flight_unselect(fl, x[i].p);
	}
	return flight_end(fl);
}

static void
free_finish(struct finish *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(x[i].undo.refused);
		free(x[i].bare.refused);
		uidset_free(&x[i].expunge);
		uidset_free(&x[i].unmark);
		uidset_free(&x[i].move);
		uidset_free(&x[i].plain);
	}
	free(x);
}

static void
fail_remote(struct flight *fl, const struct err *why)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (action_deletes(a) && a->side == SIDE_REMOTE)
			action_fail(a, why->status, "%s", why->text);
	}
}

/* One such flight; whether another one is worth a try. */
static int
speak(struct flight *fl, int again)
{
	struct finish *x = mem_alloc((fl->n + 1) * sizeof(*x));
	size_t i;
	int r, more = 0;

	for (i = 0; i < fl->n; i++)
		x[i].p = &fl->part[i];
	if ((r = expunge(fl, x, again)) == -1)
		fail_remote(fl, &fl->ap->im.err);
	for (i = 0; i < fl->n; i++) {
		moved(fl, x[i].p, again);
		more |= r == 0 && x[i].p->notrash;
		if (x[i].sent && r == 0 && x[i].p->untrashed == NULL)
			echo_emptied(x[i].p);
		else if (x[i].sent)
			echo_lose(x[i].p->f);
	}
	free_finish(x, fl->n);
	return more && !again && trash_may_create(fl->ap);
}

/* Local files; one that was renamed since is looked for by the next run. */
static void
unlink_files(struct flight *fl)
{
	struct err why = { 0 };
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->sorted[i];
		if (!delete_open(a) || a->side != SIDE_LOCAL || a->file == NULL)
			continue;
		if (afolder_open(fl->ap, a->f, &why) == -1)
			action_fail(a, why.status, "%s", why.text);
		else if (a->onserver)
			action_skip(a, "the server has it again");
		else if (a->verb == VERB_MOVE)
			continue;
		else if (unlinkat(md_where(&a->f->md, a->where), a->file, 0) == 0)
			a->f->dirty = 1;
		else
			action_unable(a, "removing the file");
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
	if (a->side == SIDE_LOCAL || !a->onserver || by_move(a) || expunges(ap))
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
		if (!delete_open(as->a[i]))
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

/* 1 if there is a deletion left, or a mark to be taken back. */
static int
unfinished(const struct flight *fl)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (delete_open(fl->as->a[i]) || fl->as->a[i]->takeback)
			return 1;
	return 0;
}

int
delete_finish(struct flight *fl, struct err *e)
{
	size_t i;

	if (!unfinished(fl))
		return 0;
	if (apply_check(fl->ap, fl->as, delete_expect, e) == -1)
		return -1;
	for (i = 0; i < fl->n; i++)
		look_again(fl, &fl->part[i]);
	trash_arrived(fl);
	if (fl->ap->im.err.status != 0)
		fail_remote(fl, &fl->ap->im.err);
	else if (speak(fl, 0))
		speak(fl, 1);
	unlink_files(fl);
	if (trash_files(fl, e) == -1)
		return -1;
	if (afolder_sync(fl->ap, e) == -1)
		return -1;
	return commit(fl->ap, fl->as, e);
}
