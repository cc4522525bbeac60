/* Fetching messages, pipelined: commands of later chunks go out while earlier ones come in (RFC 3501). */
#include "plan/lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uidset.h"
#include "imap/fetch.h"
#include "plan/fetching.h"

#define TRIES	2	/* of a chunk, each on another session */

/*
 * Who waits for this message: any chunk of the folder whose answers are coming, for a
 * server may answer several FETCH commands at once, in whatever order.
 */
static struct want *
wanted(struct lane *l, uint32_t uid, struct chunk **of)
{
	struct want *w = NULL;
	struct chunk *c;

	for (c = l->front; c != NULL && w == NULL; c = c->behind)
		if (chunk_same(c, l->front->remote, l->front->validity) &&
		    (w = chunk_find(c, uid)) != NULL)
			*of = c;
	return w;
}

static int
sink_open(void *arg, uint64_t size, struct err *e)
{
	struct lane *l = arg;

	(void)size;
	(void)e;
	if (l->front != NULL && l->front->local != NULL)
		spool_begin(&l->spool, l->front->local);
	return 0;
}

static int
sink_data(void *arg, const char *p, size_t n, struct err *e)
{
	struct lane *l = arg;

	(void)e;
	if (l->front != NULL && l->front->local != NULL)
		spool_data(&l->spool, p, n);
	return 0;
}

static int
sink_close(void *arg, struct err *e)
{
	struct lane *l = arg;

	(void)e;
	if (l->front != NULL && l->front->local != NULL)
		spool_end(&l->spool);
	return 0;
}

/* A message has come: its spool belongs to the line that wants it, or to nobody. */
static void
keep(struct lane *l, const struct fetch *m)
{
	struct want *w = NULL;
	struct chunk *c;

	if (l->spool.err.status != 0) {
		fetch_problem(l->run, &l->spool.err);
		memset(&l->spool.err, 0, sizeof(l->spool.err));
	}
	if ((m->has & FETCH_UID) != 0 && l->refused == NULL && l->spool.whole && l->spool.size != 0)
		w = wanted(l, m->uid, &c);
	if (w == NULL || w->spool != NULL) {
		spool_drop(&l->spool);
		return;
	}
	chunk_keep(c, w, &l->spool, m);
	l->inflight -= w->expects;
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct lane *l = arg;
	struct fetch m;
	int got;

	(void)im;
	if (l->front == NULL || mailbox_note(&l->box, r))
		return 0;
	if ((got = fetch_parse(&m, r)) == -1)
		return err_fail(e, "folder \"%.200s\": the server sent a FETCH that cannot be read: \"%.200s\"",
		    l->front->remote, r->line);
	if (got == 0 || (m.has & FETCH_BODY) == 0)
		return 0;
	if (m.body->kind == VALUE_STRING) {
		/* a short message may come as a quoted string */
		sink_open(l, m.body->len, e);
		sink_data(l, m.body->s, m.body->len, e);
		sink_close(l, e);
	}
	if (m.body->kind != VALUE_NIL)
		keep(l, &m);
	return 0;
}

static void
refuse(struct lane *l, const char *remote, const char *text)
{
	struct err e = { 0 };

	if (l->refused != NULL)
		return;
	l->refused = mem_dup(text);
	err_fail(&e, "folder \"%.200s\": %s", remote, text);
	fetch_problem(l->run, &e);
}

/*
 * One of a chunk's commands has been answered.  Only after the last one may it go, whatever
 * order the server answers in.
 */
static void
answered(struct lane *l, struct chunk *c)
{
	c->owed--;
	while ((c = l->front) != NULL && c->owed == 0) {
		c->done = 1;
		c->lane = NULL;
		l->inflight -= c->bytes;
		l->nchunks--;
		l->front = c->behind;
	}
}

static int
examined(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct chunk *c = arg;
	struct lane *l = c->lane;
	struct buf b;

	(void)im;
	(void)e;
	buf_init(&b, 1024);
	if (r->status != IMAP_OK) {
		buf_str(&b, "the server refused it: ");
		imap_words(r, &b);
		refuse(l, c->remote, buf_cstr(&b));
	} else if (l->box.validity != c->validity)
		refuse(l, c->remote, "UIDVALIDITY changed since the plan was made");
	buf_free(&b);
	answered(l, c);
	return 0;
}

static int
fetched(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct chunk *c = arg;
	struct lane *l = c->lane;
	struct err why = { 0 };
	struct buf b;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK && l->refused == NULL) {
		buf_init(&b, 1024);
		imap_words(r, &b);
		err_again(&why, "folder \"%.200s\": the server did not give a message: %s", c->remote,
		    buf_cstr(&b));
		fetch_problem(l->run, &why);
		buf_free(&b);
	}
	answered(l, c);
	return 0;
}

