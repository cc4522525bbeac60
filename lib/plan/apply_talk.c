/* What a batch of changes says to the server: CREATE, STORE, APPEND, in one flight. */
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "imap/mailbox.h"
#include "plan/apply.h"
#include "plan/change.h"

static int
created(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct action *a = arg;
	struct buf b;

	(void)im;
	(void)e;
	if (r->status == IMAP_OK || imap_code(r, "ALREADYEXISTS")) {
		action_done(a, NULL);
		return 0;
	}
	buf_init(&b, 1024);
	imap_words(r, &b);
	action_fail(a, EXIT_FAIL, "the server refused to make the folder: %s", buf_cstr(&b));
	buf_free(&b);
	return 0;
}

/* CREATE, in front of the folder's SELECT. */
static void
send_create(struct flight *fl, struct afolder *f)
{
	struct imap_done done = { created, NULL };
	struct err why = { 0 };
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->f != f || a->verb != VERB_CREATE || !action_open(a))
			continue;
		if (mailbox_check(f->remote, fl->ap->a->utf8foldernames, &why) == -1) {
			action_fail(a, EXIT_FAIL, "%s", why.text);
			continue;
		}
		done.arg = a;
		imap_begin(&fl->ap->im, done);
		imap_put(&fl->ap->im, "CREATE ");
		mailbox_put(&fl->ap->im, f->remote, fl->ap->a->utf8foldernames, &why);
		imap_end(&fl->ap->im);
	}
}

int
change_stores(const struct action *a)
{
	return a->verb == VERB_FLAGS && a->side == SIDE_REMOTE && action_open(a);
}

/* One STORE for each combination of flags to add, and to remove, in this folder. */
struct stores {
	struct flight_store *st[2 * (FLAG_ALL + 1)];
	size_t n;
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
stored_uids(struct flight *fl, struct afolder *f, int remove, unsigned mask, int undo,
    struct uidset *set)
{
	struct action *a;
	unsigned has;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		has = a->f == f ? mask_of(a, remove, undo) : 0;
		if (has != 0 && (mask == 0 || has == mask))
			uidset_add(set, a->uid, a->uid);
	}
}

static void
send_stores(struct flight *fl, struct afolder *f, struct stores *ss, int undo)
{
	struct flight_store *st;
	struct uidset set;
	unsigned mask;
	int remove;

	uidset_init(&set);
	for (remove = 0; remove < 2; remove++)
		for (mask = 1; mask <= FLAG_ALL; mask++) {
			uidset_clear(&set);
			stored_uids(fl, f, remove, mask, undo, &set);
			if (set.n == 0)
				continue;
			st = ss->st[ss->n++] = mem_alloc(sizeof(*st));
			st->fl = fl;
			st->f = f;
			st->flags = mask;
			st->remove = remove;
			flight_store(fl, st, &set);
		}
	uidset_free(&set);
}

/* Flags as they are, asked before they change: the folder may turn out to be another. */
static void
send_look(struct flight *fl, struct afolder *f)
{
	struct uidset set;

	uidset_init(&set);
	stored_uids(fl, f, 0, 0, 0, &set);
	stored_uids(fl, f, 1, 0, 0, &set);
	flight_fetch_flags(fl, &set);
	uidset_free(&set);
}

static int
has_stores(struct flight *fl, struct afolder *f, int undo)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (fl->as->a[i]->f == f && (mask_of(fl->as->a[i], 0, undo) != 0 ||
		    mask_of(fl->as->a[i], 1, undo) != 0))
			return 1;
	return 0;
}

