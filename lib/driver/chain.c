/* Running a pipe of tools; see chain.h. */
#include "driver/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "driver/said.h"

#define FEED_MAX	(256u << 20)	/* bytes; all probes of a folder come at once */
/* descriptors of the tools, and how these are told */
#define BROKER_FD	3
#define BROKER_TEXT	"3"
#define LOCK_FD		4	/* and the next */
#define LOCK_TEXT	"4,5"

struct child {
	struct chain	*chain;
	const char	*tool;
	pid_t		 pid;
	int		 ended, status;
	int		 lines;		/* said, without those that are held */
	char		*held;		/* first line that may be a mere consequence */
	struct said	 said;
};

struct chain {
	struct loop	*loop;
	struct broker	*broker;
	const struct lock *lock;
	const struct chain_news *news;
	struct child	 child[CHAIN_MAX];
	int		 n, running;
	int		 in;		/* of the first tool; -1: closed */
	struct buf	 feed;		/* for it */
	int		 fed;		/* that was all */
	int		 outfd;		/* of the last tool; -1: closed */
	struct recin	 out;
	int		 asked;		/* as in the loop, when we obeyed */
	struct err	*err;
};

static void
close_fd(struct loop *l, int *fd)
{
	if (*fd == -1)
		return;
	loop_del(l, *fd);
	close(*fd);
	*fd = -1;
}

/* Something failed on our side: the pipe is taken apart from both ends. */
static void
give_up(struct chain *c)
{
	close_fd(c->loop, &c->in);
	close_fd(c->loop, &c->outfd);
}

static void
signal_all(struct chain *c, int sig)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (!c->child[i].ended)
			kill(c->child[i].pid, sig);
}

/* A tool cries about its neighbour: held back until it is known who failed first. */
static int
echo(const char *text)
{
	return strstr(text, "cut off") != NULL || strstr(text, "Broken pipe") != NULL;
}

static void
said(void *arg, const char *text)
{
	struct child *c = arg;

	if (echo(text)) {
		if (c->held == NULL)
			c->held = mem_dup(text);
		return;
	}
	c->lines++;
	c->chain->news->said(c->chain->news->arg, c->tool, text);
}

static void
ended(void *arg, int status)
{
	struct child *c = arg;

	said_close(&c->said);
	c->ended = 1;
	c->status = status;
	c->chain->running--;
}

