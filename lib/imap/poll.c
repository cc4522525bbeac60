/* Sessions: waiting, for one or for several and other descriptors. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/mem.h"
#include "imap/session.h"
#include "imap/wire.h"

#define OUT_MUCH	32768	/* bytes of commands queued before a flight is sent */
#define READY		(POLLIN | POLLHUP | POLLERR)

int
wire_broke(struct imap *im, const struct err *e)
{
	if (im->err.status == 0)
		im->err = *e;
	return -1;
}

/* One read; the end of the stream is an error. */
static int
receive(struct imap *im, struct err *e)
{
	char *to = buf_room(&im->in, WIRE_READ);
	ssize_t n;

	ENSURE(to != NULL);
	n = recv(im->fd, to, WIRE_READ, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return err_again(e, "reading from the server: %s", strerror(errno));
	if (n == 0)
		return err_again(e, "the connection to the server was closed");
	im->in.len += (size_t)n;
	return wire_take(im, e);
}

/* A write failed: what the server said before it hung up tells more, and answers what it had done. */
static int
last_words(struct imap *im, struct err *e)
{
	struct pollfd p = { .fd = im->fd, .events = POLLIN };
	struct err why = { 0 };

	while (poll(&p, 1, 0) == 1 && receive(im, &why) == 0)
		continue;
	if (why.status != 0)
		*e = why;
	return -1;
}

/* Milliseconds that the server still has; -1 if it owes nothing. */
static int
patience(const struct imap *im, int64_t now)
{
	int64_t left = im->since + (int64_t)im->timeout * 1000 - now;

	if (im->timeout <= 0 || (im->ncmds == 0 && im->greeted))
		return -1;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* What a poll has said of one session, and what is to be done then. */
static void
step(struct imap *im, short revents)
{
	struct err e = { 0 };
	int r = 0;

	if (revents != 0)
		im->since = io_now();
	else if (patience(im, io_now()) == 0)
		r = err_again(&e, "no byte from the server for %d seconds (socktimeout)", im->timeout);
	if ((revents & READY) != 0)
		r = receive(im, &e);
	if (r == 0 && (revents & POLLOUT) != 0 && (r = wire_send(im, &e)) == -1)
		r = last_words(im, &e);
	if (r == -1)
		wire_broke(im, &e);
}

int
imap_poll_all(struct imap *const *ims, size_t n, struct pollfd *more, size_t nmore, int ms)
{
	struct pollfd p[IMAP_POLL_MAX];
	int64_t now = io_now();
	size_t i;
	int left, got;

	ENSURE(n + nmore <= IMAP_POLL_MAX);
	for (i = 0; i < n; i++) {
		p[i].fd = ims[i]->err.status == 0 ? ims[i]->fd : -1;
		p[i].events = wire_wants(ims[i]) ? POLLIN | POLLOUT : POLLIN;
		if (p[i].fd != -1 && (left = patience(ims[i], now)) != -1 && (ms == -1 || left < ms))
			ms = left;
	}
	if (nmore != 0)
		memcpy(p + n, more, nmore * sizeof(*p));
	if ((got = poll(p, (nfds_t)(n + nmore), ms)) == -1 && errno != EINTR)
		return -1;
	for (i = 0; i < nmore; i++)
		more[i].revents = got > 0 ? p[n + i].revents : 0;
	for (i = 0; i < n && got != -1; i++)
		if (p[i].fd != -1)
			step(ims[i], got > 0 ? p[i].revents : 0);
	return 0;
}

int
imap_poll(struct imap *im, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct err e = { 0 };

	if (im->err.status == 0 && imap_poll_all(&im, 1, &p, 1, -1) == -1) {
		err_again(&e, "poll: %s", strerror(errno));
		wire_broke(im, &e);
	}
	return im->err.status != 0 ? -1 : (p.revents & READY) != 0;
}

int
imap_wait(struct imap *im, size_t n)
{
	if (im->err.status != 0)
		return -1;
	while (im->ncmds > n || (n > 0 && im->outlen > OUT_MUCH))
		if (imap_poll(im, -1) == -1)
			return -1;
	return 0;
}
