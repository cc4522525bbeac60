/*
 * imap-fetch's work shared among sessions.  A lane stays in its folder while there is work in it, goes
 * on with one that no other lane is in, and else helps with a folder that others are in: so
 * few folders are selected twice, and a large one is split.
 */
#include <errno.h>
#include <string.h>

#include "plan/fetching.h"

/*
 * A login must save each of the other sessions so many bytes: it takes four or five round trips,
 * 0.2 s at 50 ms, or some 50 ms of computing, its server's included, on a fast line.
 */
#define LOGIN_BYTES	(4u << 20)

static size_t
count(const struct fetching *run, enum lane_state state)
{
	size_t i, n = 0;

	for (i = 0; i < run->nlanes; i++)
		n += run->lane[i].state == state;
	return n;
}

/* A lane could not be had, or was lost. */
static void
lost(struct fetching *run, const struct err *e)
{
	run->lost = *e;
	if (count(run, LANE_ASKED) + count(run, LANE_OPEN) != 0)
		return;
	run->dead = 1;
	if (run->waiting != 0)
		fetch_problem(run, e);
}

static void
ask(struct fetching *run, unsigned how)
{
	struct err e = { 0 };

	if (run->waiting > IMAP_BULK_MIN)
		how |= IMAP_BULK;
	if (lane_ask(&run->lane[run->nlanes++], run, how, &e) == -1)
		lost(run, &e);
}

/* Bytes that have not come. */
static uint64_t
left(const struct fetching *run)
{
	uint64_t n = run->waiting;
	size_t i;

	for (i = 0; i < run->nlanes; i++)
		n += run->lane[i].inflight;
	return n;
}

void
share_ask(struct fetching *run)
{
	size_t max = (size_t)run->f->a->remote.maxconnections, n;

	if (max > LANES_MAX)
		max = LANES_MAX;
	if (run->dead || run->spools.full || run->waiting == 0)
		return;
	if (run->nlanes == 0)
		ask(run, 0);
	while (!run->dead && run->nlanes < max) {
		n = count(run, LANE_ASKED) + count(run, LANE_OPEN);
		if (left(run) / (n * (n + 1)) <= LOGIN_BYTES)
			break;
		ask(run, IMAP_MORE);
	}
}

/* 1 if another lane has the chunk's folder selected. */
static int
visited(const struct fetching *run, const struct lane *me, const struct chunk *c)
{
	const struct lane *l;

	for (l = run->lane; l < run->lane + run->nlanes; l++)
		if (l != me && l->state == LANE_OPEN && l->im.selected &&
		    chunk_same(c, l->remote, l->validity))
			return 1;
	return 0;
}

/* What a lane should fetch next; NULL for nothing.  The last chunk may still grow. */
static struct chunk *
pick(const struct fetching *run, const struct lane *l)
{
	struct chunk *c, *any = NULL, *alone = NULL;

	for (c = run->unsent != 0 ? run->head : NULL; c != NULL; c = c->next) {
		if (c->local == NULL || c->done || c->lane != NULL ||
		    (c->next == NULL && !run->idle && !run->eof && !chunk_full(c)))
			continue;
		if (l->im.selected && chunk_same(c, l->remote, l->validity))
			return c;
		if (any == NULL)
			any = c;
		if (alone == NULL && !visited(run, l, c))
			alone = c;
	}
	return alone != NULL ? alone : any;
}

/*
 * 1 if a lane may be asked for more: its window has room, and it does not have its part of what is
 * left in flight already.  A chunk more than its part keeps the server busy to the end.
 */
static int
has_room(const struct fetching *run, const struct lane *l, const struct chunk *c)
{
	if (l->nchunks == 0)
		return 1;
	return l->nchunks < LANE_CHUNKS && l->inflight + c->bytes <= LANE_BYTES &&
	    l->inflight < left(run) / count(run, LANE_OPEN);
}

/* One more chunk for a lane, if its window has room: 1 if so. */
static int
feed(struct fetching *run, struct lane *l)
{
	struct chunk *c;

	if (l->state != LANE_OPEN || (c = pick(run, l)) == NULL || !has_room(run, l, c))
		return 0;
	run->unsent--;
	run->waiting -= c->bytes;
	lane_send(l, c);
	return 1;
}

void
share_out(struct fetching *run)
{
	size_t i;
	int any;

	do
		for (i = 0, any = 0; i < run->nlanes; i++)
			any |= feed(run, &run->lane[i]);
	while (any);
	if (!run->eof || run->later.lines != 0 || run->unsent != 0)
		return;
	/* nothing more to come: the folders are left without waiting for it */
	for (i = 0; i < run->nlanes; i++)
		if (run->lane[i].state == LANE_OPEN)
			lane_leave(&run->lane[i]);
}

/* One session that was asked for and has come; from the broker they come one at a time. */
static void
take(struct fetching *run, const struct pollfd *p, size_t n)
{
	struct err e = { 0 };
	struct lane *l;
	size_t i;

	for (l = run->lane; l < run->lane + run->nlanes; l++) {
		if (l->state != LANE_ASKED)
			continue;
		for (i = 0; i < n && p[i].fd != imap_asked(&l->im); i++)
			continue;
		if (i == n || p[i].revents == 0)
			continue;
		if (lane_take(l, &e) == -1)
			lost(run, &e);
		return;
	}
}

int
share_wait(struct fetching *run, struct pollfd *more, size_t n)
{
	struct imap *ims[LANES_MAX];
	struct pollfd p[IMAP_POLL_MAX];
	size_t nims = 0, all = n;
	struct err e;
	struct lane *l;

	memcpy(p, more, n * sizeof(*p));
	for (l = run->lane; l < run->lane + run->nlanes; l++)
		if (l->state == LANE_OPEN)
			ims[nims++] = &l->im;
		else if (l->state == LANE_ASKED)
			p[all++] = (struct pollfd){ .fd = imap_asked(&l->im), .events = POLLIN };
	if (imap_poll_all(ims, nims, p, all, -1) == -1)
		return -1;
	memcpy(more, p, n * sizeof(*p));
	for (l = run->lane; l < run->lane + run->nlanes; l++)
		if (l->state == LANE_OPEN && l->im.err.status != 0) {
			run->lost = e = l->im.err;
			lane_close(l);
			lost(run, &e);
		}
	take(run, p + n, all - n);
	return 0;
}

int
share_quiet(const struct fetching *run)
{
	size_t i;

	for (i = 0; i < run->nlanes; i++)
		if (run->lane[i].state == LANE_OPEN && run->lane[i].im.ncmds != 0)
			return 0;
	return 1;
}
