/* Channels: the one in the clear, and waiting on any. */
#include "net/chan.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "net/server.h"

int64_t
net_deadline(const struct net_server *s)
{
	return s->timeout > 0 ? io_now() + s->timeout : INT64_MAX;
}

static ssize_t
plain_read(struct chan *c, void *p, size_t n)
{
	ssize_t got = recv(c->fd, p, n, MSG_DONTWAIT);

	c->rwait = POLLIN;
	c->more = got == (ssize_t)n;
	return got;
}

static ssize_t
plain_write(struct chan *c, const void *p, size_t n)
{
	ssize_t put = send(c->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	c->wwait = POLLOUT;
	return put;
}

static void
plain_close(struct chan *c)
{
	if (c->fd != -1)
		close(c->fd);
	free(c);
}

static const struct chan_ops plain_ops = { plain_read, plain_write, plain_close };

struct chan *
chan_plain(int fd)
{
	struct chan *c = mem_alloc(sizeof(*c));

	c->ops = &plain_ops;
	c->fd = fd;
	return c;
}

void
chan_close(struct chan *c)
{
	if (c != NULL)
		c->ops->close(c);
}

const struct chan *
chan_wire(const struct chan *c)
{
	while (c->below != NULL)
		c = c->below;
	return c;
}

int
chan_release(struct chan *c)
{
	int fd = c->fd;

	ENSURE(c->ops == &plain_ops);
	c->fd = -1;
	plain_close(c);
	return fd;
}

void
chan_abrupt(const struct chan *c, int on)
{
	struct linger hard = { on, 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

int
chan_queued(const struct chan *c)
{
	int left;

	return ioctl(c->fd, SIOCOUTQ, &left) == -1 ? -1 : left;
}

ssize_t
chan_read(struct chan *c, void *p, size_t n)
{
	ssize_t got;

	do
		got = c->ops->read(c, p, n);
	while (got == -1 && errno == EINTR);
	c->down += got > 0 ? (uint64_t)got : 0;
	return got;
}

ssize_t
chan_write(struct chan *c, const void *p, size_t n)
{
	ssize_t put;

	do
		put = c->ops->write(c, p, n);
	while (put == -1 && errno == EINTR);
	c->up += put > 0 ? (uint64_t)put : 0;
	return put;
}

int
chan_wait(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	for (;;) {
		left = deadline == INT64_MAX ? -1 : deadline - io_now();
		if (deadline != INT64_MAX && left < 0)
			left = 0;
		n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0 && left <= INT_MAX) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
}

ssize_t
chan_get(struct chan *c, void *p, size_t n, int64_t deadline)
{
	ssize_t got;

	while ((got = chan_read(c, p, n)) == -1 && errno == EAGAIN)
		if (chan_wait(c->fd, c->rwait, deadline) == -1)
			return -1;
	return got;
}

int
chan_put(struct chan *c, const void *p, size_t n, int64_t deadline)
{
	const char *from = p;
	ssize_t put;

	while (n != 0) {
		put = chan_write(c, from, n);
		if (put > 0) {
			from += put;
			n -= (size_t)put;
		} else if (errno != EAGAIN || chan_wait(c->fd, c->wwait, deadline) == -1) {
			return -1;
		}
	}
	return 0;
}

const char *
chan_why(const struct chan *c)
{
	return c->why[0] != '\0' ? c->why : strerror(errno);
}
