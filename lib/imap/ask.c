/* One flight of questions over many folders. */
#include "imap/ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/ask_parts.h"

#define EXPECT		4096		/* of a folder of which nothing is known */
#define IN_FLIGHT	1000		/* STATUS commands unanswered at a time: 60 kB of answers */

struct ask_flight {
	struct imap	*im;
	struct ask	**order;	/* those that were asked, again where an answer was not good */
	size_t		 n, cap;
	size_t		 front;		/* the one whose answers are coming now */
	uint64_t	 waiting;	/* bytes expected */
	int		 utf8;
	struct mailbox	 status;	/* of the last STATUS response */
	struct ask_taker taker;
	const struct ask_news *news;
};

struct ask *
ask_new(const char *remote)
{
	struct ask *a = mem_alloc(sizeof(*a));

	a->remote = mem_dup(remote);
	a->since = 1;
	queue_init(&a->found);
	return a;
}

/* What only judging needs: a server decides how much that is. */
static void
forget(struct ask *a)
{
	struct uidset *const sets[] = { &a->seen, &a->keptseen, &a->left, &a->back, &a->vanished };
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		uidset_free(sets[i]);
	for (i = 0; i < ASK_FLAGS; i++)
		uidset_free(&a->flag[i]);
}

/* What the last try has found, and how it went. */
static void
clear(struct ask *a)
{
	forget(a);
	uidset_free(&a->gone);
	queue_free(&a->found);
	queue_init(&a->found);
}

void
ask_clear(struct ask *a)
{
	clear(a);
	memset(&a->box, 0, sizeof(a->box));
	a->nfound = a->nnew = a->nforeign = a->strange = a->top = a->first = a->nlate = 0;
	a->last = 0;
	a->moved = a->stirred = a->examined = a->noparam = a->refused = a->delta = 0;
	a->answered = 0;
	a->lie = a->hides = NULL;
}

void
ask_empty(struct ask *a)
{
	clear(a);
	uidset_free(&a->probe);
	uidset_free(&a->whole);
	uidset_free(&a->doubt);
	uidset_free(&a->rows);
	uidset_free(&a->kept);
}

void
ask_free(struct ask *a)
{
	ask_empty(a);
	free(a->remote);
	free(a->why);
	free(a);
}

int
ask_proven(const struct ask *a)
{
	return a->done && a->why == NULL && a->hides == NULL && (a->delta || (a->box.counted && !a->moved &&
	    (a->onlynew || a->nfound == a->box.exists)));
}

static struct ask *
front(struct ask_flight *f)
{
	return f->front < f->n ? f->order[f->front] : NULL;
}

/* The first reason counts: a server may answer what was asked later before what was asked first. */
static void
because(struct ask *a, const char *why)
{
	if (a->why == NULL)
		a->why = mem_dup(why);
}

static void
fail(struct ask *a, const char *what, const struct imap_resp *r)
{
	struct buf b;

	buf_init(&b, 1024);
	buf_printf(&b, "%s was refused: ", what);
	imap_words(r, &b);
	because(a, buf_cstr(&b));
	buf_free(&b);
}

/* * STATUS name (MESSAGES 5): its tagged answer comes next and says whose it is. */
static void
note_status(struct ask_flight *f, const struct imap_resp *r)
{
	const struct value *list = value_at(r->data, 1);

	memset(&f->status, 0, sizeof(f->status));
	if (list != NULL && list->kind == VALUE_LIST)
		mailbox_status(&f->status, list->kids);
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask_flight *f = arg;
	struct ask *a = front(f);

	(void)im;
	if (strcmp(r->name, "STATUS") == 0) {
		note_status(f, r);
		return 0;
	}
	if (a != NULL)
		return ask_take(&f->taker, a, r, e);
	f->taker.hasdig = 0;
	return 0;
}

/* Untagged answers are the front's: a tagged one out of turn would mix two folders up. */
static int
in_turn(struct ask *a, struct err *e)
{
	if (front(a->flight) != a)
		return err_again(e, "folder \"%.200s\": the server answers out of turn", a->remote);
	a->due--;
	return 0;
}

/* Behind the UNSELECT before it nothing is selected, whatever a refused EXAMINE leaves so (hazard 15). */
static int
examined(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;

	(void)im;
	if (in_turn(a, e) == -1)
		return -1;
	a->examined = 1;
	a->first = a->box.exists;
	if (r->status == IMAP_BAD && a->param)
		a->noparam = 1;
	else if (r->status != IMAP_OK)
		fail(a, "EXAMINE", r);
	else if (a->box.validity == 0)
		because(a, "the server gave no UIDVALIDITY");
	return 0;
}

static int
fetched(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;

	(void)im;
	if (in_turn(a, e) == -1)
		return -1;
	/* some refuse to fetch from a folder that holds nothing; a question put again is no failure */
	if (r->status != IMAP_OK && !a->noparam && a->lie == NULL &&
	    !(a->examined && a->box.counted && a->box.exists == 0))
		fail(a, "FETCH", r);
	return 0;
}

