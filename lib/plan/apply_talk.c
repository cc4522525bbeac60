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

static void
send_stores(struct flight *fl, struct afolder *f, struct stores *ss)
{
	struct flight_store *st;
	struct uidset set;
	struct action *a;
	unsigned mask;
	size_t i;
	int remove;

	uidset_init(&set);
	for (remove = 0; remove < 2; remove++)
		for (mask = 1; mask <= FLAG_ALL; mask++) {
			uidset_clear(&set);
			for (i = 0; i < fl->as->n; i++) {
				a = fl->as->a[i];
				if (a->f == f && change_stores(a) && (remove ? a->del : a->add) == mask)
					uidset_add(&set, a->uid, a->uid);
			}
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

static int
has_stores(struct flight *fl, struct afolder *f)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (fl->as->a[i]->f == f && change_stores(fl->as->a[i]))
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
			if (a->f == st->f && change_stores(a) &&
			    (st->remove ? a->del : a->add) == st->flags)
				action_fail(a, EXIT_FAIL, "the server refused it: %s", st->refused);
		}
		free(st->refused);
		free(st);
	}
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

/* The flight itself; with alone, only the uploads whose group was refused. */
static int
fly(struct flight *fl, struct uploads *us, int alone)
{
	struct stores *ss = mem_alloc(fl->n * sizeof(*ss) + 1);
	size_t i, j;
	int r;

	flight_start(fl);
	for (i = 0; i < fl->n; i++) {
		if (!alone)
			send_create(fl, fl->folders[i]);
		if (!uploads_for(us, fl->folders[i]) && (alone || !has_stores(fl, fl->folders[i])))
			continue;
		if (flight_select(fl, fl->folders[i], 0) == -1)
			continue;
		if (!alone)
			send_stores(fl, fl->folders[i], &ss[i]);
		uploads_send(us, fl->folders[i], alone);
		flight_unselect(fl);
	}
	r = flight_end(fl);
	for (j = 0; j < fl->n; j++)
		end_stores(fl, &ss[j]);
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
	r = fly(fl, us, 0);
	if (left_alone(us)) {
		if (r == -1 && fresh_session(ap, &why) == -1) {
			fail_remote(fl, &why);
			return;
		}
		r = fly(fl, us, 1);
	}
	if (r == 0)
		r = uploads_find(us);
	if (r == -1)
		fail_remote(fl, &ap->im.err);
}
