/* Proving a folder's head behind our own changes. */
#include "plan/echo.h"

#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "imap/fetch.h"
#include "plan/apply.h"
#include "plan/change.h"
#include "plan/flight.h"
#include "plan/upload.h"

#define STRANGERS	16	/* new messages that are not ours, before no more are noted */

/* The head that the mark states, or the state's own where there is no mark for it. */
static void
learn(struct afolder *f)
{
	struct echo_head *h = &f->echo.head;
	const char *line = f->mark[1];
	uint64_t validity, next;
	struct err why = { 0 };
	char *scratch;
	struct rec rec;

	if (line == NULL) {
		h->validity = f->validity;
		h->next = f->rhead.next;
		h->count = f->rhead.count;
		h->modseq = f->rhead.modseq;
		f->echo.known = f->rhead.valid && h->validity != 0 && h->next != 0 && h->modseq != 0;
		return;
	}
	scratch = mem_alloc(strlen(line) + 1);
	if (rec_parse(&rec, line, strlen(line), scratch, &why) == 0 &&
	    rec_getu(&rec, "validity", &validity) == 0 && validity <= UINT32_MAX &&
	    rec_getu(&rec, "next", &next) == 0 && next <= UINT32_MAX &&
	    rec_getu(&rec, "count", &h->count) == 0 && rec_getu(&rec, "modseq", &h->modseq) == 0) {
		h->validity = (uint32_t)validity;
		h->next = (uint32_t)next;
		f->echo.known = h->validity != 0 && h->next != 0 && h->modseq != 0;
	}
	free(scratch);
}

void
echo_begin(struct part *p, int condstore)
{
	struct echo *e = &p->f->echo;
	size_t i;

	e->strange = e->fetched = e->examined = 0;
	e->due = 0;
	e->nfresh = 0;
	memset(&e->box, 0, sizeof(e->box));
	uidset_clear(&e->gone);
	if (!e->known && !e->lost)
		learn(p->f);
	/* a folder that we make holds what we put there, from the first uid on */
	if (!e->known && !e->lost && p->f->made && p->f->rows == 0)
		e->head.next = 1;
	e->watching = condstore && !e->lost && !p->f->distrust &&
	    p->f->note == NULL && e->head.next != 0;
	for (i = 0; i < p->n; i++)
		p->a[i]->hastold = 0;
	/* until it is proven */
	e->lost = 1;
}

void
echo_lose(struct afolder *f)
{
	f->echo.watching = 0;
	f->echo.lost = 1;
}

void
echo_gone(struct afolder *f, struct uidset *set)
{
	uidset_free(&f->echo.gone);
	f->echo.gone = *set;
	uidset_init(set);
}

static void
told_fresh(struct part *p, const struct fetch *got)
{
	struct echo *e = &p->f->echo;

	if (e->nfresh == e->cap) {
		if (e->nfresh > p->nup + STRANGERS) {
			e->strange = 1;
			return;
		}
		e->cap = e->cap != 0 ? 2 * e->cap : 16;
		e->fresh = mem_grow(e->fresh, e->cap, sizeof(*e->fresh));
	}
	e->fresh[e->nfresh++] = (struct echo_new){ got->uid, got->flags };
}

/* A message that has changed since the head, and is ours; all else is strange. */
static void
told_message(struct part *p, const struct fetch *got)
{
	const unsigned all = FETCH_UID | FETCH_FLAGS | FETCH_MODSEQ;
	struct echo *e = &p->f->echo;
	struct action **a;
	size_t n, i;

	if ((got->has & all) != all || got->modseq <= e->head.modseq || got->modseq > e->box.modseq) {
		e->strange = 1;
		return;
	}
	if (got->uid >= e->head.next) {
		told_fresh(p, got);
		return;
	}
	e->fetched = 1;
	a = flight_uid(p, got->uid, &n);
	e->strange |= n == 0;
	for (i = 0; i < n; i++) {
		e->strange |= a[i]->hastold;
		a[i]->told = got->flags;
		a[i]->hastold = 1;
	}
}

void
echo_told(struct part *p, const struct imap_resp *r, const struct fetch *got)
{
	struct echo *e = &p->f->echo;
	struct mailbox m = e->box;

	if (mailbox_note(&m, r)) {
		/* a head is what EXAMINE told: later figures may hide what came since */
		if (!e->examined)
			e->box = m;
		else
			e->strange |= m.exists != e->box.exists || m.validity != e->box.validity;
		return;
	}
	if (got != NULL)
		told_message(p, got);
	else if (strcmp(r->name, "VANISHED") == 0 || strcmp(r->name, "EXPUNGE") == 0)
		e->strange = 1;
}

void
echo_answered(struct part *p, const struct imap_resp *r)
{
	struct echo *e = &p->f->echo;

	/* the first one is EXAMINE's */
	e->examined = 1;
	if (r->status == IMAP_OK && e->due != 0)
		e->due--;
	else
		e->strange = 1;
}