static void
feed(void *arg, short revents)
{
	struct chain *c = arg;
	ssize_t n;

	(void)revents;
	while (c->feed.len == 0) {
		if (c->fed) {
			close_fd(c->loop, &c->in);
			return;
		}
		switch (c->news->feed(c->news->arg, &c->feed, c->err)) {
		case -1:
			give_up(c);
			return;
		case 0:
			c->fed = 1;
		}
	}
	n = write(c->in, c->feed.data, c->feed.len);
	if (n > 0)
		buf_drop(&c->feed, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		/* the tool has gone; its end says why */
		close_fd(c->loop, &c->in);
}

static void
records(void *arg, short revents)
{
	struct chain *c = arg;
	struct rec rec;
	int got;

	(void)revents;
	if (recin_fill(&c->out, c->err) == -1) {
		give_up(c);
		return;
	}
	while ((got = rec_next(&c->out, &rec, c->err)) == 1)
		if (c->news->record(c->news->arg, &rec, c->err) == -1) {
			got = -1;
			break;
		}
	if (got == -1)
		give_up(c);
	else if (got == 0)
		close_fd(c->loop, &c->outfd);
}

/* What the next tool finds in its environment. */
static void
tell(const char *name, int have, const char *value)
{
	if (have)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/* Starts one tool between two pipe ends, and closes these.  0 or -1. */
static int
start(struct chain *c, const struct chain_tool *t, int in, int out)
{
	struct child *ch = &c->child[c->n];
	struct spawn_fd fds[6] = { { in, 0 }, { out, 1 } };
	int nfd = 2, err = -1, broker = -1;

	ch->chain = c;
	ch->tool = t->argv[0];
	ch->pid = -1;
	ch->said.fd = -1;
	if (said_open(&ch->said, c->loop, &err, said, ch) == -1)
		goto out;
	fds[nfd++] = (struct spawn_fd){ err, 2 };
	if (t->uses & CHAIN_SESSION) {
		if ((broker = broker_client(c->broker)) == -1)
			goto out;
		fds[nfd++] = (struct spawn_fd){ broker, BROKER_FD };
	}
	tell(BROKER_ENV, broker != -1, BROKER_TEXT);
	tell(LOCK_ENV, c->lock != NULL && (t->uses & CHAIN_LOCK), LOCK_TEXT);
	if (c->lock != NULL && (t->uses & CHAIN_LOCK)) {
		fds[nfd++] = (struct spawn_fd){ c->lock->account, LOCK_FD };
		fds[nfd++] = (struct spawn_fd){ c->lock->state, LOCK_FD + 1 };
	}
	ch->pid = spawn_tool(t->argv, fds, nfd);
	/* the driver itself must not find them when it locks the next account */
	unsetenv(BROKER_ENV);
	unsetenv(LOCK_ENV);
out:
	if (ch->pid == -1)
		err_fail(c->err, "%s: cannot be started: %s", ch->tool, strerror(errno));
	close(in);
	close(out);
	close(err);
	close(broker);
	if (ch->pid == -1) {
		said_close(&ch->said);
		return -1;
	}
	loop_child(c->loop, ch->pid, ended, ch);
	c->n++;
	c->running++;
	return 0;
}

/* Standard input of the first tool: our pipe, or nothing. */
static int
first_in(struct chain *c)
{
	int p[2];

	if (c->news->feed == NULL)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	c->in = p[1];
	return io_nonblock(c->in, 1) == -1 ? -1 : p[0];
}

static int
start_all(struct chain *c, const struct chain_tool *t, int n)
{
	int in = first_in(c), p[2], i;

	for (i = 0; i < n; i++) {
		if (in == -1 || pipe2(p, O_CLOEXEC) == -1) {
			close(in);
			return err_again(c->err, "%s: no pipe: %s", t[i].argv[0], strerror(errno));
		}
		if (start(c, &t[i], in, p[1]) == -1) {
			close(p[0]);
			return -1;
		}
		in = p[0];
	}
	c->outfd = in;
	recin_open(&c->out, in, t[n - 1].argv[0]);
	loop_add(c->loop, in, POLLIN, records, c);
	if (c->in != -1)
		loop_add(c->loop, c->in, POLLOUT, feed, c);
	return 0;
}

/* Once asked, the tools are told to end; asked again, they are ended. */
static void
obey(struct chain *c)
{
	for (; c->asked < c->loop->asked; c->asked++) {
		signal_all(c, c->asked == 0 ? SIGTERM : SIGKILL);
		close_fd(c->loop, &c->in);
	}
}

/* Failed only since a neighbour had failed, or so it seems. */
static int
mild(const struct child *c)
{
	return c->status == 128 + SIGPIPE || (c->held != NULL && c->lines == 0);
}

/* Who failed by himself?  Tells of those, and returns the worst of their statuses. */
static int
blame(struct chain *c)
{
	int i, status, worst = 0, causes = 0;
	struct child *ch;

	for (i = 0; i < c->n; i++)
		causes += c->child[i].status != 0 && !mild(&c->child[i]);
	if (c->err->status != 0 && causes != 0 && echo(c->err->text))
		c->err->status = 0;
	causes += c->err->status != 0;
	for (i = 0; i < c->n && c->asked == 0; i++) {
		ch = &c->child[i];
		if (ch->status == 0 || (mild(ch) && causes != 0))
			continue;
		causes++;
		if (ch->held != NULL) {
			c->news->said(c->news->arg, ch->tool, ch->held);
			ch->lines++;
		}
		c->news->died(c->news->arg, ch->tool, ch->status, ch->lines);
		status = ch->status >= 126 ? EXIT_AGAIN : ch->status;
		worst = err_worst(worst, status);
	}
	for (i = 0; i < c->n; i++)
		free(c->child[i].held);
	return worst;
}

int
chain_run(struct loop *loop, struct broker *broker, const struct lock *lock,
    const struct chain_tool *tools, int n, const struct chain_news *news, struct err *e)
{
	struct chain *c = mem_alloc(sizeof(*c));
	int worst;

	ENSURE(n > 0 && n <= CHAIN_MAX);
	e->status = 0;
	c->loop = loop;
	c->broker = broker;
	c->lock = lock;
	c->news = news;
	c->err = e;
	c->in = c->outfd = -1;
	buf_init(&c->feed, FEED_MAX);
	if (start_all(c, tools, n) == -1)
		give_up(c);
	while (c->running > 0 || c->outfd != -1) {
		obey(c);
		if (loop_turn(loop, broker_tick(broker)) == -1) {
			err_again(e, "poll: %s", strerror(errno));
			signal_all(c, SIGKILL);
		}
	}
	worst = blame(c);
	close_fd(loop, &c->in);
	recin_close(&c->out);
	buf_free(&c->feed);
	free(c);
	return worst;
}
