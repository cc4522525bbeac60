/* The steps to an authenticated session, in their order. */
#include "net/open.h"

#include "base/mem.h"
#include "net/caps.h"
#include "net/dial.h"
#include "net/talk.h"
#include "net/tls.h"

#define COMPRESS	"COMPRESS=DEFLATE"
#define RECALL_MAX	(32u << 10)	/* bytes of capabilities that are remembered */

/* What is remembered of the server. */
struct known {
	const struct net_memory *memory;
	int		 loaded;
	int		 in;		/* the login is done */
	struct buf	 login, session;	/* lists that hold before and after it */
};

/* Turns a connection in the clear into TLS (RFC 3501, 6.2.1); it must. */
static int
start_tls(struct talk *t, struct err *e)
{
	const struct net_server *s = t->srv;
	struct chan *c, *plain;
	const char *rest;
	enum talk_reply r;

	if (talk_caps(t, e) == -1)
		return -1;
	if (!caps_has(t->caps, "STARTTLS"))
		return err_fail(e, "The server " NET_FMT " does not offer STARTTLS, so nothing is sent"
		    " to it; use its TLS port with ssl = yes. (Only if clear text, the password's"
		    " too, does not matter: ssl = no together with starttls = no)", NET_ARG(s));
	if ((r = talk_command(t, "STARTTLS", e)) == TALK_ERROR)
		return -1;
	if (r != TALK_OK)
		return err_fail(e, "The server " NET_FMT " refused STARTTLS: %.200s", NET_ARG(s), t->text);
	/* What came in the clear must not be taken for something said under TLS. */
	if (line_rest(&t->line, &rest) != 0)
		return err_fail(e, "Connection to host " NET_FMT ": data follow the answer to STARTTLS"
		    " in the clear, which is what an attack looks like", NET_ARG(s));
	if ((c = tls_new(s, e)) == NULL)
		return -1;
	plain = t->chan;
	t->chan = c;
	talk_nocaps(t);
	t->asked = 0;
	return tls_start(c, chan_release(plain), e);
}

/* Takes what is remembered for what was not said. */
static void
recall(struct talk *t, struct known *k)
{
	struct buf all;

	if (t->caps != NULL || t->srv->security == NET_CLEAR)
		return;
	if (!k->loaded) {
		k->loaded = 1;
		buf_init(&all, RECALL_MAX);
		k->memory->get(k->memory->arg, &all);
		caps_recall(buf_cstr(&all), &k->login, &k->session);
		buf_free(&all);
	}
	if (k->login.len == 0 || k->session.len == 0)
		return;
	t->caps = caps_without(buf_cstr(k->in ? &k->session : &k->login), t->srv->off);
	t->guessed = 1;
}

/* Greeting, STARTTLS, login. */
static int
log_in(struct talk *t, const struct auth_password *pw, struct known *k, struct err *e)
{
	enum talk_reply r;

	if ((r = talk_greeting(t, e)) == TALK_ERROR)
		return -1;
	if (r == TALK_PREAUTH && t->srv->security == NET_STARTTLS)
		return err_fail(e, "The server " NET_FMT " greets with PREAUTH in clear text, which"
		    " leaves no way to STARTTLS; use its TLS port with ssl = yes", NET_ARG(t->srv));
	if (r == TALK_PREAUTH)
		return talk_caps(t, e);
	if (t->srv->security == NET_STARTTLS && start_tls(t, e) == -1)
		return -1;
	recall(t, k);
	if (auth_login(t, pw, e) == -1)
		return -1;
	k->in = 1;
	/* what had to be asked for before the login is asked for after it, too */
	if (t->asked == 0)
		recall(t, k);
	return talk_caps(t, e);
}

/* What the client shall read first. */
static void
greet(const struct talk *t, struct buf *first)
{
	size_t n;

	buf_str(first, "* PREAUTH [CAPABILITY ");
	n = first->len;
	caps_filter(first, t->caps);
	if (first->len == n)
		buf_str(first, "IMAP4rev1");
	if (t->guessed)
		buf_str(first, " XREMEMBERED");
	/* what was not said by itself is worth to be remembered; nothing that came in the clear is */
	if ((t->guessed || t->asked != 0) && t->offered != NULL && t->srv->security != NET_CLEAR) {
		caps_own(first, t->offered);
		if (!t->guessed && caps_has(t->caps, COMPRESS))
			buf_str(first, " XCONNECT=" COMPRESS);
	}
	buf_str(first, "] imap-connect ready\r\n");
}

/* TLS is prepared while the connection is made. */
static struct chan *
connected(const struct net_server *s, struct err *e)
{
	struct attempts *a = dial_start(s, e);
	struct chan *c = NULL;
	int fd;

	if (a == NULL)
		return NULL;
	if (s->security == NET_TLS && (c = tls_new(s, e)) == NULL) {
		dial_drop(a);
		return NULL;
	}
	fd = dial_end(a, s, e);
	if (fd != -1 && s->security != NET_TLS)
		return chan_plain(fd);
	if (fd != -1 && tls_start(c, fd, e) == 0)
		return c;
	chan_close(c);
	return NULL;
}

struct chan *
net_open(const struct net_server *s, const struct auth_password *pw,
    const struct net_memory *memory, struct buf *first, struct bulk *bulk, struct err *e)
{
	struct known k = { .memory = memory };
	struct chan *c = connected(s, e);
	const char *rest;
	struct talk t;
	size_t n;

	if (c == NULL)
		return NULL;
	talk_init(&t, s, c, bulk->trace);
	c = NULL;
	buf_init(&k.login, RECALL_MAX);
	buf_init(&k.session, RECALL_MAX);
	if (log_in(&t, pw, &k, e) == 0) {
		greet(&t, first);
		n = line_rest(&t.line, &rest);
		buf_put(first, rest, n);
		bulk->offered = caps_has(t.caps, COMPRESS) ||
		    (t.guessed && caps_has(buf_cstr(&k.login), COMPRESS));
		bulk->turn = t.turn;
		c = talk_chan(&t);
	}
	talk_free(&t);
	buf_free(&k.login);
	buf_free(&k.session);
	return c;
}
