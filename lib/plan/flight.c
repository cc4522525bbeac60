/* Flights over the folders of a batch. */
#include "plan/flight.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/fetch.h"
#include "imap/mailbox.h"
#include "plan/echo.h"

#define SET_MAX		3900	/* bytes of a uid set in one command: with the rest of it, below 4 kB */

/* By folder, uid, and as they came. */
static int
compare(const void *a, const void *b)
{
	const struct action *x = *(struct action *const *)a, *y = *(struct action *const *)b;

	if (x->f->slot != y->f->slot)
		return x->f->slot < y->f->slot ? -1 : 1;
	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

void
flight_init(struct flight *fl, struct apply *ap, struct actions *as)
{
	struct part *p = NULL;
	size_t i;

	memset(fl, 0, sizeof(*fl));
	fl->ap = ap;
	fl->as = as;
	for (i = 0; i < as->n; i++)
		if (!as->a[i]->f->inflight) {
			as->a[i]->f->inflight = 1;
			as->a[i]->f->slot = fl->n++;
		}
	fl->part = mem_alloc((fl->n + 1) * sizeof(*fl->part));
	fl->order = mem_alloc((2 * fl->n + 1) * sizeof(*fl->order));
	fl->sorted = mem_alloc((as->n + 1) * sizeof(struct action *));
	for (i = 0; i < as->n; i++)
		fl->sorted[i] = as->a[i];
	if (as->n > 1)
		qsort(fl->sorted, as->n, sizeof(struct action *), compare);
	for (i = 0; i < as->n; i++) {
		if (p == NULL || p->f != fl->sorted[i]->f) {
			p = &fl->part[fl->sorted[i]->f->slot];
			p->f = fl->sorted[i]->f;
			uidset_init(&p->maybe);
			p->a = &fl->sorted[i];
		}
		p->n++;
	}
}

void
flight_free(struct flight *fl)
{
	size_t i;

	for (i = 0; i < fl->n; i++) {
		fl->part[i].f->inflight = 0;
		free(fl->part[i].untrashed);
		uidset_free(&fl->part[i].maybe);
	}
	free(fl->part);
	free(fl->order);
	free(fl->sorted);
}

struct action **
flight_uid(const struct part *p, uint32_t uid, size_t *n)
{
	size_t lo = 0, hi = p->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->a[mid]->uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < p->n && p->a[lo + *n]->uid == uid; ++*n)
		continue;
	return p->a + lo;
}

/* Where the answers that are coming belong, or NULL. */
static struct stop *
front(struct flight *fl)
{
	return fl->front < fl->norder ? &fl->order[fl->front] : NULL;
}

/* The first FETCH of a message tells what it was before we changed it. */
static void
fetched(const struct part *p, const struct fetch *got)
{
	struct action **a;
	size_t n, i;

	if ((got->has & FETCH_UID) == 0 || (got->has & FETCH_FLAGS) == 0)
		return;
	for (a = flight_uid(p, got->uid, &n), i = 0; i < n; i++) {
		if (a[i]->onserver)
			continue;
		a[i]->onserver = 1;
		a[i]->seen = got->flags;
	}
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct stop *at = front(arg);
	struct mailbox m;
	struct fetch got;
	int n;

	(void)im;
	if (at == NULL)
		return 0;
	if ((n = fetch_parse(&got, r)) == -1)
		return err_fail(e, "folder \"%.200s\": the server sent a FETCH that cannot be read: \"%.200s\"",
		    at->p->f->remote, r->line);
	if (at->check) {
		echo_told(at->p, r, n == 1 ? &got : NULL);
		return 0;
	}
	if (n == 1) {
		fetched(at->p, &got);
		return 0;
	}
	memset(&m, 0, sizeof(m));
	if (mailbox_note(&m, r)) {
		if (m.validity != 0)
			at->p->f->answered = m.validity;
		at->p->f->readonly |= m.readonly;
	}
	return 0;
}

void
flight_start(struct flight *fl)
{
	struct afolder *f;
	size_t i;

	fl->norder = fl->front = 0;
	fl->ap->im.untagged = untagged;
	fl->ap->im.arg = fl;
	for (i = 0; i < fl->n; i++) {
		f = fl->part[i].f;
		f->answered = 0;
		f->readonly = 0;
		free(f->refused);
		free(f->unread);
		f->refused = f->unread = NULL;
	}
}

void
flight_refused(char **why, const struct imap_resp *r)
{
	struct buf b;

	if (*why != NULL)
		return;
	buf_init(&b, 1024);
	imap_words(r, &b);
	*why = mem_dup(buf_cstr(&b));
	buf_free(&b);
}

static int
selected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct stop *at = front(arg);

	(void)im;
	(void)e;
	if (at == NULL)
		return 0;
	if (r->status != IMAP_OK) {
		flight_refused(&at->p->f->refused, r);
		at->p->f->answered = 0;
	}
	at->p->f->readonly |= imap_code(r, "READ-ONLY");
	return 0;
}

