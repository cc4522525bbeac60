/*
 * What a batch says to the server once its folders are made (apply_create.c): STORE, APPEND, and
 * \Deleted for what is to be deleted there, all folders in one flight.
 */
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "plan/apply.h"
#include "plan/change.h"
#include "plan/trash.h"

int
change_stores(const struct action *a)
{
	return a->verb == VERB_FLAGS && a->side == SIDE_REMOTE && action_open(a);
}

/* One STORE for each combination of flags to add, and to remove, in this folder; and the marks. */
struct stores {
	struct flight_store *st[2 * (FLAG_ALL + 1)];
	size_t n;
	struct flight_store marks;
};

/* What a STORE adds or removes for an action, or, to undo one, what it must put back. */
static unsigned
mask_of(const struct action *a, int remove, int undo)
{
	if (undo)
		return !a->undo ? 0 : remove ? a->add & ~a->seen : a->del & a->seen;
	return !change_stores(a) ? 0 : remove ? a->del : a->add;
}

/* The uids of a folder's actions with that mask; those with any at all if it is 0. */
static void
stored_uids(const struct part *p, int remove, unsigned mask, int undo, struct uidset *set)
{
	unsigned has;
	size_t i;

	for (i = 0; i < p->n; i++) {
		has = mask_of(p->a[i], remove, undo);
		if (has != 0 && (mask == 0 || has == mask))
			uidset_add(set, p->a[i]->uid, p->a[i]->uid);
	}
}

static void
send_stores(struct flight *fl, const struct part *p, struct stores *ss, int undo)
{
	struct flight_store *st;
	struct uidset set;
	unsigned mask;
	int remove;

	uidset_init(&set);
	for (remove = 0; remove < 2; remove++)
		for (mask = 1; mask <= FLAG_ALL; mask++) {
			uidset_clear(&set);
			stored_uids(p, remove, mask, undo, &set);
			if (set.n == 0)
				continue;
			st = ss->st[ss->n++] = mem_alloc(sizeof(*st));
			st->flags = mask;
			st->remove = remove;
			flight_store(fl, st, &set);
		}
	uidset_free(&set);
}

static void
send_marks(struct flight *fl, const struct part *p, struct stores *ss)
{
	struct uidset set;
	size_t i;

	uidset_init(&set);
	for (i = 0; i < p->n; i++)
		if (delete_marks(p->a[i])) {
			uidset_add(&set, p->a[i]->uid, p->a[i]->uid);
			p->a[i]->marked = 1;
		}
	ss->marks.flags = FLAG_DELETED;
	flight_store(fl, &ss->marks, &set);
	uidset_free(&set);
}

/* Flags as they are, asked before they change: the folder may turn out to be another. */
static void
send_look(struct flight *fl, struct part *p)
{
	struct uidset set;
	size_t i;

	uidset_init(&set);
	for (i = 0; i < p->n; i++)
		if (delete_open(p->a[i]) || change_stores(p->a[i]))
			uidset_add(&set, p->a[i]->uid, p->a[i]->uid);
	flight_fetch_flags(fl, p, &set);
	uidset_free(&set);
}

/* What there is to be done in a folder. */
enum {
	DO_STORES = 1,
	DO_UPLOADS = 2,
	DO_MARKS = 4,
	DO_LOOK = 8,	/* whether the server has what is to be deleted here */
	DO_MOVES = 16	/* and whether it has what is to be moved */
};

enum fly { FLY_ALL, FLY_UNDO, FLY_ALONE };

static int
work(const struct part *p, const struct uploads *us, enum fly what)
{
	const struct action *a;
	int todo = 0;
	size_t i;

	for (i = 0; i < p->n && what != FLY_ALONE; i++) {
		a = p->a[i];
		if (mask_of(a, 0, what == FLY_UNDO) != 0 || mask_of(a, 1, what == FLY_UNDO) != 0)
			todo |= DO_STORES;
		if (what == FLY_ALL && delete_open(a))
			todo |= a->side != SIDE_REMOTE ? DO_LOOK : delete_marks(a) ? DO_MARKS : DO_MOVES;
	}
	if (what != FLY_UNDO && uploads_for(us, p, what == FLY_ALONE))
		todo |= DO_UPLOADS;
	return todo;
}

/* What refused STOREs mean for their actions; frees. */
static void
end_stores(const struct part *p, struct stores *ss)
{
	struct flight_store *st;
	size_t i, j;

	for (i = 0; i < ss->n; i++) {
		st = ss->st[i];
		/* of a folder that is read-only judge() says that */
		for (j = 0; j < p->n && st->refused != NULL && !p->f->readonly; j++)
			if (mask_of(p->a[j], st->remove, 0) == st->flags)
				action_fail(p->a[j], EXIT_FAIL, "the server refused it: %s", st->refused);
		free(st->refused);
		free(st);
	}
	ss->n = 0;
}

/*
 * What SELECT told decides over flag changes on the server: those behind one that told
 * another UIDVALIDITY, or none, hit a stranger (hazard 16).  Returns whether any did.
 */
