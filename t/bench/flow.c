/* Bytes that arrive later. */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#define SECOND	1000000000
#define WINDOW	(16u << 20)	/* bytes on the way, no less than TCP itself allows */
#define TOGETHER 20000		/* nanoseconds apart that count as one arrival */

int64_t
flow_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

void
flow_init(struct flow *f, struct wire *w, int64_t not_before)
{
	memset(f, 0, sizeof(*f));
	f->wire = w;
	f->eof_at = FLOW_NEVER;
	f->not_before = not_before;
	f->window = WINDOW;
	/* Untouched pages cost nothing: on loopback only the first few are used. */
	f->ring = mmap(NULL, f->window, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (f->ring == MAP_FAILED) {
		perror("relay: mmap");
		exit(1);
	}
}

void
flow_free(struct flow *f)
{
	munmap(f->ring, f->window);
	f->ring = NULL;
}

int
flow_room(const struct flow *f)
{
	return f->eof_at == FLOW_NEVER && f->in - f->out < f->window && f->nparts < FLOW_PARTS;
}

int64_t
flow_due(const struct flow *f)
{
	if (f->nparts != 0)
		return f->parts[f->first].due;
	return f->ended ? FLOW_NEVER : f->eof_at;
}

/* When what is sent now arrives. */
static int64_t
arrival(const struct flow *f, int64_t sent)
{
	int64_t at = sent + f->wire->delay;

	return at > f->not_before ? at : f->not_before;
}

/* Books n bytes that have just come. */
static void
book(struct flow *f, size_t n)
{
	struct part *last = &f->parts[(f->first + f->nparts - 1) % FLOW_PARTS];
	struct wire *w = f->wire;
	int64_t due, now = flow_now();

	if (w->free_at < now)
		w->free_at = now;
	if (w->rate != 0)
		w->free_at += (int64_t)((uint64_t)n * SECOND / w->rate);
	due = arrival(f, w->free_at);
	f->in += n;
	w->bytes += n;
	if (f->nparts == 0 || due > last->due + TOGETHER) {
		last = &f->parts[(f->first + f->nparts++) % FLOW_PARTS];
		last->due = due;
	}
	last->end = f->in;
}

/* Where a byte of the stream lies, and how many follow in one piece. */
static char *
place(const struct flow *f, uint64_t at, size_t *n)
{
	size_t where = (size_t)((at - f->base) % f->window);

	if (*n > f->window - where)
		*n = f->window - where;
	return f->ring + where;
}

int64_t
flow_take(struct flow *f, int from)
{
	size_t n = f->window - (size_t)(f->in - f->out);
	ssize_t got;
	char *to;

	/* The same pages again: the processor has them in its cache. */
	if (f->nparts == 0)
		f->base = f->in;
	to = place(f, f->in, &n);
	/* With a rate no more at once than passes in a few milliseconds. */
	if (f->wire->rate != 0 && n > f->wire->rate / 256 + 512)
		n = f->wire->rate / 256 + 512;
	got = recv(from, to, n, MSG_DONTWAIT);
	if (got == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (got == 0)
		f->eof_at = arrival(f, flow_now());
	else
		book(f, (size_t)got);
	return got;
}

/* Sends up to an offset: 1 if all of it went, 0 if the socket is full, -1 if it is broken. */
static int
send_to(struct flow *f, int to, uint64_t end)
{
	const char *from;
	ssize_t put;
	size_t n;

	while (f->out < end) {
		n = (size_t)(end - f->out);
		from = place(f, f->out, &n);
		if ((put = send(to, from, n, MSG_DONTWAIT | MSG_NOSIGNAL)) == -1)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		f->out += (uint64_t)put;
	}
	return 1;
}

int
flow_give(struct flow *f, int to)
{
	int64_t now = flow_now();
	uint64_t end, cut = f->wire->cut;
	int r;

	while (f->nparts != 0 && f->parts[f->first].due <= now) {
		end = f->parts[f->first].end;
		if ((r = send_to(f, to, cut != 0 && cut < end ? cut : end)) != 1)
			return r;
		if (cut != 0 && f->out == cut)
			return 1;
		f->first = (f->first + 1) % FLOW_PARTS;
		f->nparts--;
	}
	if (f->nparts == 0 && f->eof_at <= now && !f->ended) {
		f->ended = 1;
		if (shutdown(to, SHUT_WR) == -1)
			return -1;
	}
	return 0;
}
