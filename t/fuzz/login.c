/* The dialogue before the login, with a server that says anything; and its words by themselves. */
#include <sys/socket.h>

#include "base/io.h"
#include "fuzz.h"
#include "net/auth.h"
#include "net/caps.h"
#include "net/sasl.h"
#include "net/talk.h"

#define ANSWERS_MAX	100000	/* bytes: a socket holds them */

/* Capabilities, as the greeting of imap-connect passes them on. */
static void
lists(const char *line)
{
	char *caps = caps_find(line), *without;
	struct buf b;
	const char *p;

	buf_init(&b, 1u << 24);
	if (caps != NULL) {
		caps_filter(&b, caps);
		for (p = buf_cstr(&b); *p != '\0'; p++)
			HOLDS(*p >= 0x20 && *p <= 0x7e && strchr("]()\"\\%*{", *p) == NULL);
		HOLDS(!caps_has(buf_cstr(&b), "STARTTLS") && !caps_has(buf_cstr(&b), "LOGINDISABLED"));
		caps_own(&b, caps);
		caps_logins(&b, caps);
		without = caps_without(caps, ",IDLE,SASL-IR,");
		HOLDS(!caps_has(without, "idle") && !caps_has(without, "SASL-IR"));
		free(without);
	}
	buf_clear(&b);
	caps_recall(line, &b, &b);
	free(caps);
	buf_free(&b);
}

static void
words(const char *line)
{
	char *raw, *text, *quoted;
	size_t n;

	text = sasl_base64(line, strlen(line));
	raw = sasl_unbase64(text, &n);
	HOLDS(raw != NULL && n == strlen(line) && strcmp(raw, line) == 0);
	secret_free(raw);
	secret_free(text);
	if ((raw = sasl_unbase64(line, &n)) != NULL)
		HOLDS(n <= strlen(line));
	secret_free(raw);
	secret_free(sasl_cram(line, "user", "password"));
	if ((quoted = sasl_quote(line)) != NULL)
		HOLDS(quoted[0] == '"' && strpbrk(quoted, "\r\n") == NULL);
	secret_free(quoted);
}

static int asked;		/* for the password: what comes now may not have it */

static int
password(void *arg, char **to, struct err *e)
{
	(void)arg;
	(void)e;
	*to = mem_dup("geheim");
	asked = 1;
	return 0;
}

/* Greeting, capabilities, login: the server's part has been said before. */
static void
dialogue(const uint8_t *p, size_t n)
{
	static const char *const mechs[] = { "CRAM-MD5", "PLAIN", "LOGIN" };
	static const struct net_server srv = { .repo = "r", .host = "h", .port = "1", .user = "user",
	    .security = NET_CLEAR, .mechs = mechs, .nmechs = 3 };
	struct auth_password pw = { password, NULL };
	struct talk t;
	struct err e = { 0 };
	int fd[2];

	if (n > ANSWERS_MAX || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		return;
	HOLDS(n == 0 || io_write(fd[1], p, n) == 0);
	shutdown(fd[1], SHUT_WR);
	asked = 0;
	talk_init(&t, &srv, chan_plain(fd[0]), NULL);
	if (talk_greeting(&t, &e) == TALK_OK && talk_caps(&t, &e) == 0)
		auth_login(&t, &pw, &e);
	HOLDS(!asked || strstr(e.text, "geheim") == NULL);
	talk_free(&t);
	close(fd[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	char *line;

	dialogue(data, size);
	while (f.n != 0) {
		line = food_line(&f);
		lists(line);
		words(line);
		free(line);
	}
	return 0;
}
