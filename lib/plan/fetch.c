/* Fetching messages, pipelined: commands of later chunks go out while earlier ones come in. */
#include "plan/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/fetch.h"
#include "imap/set.h"

void
fetch_problem(struct fetching *run, const struct err *e)
{
	if (run->status == 0)
		*run->why = *e;
	run->status = err_worst(run->status, e->status != 0 ? e->status : EXIT_FAIL);
}

/*
 * Who waits for this message: any chunk of the folder whose answers are coming, for a
 * server may answer several FETCH commands at once, in whatever order.
 */
static struct want *
wanted(struct fetching *run, uint32_t uid)
{
	const struct chunk *front = run->front;
	struct chunk *c;
	size_t i;

	for (c = run->front; c != NULL; c = c->next) {
		if (!c->sent || c->done || c->validity != front->validity ||
		    strcmp(c->remote, front->remote) != 0)
			continue;
		for (i = 0; i < c->n; i++)
			if (c->want[i].uid == uid)
				return &c->want[i];
	}
	return NULL;
}

static int
sink_open(void *arg, uint64_t size, struct err *e)
{
	struct fetching *run = arg;

	(void)size;
	(void)e;
	if (run->front != NULL && run->front->local != NULL)
		spool_begin(&run->spool, run->front->local);
	return 0;
}

static int
sink_data(void *arg, const char *p, size_t n, struct err *e)
{
	struct fetching *run = arg;

	(void)e;
	if (run->front != NULL && run->front->local != NULL)
		spool_data(&run->spool, p, n);
	return 0;
}

static int
sink_close(void *arg, struct err *e)
{
	struct fetching *run = arg;

	(void)e;
	if (run->front != NULL && run->front->local != NULL)
		spool_end(&run->spool);
	return 0;
}

/* A message has come: its spool belongs to the line that wants it, or to nobody. */
static void
keep(struct fetching *run, struct want *w, const struct fetch *m)
{
	struct buf path;

	if (run->spool.err.status != 0) {
		fetch_problem(run, &run->spool.err);
		memset(&run->spool.err, 0, sizeof(run->spool.err));
	}
	if (w == NULL || w->spool != NULL || !run->spool.whole || run->spool.size == 0) {
		spool_drop(&run->spool);
		return;
	}
	buf_init(&path, 1u << 16);
	spool_path(&run->spool, &path);
	w->spool = mem_dup(buf_cstr(&path));
	buf_free(&path);
	memcpy(w->dig, run->spool.dig, DIGEST_LEN);
	w->size = run->spool.size;
	w->hasdate = (m->has & FETCH_DATE) != 0 && m->date >= 0;
	w->date = m->date;
	w->hasflags = (m->has & FETCH_FLAGS) != 0;
	w->flags = m->flags;
	run->spool.whole = 0;
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct fetching *run = arg;
	struct fetch m;
	int got;

	(void)im;
	if (run->front == NULL || mailbox_note(&run->box, r))
		return 0;
	if ((got = fetch_parse(&m, r)) == -1)
		return err_fail(e, "the server sent a FETCH that cannot be read");
	if (got == 0 || (m.has & FETCH_BODY) == 0)
		return 0;
	if (m.body->kind == VALUE_STRING) {
		/* a short message may come as a quoted string */
		sink_open(run, m.body->len, e);
		sink_data(run, m.body->s, m.body->len, e);
		sink_close(run, e);
	}
	if (m.body->kind != VALUE_NIL)
		keep(run, (m.has & FETCH_UID) != 0 && run->refused == NULL ?
		    wanted(run, m.uid) : NULL, &m);
	return 0;
}

static void
refuse(struct fetching *run, const char *remote, const char *text)
{
	struct err e = { 0 };

	if (run->refused != NULL)
		return;
	run->refused = mem_dup(text);
	err_fail(&e, "folder \"%.200s\": %s", remote, text);
	fetch_problem(run, &e);
}

static int
examined(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct chunk *c = arg;
	struct fetching *run = c->run;
	struct buf b;

	(void)im;
	(void)e;
	buf_init(&b, 1024);
	if (r->status != IMAP_OK) {
		buf_str(&b, "the server refused it: ");
		imap_words(r, &b);
		refuse(run, c->remote, buf_cstr(&b));
	} else if (run->box.validity != c->validity)
		refuse(run, c->remote, "UIDVALIDITY changed since the plan was made");
	buf_free(&b);
	return 0;
}

static int
fetched(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct chunk *c = arg;
	struct fetching *run = c->run;
	struct buf b;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK && run->refused == NULL) {
		struct err why = { 0 };

		buf_init(&b, 1024);
		imap_words(r, &b);
		err_again(&why, "folder \"%.200s\": the server did not give a message: %s", c->remote,
		    buf_cstr(&b));
		fetch_problem(run, &why);
		buf_free(&b);
	}
	c->done = 1;
	run->inflight -= c->bytes;
	run->nflight--;
	for (run->front = run->head; run->front != NULL && (run->front->done ||
	    !run->front->sent); run->front = run->front->next)
		continue;
	return 0;
}

static int
unselected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct fetching *run = arg;

	(void)im;
	(void)r;
	(void)e;
	free(run->refused);
	run->refused = NULL;
	memset(&run->box, 0, sizeof(run->box));
	return 0;
}

/* EXAMINE, unless the folder of the chunk before is the same. */
static void
enter(struct fetching *run, struct chunk *c)
{
	struct imap_done ex = { examined, c }, un = { unselected, run };
	struct imap *im = &run->im;
	struct err why = { 0 };

	if (im->selected && run->selected.validity == c->validity &&
	    strcmp(run->selected.remote, c->remote) == 0)
		return;
	if (im->selected)
		imap_unselect(im, un);
	free(run->selected.remote);
	run->selected.remote = mem_dup(c->remote);
	run->selected.validity = c->validity;
	im->selected = 1;
	imap_begin(im, ex);
	imap_put(im, "EXAMINE ");
	mailbox_put(im, c->remote, run->f->a->utf8foldernames, &why);
	imap_end(im);
}

void
fetch_send(struct fetching *run, struct chunk *c)
{
	struct imap_done done = { fetched, c };
	struct uidset set;
	struct err why = { 0 };
	struct buf b;
	size_t i, at = 0;

	c->sent = 1;
	if (mailbox_check(c->remote, run->f->a->utf8foldernames, &why) == -1) {
		fetch_problem(run, &why);
		c->done = 1;
		return;
	}
	if (run->front == NULL)
		run->front = c;
	enter(run, c);
	uidset_init(&set);
	for (i = 0; i < c->n; i++)
		uidset_add(&set, c->want[i].uid, c->want[i].uid);
	buf_init(&b, 1u << 16);
	uidset_text(&set, &at, SIZE_MAX, &b);
	imap_begin(&run->im, done);
	imap_printf(&run->im, "UID FETCH %s (UID FLAGS INTERNALDATE BODY.PEEK[])", buf_cstr(&b));
	imap_end(&run->im);
	buf_free(&b);
	uidset_free(&set);
	run->inflight += c->bytes;
	run->nflight++;
}

void
fetch_listen(struct fetching *run)
{
	run->sink = (struct imap_sink){ sink_open, sink_data, sink_close, run };
	run->im.sink = &run->sink;
	run->im.untagged = untagged;
	run->im.arg = run;
}
