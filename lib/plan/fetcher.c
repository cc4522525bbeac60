/* imap-fetch: a plan comes in, goes out in the same order, and what is fetched meanwhile. */
#include "plan/fetcher.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/fetch.h"

#define WINDOW_BYTES	(16u << 20)	/* asked for and not yet received */
#define WINDOW_CHUNKS	64
#define CHUNKS_MAX	(2 * WINDOW_CHUNKS)	/* made ahead; the rest of the plan waits as lines */

static struct chunk *
new_chunk(struct fetching *run)
{
	struct chunk *c = chunk_new(run);

	if (run->tail != NULL)
		run->tail->next = c;
	else
		run->head = c;
	run->tail = c;
	run->nchunks++;
	return c;
}

/* One line of the plan into the last chunk, or the first of a new one. */
static int
add(struct fetching *run, const struct rec *rec, struct err *e)
{
	struct chunk *c = run->tail;
	uint32_t validity, uid;
	int copy = chunk_copy(rec, &validity, &uid) && !run->dead && !run->spool.full;

	if (copy ? !chunk_joins(c, rec, validity) : c == NULL || c->sent)
		c = new_chunk(run);
	if (copy)
		chunk_add(c, rec, validity, uid);
	if (queue_put(&c->lines, rec->line, rec->len) == -1)
		return err_again(e, "keeping the plan: %s", strerror(errno));
	return 0;
}

/* Hands out what is complete, in order.  The last chunk may still grow unless it was sent. */
static int
print_done(struct fetching *run, struct err *e)
{
	struct chunk *c;
	int any = 0;

	while ((c = run->head) != NULL && (c->done || run->dead || c->local == NULL)) {
		if (chunk_print(c, run->f->out, e) == -1)
			return -1;
		if ((run->head = c->next) == NULL)
			run->tail = NULL;
		chunk_free(c);
		run->nchunks--;
		any = 1;
	}
	if (any && rec_flush(run->f->out) == -1)
		return err_again(e, "standard output: %s", strerror(errno));
	return 0;
}

/* Gives the session up: what is not fetched passes as it is. */
static void
give_up(struct fetching *run, const struct err *e)
{
	fetch_problem(run, e);
	run->dead = 1;
	run->front = NULL;
}

/*
 * Sends what the window allows: whole chunks, and the last one once no line is
 * waiting to join it.
 */
static void
send_some(struct fetching *run, int idle)
{
	struct chunk *c;

	for (c = run->head; c != NULL && !run->dead; c = c->next) {
		if (c->sent || c->local == NULL)
			continue;
		if (run->nflight != 0 && (run->inflight + c->bytes > WINDOW_BYTES ||
		    run->nflight >= WINDOW_CHUNKS))
			return;
		if (c->next == NULL && !idle && !run->eof && !chunk_full(c))
			return;
		fetch_send(run, c);
	}
}

static int
has_copies(const struct fetching *run)
{
	const struct chunk *c;

	for (c = run->head; c != NULL; c = c->next)
		if (c->local != NULL && !c->done)
			return 1;
	return 0;
}

/* Lines that were put off, as far as there is room for them now. */
static int
take_later(struct fetching *run, struct err *e)
{
	struct rec rec;
	char *line, *scratch;
	size_t len;
	int got, r = 0;

	while (r == 0 && run->nchunks < CHUNKS_MAX) {
		if ((got = queue_get(&run->later, &line, &len)) == 0)
			break;
		if (got == -1)
			return err_again(e, "reading back the plan: %s", strerror(errno));
		scratch = mem_alloc(len + 1);
		r = rec_parse(&rec, line, len, scratch, e) == -1 ? -1 : add(run, &rec, e);
		free(scratch);
	}
	return r;
}

/* Reads the lines that are there; *idle is set if no more are at the moment. */
static int
read_some(struct fetching *run, int ready, int *idle, struct err *e)
{
	struct rec rec;
	int got, r = 0;

	if (take_later(run, e) == -1 ||
	    (ready && !run->eof && recin_fill(run->f->in, e) == -1))
		return -1;
	while (r == 0 && (got = rec_next(run->f->in, &rec, e)) == 1)
		if (run->later.lines == 0 && run->nchunks < CHUNKS_MAX)
			r = add(run, &rec, e);
		else if (queue_put(&run->later, rec.line, rec.len) == -1)
			r = err_again(e, "keeping the plan: %s", strerror(errno));
	*idle = got == 2 && run->later.lines == 0;
	run->eof = got == 0;
	return got == -1 ? -1 : r;
}

/* Before there is a session: waits for input or for the broker's answer. */
static int
wait_session(struct fetching *run, int *ready)
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
		fetch_listen(run);
		run->im.trace = run->f->trace;
		run->im.off = run->f->a->remote.off;
	}
	return 0;
}

static void
ask_session(struct fetching *run)
{
	struct err e = { 0 };

	run->asked = 1;
	if (imap_ask(&run->im, run->f->transport, run->f->a->socktimeout, &e) == -1)
		give_up(run, &e);
}

/* One round: read what is there, send what fits, wait for something to happen. */
static int
turn(struct fetching *run, int *ready, struct err *e)
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
	if (run->eof && run->later.lines == 0 && (run->head == NULL || run->dead))
		return 0;
	if (run->later.lines != 0 && run->nchunks < CHUNKS_MAX)
		return 1;
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
	struct imap_done none = { NULL, NULL };
	struct fetching run;
	struct chunk *c;
	int r, ready = 1;

	memset(&run, 0, sizeof(run));
	run.f = f;
	run.why = why;
	queue_init(&run.later);
	spool_init(&run.spool, f->a->local.root, f->a->local.sep[0]);
	do
		r = turn(&run, &ready, e);
	while (r == 1);
	if (run.open && !run.dead && run.im.selected) {
		imap_unselect(&run.im, none);
		imap_wait(&run.im, 0);
	}
	if (run.asked)
		imap_close(&run.im);
	while ((c = run.head) != NULL) {
		run.head = c->next;
		chunk_free(c);
	}
	queue_free(&run.later);
	free(run.selected.remote);
	free(run.refused);
	spool_free(&run.spool);
	*status = run.status;
	return r;
}
