/* Sessions for those who ask; see broker.h. */
#include "driver/broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/packet.h"

struct client {
	struct client	*next;
	struct broker	*broker;
	int		 fd;		/* -1: it has gone */
	/* sessions asked for and not yet given */
	unsigned	 patient;	/* any that there is will do, when it is free */
	unsigned	 more;		/* worth a login each */
	int		 bulk;		/* what it does with them is to move much */
};

/* The tool has gone: what it held dies with it. */
static void
client_gone(struct client *c)
{
	struct session *s;

	for (s = c->broker->sessions; s != NULL; s = s->next)
		if (s->owner == c) {
			c->broker->broke = 1;
			session_hangup(s);
		}
	if (c->fd != -1) {
		loop_del(c->broker->loop, c->fd);
		close(c->fd);
	}
	c->fd = -1;
	c->patient = c->more = 0;
}

static void
connect_new(struct broker *b)
{
	struct session *s;

	b->news.connecting(b->news.arg);
	if ((s = session_start(b->loop, b->argv, b->pass, &b->session_news)) == NULL) {
		err_fail(&b->failed, "imap-connect: cannot be started: %s", strerror(errno));
		b->news.said(b->news.arg, b->failed.text);
		return;
	}
	s->next = b->sessions;
	b->sessions = s;
}

static struct session *
idle(struct broker *b)
{
	struct session *s;

	for (s = b->sessions; s != NULL && s->state != SESSION_IDLE; s = s->next)
		;
	return s;
}

/* One of those that the client asked for has been answered: the one that would cost a login. */
static void
answered(struct client *c)
{
	if (c->more != 0)
		c->more--;
	else
		c->patient--;
}

static void
lend(struct client *c, struct session *s)
{
	if (c->bulk)
		session_bulk(s);
	if (session_lend(s, c->fd) == -1) {
		client_gone(c);
		return;
	}
	s->owner = c;
	answered(c);
}

static void
refuse(struct client *c)
{
	char msg[BROKER_MSG];

	snprintf(msg, sizeof(msg), "fail %d %s", c->broker->failed.status, c->broker->failed.text);
	answered(c);
	if (packet_give(c->fd, msg, -1) == -1)
		client_gone(c);
}

static int
waits(const struct client *c)
{
	return c->patient != 0 || c->more != 0;
}

/*
 * How many sessions should be connecting: one for each that is worth a login, and one for
 * the patient as long as no tool has one that will come back.
 */
static unsigned
wanted(const struct broker *b)
{
	const struct session *s;
	const struct client *c;
	unsigned more = 0;
	int patient = 0, lent = 0;

	for (c = b->clients; c != NULL; c = c->next) {
		more += c->more;
		patient |= c->patient != 0;
	}
	for (s = b->sessions; s != NULL; s = s->next)
		lent |= s->state == SESSION_LENT;
	return more + (patient && !lent ? 1 : 0);
}

/* Gives to those who wait what there is, starts what is missing, or refuses. */
static void
pump(struct broker *b)
{
	struct session *s;
	struct client *c;
	unsigned coming = 0;
	int live = 0;

	for (c = b->clients; c != NULL; c = c->next)
		while (waits(c) && (s = idle(b)) != NULL)
			lend(c, s);
	for (s = b->sessions; s != NULL; s = s->next, live++)
		coming += s->state == SESSION_CONNECTING;
	for (; b->failed.status == 0 && !b->closing && coming < wanted(b) && live < b->max; live++) {
		connect_new(b);
		coming++;
	}
	if (b->failed.status == 0 || b->sessions != NULL)
		return;
	for (c = b->clients; c != NULL; c = c->next)
		while (waits(c))
			refuse(c);
}

static void
session_ready(void *arg)
{
	struct broker *b = arg;

	b->failed.status = 0;
	pump(b);
}

static void
session_said(void *arg, const char *text)
{
	struct broker *b = arg;

	if (!b->closing)
		b->news.said(b->news.arg, text);
}

/* A session never came about: without any other, those who ask must be told. */
static void
none(struct broker *b, const struct session *dead, int status)
{
	static const char tool[] = "imap-connect: ";
	const char *why = dead->last;
	const struct session *s;
	int live = 0;

	for (s = b->sessions; s != NULL; s = s->next)
		live += s->state == SESSION_IDLE || s->state == SESSION_LENT;
	if (live > 0) {
		/* the server may not want so many: go on with those that there are */
		b->max = live;
		return;
	}
	if (strncmp(why, tool, sizeof(tool) - 1) == 0)
		why += sizeof(tool) - 1;
	b->failed.status = status == EXIT_FAIL || status == EXIT_CONF ? status : EXIT_AGAIN;
	strlcpy(b->failed.text, *why != '\0' ? why : "imap-connect ended without a session",
	    sizeof(b->failed.text));
}