/* One message's lines, a[0] to a[n - 1]: is it as the state's row will say? */
static int
as_row(struct action **a, size_t n)
{
	int row = 0, changed = 0, deleted = 0;
	unsigned want = 0, differ;
	size_t i;

	for (i = 0; i < n; i++) {
		if (action_deletes(a[i]) && a[i]->marked) {
			deleted++;
			want = a[i]->seen | FLAG_DELETED;
		}
		if (!action_open(a[i]) || (a[i]->verb != VERB_FLAGS && a[i]->verb != VERB_AGREE))
			continue;
		if (!row)
			want = a[i]->rowflags;
		row = 1;
		differ = a[i]->flags ^ a[i]->was;
		want = a[i]->verb == VERB_FLAGS ? (want | a[i]->add) & ~a[i]->del :
		    (want & ~differ) | (a[i]->flags & differ);
		changed |= change_stores(a[i]);
	}
	if (!changed && !deleted)
		return !a[0]->hastold;
	if (row + deleted != 1 || !a[0]->onserver)
		return 0;
	return (a[0]->hastold ? a[0]->told : a[0]->seen) == want;
}

static int
as_rows(const struct part *p)
{
	size_t i, n;

	for (i = 0; i < p->n; i += n) {
		for (n = 1; i + n < p->n && p->a[i + n]->uid == p->a[i]->uid; n++)
			continue;
		if (p->a[i]->uid != 0 && !as_row(p->a + i, n))
			return 0;
	}
	return 1;
}

static int
by_uid(const void *a, const void *b)
{
	const struct echo_new *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->flags < y->flags ? -1 : x->flags > y->flags;
}

/* What came in is what we sent, with the flags that it was sent with: their number, or -1. */
static long
as_sent(struct part *p, const struct uploads *us)
{
	struct echo *e = &p->f->echo;
	struct echo_new *sent = mem_alloc((p->nup + 1) * sizeof(*sent));
	size_t i, n = 0;
	long r = -1;

	for (i = p->up; i < p->up + p->nup; i++)
		if (us->u[i].stored)
			sent[n++] = (struct echo_new){ us->u[i].act->newuid, us->u[i].act->flags };
	if (n > 1)
		qsort(sent, n, sizeof(*sent), by_uid);
	if (e->nfresh > 1)
		qsort(e->fresh, e->nfresh, sizeof(*e->fresh), by_uid);
	for (i = 0; i < n && n == e->nfresh; i++)
		if (sent[i].uid == 0 || sent[i].uid != e->fresh[i].uid ||
		    sent[i].flags != e->fresh[i].flags)
			break;
	if (n == e->nfresh && i == n)
		r = (long)n;
	free(sent);
	return r;
}

/*
 * The question was answered in full, and the folder is what it was with n messages more (or
 * fewer), the next uid being that: then this is its head.
 */
static void
move(struct echo *e, long n, uint32_t next)
{
	const struct mailbox *m = &e->box;

	if (e->strange || e->due != 0 || !m->counted || m->next != next || next == 0 ||
	    m->exists != e->head.count + (uint64_t)n || m->modseq == 0 ||
	    (e->known && m->validity != e->head.validity))
		return;
	if (e->known && m->modseq < e->head.modseq)
		return;
	e->lost = 0;
	/* a server whose figures have not moved although we changed something is not believed */
	if ((n != 0 || e->fetched) && m->modseq == e->head.modseq) {
		e->lost = 1;
		return;
	}
	e->moved |= m->modseq != e->head.modseq;
	e->head = (struct echo_head){ m->validity, next, m->exists, m->modseq };
	e->known = 1;
}

void
echo_changed(struct part *p, const struct uploads *us)
{
	struct echo *e = &p->f->echo;
	long n;

	if (e->watching && (n = as_sent(p, us)) != -1 && as_rows(p))
		move(e, n, n != 0 ? e->fresh[e->nfresh - 1].uid + 1 : e->head.next);
	e->watching = 0;
}

void
echo_emptied(struct part *p)
{
	struct echo *e = &p->f->echo;
	long n = 0;
	size_t i;

	for (i = 0; i < p->n && e->watching; i++)
		if (delete_open(p->a[i]) && p->a[i]->side == SIDE_REMOTE && p->a[i]->onserver &&
		    (i == 0 || p->a[i - 1]->uid != p->a[i]->uid))
			n++;
	if (e->watching && e->nfresh == 0 && !e->fetched && (uint64_t)n <= e->head.count)
		move(e, -n, e->head.next);
	e->watching = 0;
}

void
echo_take(const struct afolder *f, struct state_rhead *h)
{
	const struct echo *e = &f->echo;

	if (!e->moved || e->lost || e->head.validity != f->validity)
		return;
	*h = (struct state_rhead){ 1, e->head.next, e->head.count, e->head.modseq };
}

void
echo_free(struct echo *e)
{
	uidset_free(&e->gone);
	free(e->fresh);
	e->fresh = NULL;
	e->nfresh = e->cap = 0;
}
