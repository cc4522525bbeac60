/* The steps to an authenticated session, in their order. */
#include "net/open.h"

#include "net/caps.h"
#include "net/dial.h"
#include "net/talk.h"
#include "net/tls.h"

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
	return tls_start(c, chan_release(plain), e);
}

/* Greeting, STARTTLS, login. */
static int
log_in(struct talk *t, const struct auth_password *pw, struct err *e)
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
	return auth_login(t, pw, e);
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
net_open(const struct net_server *s, const struct auth_password *pw, struct buf *first,
    struct bulk *bulk, struct err *e)
{
	struct chan *c = connected(s, e);
	const char *rest;
	struct talk t;
	size_t n;

	if (c == NULL)
		return NULL;
	talk_init(&t, s, c, bulk->trace);
	c = NULL;
	if (log_in(&t, pw, e) == 0) {
		buf_str(first, "* PREAUTH [CAPABILITY ");
		n = first->len;
		caps_filter(first, t.caps);
		if (first->len == n)
			buf_str(first, "IMAP4rev1");
		buf_str(first, "] imap-connect ready\r\n");
		n = line_rest(&t.line, &rest);
		buf_put(first, rest, n);
		bulk->offered = caps_has(t.caps, "COMPRESS=DEFLATE");
		bulk->turn = t.turn;
		c = talk_chan(&t);
	}
	talk_free(&t);
	return c;
}
