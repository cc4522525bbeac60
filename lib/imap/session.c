/* Sessions: opening, commands in flight, waiting, giving back. */
#include "imap/session.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/pct.h"
#include "base/spawn.h"
#include "imap/borrow.h"
#include "imap/wire.h"

#define READ_CHUNK	65536
#define OUT_MUCH	32768	/* bytes of commands queued before a flight is sent */

/* Starts the transport with one end of a socket pair as its standard input and output. */
static int
start(struct imap *im, char *const argv[], struct err *e)
{
	struct spawn_fd fds[2];
	int pair[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return err_again(e, "socketpair: %s", strerror(errno));
	for (i = 0; i < 2; i++) {
		fds[i].from = pair[1];
		fds[i].to = i;
	}
	im->pid = (int)spawn_tool(argv, fds, 2);
	close(pair[1]);
	im->fd = pair[0];
	if (im->pid == -1) {
		im->pid = 0;
		return err_fail(e, "%s: %s", argv[0], strerror(errno));
	}
	return 0;
}

static void
prepare(struct imap *im, int timeout)
{
	memset(im, 0, sizeof(*im));
	im->fd = -1;
	im->timeout = timeout;
	im->tag = 1;
	im->caps = mem_dup(",");
	im->enabled = mem_dup(",");
	im->cmdtail = &im->cmds;
	im->arena = arena_new();
	buf_init(&im->in, 2 * READ_CHUNK);
	buf_init(&im->resp, IMAP_RESPONSE_MAX);
}

/* One read; the end of the stream is an error. */
static int
receive(struct imap *im, struct err *e)
{
	char *to = buf_room(&im->in, READ_CHUNK);
	ssize_t n;

	ENSURE(to != NULL);
	n = recv(im->fd, to, READ_CHUNK, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return err_again(e, "reading from the server: %s", strerror(errno));
	if (n == 0)
		return err_again(e, "the connection to the server was closed");
	im->in.len += (size_t)n;
	return wire_take(im, e);
}

/* Waits until something can be read or written, and does it once; 1 if fd can be read. */
static int
step(struct imap *im, int fd, struct err *e)
{
	struct pollfd p[2] = { { .fd = im->fd, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	int n, due = im->ncmds != 0 || !im->greeted;

	if (wire_wants(im))
		p[0].events |= POLLOUT;
	n = poll(p, 2, im->timeout > 0 && due ? im->timeout * 1000 : -1);
	if (n == 0)
		return err_again(e, "no byte from the server for %d seconds (socktimeout)", im->timeout);
	if (n < 0 && errno != EINTR)
		return err_again(e, "poll: %s", strerror(errno));
	if (n < 0)
		return 0;
	if ((p[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && receive(im, e) == -1)
		return -1;
	if ((p[0].revents & POLLOUT) != 0 && wire_send(im, e) == -1)
		return -1;
	return (p[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

/* Marks the session as broken; returns -1. */
static int
broke(struct imap *im, const struct err *e)
{
	if (im->err.status == 0)
		im->err = *e;
	return -1;
}

static int
greeting(struct imap *im, struct err *e)
{
	while (!im->greeted)
		if (step(im, -1, e) == -1)
			return -1;
	return 0;
}

int
imap_ask(struct imap *im, char *const argv[], int timeout, struct err *e)
{
	prepare(im, timeout);
	if ((borrow_broker() ? borrow_ask(e) : start(im, argv, e)) == -1)
		return broke(im, e);
	return 0;
}

int
imap_asked(const struct imap *im)
{
	return im->pid != 0 ? im->fd : borrow_fd();
}

/* A transport that ended before its greeting has said why on stderr. */
static void
failed_start(struct imap *im, struct err *e)
{
	int status;

	close(im->fd);
	im->fd = -1;
	status = spawn_wait(im->pid);
	im->pid = 0;
	if (status == EXIT_FAIL || status == EXIT_CONF || status == EXIT_AGAIN) {
		err_fail(e, "no session: imap-connect ended with status %d", status);
		e->status = status;
	}
}

int
imap_take(struct imap *im, struct err *e)
{
	int r = 0, timeout = im->timeout;

	if (im->pid == 0)
		r = borrow_take(im, e);
	if (r == 0) {
		/* the transport bounds connecting and logging in itself */
		im->timeout = 0;
		r = greeting(im, e);
		im->timeout = timeout;
	}
	if (r == 0)
		return 0;
	if (im->pid != 0)
		failed_start(im, e);
	return broke(im, e);
}

int
imap_open(struct imap *im, char *const argv[], int timeout, struct err *e)
{
	return imap_ask(im, argv, timeout, e) == -1 ? -1 : imap_take(im, e);
}

static void
forget_queues(struct imap *im)
{
	struct imap_seg *s;
	struct imap_cmd *c;

	while ((s = im->segs) != NULL) {
		im->segs = s->next;
		buf_free(&s->bytes);
		free(s);
	}
	while ((c = im->cmds) != NULL) {
		im->cmds = c->next;
		free(c);
	}
}

/* Tells a transport of our own that this is the end, and waits for it. */
static void
reap(struct imap *im)
{
	shutdown(im->fd, SHUT_WR);
	close(im->fd);
	spawn_wait(im->pid);
}

/* Nothing is due, nothing selected, and not a byte of the server's is left unread. */
static int
quiescent(const struct imap *im)
{
	struct pollfd p = { .fd = im->fd, .events = POLLIN };

	return im->err.status == 0 && im->greeted && im->ncmds == 0 && im->segs == NULL &&
	    im->in.len == 0 && im->resp.len == 0 && im->literal == 0 && !im->selected &&
	    !im->unsure && poll(&p, 1, 0) == 0;
}

void
imap_close(struct imap *im)
{
	int quiet = quiescent(im);

	if (im->pid != 0)
		reap(im);
	else if (im->fd != -1) {
		if (!quiet || borrow_return(im) == -1)
			borrow_drop();
		close(im->fd);
	}
	im->fd = -1;
	im->pid = 0;
	forget_queues(im);
	buf_free(&im->in);
	buf_free(&im->resp);
	arena_free(im->arena);
	im->arena = NULL;
	free(im->caps);
	free(im->enabled);
	im->caps = im->enabled = NULL;
}

static struct imap_seg *
segment(struct imap *im)
{
	struct imap_seg *s = mem_alloc(sizeof(*s));

	buf_init(&s->bytes, 64u << 20);
	if (im->segs == NULL)
		im->segs = s;
	else
		im->seglast->next = s;
	im->seglast = s;
	return s;
}

/* The segment that takes more plain bytes. */
static struct buf *
tail(struct imap *im)
{
	if (im->segs == NULL || im->seglast->source.read != NULL)
		segment(im);
	return &im->seglast->bytes;
}

void
imap_put(struct imap *im, const char *text)
{
	buf_str(tail(im), text);
	im->outlen += strlen(text);
}

void
imap_printf(struct imap *im, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = mem_dup("");
	va_end(ap);
	imap_put(im, text);
	free(text);
}

void
imap_begin(struct imap *im, struct imap_done done)
{
	struct imap_cmd *c = mem_alloc(sizeof(*c));

	c->tag = im->tag++;
	c->done = done;
	*im->cmdtail = c;
	im->cmdtail = &c->next;
	im->ncmds++;
	imap_printf(im, "o%u ", c->tag);
}

void
imap_literal(struct imap *im, uint64_t len, int sync, struct imap_source source)
{
	struct imap_seg *s;

	imap_printf(im, "{%llu%s}\r\n", (unsigned long long)len, sync ? "" : "+");
	s = segment(im);
	s->wait = sync;
	s->tag = im->tag - 1;
	s->left = len;
	s->source = source;
}

void
imap_end(struct imap *im)
{
	imap_put(im, "\r\n");
}

int
imap_wait(struct imap *im, size_t n)
{
	struct err e = { 0 };

	if (im->err.status != 0)
		return -1;
	while (im->ncmds > n || (n > 0 && im->outlen > OUT_MUCH))
		if (step(im, -1, &e) == -1)
			return broke(im, &e);
	return 0;
}

int
imap_poll(struct imap *im, int fd)
{
	struct err e = { 0 };
	int r;

	if (im->err.status != 0)
		return -1;
	if ((r = step(im, fd, &e)) == -1)
		broke(im, &e);
	return r;
}

/* The name is printable ASCII that needs no quoting, so it cannot be answered BAD. */
void
imap_unselect(struct imap *im, struct imap_done done)
{
	int has = imap_has(im, "UNSELECT");
	struct imap_cmd *c;

	imap_begin(im, done);
	for (c = im->cmds; c->next != NULL; c = c->next)
		continue;
	c->leaves = has ? 'O' : 'N';
	imap_put(im, has ? "UNSELECT" : "EXAMINE offlineimap-no-such-folder");
	imap_end(im);
	im->selected = 0;
}

void
imap_words(const struct imap_resp *r, struct buf *b)
{
	static const char *const names[] = { "OK", "NO", "BAD" };

	buf_str(b, names[r->status]);
	if (r->code != NULL && value_text(r->code) != NULL)
		buf_printf(b, " [%s]", value_text(r->code));
	if (*r->text != '\0')
		buf_printf(b, " %.300s", r->text);
}

int
imap_code(const struct imap_resp *r, const char *code)
{
	return r->code != NULL && value_is(r->code, code);
}