/* What a refused STORE means for its actions; frees. */
static void
end_stores(struct flight *fl, struct stores *ss)
{
	struct flight_store *st;
	struct action *a;
	size_t i, j;

	for (i = 0; i < ss->n; i++) {
		st = ss->st[i];
		for (j = 0; j < fl->as->n && st->refused != NULL; j++) {
			a = fl->as->a[j];
			if (a->f == st->f && mask_of(a, st->remove, 0) == st->flags)
				action_fail(a, EXIT_FAIL, "the server refused it: %s", st->refused);
		}
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
judge(struct flight *fl)
{
	struct action *a;
	char room[600];
	const char *no;
	size_t i;
	int any = 0;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (!change_stores(a))
			continue;
		if ((no = flight_obstacle(a->f, a->validity, room, sizeof(room))) != NULL) {
			action_fail(a, EXIT_FAIL, "%s", no);
			a->undo = a->onserver && a->f->refused == NULL && a->f->answered != a->validity;
			any |= a->undo;
		} else if (a->f->readonly)
			action_fail(a, EXIT_FAIL, "the folder is read-only on the server");
	}
	return any;
}

/* 1 if anything of this batch must be said to the server. */
static int
remote_work(struct flight *fl, struct uploads *us)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (action_open(fl->as->a[i]) && (change_stores(fl->as->a[i]) ||
		    (fl->as->a[i]->verb == VERB_CREATE && fl->as->a[i]->side == SIDE_REMOTE)))
			return 1;
	for (i = 0; i < us->n; i++)
		if (action_open(us->u[i].act))
			return 1;
	return 0;
}

/* Everything that speaks to the server and is open failed for the same reason. */
static void
fail_remote(struct flight *fl, const struct err *why)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->side == SIDE_REMOTE && a->verb != VERB_KEEP && a->newuid == 0)
			action_fail(a, why->status, "%s", why->text);
	}
}

enum part { PART_ALL, PART_UNDO, PART_ALONE };

/*
 * The flight itself: everything, or only taking back what hit strangers, or only the uploads
 * whose group was refused.
 */
static int
fly(struct flight *fl, struct uploads *us, enum part part)
{
	struct stores *ss = mem_alloc(fl->n * sizeof(*ss) + 1);
	struct afolder *f;
	int stores, r;
	size_t i;

	flight_start(fl);
	for (i = 0; i < fl->n; i++) {
		f = fl->folders[i];
		if (part == PART_ALL)
			send_create(fl, f);
		stores = part != PART_ALONE && has_stores(fl, f, part == PART_UNDO);
		if ((!stores && (part == PART_UNDO || !uploads_for(us, f, part == PART_ALONE))) ||
		    flight_select(fl, f, 0) == -1)
			continue;
		if (stores && part == PART_ALL)
			send_look(fl, f);
		if (stores)
			send_stores(fl, f, &ss[i], part == PART_UNDO);
		if (part != PART_UNDO)
			uploads_send(us, f, part == PART_ALONE);
		flight_unselect(fl);
	}
	r = flight_end(fl);
	for (i = 0; i < fl->n; i++)
		end_stores(fl, &ss[i]);
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
fail_stores(struct flight *fl, const struct err *why)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (change_stores(fl->as->a[i]))
			action_fail(fl->as->a[i], why->status, "%s", why->text);
}

/* Another session, after one that ended over a group of uploads. */
static int
fresh_session(struct apply *ap, struct err *e)
{
	imap_close(&ap->im);
	ap->session = 0;
	return apply_session(ap, e);
}

void
change_talk(struct flight *fl, struct uploads *us)
{
	struct apply *ap = fl->ap;
	struct err why = { 0 };
	int r;

	if (!remote_work(fl, us))
		return;
	if (apply_session(ap, &why) == -1) {
		fail_remote(fl, &why);
		return;
	}
	/* each flight's answers are judged before the next one's SELECTs replace them */
	if ((r = fly(fl, us, PART_ALL)) == -1)
		fail_stores(fl, &ap->im.err);
	else if (judge(fl))
		r = fly(fl, us, PART_UNDO);
	if (left_alone(us)) {
		if (r == -1 && fresh_session(ap, &why) == -1) {
			fail_remote(fl, &why);
			return;
		}
		r = fly(fl, us, PART_ALONE);
	}
	uploads_check(us);
	if (r == 0)
		r = uploads_find(us);
	if (r == -1)
		fail_remote(fl, &ap->im.err);
}
