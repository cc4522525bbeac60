/* An authenticated IMAP session on standard input and output, in the clear. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/pct.h"
#include "base/rec.h"
#include "conf/args.h"
#include "conf/pass.h"
#include "net/open.h"
#include "net/relay.h"
#include "net/sasl.h"

static const char usage[] =
    "usage: imap-connect [-dh] [-a ACCOUNT] [-c FILE] [-k [SECTION:]OPTION=VALUE]\n"
    "                    [-P FD] [-s FD]\n";

struct options {
	struct args	 args;
	int		 passfd;	/* -1: the configuration says how to get it */
	int		 statfd;	/* -1: no record is wanted */
};

struct session {
	const struct account *account;
	int		 passfd;
	struct relay_stat stat;
};

static void
trace(const char *line)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	pct_show(&b, line);
	fprintf(stderr, "imap-connect: %s\n", buf_cstr(&b));
	buf_free(&b);
}

/* Secrets stay out of core files and out of reach of a debugger. */
static void
harden(void)
{
	static const struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
}

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

static void
describe(struct net_server *to, const struct account *a, const char *port, const char *user)
{
	static const int families[] = { AF_UNSPEC, AF_INET, AF_INET6 };
	const struct remote *r = &a->remote;

	memset(to, 0, sizeof(*to));
	to->repo = r->name;
	to->host = r->host;
	to->port = port;
	to->user = user;
	to->security = r->ssl ? NET_TLS : r->starttls ? NET_STARTTLS : NET_CLEAR;
	to->family = families[r->ipv6 + 1];
	to->timeout = a->socktimeout * 1000;
	to->cafile = r->cacertfile;
	to->prints = (const char *const *)r->fingerprints;
	to->nprints = r->nfingerprints;
	to->chain = r->cacertgiven;
	to->clientcert = r->clientcert;
	to->clientkey = r->clientkey;
	to->mechs = (const char *const *)r->auth;
	to->nmechs = r->nauth;
}

/* The session from the first packet to the last. */
static int
serve(struct session *s, int debug, struct err *e)
{
	struct auth_password pw = { get_password, s };
	struct net_server server;
	struct chan *c = NULL;
	struct buf first;
	char *user, port[16];
	int ret = -1;

	if (pass_user(s->account, &user, e) == -1)
		return -1;
	snprintf(port, sizeof(port), "%d", s->account->remote.port);
	describe(&server, s->account, port, user);
	buf_init(&first, 1u << 16);
	if ((c = net_open(&server, &pw, &first, debug ? trace : NULL, e)) != NULL)
		ret = relay(&server, c, STDIN_FILENO, STDOUT_FILENO, first.data, first.len, &s->stat, e);
	else
		relay_bye(STDOUT_FILENO, e->text);
	chan_close(c);
	buf_free(&first);
	free(user);
	return ret;
}

static int
tell(int fd, const struct relay_stat *stat)
{
	struct recout out;

	recout_open(&out, fd);
	rec_begin(&out, "stat");
	rec_keyu(&out, "down", stat->down);
	rec_keyu(&out, "turns", stat->turns);
	rec_keyu(&out, "up", stat->up);
	rec_end(&out);
	return recout_close(&out);
}

static int
run(struct options *o, struct err *e)
{
	struct session s = { .passfd = o->passfd };
	struct account *a;
	struct conf *conf;
	int ret;

	if (args_open(&o->args, &conf, &a, e) == -1) {
		relay_bye(STDOUT_FILENO, e->text);
		return -1;
	}
	s.account = a;
	ret = serve(&s, o->args.debug, e);
	if (o->statfd != -1 && tell(o->statfd, &s.stat) == -1 && ret == 0)
		ret = err_fail(e, "cannot write to descriptor %d: %s", o->statfd, strerror(errno));
	account_free(a);
	conf_free(conf);
	return ret;
}

/* A descriptor's number, not one of the session's; -1 if it is none. */
static int
descriptor(const char *s)
{
	const char *wrong;
	int fd = (int)strtonum(s, 2, 1 << 20, &wrong);

	return wrong == NULL ? fd : -1;
}

int
main(int argc, char *argv[])
{
	struct options o = { .passfd = -1, .statfd = -1 };
	struct err e = { 0, "" };
	int ch, bad = 0;

	harden();
	while ((ch = getopt(argc, argv, ARGS_OPTS "hP:s:")) != -1) {
		if (ch == 'h') {
			fputs(usage, stdout);
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAIL;
		}
		if (ch == 'P')
			bad |= (o.passfd = descriptor(optarg)) == -1;
		else if (ch == 's')
			bad |= (o.statfd = descriptor(optarg)) == -1;
		else
			bad |= !args_add(&o.args, ch, optarg);
	}
	if (bad || optind != argc) {
		fputs(usage, stderr);
		return EXIT_CONF;
	}
	if (run(&o, &e) == -1)
		return err_print("imap-connect", &e);
	args_free(&o.args);
	return EXIT_DONE;
}
