/* One poll loop: descriptors, children, signals. */
#include "driver/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/spawn.h"

static void
signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

int
loop_open(struct loop *l)
{
	sigset_t set;

	memset(l, 0, sizeof(*l));
	signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, &l->old) == -1)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	return (l->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1 ? -1 : 0;
}

void
loop_close(struct loop *l)
{
	close(l->sigfd);
	free(l->watch);
	free(l->child);
	sigprocmask(SIG_SETMASK, &l->old, NULL);
}

void
loop_release(struct loop *l)
{
	sigprocmask(SIG_SETMASK, &l->old, NULL);
}

void
loop_hold(struct loop *l)
{
	sigset_t set;

	signals(&set);
	sigprocmask(SIG_BLOCK, &set, &l->old);
}

void
loop_add(struct loop *l, int fd, short events, void (*ready)(void *, short), void *arg)
{
	struct loop_watch *w;

	if (l->nwatch == l->watchcap) {
		l->watchcap = l->watchcap * 2 + 16;
		l->watch = mem_grow(l->watch, l->watchcap, sizeof(*l->watch));
	}
	w = &l->watch[l->nwatch++];
	w->fd = fd;
	w->events = events;
	w->ready = ready;
	w->arg = arg;
}

static struct loop_watch *
find(struct loop *l, int fd)
{
	size_t i;

	for (i = 0; i < l->nwatch; i++)
		if (l->watch[i].fd == fd)
			return &l->watch[i];
	return NULL;
}

void
loop_want(struct loop *l, int fd, short events)
{
	struct loop_watch *w = find(l, fd);

	ENSURE(fd != -1 && w != NULL);
	w->events = events;
}

void
loop_del(struct loop *l, int fd)
{
	struct loop_watch *w;

	if (fd != -1 && (w = find(l, fd)) != NULL)
		w->fd = -1;
}

void
loop_child(struct loop *l, pid_t pid, void (*ended)(void *, int), void *arg)
{
	struct loop_child *c;

	if (l->nchild == l->childcap) {
		l->childcap = l->childcap * 2 + 16;
		l->child = mem_grow(l->child, l->childcap, sizeof(*l->child));
	}
	c = &l->child[l->nchild++];
	c->pid = pid;
	c->ended = ended;
	c->arg = arg;
}

/* Drops what was removed; only between handlers. */
static void
sweep(struct loop *l)
{
	size_t i, n;

	for (i = n = 0; i < l->nwatch; i++)
		if (l->watch[i].fd != -1)
			l->watch[n++] = l->watch[i];
	l->nwatch = n;
	for (i = n = 0; i < l->nchild; i++)
		if (l->child[i].pid != 0)
			l->child[n++] = l->child[i];
	l->nchild = n;
}

/* Several ends may hide behind one SIGCHLD, so every child is asked. */
static void
reap(struct loop *l)
{
	struct loop_child c;
	size_t i;
	int st;

	for (i = 0; i < l->nchild; i++) {
		c = l->child[i];
		if (c.pid == 0 || waitpid(c.pid, &st, WNOHANG) != c.pid)
			continue;
		l->child[i].pid = 0;
		c.ended(c.arg, spawn_status(st));
	}
}

static void
take_signals(struct loop *l)
{
	struct signalfd_siginfo si;

	while (read(l->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo != SIGCHLD) {
			l->stop = (int)si.ssi_signo;
			l->asked++;
		}
	reap(l);
}

int
loop_turn(struct loop *l, int ms)
{
	struct pollfd *p;
	struct loop_watch w;
	size_t i, n;
	int got;

	sweep(l);
	n = l->nwatch;
	p = mem_alloc((n + 1) * sizeof(*p));
	for (i = 0; i < n; i++) {
		p[i].fd = l->watch[i].fd;
		p[i].events = l->watch[i].events;
	}
	p[n].fd = l->sigfd;
	p[n].events = POLLIN;
	got = poll(p, (nfds_t)n + 1, ms);
	for (i = 0; got > 0 && i < n; i++) {
		w = l->watch[i];
		if (p[i].revents != 0 && w.fd == p[i].fd)
			w.ready(w.arg, p[i].revents);
	}
	if (got > 0 && p[n].revents != 0)
		take_signals(l);
	free(p);
	return got > 0 ? 1 : got < 0 && errno != EINTR ? -1 : 0;
}