static int
unselected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct lane *l = arg;

	(void)im;
	(void)r;
	(void)e;
	free(l->refused);
	l->refused = NULL;
	memset(&l->box, 0, sizeof(l->box));
	return 0;
}

void
lane_leave(struct lane *l)
{
	struct imap_done un = { unselected, l };

	if (l->im.selected)
		imap_unselect(&l->im, un);
}

/* EXAMINE, unless the folder of the chunk before is the same. */
static void
enter(struct lane *l, struct chunk *c)
{
	struct imap_done ex = { examined, c };
	struct imap *im = &l->im;
	struct err why = { 0 };

	if (im->selected && chunk_same(c, l->remote, l->validity))
		return;
	lane_leave(l);
	free(l->remote);
	l->remote = mem_dup(c->remote);
	l->validity = c->validity;
	im->selected = 1;
	c->owed++;
	imap_begin(im, ex);
	imap_put(im, "EXAMINE ");
	mailbox_put(im, c->remote, l->run->f->a->utf8foldernames, &why);
	imap_end(im);
}

/* UID FETCH for what has not come yet. */
static void
ask_for(struct lane *l, struct chunk *c)
{
	struct imap_done done = { fetched, c };
	struct uidset set;
	struct buf b;
	size_t i, at = 0;

	uidset_init(&set);
	for (i = 0; i < c->n; i++)
		if (c->want[i].spool == NULL)
			uidset_add(&set, c->want[i].uid, c->want[i].uid);
	buf_init(&b, 1u << 16);
	uidset_text(&set, &at, SIZE_MAX, &b);
	c->owed++;
	imap_begin(&l->im, done);
	imap_printf(&l->im, "UID FETCH %s (UID FLAGS INTERNALDATE BODY.PEEK[])", buf_cstr(&b));
	imap_end(&l->im);
	buf_free(&b);
	uidset_free(&set);
}

void
lane_send(struct lane *l, struct chunk *c)
{
	struct err why = { 0 };

	c->tries++;
	if (mailbox_check(c->remote, l->run->f->a->utf8foldernames, &why) == -1) {
		fetch_problem(l->run, &why);
		c->done = 1;
		return;
	}
	c->lane = l;
	c->behind = NULL;
	if (l->front != NULL)
		l->last->behind = c;
	else
		l->front = c;
	l->last = c;
	l->nchunks++;
	l->inflight += c->bytes;
	enter(l, c);
	ask_for(l, c);
}

int
lane_ask(struct lane *l, struct fetching *run, unsigned how, struct err *e)
{
	const struct fetcher *f = run->f;

	memset(l, 0, sizeof(*l));
	l->run = run;
	l->state = LANE_ASKED;
	spool_init(&l->spool, &run->spools);
	if (imap_ask_for(&l->im, f->transport, f->timeout, how, e) == 0)
		return 0;
	lane_close(l);
	return -1;
}

int
lane_take(struct lane *l, struct err *e)
{
	if (imap_take(&l->im, e) == -1) {
		lane_close(l);
		return -1;
	}
	l->state = LANE_OPEN;
	l->sink = (struct imap_sink){ sink_open, sink_data, sink_close, l };
	l->im.sink = &l->sink;
	l->im.untagged = untagged;
	l->im.arg = l;
	l->im.trace = l->run->f->trace;
	l->im.off = l->run->f->a->remote.off;
	return 0;
}

/* All of it has come, or it was tried often enough: then it passes as it is. */
static void
let_go(struct lane *l, struct chunk *c)
{
	size_t i, missing = 0;

	for (i = 0; i < c->n; i++)
		missing += c->want[i].spool == NULL;
	c->lane = NULL;
	c->owed = 0;
	c->done = missing == 0 || c->tries >= TRIES;
	if (missing != 0 && c->done)
		fetch_problem(l->run, &l->run->lost);
	if (!c->done) {
		l->run->unsent++;
		l->run->waiting += c->bytes;
	}
}

void
lane_close(struct lane *l)
{
	struct chunk *c;

	if (l->state == LANE_GONE)
		return;
	l->state = LANE_GONE;
	while ((c = l->front) != NULL) {
		l->front = c->behind;
		let_go(l, c);
	}
	imap_close(&l->im);
	free(l->remote);
	free(l->refused);
	l->remote = l->refused = NULL;
	spool_free(&l->spool);
}
