/* Sessions: getting one, and giving it back. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "imap/borrow.h"
#include "imap/lend.h"
#include "imap/recall.h"
#include "imap/session.h"
#include "imap/wire.h"

static int
start(struct imap *im, char *const argv[], struct err *e)
{
	im->fd = lend_transport(argv, &im->pid, e);
	if (im->fd != -1)
		return 0;
	im->pid = 0;
	return -1;
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
	buf_init(&im->in, WIRE_READ);
	buf_init(&im->resp, IMAP_RESPONSE_MAX);
}

static int
greeting(struct imap *im, struct err *e)
{
	while (!im->greeted)
		if (imap_poll(im, -1) == -1) {
			*e = im->err;
			return -1;
		}
	return 0;
}

int
imap_ask_for(struct imap *im, char *const argv[], int timeout, unsigned how, struct err *e)
{
	prepare(im, timeout);
	im->hasty = (how & IMAP_HASTY) != 0;
	if ((borrow_broker() ? borrow_ask(how, e) : start(im, argv, e)) == -1)
		return wire_broke(im, e);
	return 0;
}

int
imap_ask(struct imap *im, char *const argv[], int timeout, struct err *e)
{
	return imap_ask_for(im, argv, timeout, 0, e);
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

/* A new session: are its capabilities of today? */
static int
recalled(struct imap *im, struct err *e)
{
	recall_ask(im);
	if (im->hasty || imap_wait(im, 0) == 0)
		return 0;
	*e = im->err;
	return -1;
}

int
imap_take(struct imap *im, struct err *e)
{
	int r = 0, timeout = im->timeout, fresh;

	if (im->pid == 0)
		r = borrow_take(im, e);
	if (r == 0) {
		/* the transport bounds connecting and logging in itself */
		im->timeout = 0;
		fresh = !im->greeted;
		r = greeting(im, e);
		im->timeout = timeout;
		if (r == 0 && fresh)
			return recalled(im, e);
	}
	if (r == 0)
		return 0;
	if (im->pid != 0)
		failed_start(im, e);
	return wire_broke(im, e);
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

/* Tells a transport of our own that this is the end, and waits for it; one that still connects need not. */
static void
reap(struct imap *im)
{
	if (!im->greeted)
		kill(im->pid, SIGTERM);
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
