/* From the options of a tool to the end of the session. */
#include "net/connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/pass.h"
#include "net/bye.h"
#include "net/open.h"
#include "state/env.h"
#include "state/meta.h"

struct session {
	struct conf	*conf;
	struct account	*account;
	int		 passfd;
	struct net_server server;
	char		*repo, *host, *user, *off;	/* of the server; the rest is the account's */
	char		 port[16];
	struct relay_stat *stat;
};

/* All that a descriptor gives, but for a newline at the end. */
static int
read_password(int fd, struct buf *b, struct err *e)
{
	ssize_t n = 1;
	char *to;

	buf_init(b, PASS_MAX);
	/* All of it at once, so that it is never moved. */
	if ((to = buf_room(b, PASS_MAX)) == NULL)
		return err_fail(e, "no room for a password");
	while (b->len < PASS_MAX && n != 0) {
		n = read(fd, to + b->len, PASS_MAX - b->len);
		if (n == -1 && errno != EINTR)
			return err_conf(e, "cannot read the password from descriptor %d: %s", fd, strerror(errno));
		b->len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (b->len == PASS_MAX)
		return err_conf(e, "the password has more than %d bytes", PASS_MAX - 1);
	if (b->len != 0 && to[b->len - 1] == '\n')
		b->len--;
	return 0;
}

static int
get_password(void *arg, char **password, struct err *e)
{
	struct session *s = arg;
	struct buf b;
	int ret;

	ret = s->passfd != -1 ? read_password(s->passfd, &b, e) : pass_get(s->account, &b, e);
	if (ret == 0 && b.len != 0 && memchr(b.data, '\0', b.len) != NULL)
		ret = err_conf(e, "the password holds a NUL byte");
	if (ret == 0)
		*password = mem_ndup(buf_cstr(&b), b.len);
	pass_clear(&b);
	return ret;
}

/* Fills in the server from the account. */
static int
describe(struct session *s, struct err *e)
{
	static const int families[] = { AF_UNSPEC, AF_INET, AF_INET6 };
	const struct remote *r = &s->account->remote;
	struct net_server *to = &s->server;

	if (pass_user(s->account, &s->user, e) == -1)
		return -1;
	snprintf(s->port, sizeof(s->port), "%d", r->port);
	to->repo = s->repo = mem_dup(r->name);
	to->host = s->host = mem_dup(r->host);
	to->port = s->port;
	to->user = s->user;
	to->security = r->ssl ? NET_TLS : r->starttls ? NET_STARTTLS : NET_CLEAR;
	to->family = families[r->ipv6 + 1];
	to->timeout = s->account->socktimeout * 1000;
	to->cafile = r->cacertfile;
	to->prints = (const char *const *)r->fingerprints;
	to->nprints = r->nfingerprints;
	to->chain = r->cacertgiven;
	to->clientcert = r->clientcert;
	to->clientkey = r->clientkey;
	to->mechs = (const char *const *)r->auth;
	to->nmechs = r->nauth;
	to->off = s->off = mem_dup(r->off);
	return 0;
}

/* The configuration is forgotten once it has served: it holds the password. */
static void
forget(struct session *s)
{
	account_free(s->account);
	conf_free(s->conf);
	s->account = NULL;
	s->conf = NULL;
}

/* What was noted of the server; a state that cannot be read remembers nothing. */
static void
remembered(void *arg, struct buf *caps)
{
	const struct session *s = arg;
	struct state *st = NULL;
	struct err e;

	if (state_open(&st, s->account->statedir, s->account->name, STATE_READ, &e) == -1)
		return;
	if (state_begin(st, 0, &e) == 0) {
		if (state_caps_get(st, caps, &e) == -1)
			buf_clear(caps);
		state_abort(st);
	}
	state_close(st);
}

/* The session from the first packet to the last. */
static int
serve(struct session *s, struct args *args, struct bulk *bulk, struct err *e)
{
	struct auth_password pw = { get_password, s };
	struct net_memory memory = { remembered, s };
	struct chan *c = NULL;
	struct buf first;
	int ret = -1;

	buf_init(&first, 1u << 16);
	if (args_open(args, &s->conf, &s->account, e) == 0 && describe(s, e) == 0) {
		bulk->allowed = s->account->remote.usecompression;
		c = net_open(&s->server, &pw, &memory, &first, bulk, e);
	}
	forget(s);
	if (c != NULL)
		ret = relay(&s->server, &c, bulk, STDIN_FILENO, STDOUT_FILENO, first.data, first.len,
		    s->stat, e);
	else
		net_bye(STDOUT_FILENO, e->text);
	chan_close(c);
	buf_free(&first);
	free(s->repo);
	free(s->host);
	free(s->user);
	free(s->off);
	return ret;
}

int
connect_run(struct args *args, int passfd, struct bulk *bulk, struct relay_stat *stat, struct err *e)
{
	struct session s = { .passfd = passfd, .stat = stat };

	memset(stat, 0, sizeof(*stat));
	return serve(&s, args, bulk, e);
}