static int
judge(const struct part *p)
{
	struct action *a;
	char room[600];
	const char *no;
	size_t i;
	int any = 0;

	for (i = 0; i < p->n; i++) {
		a = p->a[i];
		if (!change_stores(a))
			continue;
		if ((no = flight_obstacle(a->f, a->validity, room, sizeof(room))) != NULL) {
			action_fail(a, EXIT_FAIL, "%s", no);
			a->undo = a->onserver && a->f->refused == NULL && a->f->answered != a->validity;
			any |= a->undo;
		} else if (a->f->readonly)
			action_skip(a, ACTION_READONLY);
	}
	return any;
}

/* 1 if anything of this batch must be said to the server. */
static int
remote_work(const struct flight *fl, const struct uploads *us)
{
	const struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (action_open(a) && (change_stores(a) || action_deletes(a) ||
		    (a->verb == VERB_CREATE && a->side == SIDE_REMOTE)))
			return 1;
	}
	for (i = 0; i < us->n; i++)
		if (action_open(us->u[i].act))
			return 1;
	return 0;
}

/* Everything that needs the server and is open failed for the same reason. */
static void
fail_remote(struct flight *fl, const struct err *why)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		a->untold |= action_deletes(a);
		if (action_deletes(a) || (a->side == SIDE_REMOTE && a->verb != VERB_KEEP &&
		    a->newuid == 0))
			action_fail(a, why->status, "%s", why->text);
	}
}

/* A folder's commands. */
static void
send_folder(struct flight *fl, struct part *p, struct uploads *us, struct stores *ss, enum fly what)
{
	int todo;

	if ((todo = work(p, us, what)) == 0 || flight_select(fl, p, todo == DO_LOOK ? SELECT_READ :
	    what == FLY_ALL ? SELECT_WATCH : SELECT_CHANGE) == -1)
		return;
	if (what == FLY_ALL && (todo & ~DO_UPLOADS) != 0)
		send_look(fl, p);
	if ((todo & DO_STORES) != 0)
		send_stores(fl, p, ss, what == FLY_UNDO);
	if ((todo & DO_MARKS) != 0) {
		trash_copy(fl, p);
		send_marks(fl, p, ss);
	}
	if ((todo & DO_UPLOADS) != 0)
		uploads_send(us, p, what == FLY_ALONE);
	flight_unselect(fl, p);
}

/*
 * The flight itself: everything, or only taking back what hit strangers, or only the uploads
 * whose group was refused.  The answers of the first are judged here, before the next flight's
 * SELECTs replace them; *strangers is whether it hit any.
 */
static int
fly(struct flight *fl, struct uploads *us, enum fly what, int *strangers)
{
	struct stores *ss = mem_alloc((fl->n + 1) * sizeof(*ss));
	struct part *p;
	int r;
	size_t i, j;

	flight_start(fl);
	us->owed = 0;	/* a session that broke owes nothing any more */
	for (i = 0; i < fl->n; i++)
		send_folder(fl, &fl->part[i], us, &ss[i], what);
	uploads_drain(us);
	r = flight_end(fl);
	for (i = 0; i < fl->n; i++) {
		p = &fl->part[i];
		end_stores(p, &ss[i]);
		if (what == FLY_ALL && r == 0) {
			*strangers |= judge(p);
			for (j = 0; j < p->n; j++)
				delete_judge(p->f, p->a[j], ss[i].marks.refused);
			trash_judge(p);
		}
		free(ss[i].marks.refused);
	}
	free(ss);
	return r;
}

static int
left_alone(const struct uploads *us)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		if (us->u[i].alone && action_open(us->u[i].act))
			return 1;
	return 0;
}

/* A session that broke tells nothing of what it did. */
static void
fail_changes(struct flight *fl, const struct err *why)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		a->untold |= action_deletes(a);
		if (change_stores(a) || action_deletes(a))
			action_fail(a, why->status, "%s", why->text);
	}
}

/* Another session, after one that ended over a group of uploads. */
static int
fresh_session(struct apply *ap, struct err *e)
{
	imap_close(&ap->im);
	ap->session = 0;
	return apply_session(ap, 0, e);
}

void
change_talk(struct flight *fl, struct uploads *us)
{
	struct apply *ap = fl->ap;
	struct err why = { 0 };
	int r, strangers = 0;
	size_t i;

	if (!remote_work(fl, us))
		return;
	if (apply_session(ap, fl->as->bytes, &why) == -1) {
		fail_remote(fl, &why);
		return;
	}
	if ((r = uploads_arrived(us)) == 0)
		r = fly(fl, us, FLY_ALL, &strangers);
	if (r == -1)
		fail_changes(fl, &ap->im.err);
	else if (strangers)
		r = fly(fl, us, FLY_UNDO, &strangers);
	if (left_alone(us)) {
		if (r == -1 && fresh_session(ap, &why) == -1) {
			fail_remote(fl, &why);
			return;
		}
		r = fly(fl, us, FLY_ALONE, &strangers);
	}
	uploads_hold(us);
	uploads_check(us);
	if (r == 0)
		r = uploads_find(us);
	if (r == -1)
		fail_remote(fl, &ap->im.err);
	for (i = 0; i < fl->n; i++)
		if (r == 0)
			echo_changed(&fl->part[i], us);
		else
			echo_lose(fl->part[i].f);
}