static int
unselected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct flight *fl = arg;

	(void)im;
	(void)r;
	(void)e;
	fl->front++;
	return 0;
}

/* SELECT or EXAMINE. */
static void
enter(struct flight *fl, struct part *p, const char *command, const char *after,
    struct imap_done done)
{
	struct imap *im = &fl->ap->im;
	struct err why = { 0 };

	fl->order[fl->norder++] = (struct stop){ p, 0 };
	im->selected = 1;
	imap_begin(im, done);
	imap_put(im, command);
	mailbox_put(im, p->f->remote, fl->ap->a->utf8foldernames, &why);
	imap_put(im, after);
	imap_end(im);
}

int
flight_select(struct flight *fl, struct part *p, enum select how)
{
	struct imap_done done = { selected, fl };
	struct imap *im = &fl->ap->im;
	struct err why = { 0 };

	p->f->echo.watching = 0;
	if (mailbox_check(p->f->remote, fl->ap->a->utf8foldernames, &why) == -1) {
		p->f->refused = mem_dup(why.text);
		return -1;
	}
	if (how == SELECT_CHANGE)
		echo_lose(p->f);
	else if (how == SELECT_WATCH)
		echo_begin(p, imap_has(im, "CONDSTORE"));
	enter(fl, p, how == SELECT_READ ? "EXAMINE " : "SELECT ", "", done);
	return 0;
}

static int
answered(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	(void)im;
	(void)e;
	echo_answered(arg, r);
	return 0;
}

/* The folder anew: what has changed in it since its head, and that what was expunged is gone. */
static void
check(struct flight *fl, struct part *p)
{
	struct imap_done done = { answered, p }, un = { unselected, fl };
	struct imap *im = &fl->ap->im;
	size_t before = im->ncmds;

	enter(fl, p, "EXAMINE ", " (CONDSTORE)", done);
	fl->order[fl->norder - 1].check = 1;
	imap_begin(im, done);
	if (p->f->echo.known)
		imap_printf(im, "UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE %llu)",
		    (unsigned long long)p->f->echo.head.modseq);
	else
		imap_put(im, "UID FETCH 1:* (UID FLAGS MODSEQ)");
	imap_end(im);
	flight_set(fl, "UID FETCH", &p->f->echo.gone, " (UID)", done);
	p->f->echo.due = (unsigned)(im->ncmds - before);
	imap_unselect(im, un);
}

void
flight_unselect(struct flight *fl, struct part *p)
{
	struct imap_done done = { unselected, fl };

	imap_unselect(&fl->ap->im, done);
	if (p->f->echo.watching)
		check(fl, p);
	/* only sends: nothing is waited for before the end of the flight, where a broken session is seen */
	imap_wait(&fl->ap->im, SIZE_MAX);
}

int
flight_end(struct flight *fl)
{
	int r = imap_wait(&fl->ap->im, 0);

	fl->ap->im.untagged = NULL;
	return r;
}

void
flight_set(struct flight *fl, const char *before, struct uidset *set, const char *after,
    struct imap_done done)
{
	struct buf b;
	size_t at = 0;

	buf_init(&b, 2 * SET_MAX);
	for (uidset_sort(set); at < set->n; buf_clear(&b)) {
		uidset_text(set, &at, SET_MAX, &b);
		imap_begin(&fl->ap->im, done);
		imap_printf(&fl->ap->im, "%s %s%s", before, buf_cstr(&b), after);
		imap_end(&fl->ap->im);
	}
	buf_free(&b);
}

static int
looked(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct afolder *f = arg;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK)
		flight_refused(&f->unread, r);
	return 0;
}

void
flight_fetch_flags(struct flight *fl, struct part *p, struct uidset *set)
{
	struct imap_done done = { looked, p->f };

	flight_set(fl, "UID FETCH", set, " (UID FLAGS)", done);
}

static int
stored(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct flight_store *st = arg;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK)
		flight_refused(&st->refused, r);
	return 0;
}

void
flight_store(struct flight *fl, struct flight_store *st, struct uidset *set)
{
	struct imap_done done = { stored, st };
	struct buf after;

	buf_init(&after, 256);
	buf_printf(&after, " %cFLAGS.SILENT (", st->remove ? '-' : '+');
	fetch_flagnames(&after, st->flags);
	buf_str(&after, ")");
	flight_set(fl, "UID STORE", set, buf_cstr(&after), done);
	buf_free(&after);
}

const char *
flight_obstacle(const struct afolder *f, uint32_t validity, char *room, size_t size)
{
	if (f->refused != NULL)
		snprintf(room, size, "the server refused the folder: %s", f->refused);
	else if (f->answered == 0)
		snprintf(room, size, "the server told no UIDVALIDITY");
	else if (validity != 0 && f->answered != validity)
		snprintf(room, size, "UIDVALIDITY is %u now, %u was planned", f->answered, validity);
	else if (f->unread != NULL)
		snprintf(room, size, "the server refused to tell the flags: %s", f->unread);
	else
		return NULL;
	return room;
}
