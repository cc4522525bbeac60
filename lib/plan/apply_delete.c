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

int
delete_by_move(const struct action *a)
{
	return a->verb == VERB_MOVE && a->side == SIDE_REMOTE && a->how == TRASH_MOVE;
}

int
delete_marks(const struct action *a)
{
	return delete_open(a) && a->side == SIDE_REMOTE && !delete_by_move(a);
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
	else {
		action_set_name(a, row.name);
		a->retried = !a->begun && row.kept == KEPT_DELETING;
	}
	return 0;
}

int
delete_begin(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;
	int got;

	if (!delete_open(a) || a->side != SIDE_REMOTE)
		return 0;
	if (afolder_touch(ap, a->f, e) == -1)
		return -1;
	/* the heads are out of the state by now: that is to be committed, come what may */
	if ((got = state_msg_get(ap->st, a->f->id, a->uid, &m, e)) != 1)
		return got == -1 ? -1 : 1;
	a->begun = 1;
	a->rowflags = m.flags;
	a->rowkept = m.kept;
	/* if the file is put back before the end, the mark is what the user has taken back with it */
	m.flags |= FLAG_DELETED;
	m.kept = KEPT_DELETING;
	return state_msg_put(ap->st, a->f->id, &m, e) == -1 ? -1 : 1;
}

/* One that was begun, and the server has the message as it was.  0 or -1. */
static int
end_begun(struct apply *ap, const struct action *a, struct err *e)
{
	struct state_msg m;
	int got;

	if ((got = state_msg_get(ap->st, a->f->id, a->uid, &m, e)) != 1 || m.kept != KEPT_DELETING)
		return got == -1 ? -1 : 0;
	m.flags = a->rowflags;
	m.kept = a->rowkept;
	return state_msg_put(ap->st, a->f->id, &m, e);
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
	else if (a->side == SIDE_REMOTE && !a->begun)
		/* a mail reader's unlink must be durable before the message goes: once, at the first look */
		a->f->dirty = 1;
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
		action_skip(a, ACTION_READONLY);
	else if (refused != NULL && !delete_by_move(a))
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

int
delete_expunges(const struct apply *ap)
{
	return ap->a->remote.expunge && imap_has(&ap->im, "UIDPLUS");
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
		else if ((a->copies > 1 && delete_copies(fl->ap, a) == -1) || a->verb == VERB_MOVE)
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
	if (a->side == SIDE_LOCAL || !a->onserver || delete_by_move(a) || delete_expunges(ap))
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
	struct action *a;
	size_t i;
	int r = 0;

	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < as->n && r == 0; i++) {
		a = as->a[i];
		if (a->begun && !action_open(a) && !a->untold)
			r = end_begun(ap, a, e);
		if (!delete_open(a))
			continue;
		if ((r = row(ap, a, e)) == 0) {
			action_done(a, NULL);
			r = apply_log(ap, a, e);
		}
	}
	if (r == 0)
		return state_commit(ap->st, e);
	state_abort(ap->st);
	return -1;
}

/* 1 if there is a deletion left, or one that was begun, perhaps with a mark to be taken back. */
static int
unfinished(const struct flight *fl)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (delete_open(fl->as->a[i]) || fl->as->a[i]->begun)
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
	delete_expunge(fl);
	unlink_files(fl);
	if (trash_files(fl, e) == -1)
		return -1;
	if (afolder_sync(fl->ap, e) == -1)
		return -1;
	return commit(fl->ap, fl->as, e);
}
