/*
 * The second flight of deletions on the server (apply_delete.c): expunge what the first has marked, move
 * what goes to the trash, and take marks back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "plan/apply.h"
#include "plan/change.h"
#include "plan/trash.h"

/* What the second flight does in a folder. */
struct finish {
	struct part *p;
	struct uidset expunge;	/* marked, and still to be deleted */
	struct uidset unmark;	/* marked, and not to be deleted after all */
	struct uidset move;	/* to the trash; they are still to be looked at */
	struct uidset plain;	/* of those, marked by others: the mark is not moved along */
	struct flight_store undo, bare;
	int sent, made;		/* something; its trash folder, or that was left to one before it */
};

/* 1 if no part of this flight before it has made the same trash folder. */
static int
first(const struct finish *x, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (x[k].made && strcmp(x[k].p->trash, x[i].p->trash) == 0)
			return 0;
	return 1;
}

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
		else if (delete_by_move(a)) {
			if (!action_open(a) || !a->onserver)
				continue;
			uidset_add(&x->move, a->uid, a->uid);
			if (a->seen & FLAG_DELETED)
				uidset_add(&x->plain, a->uid, a->uid);
		}
		else if (action_open(a) && delete_expunges(ap))
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
		if (!action_deletes(a) || a->side != SIDE_REMOTE || delete_by_move(a))
			continue;
		a->untold = 1;
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
		if (delete_by_move(a))
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
		if (again) {
			trash_create(fl, x[i].p, first(x, i));
			x[i].made = 1;
		}
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
		if (!action_deletes(a) || a->side != SIDE_REMOTE)
			continue;
		a->untold = 1;
		action_fail(a, why->status, "%s", why->text);
	}
}

/* One such flight; whether another one is worth a try. */
static int
fly(struct flight *fl, int again)
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

void
delete_expunge(struct flight *fl)
{
	if (fl->ap->im.err.status != 0)
		fail_remote(fl, &fl->ap->im.err);
	else if (fly(fl, 0))
		fly(fl, 1);
}