static void
session_ended(void *arg, struct session *s, enum session_state was, int status)
{
	struct broker *b = arg;
	struct session **p;

	for (p = &b->sessions; *p != s; p = &(*p)->next)
		;
	*p = s->next;
	b->turns += s->turns;
	b->up += s->up;
	b->down += s->down;
	if (!b->closing && was != SESSION_HUNGUP && s->last[0] == '\0' &&
	    (status != 0 || was == SESSION_CONNECTING))
		b->news.died(b->news.arg, status);
	if (was == SESSION_CONNECTING && !b->closing)
		none(b, s, status);
	/* its end can be seen before that of the tool that had it, or before that one's word */
	if (was == SESSION_LENT)
		b->broke = 1;
	session_free(s);
	pump(b);
}

void
broker_open(struct broker *b, struct loop *loop, char *const argv[], const struct buf *pass,
    int max, const struct broker_news *news)
{
	memset(b, 0, sizeof(*b));
	b->loop = loop;
	b->argv = argv;
	b->pass = pass;
	b->max = max;
	b->news = *news;
	b->session_news.ready = session_ready;
	b->session_news.said = session_said;
	b->session_news.ended = session_ended;
	b->session_news.arg = b;
}

void
broker_warm(struct broker *b)
{
	if (b->sessions == NULL && b->failed.status == 0)
		connect_new(b);
}

/* A session comes back; the descriptor must be one that was lent to this tool. */
static void
take_back(struct client *c, int fd, const char *card)
{
	struct session *s;
	struct stat st;

	if (fd == -1)
		return;
	if (fstat(fd, &st) == -1)
		st.st_ino = 0;
	for (s = c->broker->sessions; s != NULL; s = s->next)
		if (s->owner == c && s->ino == st.st_ino)
			break;
	if (s != NULL)
		session_return(s, fd, card);
	else
		close(fd);
}

/* A lent session was closed.  If there were several, the one shows by its end. */
static void
dropped(struct client *c)
{
	struct session *s, *one = NULL;
	int n = 0;

	c->broker->broke = 1;
	for (s = c->broker->sessions; s != NULL; s = s->next)
		if (s->owner == c) {
			one = s;
			n++;
		}
	if (n == 1)
		session_hangup(one);
}

/* What follows "get". */
static void
asked(struct client *c, const char *how)
{
	if (strncmp(how, " bulk", 5) == 0) {
		c->bulk = 1;
		how += 5;
	}
	if (strcmp(how, " more") == 0)
		c->more++;
	else if (*how == '\0')
		c->patient++;
}

static void
client_ready(void *arg, short revents)
{
	struct client *c = arg;
	char msg[BROKER_MSG];
	int fd, got;

	(void)revents;
	if ((got = packet_take(c->fd, msg, sizeof(msg), &fd)) == -1)
		return;
	if (got == 0)
		client_gone(c);
	else if (strncmp(msg, "put ", 4) == 0) {
		take_back(c, fd, msg + 4);
		fd = -1;
	} else if (strncmp(msg, "get", 3) == 0)
		asked(c, msg + 3);
	else if (strcmp(msg, "drop") == 0)
		dropped(c);
	if (fd != -1)
		close(fd);
	pump(c->broker);
}

int
broker_client(struct broker *b)
{
	struct client *c, **p;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	c = mem_alloc(sizeof(*c));
	c->broker = b;
	c->fd = sv[0];
	for (p = &b->clients; *p != NULL; p = &(*p)->next)
		;
	*p = c;
	loop_add(b->loop, c->fd, POLLIN, client_ready, c);
	return sv[1];
}

int
broker_tick(struct broker *b)
{
	struct session *s;
	int64_t now = io_now();
	int ms, next = -1;

	for (s = b->sessions; s != NULL; s = s->next) {
		ms = session_tick(s, now);
		if (ms != -1 && (next == -1 || ms < next))
			next = ms;
	}
	return next;
}

void
broker_close(struct broker *b)
{
	struct session *s;
	struct client *c;

	b->closing = 1;
	for (s = b->sessions; s != NULL; s = s->next)
		session_hangup(s);
	while (b->sessions != NULL && loop_turn(b->loop, broker_tick(b)) != -1)
		/* asked a second time to stop: no politeness */
		for (s = b->sessions; s != NULL && b->loop->asked > 1; s = s->next)
			kill(s->pid, SIGKILL);
	while ((c = b->clients) != NULL) {
		b->clients = c->next;
		client_gone(c);
		free(c);
	}
}
