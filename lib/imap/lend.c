/* Transports for a tool that cannot start them itself; the broker's side of borrow.c, small. */
#include "imap/lend.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/packet.h"
#include "base/spawn.h"
#include "imap/borrow.h"

#define TRANSPORTS_MAX	64	/* at a time; a tool has at most LANES_MAX sessions */
#define MESSAGE_MAX	65536

struct transport {
	int		 pid;
	int		 status;	/* -1 while it runs */
	int		 fd;		/* -1 once it was lent, or the tool was told that there is none */
	int		 eof;		/* it says nothing */
};

struct lender {
	char		*const *argv;
	int		 sock;		/* to the tool */
	struct transport t[TRANSPORTS_MAX];
	size_t		 n;
};

static pid_t lender_pid;

int
lend_transport(char *const argv[], int *pid, struct err *e)
{
	struct spawn_fd fds[2];
	int pair[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return err_again(e, "socketpair: %s", strerror(errno));
	for (i = 0; i < 2; i++) {
		fds[i].from = pair[1];
		fds[i].to = i;
	}
	*pid = (int)spawn_tool(argv, fds, 2);
	if (*pid == -1)
		err_fail(e, "%s: %s", argv[0], strerror(errno));
	close(pair[1]);
	if (*pid != -1)
		return pair[0];
	close(pair[0]);
	return -1;
}

static void
refuse(const struct lender *l, int status, const char *why)
{
	char *text = mem_printf("fail %d %s", status, why);

	/* a tool that is gone is seen by the next read */
	packet_give(l->sock, text, -1);
	free(text);
}

static void
start(struct lender *l)
{
	struct transport *t = &l->t[l->n];
	struct err e = { 0 };

	if (l->n == TRANSPORTS_MAX)
		err_again(&e, "%d transports are running", TRANSPORTS_MAX);
	else if ((t->fd = lend_transport(l->argv, &t->pid, &e)) != -1) {
		t->status = -1;
		t->eof = 0;
		l->n++;
		return;
	}
	refuse(l, e.status, e.text);
}

/* What the tool says: 0 when it is gone. */
static int
hear(struct lender *l)
{
	char text[MESSAGE_MAX];
	int fd, got = packet_take(l->sock, text, sizeof(text), &fd);

	/* what comes back is closed, so that its transport ends */
	if (fd != -1)
		close(fd);
	if (got == 1 && strncmp(text, "get", 3) == 0)
		start(l);
	return got != 0;
}

/* A transport that ended before its greeting has said why on stderr. */
static void
told_nothing(struct lender *l, struct transport *t)
{
	char why[64];

	snprintf(why, sizeof(why), "imap-connect ended with status %d", t->status);
	if (t->status == EXIT_FAIL || t->status == EXIT_CONF || t->status == EXIT_AGAIN)
		refuse(l, t->status, why);
	else
		packet_give(l->sock, "session fresh=1", t->fd);
	close(t->fd);
	t->fd = -1;
}

/* One that is not lent yet: it is as soon as it speaks. */
static void
look(struct lender *l, struct transport *t)
{
	ssize_t n = 0;
	char c;

	if (!t->eof)
		n = recv(t->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		packet_give(l->sock, "session fresh=1", t->fd);
		close(t->fd);
		t->fd = -1;
		return;
	}
	if (!t->eof)
		shutdown(t->fd, SHUT_WR);
	t->eof = 1;
	if (t->status != -1)
		told_nothing(l, t);
}

/* Those that ended, and what became of the others. */
static void
attend(struct lender *l)
{
	size_t i, n = 0;
	pid_t pid;
	int st;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
		for (i = 0; i < l->n; i++)
			if (l->t[i].pid == pid)
				l->t[i].status = spawn_status(st);
	for (i = 0; i < l->n; i++) {
		if (l->t[i].fd != -1)
			look(l, &l->t[i]);
		if (l->t[i].fd != -1 || l->t[i].status == -1)
			l->t[n++] = l->t[i];
	}
	l->n = n;
}

/* The tool needs no more: what still connects need not go on, the others end by themselves. */
static void
finish(struct lender *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->t[i].fd != -1) {
			if (l->t[i].status == -1)
				kill(l->t[i].pid, SIGTERM);
			close(l->t[i].fd);
		}
	for (i = 0; i < l->n; i++)
		if (l->t[i].status == -1)
			spawn_wait(l->t[i].pid);
}

static void
child_ended(int sig)
{
	(void)sig;
}

static void
serve(struct lender *l)
{
	struct pollfd p[TRANSPORTS_MAX + 1];
	struct sigaction sa = { .sa_handler = child_ended };
	sigset_t chld, none;
	size_t i;

	sigemptyset(&none);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sigaction(SIGCHLD, &sa, NULL);
	do {
		attend(l);
		p[0] = (struct pollfd){ .fd = l->sock, .events = POLLIN };
		for (i = 0; i < l->n; i++)
			p[i + 1] = (struct pollfd){ .fd = l->t[i].eof ? -1 : l->t[i].fd, .events = POLLIN };
		if (ppoll(p, (nfds_t)(l->n + 1), NULL, &none) == -1)
			p[0].revents = 0;
	} while (p[0].revents == 0 || hear(l));
	finish(l);
}

/* In the child: nothing of the tool's stays open but stderr, so that its pipes end with it. */
static void
run(int sock, char *const argv[])
{
	static struct lender l;

	l.argv = argv;
	l.sock = STDERR_FILENO + 1;
	if (sock != l.sock && dup2(sock, l.sock) == -1)
		_exit(EXIT_FAIL);
	io_cloexec(l.sock, 1);
	closefrom(l.sock + 1);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	io_std();
	serve(&l);
	_exit(EXIT_DONE);
}

int
lend_start(char *const argv[], struct err *e)
{
	int pair[2];

	if (borrow_broker())
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return err_again(e, "socketpair: %s", strerror(errno));
	if ((lender_pid = fork()) == 0) {
		close(pair[0]);
		run(pair[1], argv);
	}
	close(pair[1]);
	if (lender_pid == -1) {
		close(pair[0]);
		lender_pid = 0;
		return err_again(e, "fork: %s", strerror(errno));
	}
	borrow_use(pair[0]);
	return 0;
}

void
lend_end(void)
{
	if (lender_pid == 0)
		return;
	close(borrow_fd());
	borrow_use(-1);
	spawn_wait(lender_pid);
	lender_pid = 0;
}
