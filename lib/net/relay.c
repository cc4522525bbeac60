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
#include "net/bye.h"
#include "net/hold.h"
#include "net/watch.h"
#include "net/zip.h"

#define PARTING	2000		/* milliseconds for the last bytes when the client has ended */

static const char logout[] = "imap-connect LOGOUT\r\n";

struct relay {
	const struct net_server *srv;
	struct chan	*chan;		/* the caller gets it back */
	uint64_t	 up0, down0;	/* what it had carried before */
	struct bulk	*bulk;
	struct err	 fault;		/* of bulk_start; status 0 if it is sound */
	int		 in, out;
	int		 insock, outsock;
	struct hold	 up, down;
	struct watch	 watch;
	struct relay_stat *stat;
	int		 client_eof;	/* it sends no more */
	int		 client_gone;	/* it reads no more */
	int		 server_eof;
	int		 server_dead;	/* it takes no more */
	int		 asked_out;	/* our LOGOUT is in "up" or sent */
	int		 heard;		/* the client got something since it last sent */
	short		 rwait, wwait;	/* what the channel waits for, 0 if it may be tried */
	short		 ready_in, ready_out;	/* what poll said of the client */
	int		 queued;	/* bytes that the kernel held for the server, when last asked */
	int64_t		 last;		/* when the server's side last moved, or was to blame for nothing */
};

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

/* 1 if all that is left to do is to part from the server. */
static int
parting(const struct relay *r)
{
	return r->client_eof && (r->client_gone || (r->asked_out && !watch_waits(&r->watch)));
}

/* Milliseconds that the server still has; -1 if it owes nothing. */
static int64_t
patience(const struct relay *r)
{
	int64_t left;

	if (parting(r))
		left = r->last + PARTING - io_now();
	else if (r->srv->timeout == 0 || r->down.len == HOLD || r->server_eof ||
	    (r->up.len == 0 && !watch_waits(&r->watch)))
		return -1;
	else
		left = r->last + r->srv->timeout - io_now();
	return left < 0 ? 0 : left;
}

/*
 * 1 if the peer has acknowledged some of what the kernel still held for it when this was
 * last asked: the end of a large upload takes its time on a thin line.
 */
static int
draining(struct relay *r)
{
	int left = chan_queued(r->chan);

	/* the last of it may have gone a moment ago: nothing left is news, too, once */
	if (left == -1 || left == r->queued)
		return 0;
	r->queued = left;
	r->last = io_now();
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
	int64_t left = patience(r);
	int n;

	if (!r->client_eof && r->up.len < HOLD)
		p[0].fd = r->in;
	if (!r->client_gone)
		p[1].fd = r->out;
	if (p[2].events != 0 && !r->server_eof)
		p[2].fd = r->chan->fd;
	n = poll(p, 3, left > INT_MAX ? INT_MAX : (int)left);
	ENSURE(n != -1 || errno == EINTR);
	if (n == 0 && left != -1 && patience(r) == 0)
		return parting(r) || !draining(r) ? -1 : 0;
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

/*
 * The client has ended: says LOGOUT unless that could end up inside a message.  Only when its last
 * answer is here: Dovecot, where its login process does the TLS, drops what has not gone by then.
 */
static void
part(struct relay *r)
{
	if (watch_waits(&r->watch) && !r->client_gone)
		return;
	if (r->asked_out || r->watch.logout || r->server_dead || !watch_up_clean(&r->watch) ||
	    HOLD - r->up.len < sizeof(logout) - 1)
		return;
	hold_put(&r->up, logout, sizeof(logout) - 1);
	r->asked_out = 1;
}

/*
 * 1 if the client is gone, as only a killed or failing one is while answers are due or within a command: what
 * it has left here, be it the end of a message, is not for the server.  (Of a pair of pipes one may be closed
 * for itself.)
 */
static int
deserted(const struct relay *r)
{
	return r->client_gone && r->insock && r->outsock && !r->watch.logout &&
	    (watch_waits(&r->watch) || !watch_up_clean(&r->watch));
}

/* 1 if nothing is left to relay. */
static int
over(struct relay *r)
{
	if (r->server_eof)
		return r->down.len == 0 || r->client_gone;
	if (!r->client_eof || r->up.len != 0)
		return 0;
	part(r);
	if (r->up.len != 0)
		return 0;
	/* With nobody to read an answer, or none to come, there is nothing to wait for. */
	return r->client_gone || (!r->asked_out && !r->watch.logout && !watch_waits(&r->watch));
}

/* The server does not answer: tells the client, if that cannot become part of a message. */
static int
silent(struct relay *r, struct err *e)
{
	if (parting(r))
		return 0;
	err_again(e, "Connection to host " NET_FMT ": no byte for %d seconds while an answer was due",
	    NET_ARG(r->srv), r->srv->timeout / 1000);
	if (r->down.len == 0 && watch_down_clean(&r->watch))
		net_bye(r->out, e->text);
	return -1;
}

/* What the end of the session means. */
static int
verdict(struct relay *r, struct err *e)
{
	/* The farewell itself may be missing. */
	if (!r->server_eof || r->asked_out || (r->watch.logout && r->watch.open <= 1))
		return 0;
	if (r->watch.bye[0] != '\0')
		return err_again(e, "Connection to host " NET_FMT ": the server ended it: %.200s",
		    NET_ARG(r->srv), r->watch.bye);
	return err_again(e, "Connection to host " NET_FMT ": the server closed it%s%s",
	    NET_ARG(r->srv), watch_waits(&r->watch) ? " while an answer was due" : "",
	    chan_wire(r->chan)->why[0] != '\0' ? " (broken TLS)" :
	    r->chan->why[0] != '\0' ? " (damaged compression)" : "");
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

/* The session broke between two commands: the client is told, at the end of a line. */
static int
broken(struct relay *r, struct err *e)
{
	*e = r->fault;
	if (r->down.len == 0)
		net_bye(r->out, e->text);
	return -1;
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
	for (ret = 0; !deserted(r);) {
		/* All four, so that no direction starves the other. */
		moved = from_client(r) + to_server(r) + from_server(r) + to_client(r);
		if (r->fault.status != 0) {
			ret = broken(r, e);
			break;
		}
		if (moved != 0)
			continue;
		if (over(r)) {
			ret = verdict(r, e);
			break;
		}
		/* Unless over() has just put something there to be sent. */
		if ((r->up.len == 0 || r->wwait != 0) && await(r) == -1) {
			ret = silent(r, e);
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
