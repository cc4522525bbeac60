/* One imap-connect; see session.h. */
#include "driver/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/rec.h"
#include "base/spawn.h"
#include "driver/broker.h"
#include "base/packet.h"

#define GRACE_MS	3000	/* to say LOGOUT, then to obey SIGTERM */
#define STAT_FD		3	/* descriptors of imap-connect */
#define PASS_FD		4
#define GREETING	"* PREAUTH"

/* The ends that the child gets. */
struct ends {
	int	 sock, err, stat, pass;
};

static void
said(void *arg, const char *text)
{
	struct session *s = arg;

	strlcpy(s->last, text, sizeof(s->last));
	s->news->said(s->news->arg, text);
}

/* A pipe with the password in it; it is shorter than what a pipe holds. */
static int
pass_pipe(const struct buf *pass, int *child)
{
	int p[2], r;

	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	*child = p[0];
	r = io_write(p[1], pass->data, pass->len);
	close(p[1]);
	return r;
}

static int
plumb(struct session *s, const struct buf *pass, struct ends *child)
{
	struct stat st;
	int sv[2], p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	s->fd = sv[0];
	child->sock = sv[1];
	if (fstat(s->fd, &st) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) == -1)
		return -1;
	s->ino = st.st_ino;
	s->statfd = p[0];
	child->stat = p[1];
	if (pass != NULL && pass_pipe(pass, &child->pass) == -1)
		return -1;
	return said_open(&s->said, s->loop, &child->err, said, s);
}

static pid_t
start(char *const given[], const struct ends *child)
{
	struct spawn_fd fds[] = { { child->sock, 0 }, { child->sock, 1 }, { child->err, 2 },
	    { child->stat, STAT_FD }, { child->pass, PASS_FD } };
	char statfd[12], passfd[12], s[] = "-s", p[] = "-P", **argv;
	pid_t pid;
	int n;

	for (n = 0; given[n] != NULL; n++)
		;
	argv = mem_alloc((size_t)(n + 5) * sizeof(*argv));
	memcpy(argv, given, (size_t)n * sizeof(*argv));
	snprintf(statfd, sizeof(statfd), "%d", STAT_FD);
	snprintf(passfd, sizeof(passfd), "%d", PASS_FD);
	argv[n++] = s;
	argv[n++] = statfd;
	if (child->pass != -1) {
		argv[n++] = p;
		argv[n++] = passfd;
	}
	pid = spawn_tool(argv, fds, child->pass != -1 ? 5 : 4);
	free(argv);
	return pid;
}

/* Its greeting, or its end.  "* BYE" is followed by the reason on its standard error. */
static void
ready(void *arg, short revents)
{
	struct session *s = arg;
	char greeting[sizeof(GREETING) - 1];
	ssize_t n = 0;

	if (s->state == SESSION_CONNECTING && (revents & POLLIN) != 0)
		n = recv(s->fd, greeting, sizeof(greeting), MSG_PEEK | MSG_DONTWAIT);
	if (n > 2 && memcmp(greeting, GREETING, (size_t)n) == 0) {
		s->state = SESSION_IDLE;
		loop_want(s->loop, s->fd, 0);
		s->news->ready(s->news->arg);
	} else if (s->state == SESSION_CONNECTING)
		loop_del(s->loop, s->fd);
	else
		session_hangup(s);
}

/* "stat down= turns= up=", written when it ended. */
static void
figures(struct session *s)
{
	struct recin in;
	struct rec rec;
	struct err e;

	recin_open(&in, s->statfd, "imap-connect");
	if (io_nonblock(s->statfd, 1) == 0 && recin_fill(&in, &e) == 0 &&
	    rec_next(&in, &rec, &e) == 1 && rec_is(&rec, "stat")) {
		rec_getu(&rec, "turns", &s->turns);
		rec_getu(&rec, "down", &s->down);
		rec_getu(&rec, "up", &s->up);
	}
	recin_close(&in);
}

static void
ended(void *arg, int status)
{
	struct session *s = arg;
	enum session_state was = s->state;

	said_close(&s->said);
	session_hangup(s);
	figures(s);
	s->news->ended(s->news->arg, s, was, status);
}

struct session *
session_start(struct loop *loop, char *const argv[], const struct buf *pass,
    const struct session_news *news)
{
	struct session *s = mem_alloc(sizeof(*s));
	struct ends child = { -1, -1, -1, -1 };
	int error;

	s->loop = loop;
	s->news = news;
	s->fd = s->statfd = s->said.fd = -1;
	s->card = mem_dup("fresh=1");
	s->pid = -1;
	if (plumb(s, pass, &child) == 0)
		s->pid = start(argv, &child);
	error = errno;
	close(child.sock);
	close(child.err);
	close(child.stat);
	close(child.pass);
	if (s->pid == -1) {
		session_free(s);
		errno = error;
		return NULL;
	}
	loop_add(loop, s->fd, POLLIN, ready, s);
	loop_child(loop, s->pid, ended, s);
	return s;
}

void
session_free(struct session *s)
{
	said_close(&s->said);
	if (s->fd != -1)
		close(s->fd);
	if (s->statfd != -1)
		close(s->statfd);
	free(s->card);
	free(s);
}

void
session_bulk(struct session *s)
{
	static const char word[] = "bulk\n";

	/* a help only: without it the session is not compressed */
	if (!s->bulk)
		(void)!send(s->statfd, word, sizeof(word) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	s->bulk = 1;
}

int
session_lend(struct session *s, int sock)
{
	char msg[BROKER_MSG + 16];

	snprintf(msg, sizeof(msg), "session %s", s->card);
	if (packet_give(sock, msg, s->fd) == -1)
		return -1;
	loop_del(s->loop, s->fd);
	close(s->fd);
	s->fd = -1;
	s->state = SESSION_LENT;
	return 0;
}

void
session_return(struct session *s, int fd, const char *card)
{
	free(s->card);
	s->card = mem_dup(card);
	s->fd = fd;
	s->owner = NULL;
	s->state = SESSION_IDLE;
	/* what the server says now is for the next tool; only a hangup is for us */
	loop_add(s->loop, fd, 0, ready, s);
}

void
session_hangup(struct session *s)
{
	if (s->fd != -1) {
		loop_del(s->loop, s->fd);
		close(s->fd);
		s->fd = -1;
	}
	s->owner = NULL;
	s->deadline = io_now() + GRACE_MS;
	s->state = SESSION_HUNGUP;
}

int
session_tick(struct session *s, int64_t now)
{
	if (s->state != SESSION_HUNGUP)
		return -1;
	if (s->deadline > now)
		return (int)(s->deadline - now);
	kill(s->pid, s->deadline + GRACE_MS > now ? SIGTERM : SIGKILL);
	return GRACE_MS;
}
