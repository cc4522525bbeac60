/* Resolving and connecting, several addresses at a time. */
#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

#define TRIES	16	/* addresses of a host that are tried at most */
#define STAGGER	300	/* milliseconds until the next one is tried beside the others */

struct attempts {
	struct pollfd	 p[TRIES];	/* sockets that are connecting */
	nfds_t		 n;
	int		 cause;		/* errno of the failure that says most */
	struct addrinfo	*list;		/* owned */
	const struct addrinfo *next;	/* in it, the first that was not tried */
};

/* A question to the resolver that can be left unanswered. */
struct question {
	struct gaicb	 cb;
	struct addrinfo	 hints;
	struct gaicb	*list[1];
};

static int
cannot_resolve(const struct net_server *s, int code, struct err *e)
{
	return (code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY ? err_fail :
	    err_again)(e, "Could not resolve name '%s' for repository '%s'. Make sure you have"
	    " configured the server name correctly and that you are actually connected to the"
	    " internet. (%s)", s->host, s->repo,
	    code == EAI_INPROGRESS ? "the name server does not answer" :
	    code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

/*
 * getaddrinfo with the server's timeout.  A resolver that does not answer in time
 * is left behind with its question: the process is about to end.
 */
static int
resolve(const struct net_server *s, struct addrinfo **list, struct err *e)
{
	struct question *q = mem_alloc(sizeof(*q));
	struct timespec limit = { s->timeout / 1000, s->timeout % 1000 * 1000000L };
	int code;

	q->hints.ai_family = s->family;
	q->hints.ai_socktype = SOCK_STREAM;
	q->hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	/* A literal needs no thread and no name server. */
	if ((code = getaddrinfo(s->host, s->port, &q->hints, list)) != EAI_NONAME) {
		free(q);
		return code == 0 ? 0 : cannot_resolve(s, code, e);
	}
	q->hints.ai_flags = AI_NUMERICSERV;
	q->cb.ar_name = s->host;
	q->cb.ar_service = s->port;
	q->cb.ar_request = &q->hints;
	q->list[0] = &q->cb;
	if ((code = getaddrinfo_a(GAI_NOWAIT, q->list, 1, NULL)) == 0) {
		do
			code = gai_suspend((const struct gaicb *const *)q->list, 1,
			    s->timeout > 0 ? &limit : NULL);
		while (code == EAI_INTR);
		code = gai_error(&q->cb);
	}
	*list = q->cb.ar_result;
	if (code != EAI_INPROGRESS)
		free(q);
	return code == 0 ? 0 : cannot_resolve(s, code, e);
}

/* Remembers why one address failed; a refusal says more than "unreachable". */
static void
failed(struct attempts *a, int cause)
{
	if (a->cause == 0 || cause == ECONNREFUSED || a->cause == EAFNOSUPPORT)
		a->cause = cause;
}

static void
start(struct attempts *a, const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 || errno == EINPROGRESS)) {
		a->p[a->n].fd = fd;
		a->p[a->n++].events = POLLOUT;
		return;
	}
	failed(a, errno);
	if (fd != -1)
		close(fd);
}

/* The socket of the first attempt that is connected, taken out; -1 if none is yet. */
static int
connected(struct attempts *a)
{
	socklen_t len = sizeof(int);
	int fd, cause;
	nfds_t i = 0;

	while (i < a->n) {
		if (a->p[i].revents == 0) {
			i++;
			continue;
		}
		fd = a->p[i].fd;
		a->p[i] = a->p[--a->n];
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &len) == 0 && cause == 0)
			return fd;
		failed(a, cause);
		close(fd);
	}
	return -1;
}

/* Milliseconds to wait: until the deadline, but with more to try only for a while. */
static int
patience(const struct addrinfo *more, int64_t deadline)
{
	int64_t left = deadline == INT64_MAX ? -1 : deadline - io_now();

	if (deadline != INT64_MAX && left < 0)
		left = 0;
	if (more != NULL && (left == -1 || left > STAGGER))
		left = STAGGER;
	return left > 3600000 ? 3600000 : (int)left;
}

/* Connects to one of the addresses: the socket, or -1 with the cause in "a". */
static int
race(struct attempts *a, int64_t deadline)
{
	int fd, n;

	for (;;) {
		if (a->next != NULL && a->n < TRIES) {
			start(a, a->next);
			a->next = a->next->ai_next;
		}
		if (a->n == 0 && a->next == NULL)
			return -1;
		n = a->n == 0 ? 0 :
		    poll(a->p, a->n, patience(a->n < TRIES ? a->next : NULL, deadline));
		if (n == -1 && errno != EINTR) {
			failed(a, errno);
			return -1;
		}
		if (n > 0 && (fd = connected(a)) != -1)
			return fd;
		if (deadline != INT64_MAX && io_now() >= deadline) {
			failed(a, ETIMEDOUT);
			return -1;
		}
	}
}

static int
cannot_connect(const struct net_server *s, int cause, struct err *e)
{
	if (cause == ECONNREFUSED)
		return err_again(e, "Connection to host " NET_FMT " was refused. Make sure you have"
		    " the right host and port configured and that you are actually able to access"
		    " the network.", NET_ARG(s));
	if (cause == ETIMEDOUT)
		return err_again(e, "Connection to host " NET_FMT " failed: no answer%s",
		    NET_ARG(s), s->timeout > 0 ? " within socktimeout" : "");
	return err_again(e, "Connection to host " NET_FMT " failed: %s. Make sure that you are"
	    " actually able to access the network.", NET_ARG(s), strerror(cause));
}

struct attempts *
dial_start(const struct net_server *s, struct err *e)
{
	struct addrinfo *list = NULL;
	struct attempts *a;

	if (resolve(s, &list, e) == -1)
		return NULL;
	a = mem_alloc(sizeof(*a));
	a->list = list;
	a->next = list->ai_next;
	start(a, list);
	return a;
}

void
dial_drop(struct attempts *a)
{
	if (a == NULL)
		return;
	while (a->n != 0)
		close(a->p[--a->n].fd);
	freeaddrinfo(a->list);
	free(a);
}

int
dial_end(struct attempts *a, const struct net_server *s, struct err *e)
{
	int fd = race(a, net_deadline(s)), cause = a->cause, on = 1;

	dial_drop(a);
	if (fd == -1)
		return cannot_connect(s, cause, e);
	/* Both are a help only: a command goes out at once, a dead peer is noticed some day. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	return fd;
}
