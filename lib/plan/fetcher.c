/* Fetching the messages of a plan, pipelined (RFC 3501). */
#include "plan/fetcher.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/pct.h"
#include "base/queue.h"
#include "imap/fetch.h"
#include "imap/mailbox.h"
#include "imap/session.h"
#include "imap/set.h"
#include "plan/spool.h"

#define CHUNK_MESSAGES	100		/* of one UID FETCH */
#define CHUNK_BYTES	(4u << 20)
#define WINDOW_BYTES	(16u << 20)	/* asked for and not yet received */
#define WINDOW_CHUNKS	64
#define GUESS		8192		/* bytes of a message whose size is not known */

/* One line to fetch for. */
struct want {
	uint32_t	 uid;
	char		*spool;		/* path, once it is there; owned */
	unsigned char	 dig[DIGEST_LEN];
	uint64_t	 size;
	time_t		 date;
	int		 hasdate;
	unsigned	 flags;
	int		 hasflags;
};

/* One UID FETCH, with the lines that stand before, between and behind its messages. */
struct chunk {
	struct chunk	*next;
	char		*remote, *local;	/* NULL: only lines to pass */
	uint32_t	 validity;
	struct want	*want;
	size_t		 n;
	struct queue	 lines;		/* all, in order; those to fetch for marked by the order of want */
	uint64_t	 bytes;		/* expected */
	int		 sent, done;
	struct run	*run;
};

struct run {
	const struct fetcher *f;
	struct imap	 im;
	int		 asked, open, dead;	/* the session: asked for, there, given up */
	struct queue	 input;		/* read while there was no session yet */
	struct chunk	*head, *tail;	/* in order of output */
	struct chunk	*front;		/* the one whose answers are coming */
	struct mailbox	 box;		/* of the selected folder */
	char		*refused;	/* why the selected folder cannot be read, or NULL */
	struct chunk	 selected;	/* remote (owned) and validity of the EXAMINE sent last */
	uint64_t	 inflight;	/* bytes */
	size_t		 nflight;	/* chunks */
	struct spool	 spool;
	int		 eof;
	int		 status;
	struct err	*why;
};

static void
problem(struct run *run, const struct err *e)
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
wanted(struct run *run, uint32_t uid)
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
	struct run *run = arg;

	(void)size;
	(void)e;
	if (run->front != NULL && run->front->local != NULL)
		spool_begin(&run->spool, run->front->local);
	return 0;
}

static int
sink_data(void *arg, const char *p, size_t n, struct err *e)
{
	struct run *run = arg;

	(void)e;
	if (run->front != NULL && run->front->local != NULL)
		spool_data(&run->spool, p, n);
	return 0;
}

static int
sink_close(void *arg, struct err *e)
{
	struct run *run = arg;

	(void)e;
	if (run->front != NULL && run->front->local != NULL)
		spool_end(&run->spool);
	return 0;
}

