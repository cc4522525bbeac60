/* Bytes both ways between a client and a server. */
#include "net/relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "net/relaying.h"
#include "net/zip.h"

static int
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/*
 * Before the client's next bytes: is this the moment to begin to compress?  -1 if the
 * session broke over it.
 */
static int
squeeze(struct relay *r)
{
	struct buf rest;
	int ret;

	if (!watch_rests(&r->watch) || r->up.len != 0 || HOLD - r->down.len < ZIP_FIRST ||
	    !bulk_due(r->bulk))
		return 0;
	buf_init(&rest, ZIP_FIRST);
	ret = bulk_start(r->bulk, &r->chan, r->srv, &rest, &r->fault);
	r->stat->turns++;
	if (rest.len != 0) {
		hold_put(&r->down, rest.data, rest.len);
		watch_down(&r->watch, rest.data, rest.len);
	}
	r->rwait = r->wwait = 0;
	r->last = io_now();
	buf_free(&rest);
	return ret;
}

/* Each of the four steps returns 1 if it moved anything. */

static int
from_client(struct relay *r)
{
	ssize_t got;
	size_t n;
	char *to;

	if (r->client_eof || r->ready_in == 0)
		return 0;
	if (squeeze(r) == -1 || (n = hold_room(&r->up, &to)) == 0)
		return 0;
	got = r->insock ? recv(r->in, to, n, MSG_DONTWAIT) : read(r->in, to, n);
	r->ready_in = 0;
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0) {
		r->client_eof = 1;
		return 1;
	}
	/* The server's patience is measured from here, not from its last word. */
	if (!watch_waits(&r->watch))
		r->last = io_now();
	watch_up(&r->watch, to, (size_t)got);
	r->stat->turns += (uint64_t)r->heard;
	r->heard = 0;
	r->up.len += (size_t)got;
	return 1;
}

static int
to_server(struct relay *r)
{
	ssize_t put;

	if (r->server_dead)
		r->up.len = 0;
	if (r->up.len == 0 || r->wwait != 0)
		return 0;
	put = chan_write(r->chan, r->up.data + r->up.at, r->up.len);
	if (put > 0) {
		hold_drop(&r->up, (size_t)put);
		r->last = io_now();
	} else if (errno == EAGAIN) {
		r->wwait = r->chan->wwait;
		return 0;
	} else {
		r->server_dead = 1;
	}
	return 1;
}

/* One read: 1 if more can be had without the wire. */
static int
take(struct relay *r)
{
	ssize_t got;
	size_t n;
	char *to;

	if ((n = hold_room(&r->down, &to)) == 0)
		return 0;
	got = chan_read(r->chan, to, n);
	if (got == -1 && errno == EAGAIN) {
		r->rwait = r->chan->rwait;
		return 0;
	}
	r->last = io_now();
	if (got <= 0) {
		r->server_eof = r->server_dead = 1;
		return 0;
	}
	watch_down(&r->watch, to, (size_t)got);
	r->down.len += (size_t)got;
	/* What follows must come off the wire first: to try would cost a call for nothing. */
	if (!r->chan->more)
		r->rwait = POLLIN;
	return r->chan->more;
}

static int
from_server(struct relay *r)
{
	size_t before = r->down.len;

	if (r->server_eof || r->rwait != 0)
		return 0;
	/* TLS comes in records of a few kB: gathered, they go on in one piece */
	while (take(r))
		continue;
	return r->down.len != before || r->server_eof;
}

static int
to_client(struct relay *r)
{
	ssize_t put;

	if (r->client_gone)
		r->down.len = 0;
	if (r->down.len == 0 || r->ready_out == 0)
		return 0;
	/* A pipe that is ready takes PIPE_BUF bytes without blocking (pipe(7)). */
	put = r->outsock ?
	    send(r->out, r->down.data + r->down.at, r->down.len, MSG_DONTWAIT | MSG_NOSIGNAL) :
	    write(r->out, r->down.data + r->down.at, r->down.len < PIPE_BUF ? r->down.len : PIPE_BUF);
	/* A socket can be tried again at once; another must be asked first, or it would block. */
	if (put == -1 || !r->outsock)
		r->ready_out = 0;
	if (put == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (put == -1) {
		r->client_gone = 1;
		return 1;
	}
	/* The server could not go on while the client did not take its words. */
	if (r->down.len == HOLD)
		r->last = io_now();
	hold_drop(&r->down, (size_t)put);
	r->heard = 1;
	return 1;
}

/* Waits until one of the four steps can be tried again: 0, or -1 when patience is over. */
static int
await(struct relay *r)
{
	struct pollfd p[3] = {
		{ .fd = -1, .events = POLLIN },
		{ .fd = -1, .events = r->down.len != 0 ? POLLOUT : 0 },
		{ .fd = -1, .events = (short)(r->rwait | r->wwait) },
	};
	int64_t left = relay_patience(r);
	int n;

	if (!r->client_eof && r->up.len < HOLD)
		p[0].fd = r->in;
	if (!r->client_gone)
		p[1].fd = r->out;
	if (p[2].events != 0 && !r->server_eof)
		p[2].fd = r->chan->fd;
	n = poll(p, 3, left > INT_MAX ? INT_MAX : (int)left);
	ENSURE(n != -1 || errno == EINTR);
	if (n == 0 && left != -1 && relay_patience(r) == 0)
		return relay_stuck(r) ? -1 : 0;
	if (n <= 0)
		return 0;
	r->ready_in |= p[0].revents;
	r->ready_out |= p[1].revents & POLLOUT;
	if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL))
		r->client_gone = 1;
	if (p[2].revents != 0)
		r->rwait = r->wwait = 0;
	return 0;
}

static void
setup(struct relay *r, int in, int out, const char *first, size_t n)
{
	r->in = in;
	r->out = out;
	r->insock = is_socket(in);
	r->outsock = is_socket(out);
	r->last = io_now();
	r->heard = 1;
	watch_init(&r->watch);
	hold_init(&r->up);
	hold_init(&r->down);
	r->up0 = chan_wire(r->chan)->up;
	r->down0 = chan_wire(r->chan)->down;
	hold_put(&r->down, first, n);
	chan_abrupt(r->chan, 1);
}

int
relay(const struct net_server *srv, struct chan **c, struct bulk *bulk, int in, int out,
    const char *first, size_t n, struct relay_stat *stat, struct err *e)
{
	struct relay *r = mem_alloc(sizeof(*r));
	int ret, moved;

	memset(stat, 0, sizeof(*stat));
	r->srv = srv;
	r->chan = *c;
	r->bulk = bulk;
	r->stat = stat;
	setup(r, in, out, first, n);
	for (ret = 0; !relay_deserted(r);) {
		/* All four, so that no direction starves the other. */
		moved = from_client(r) + to_server(r) + from_server(r) + to_client(r);
		if (r->fault.status != 0) {
			ret = relay_broken(r, e);
			break;
		}
		if (moved != 0)
			continue;
		if (relay_over(r)) {
			ret = relay_verdict(r, e);
			break;
		}
		/* Unless relay_over() has just put something there to be sent. */
		if ((r->up.len == 0 || r->wwait != 0) && await(r) == -1) {
			ret = relay_silent(r, e);
			break;
		}
	}
	if (r->up.len == 0 && watch_up_clean(&r->watch) && !watch_waits(&r->watch))
		chan_abrupt(r->chan, 0);
	*c = r->chan;
	stat->up = chan_wire(*c)->up - r->up0;
	stat->down = chan_wire(*c)->down - r->down0;
	hold_free(&r->up);
	hold_free(&r->down);
	free(r);
	return ret;
}