/* A refused question of a rung is no failure of the folder: a lower one is tried. */
static int
rung_answered(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;

	(void)im;
	if (in_turn(a, e) == -1)
		return -1;
	if (r->status == IMAP_OK || (a->examined && a->box.counted && a->box.exists == 0))
		return 0;
	a->refused = 1;
	if (r->status == IMAP_BAD && !a->noparam && a->lie == NULL)
		a->lie = "it answers BAD to what it says it has";
	return 0;
}

static int	 unselected(struct imap *, void *, const struct imap_resp *, struct err *);

static const struct ask_done done = { examined, fetched, rung_answered, unselected };

static uint64_t
expected(const struct ask *a)
{
	return a->expect != 0 ? a->expect : EXPECT;
}

/* Queues an ask at the end of the flight; one whose name cannot be sent is done. */
static int
send_one(struct ask_flight *f, struct ask *a, struct err *e)
{
	a->flight = f;
	if (f->n == f->cap) {
		f->cap = f->cap != 0 ? 2 * f->cap : 64;
		f->order = mem_grow(f->order, f->cap, sizeof(*f->order));
	}
	if (ask_send(f->im, a, f->utf8, &done, e) == -1) {
		a->done = 1;
		because(a, e->text);
		return f->news != NULL ? f->news->done(f->news->arg, a, e) : 0;
	}
	f->order[f->n++] = a;
	f->waiting += expected(a);
	return 0;
}

/* The folder's own end: what comes now belongs to the next. */
static int
unselected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;
	struct ask_flight *f = a->flight;
	enum ask_verdict verdict;

	(void)im;
	(void)r;
	if (in_turn(a, e) == -1)
		return -1;
	if (a->due != 0)
		return err_again(e, "folder \"%.200s\": the server answers out of turn", a->remote);
	f->front++;
	f->waiting -= expected(a);
	if (ask_judge(&f->taker, a, &verdict, e) == -1)
		return -1;
	if (verdict == ASK_AGAIN)
		return send_one(f, a, e);
	a->done = 1;
	forget(a);
	return f->news != NULL ? f->news->done(f->news->arg, a, e) : 0;
}

/* A STATUS that is refused counts nothing. */
static int
counted(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;

	(void)im;
	(void)e;
	if (r->status == IMAP_OK)
		a->status = a->flight->status;
	memset(&a->flight->status, 0, sizeof(a->flight->status));
	return 0;
}

/* How many messages there are where there is doubt, while nothing is selected. */
static int
count(struct ask_flight *f, struct ask **asks, size_t n)
{
	struct imap_done told = { counted, NULL };
	struct err none;
	size_t i, sent = 0;

	for (i = 0; i < n; i++) {
		if (asks[i]->done || asks[i]->doubt.n == 0 ||
		    mailbox_check(asks[i]->remote, f->utf8, &none) == -1)
			continue;
		asks[i]->flight = f;
		told.arg = asks[i];
		imap_begin(f->im, told);
		imap_put(f->im, "STATUS ");
		mailbox_put(f->im, asks[i]->remote, f->utf8, &none);
		imap_put(f->im, " (MESSAGES)");
		imap_end(f->im);
		if (++sent % IN_FLIGHT == 0 && imap_wait(f->im, 0) == -1)
			return -1;
	}
	return 0;
}

/* Sends what there is to ask, as far as the window lets it go. */
static int
fly(struct ask_flight *f, struct ask **asks, size_t n)
{
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		if (asks[i]->done)
			continue;
		if (send_one(f, asks[i], &e) == -1) {
			f->im->err = e;
			return -1;
		}
		/* while a large one comes, the next has been asked for */
		while (front(f) != NULL && f->waiting - expected(front(f)) > ASK_WINDOW)
			if (imap_poll(f->im, -1) == -1)
				return -1;
	}
	return imap_wait(f->im, 0);
}

int
ask_all(struct imap *im, struct ask **asks, size_t n, int utf8, const struct ask_news *news)
{
	struct ask_flight f;
	struct imap_sink sink;
	int r;

	memset(&f, 0, sizeof(f));
	f.im = im;
	f.utf8 = utf8;
	f.news = news;
	ask_take_open(&f.taker);
	sink = ask_take_sink(&f.taker);
	im->untagged = untagged;
	/* cppcheck-suppress autoVariables ; taken back below */
	im->arg = &f;
	/* cppcheck-suppress autoVariables ; taken back below */
	im->sink = &sink;
	r = count(&f, asks, n);
	if (r == 0)
		r = fly(&f, asks, n);
	im->untagged = NULL;
	im->sink = NULL;
	ask_take_close(&f.taker);
	free(f.order);
	return r;
}