/* A message has come: its spool belongs to the line that wants it, or to nobody. */
static void
keep(struct run *run, struct want *w, const struct fetch *m)
{
	struct buf path;

	if (run->spool.err.status != 0) {
		problem(run, &run->spool.err);
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
	struct run *run = arg;
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
refuse(struct run *run, const char *remote, const char *text)
{
	struct err e = { 0 };

	if (run->refused != NULL)
		return;
	run->refused = mem_dup(text);
	err_fail(&e, "folder \"%.200s\": %s", remote, text);
	problem(run, &e);
}

static int
examined(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct chunk *c = arg;
	struct run *run = c->run;
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
	struct run *run = c->run;
	struct buf b;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK && run->refused == NULL) {
		struct err why = { 0 };

		buf_init(&b, 1024);
		imap_words(r, &b);
		err_again(&why, "folder \"%.200s\": the server did not give a message: %s", c->remote,
		    buf_cstr(&b));
		problem(run, &why);
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
	struct run *run = arg;

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
enter(struct run *run, struct chunk *c)
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

/* Queues a chunk's commands. */
static void
send_chunk(struct run *run, struct chunk *c)
{
	struct imap_done done = { fetched, c };
	struct uidset set;
	struct err why = { 0 };
	struct buf b;
	size_t i, at = 0;

	c->sent = 1;
	if (mailbox_check(c->remote, run->f->a->utf8foldernames, &why) == -1) {
		problem(run, &why);
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

/* A line of a plan that needs a message. */
static int
is_copy(const struct rec *rec, uint32_t *validity, uint32_t *uid)
{
	return rec_is(rec, "copy") && rec->pos[0] != NULL && strcmp(rec->pos[0], "local") == 0 &&
	    rec->pos[1] != NULL && rec->pos[2] != NULL && rec_id(rec->pos[3], validity, uid, 0) == 0;
}

static struct chunk *
new_chunk(struct run *run)
{
	struct chunk *c = mem_alloc(sizeof(*c));

	c->run = run;
	queue_init(&c->lines);
	if (run->tail != NULL)
		run->tail->next = c;
	else
		run->head = c;
	run->tail = c;
	return c;
}

/* 1 if the line's message can go with the chunk's. */
static int
joins(const struct chunk *c, const struct rec *rec, uint32_t validity)
{
	if (c == NULL || c->sent)
		return 0;
	return c->local == NULL || (c->n < CHUNK_MESSAGES && c->bytes < CHUNK_BYTES &&
	    c->validity == validity && strcmp(c->remote, rec->pos[1]) == 0 &&
	    strcmp(c->local, rec->pos[2]) == 0);
}

static void
add_want(struct chunk *c, const struct rec *rec, uint32_t validity, uint32_t uid)
{
	uint64_t size = GUESS;

	if (c->local == NULL) {
		c->remote = mem_dup(rec->pos[1]);
		c->local = mem_dup(rec->pos[2]);
		c->validity = validity;
		c->want = mem_alloc(CHUNK_MESSAGES * sizeof(*c->want));
	}
	c->want[c->n++].uid = uid;
	rec_getu(rec, "size", &size);
	c->bytes += size < WINDOW_BYTES ? size : WINDOW_BYTES;
}

/* One line of the plan into the last chunk, or the first of a new one. */
static int
add(struct run *run, const struct rec *rec, struct err *e)
{
	struct chunk *c = run->tail;
	uint32_t validity, uid;
	int copy = is_copy(rec, &validity, &uid) && !run->dead && !run->spool.full;

	if (copy ? !joins(c, rec, validity) : c == NULL || c->sent)
		c = new_chunk(run);
	if (copy)
		add_want(c, rec, validity, uid);
	if (queue_put(&c->lines, rec->line, rec->len) == -1)
		return err_again(e, "keeping the plan: %s", strerror(errno));
	return 0;
}

/* A line whose message has been fetched, with what sync-apply needs to know. */
static void
print_fetched(struct recout *o, const char *line, size_t len, const struct want *w)
{
	char hex[DIGEST_HEX], flags[FLAGS_LEN];
	struct buf b;

	buf_init(&b, REC_LINE_MAX + 65536);
	buf_put(&b, line, len);
	buf_str(&b, "\tspool=");
	pct_encode(&b, w->spool);
	if (w->hasdate)
		buf_printf(&b, "\tspooldate=%lld", (long long)w->date);
	digest_hex(w->dig, hex);
	buf_printf(&b, "\tspooldig=%s", hex);
	if (w->hasflags)
		buf_printf(&b, "\tspoolflags=%s", *flags_format(w->flags, flags) != '\0' ? flags : "%");
	buf_printf(&b, "\tspoolsize=%llu", (unsigned long long)w->size);
	rec_copy(o, b.data, b.len);
	buf_free(&b);
}

/* Drops what an earlier imap-fetch had added to a line. */
static size_t
without_spool(char *line, size_t len)
{
	char *at = strstr(line, "\tspool");

	(void)len;
	if (at != NULL)
		*at = '\0';
	return strlen(line);
}

static int
print_chunk(struct run *run, struct chunk *c, struct err *e)
{
	uint32_t validity, uid;
	struct rec rec;
	char *line, *scratch;
	size_t len, k = 0;
	int got;

	while ((got = queue_get(&c->lines, &line, &len)) == 1) {
		scratch = mem_alloc(len + 1);
		got = rec_parse(&rec, line, len, scratch, e) == 0 && is_copy(&rec, &validity, &uid);
		free(scratch);
		if (got)
			len = without_spool(line, len);
		if (got && k < c->n && c->want[k].uid == uid && c->want[k].spool != NULL)
			print_fetched(run->f->out, line, len, &c->want[k]);
		else
			rec_copy(run->f->out, line, len);
		k += got && k < c->n;
	}
	return got == -1 ? err_again(e, "reading back the plan: %s", strerror(errno)) : 0;
}

static void
free_chunk(struct chunk *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free(c->want[i].spool);
	free(c->want);
	free(c->remote);
	free(c->local);
	queue_free(&c->lines);
	free(c);
}

/* Hands out what is complete, in order.  The last chunk may still grow unless it was sent. */
static int
print_done(struct run *run, struct err *e)
{
	struct chunk *c;
	int any = 0;

	while ((c = run->head) != NULL && (c->done || run->dead || c->local == NULL)) {
		if (print_chunk(run, c, e) == -1)
			return -1;
		if ((run->head = c->next) == NULL)
			run->tail = NULL;
		free_chunk(c);
		any = 1;
	}
	if (any && rec_flush(run->f->out) == -1)
		return err_again(e, "standard output: %s", strerror(errno));
	return 0;
}

/* Gives the session up: what is not fetched passes as it is. */
static void
give_up(struct run *run, const struct err *e)
{
	problem(run, e);
	run->dead = 1;
	run->front = NULL;
}

/* Sends what the window allows: whole chunks, and the last one once no line is waiting to join it. */
static void
send_some(struct run *run, int idle)
{
	struct chunk *c;

	for (c = run->head; c != NULL && !run->dead; c = c->next) {
		if (c->sent || c->local == NULL)
			continue;
		if (run->nflight != 0 && (run->inflight + c->bytes > WINDOW_BYTES ||
		    run->nflight >= WINDOW_CHUNKS))
			return;
		if (c->next == NULL && !idle && !run->eof && c->n < CHUNK_MESSAGES &&
		    c->bytes < CHUNK_BYTES)
			return;
		send_chunk(run, c);
	}
}

static int
has_copies(const struct run *run)
{
	const struct chunk *c;

	for (c = run->head; c != NULL; c = c->next)
		if (c->local != NULL && !c->done)
			return 1;
	return 0;
}

/* Reads the lines that are there; *idle is set if no more are at the moment. */
static int
read_some(struct run *run, int ready, int *idle, struct err *e)
{
	struct rec rec;
	int got;

	if (ready && !run->eof && recin_fill(run->f->in, e) == -1)
		return -1;
	while ((got = rec_next(run->f->in, &rec, e)) == 1)
		if (add(run, &rec, e) == -1)
			return -1;
	*idle = got == 2;
	run->eof = got == 0;
	return got == -1 ? -1 : 0;
}

/* Before there is a session: waits for input or for the broker's answer. */
static int
wait_session(struct run *run, int *ready)
{
	struct pollfd p[2] = {
		{ .fd = run->eof ? -1 : run->f->in->fd, .events = POLLIN },
		{ .fd = run->asked && !run->open && !run->dead ? imap_asked(&run->im) : -1,
		    .events = POLLIN }
	};
	struct err e = { 0 };

	if (poll(p, 2, -1) == -1)
		return errno == EINTR ? 0 : -1;
	*ready = p[0].revents != 0;
	if (p[1].revents == 0)
		return 0;
	if (imap_take(&run->im, &e) == -1)
		give_up(run, &e);
	else {
		run->open = 1;
		run->im.untagged = untagged;
		run->im.arg = run;
		run->im.trace = run->f->trace;
	}
	return 0;
}

static void
ask_session(struct run *run)
{
	struct err e = { 0 };

	run->asked = 1;
	if (imap_ask(&run->im, run->f->transport, run->f->a->socktimeout, &e) == -1)
		give_up(run, &e);
}

/* One round: read what is there, send what fits, wait for something to happen. */
static int
turn(struct run *run, int *ready, struct err *e)
{
	int idle = 0, r;

	if (read_some(run, *ready, &idle, e) == -1)
		return -1;
	*ready = 0;
	if (!run->asked && !run->dead && has_copies(run))
		ask_session(run);
	if (run->open && !run->dead)
		send_some(run, idle);
	if (print_done(run, e) == -1)
		return -1;
	if (run->eof && (run->head == NULL || run->dead))
		return 0;
	if (!run->open || run->dead)
		return wait_session(run, ready) == -1 ?
		    err_again(e, "poll: %s", strerror(errno)) : 1;
	/* the window is full: more lines would only pile up */
	r = imap_poll(&run->im, run->eof || run->nflight >= WINDOW_CHUNKS ||
	    run->inflight >= WINDOW_BYTES ? -1 : run->f->in->fd);
	if (r == -1)
		give_up(run, &run->im.err);
	*ready = r == 1;
	return 1;
}

int
fetcher_run(const struct fetcher *f, int *status, struct err *why, struct err *e)
{
	struct imap_sink sink = { sink_open, sink_data, sink_close, NULL };
	struct imap_done none = { NULL, NULL };
	struct run run;
	struct chunk *c;
	int r, ready = 1;

	memset(&run, 0, sizeof(run));
	run.f = f;
	run.why = why;
	sink.arg = &run;
	spool_init(&run.spool, f->a->local.root, f->a->local.sep[0]);
	do {
		if (run.asked)
			run.im.sink = &sink;
		r = turn(&run, &ready, e);
	} while (r == 1);
	if (run.open && !run.dead && run.im.selected) {
		imap_unselect(&run.im, none);
		imap_wait(&run.im, 0);
	}
	if (run.asked)
		imap_close(&run.im);
	while ((c = run.head) != NULL) {
		run.head = c->next;
		free_chunk(c);
	}
	free(run.selected.remote);
	free(run.refused);
	spool_free(&run.spool);
	*status = run.status;
	return r;
}
