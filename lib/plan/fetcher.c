/* imap-fetch: a plan comes in, goes out in the same order, and what is fetched meanwhile. */
#include "plan/fetcher.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "imap/lend.h"
#include "plan/fetching.h"

/* Made ahead; the rest of the plan waits as lines. */
#define CHUNKS_MAX	(2 * LANE_CHUNKS)
#define WANTS_MAX	10000		/* messages of these: some 300 bytes each */

void
fetch_problem(struct fetching *run, const struct err *e)
{
	if (run->status == 0)
		*run->why = *e;
	run->status = err_worst(run->status, e->status != 0 ? e->status : EXIT_FAIL);
}

static struct chunk *
new_chunk(struct fetching *run)
{
	struct chunk *c = chunk_new();

	if (run->tail != NULL)
		run->tail->next = c;
	else
		run->head = c;
	run->tail = c;
	run->nchunks++;
	return c;
}

/* 1 if more may be made ahead. */
static int
room(const struct fetching *run)
{
	return run->nchunks < CHUNKS_MAX && run->nwants < WANTS_MAX;
}

/* One line of the plan into the last chunk, or the first of a new one. */
static int
add(struct fetching *run, const struct rec *rec, struct err *e)
{
	struct chunk *c = run->tail;
	uint32_t validity, uid;
	int copy = chunk_copy(rec, &validity, &uid);

	if (copy && run->dead)
		fetch_problem(run, &run->lost);
	copy = copy && !run->dead && !run->spools.full;
	if (copy ? !chunk_joins(c, rec, validity) : c == NULL || c->tries != 0)
		c = new_chunk(run);
	if (copy) {
		run->unsent += c->local == NULL;
		run->waiting += chunk_expects(rec);
		chunk_add(c, rec, validity, uid);
		run->nwants++;
	}
	if (queue_put(&c->lines, rec->line, rec->len) == -1)
		return err_again(e, "keeping the plan: %s", strerror(errno));
	return 0;
}

/* Hands out what is complete, in order. */
static int
print_done(struct fetching *run, struct err *e)
{
	struct chunk *c;

	while ((c = run->head) != NULL && (c->done || run->dead || c->local == NULL)) {
		if (chunk_print(c, &run->ready, e) == -1)
			return -1;
		if ((run->head = c->next) == NULL)
			run->tail = NULL;
		run->nwants -= c->n;
		chunk_free(c);
		run->nchunks--;
	}
	return 0;
}

/* 1 if there is something to write. */
static int
has_output(const struct fetching *run)
{
	return run->ready.lines != 0 || run->piece.len != 0;
}

/*
 * Writes some lines.  A pipe that is ready takes PIPE_BUF bytes without blocking (pipe(7)):
 * while sync-apply makes messages durable the next ones are fetched.
 */
static int
write_some(struct fetching *run, struct err *e)
{
	char *line;
	size_t len;
	ssize_t n;
	int got = 1;

	while (run->piece.len < PIPE_BUF && (got = queue_get(&run->ready, &line, &len)) == 1) {
		buf_put(&run->piece, line, len);
		buf_byte(&run->piece, '\n');
	}
	if (got == -1)
		return err_again(e, "reading back the plan: %s", strerror(errno));
	n = write(run->f->out, run->piece.data, run->piece.len < PIPE_BUF ? run->piece.len : PIPE_BUF);
	if (n == -1 && errno != EINTR && errno != EAGAIN)
		return err_again(e, "standard output: %s", strerror(errno));
	if (n > 0)
		buf_drop(&run->piece, (size_t)n);
	return 0;
}

/* Bytes that a line is to bring, if it is one to fetch for. */
static uint64_t
expects(const struct rec *rec)
{
	uint32_t validity, uid;

	return chunk_copy(rec, &validity, &uid) ? chunk_expects(rec) : 0;
}

/* Lines that were put off, as far as there is room for them now. */
static int
take_later(struct fetching *run, struct err *e)
{
	struct rec rec;
	char *line, *scratch;
	size_t len;
	int got, r = 0;

	while (r == 0 && room(run)) {
		if ((got = queue_get(&run->later, &line, &len)) == 0)
			break;
		if (got == -1)
			return err_again(e, "reading back the plan: %s", strerror(errno));
		scratch = mem_alloc(len + 1);
		if ((r = rec_parse(&rec, line, len, scratch, e)) == 0) {
			run->waiting -= expects(&rec);
			r = add(run, &rec, e);
		}
		free(scratch);
	}
	return r;
}

/* Reads the lines that are there, and drains its input whatever it waits for itself. */
static int
read_some(struct fetching *run, int ready, struct err *e)
{
	struct rec rec;
	int got, r = 0;

	if (take_later(run, e) == -1 ||
	    (ready && !run->eof && recin_fill(run->f->in, e) == -1))
		return -1;
	while (r == 0 && (got = rec_next(run->f->in, &rec, e)) == 1)
		if (run->later.lines == 0 && room(run))
			r = add(run, &rec, e);
		else if (queue_put(&run->later, rec.line, rec.len) == -1)
			r = err_again(e, "keeping the plan: %s", strerror(errno));
		else
			run->waiting += expects(&rec);
	run->idle = got == 2 && run->later.lines == 0;
	run->eof = got == 0;
	return got == -1 ? -1 : r;
}

/* One round: read what is there, send what fits, write what is done, wait for something to happen. */
static int
turn(struct fetching *run, int *ready, struct err *e)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLOUT } };

	if (read_some(run, *ready, e) == -1)
		return -1;
	*ready = 0;
	if (run->waiting != 0 && !run->confined && fetch_confine(run, e) == -1)
		return -1;
	share_out(run);
	share_ask(run);
	if (print_done(run, e) == -1)
		return -1;
	if (run->later.lines != 0 && room(run))
		return 1;
	if (run->eof && run->head == NULL && !has_output(run) && share_quiet(run))
		return 0;
	p[0].fd = run->eof ? -1 : run->f->in->fd;
	p[1].fd = has_output(run) ? run->f->out : -1;
	if (share_wait(run, p, 2) == -1)
		return err_again(e, "poll: %s", strerror(errno));
	*ready = p[0].revents != 0;
	/* all that the reader takes: what came in meanwhile may be many times a piece */
	while (p[1].revents != 0 && has_output(run)) {
		if (write_some(run, e) == -1)
			return -1;
		if (poll(p + 1, 1, 0) != 1)
			break;
	}
	return 1;
}

int
fetcher_run(const struct fetcher *f, int *status, struct err *why, struct err *e)
{
	struct fetching *run = mem_alloc(sizeof(*run));
	struct chunk *c;
	size_t i;
	int r, ready = 1;

	run->f = f;
	run->why = why;
	queue_init(&run->later);
	queue_init(&run->ready);
	buf_init(&run->piece, REC_LINE_MAX + 65536 + PIPE_BUF);
	spools_init(&run->spools, f->a->local.root, f->a->local.sep[0]);
	do
		r = turn(run, &ready, e);
	while (r == 1);
	for (i = 0; i < run->nlanes; i++)
		lane_close(&run->lane[i]);
	lend_end();
	while ((c = run->head) != NULL) {
		run->head = c->next;
		chunk_free(c);
	}
	queue_free(&run->later);
	queue_free(&run->ready);
	buf_free(&run->piece);
	spools_free(&run->spools);
	*status = run->status;
	free(run);
	return r;
}
