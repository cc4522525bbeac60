/* The dialogue with a server up to the end of the login. */
#include "net/talk.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "net/caps.h"
#include "net/sasl.h"

#define UNTAGGED_MAX	1000	/* untagged lines that a server may send to one command */

void
talk_init(struct talk *t, const struct net_server *srv, struct chan *c, void (*trace)(const char *))
{
	memset(t, 0, sizeof(*t));
	t->srv = srv;
	t->chan = c;
	t->trace = trace;
	t->turn = -1;
	/* after a handshake the greeting is due; without one it needs no word of ours */
	t->sent = srv->security == NET_TLS ? io_now() : 0;
	line_init(&t->line);
}

void
talk_free(struct talk *t)
{
	size_t i;

	for (i = 0; i < TALK_SECRETS; i++) {
		secret_free(t->secret[i]);
		t->secret[i] = NULL;
	}
	line_free(&t->line);
	free(t->caps);
	free(t->offered);
	t->caps = t->offered = NULL;
	chan_close(t->chan);
	t->chan = NULL;
}

struct chan *
talk_chan(struct talk *t)
{
	struct chan *c = t->chan;

	t->chan = NULL;
	return c;
}

void
talk_hide(struct talk *t, char *s)
{
	size_t i = 0;

	while (i < TALK_SECRETS - 1 && t->secret[i] != NULL)
		i++;
	secret_free(t->secret[i]);
	t->secret[i] = s;
}

/* Copies what the server said, with each secret in it replaced (a server may echo one). */
static void
clean(const struct talk *t, char *to, size_t size, const char *s)
{
	size_t i, n = 0, len;

	while (*s != '\0' && n + 4 < size) {
		for (i = 0; i < TALK_SECRETS; i++) {
			len = t->secret[i] != NULL ? strlen(t->secret[i]) : 0;
			if (len != 0 && strncmp(s, t->secret[i], len) == 0)
				break;
		}
		if (i == TALK_SECRETS) {
			to[n++] = *s++;
			continue;
		}
		memcpy(to + n, "***", 3);
		n += 3;
		s += len;
	}
	to[n] = '\0';
}

static void
trace(const struct talk *t, const char *who, const char *text)
{
	char *shown, *line;

	if (t->trace == NULL)
		return;
	shown = mem_alloc(3 * strlen(text) + 5);
	clean(t, shown, 3 * strlen(text) + 5, text);
	line = mem_printf("%s %s", who, shown);
	t->trace(line);
	free(line);
	free(shown);
}

/* An answer has begun: how long did it take? */
static void
clock_turn(struct talk *t)
{
	int64_t ms = io_now() - t->sent;

	if (t->sent != 0 && ms <= INT_MAX && (t->turn == -1 || ms < t->turn))
		t->turn = (int)ms;
	t->sent = 0;
}

/* Reads a line: 0 or -1 with the error set. */
static int
get(struct talk *t, int64_t deadline, char **line, struct err *e)
{
	int n = line_read(&t->line, t->chan, deadline, line);

	if (n > 0) {
		clock_turn(t);
		trace(t, "S:", *line);
		return 0;
	}
	if (n == 0)
		return err_again(e, "Connection to host " NET_FMT ": the server closed it before"
		    " the login was done", NET_ARG(t->srv));
	if (errno == ETIMEDOUT)
		return err_again(e, "Connection to host " NET_FMT ": no answer for %d seconds%s",
		    NET_ARG(t->srv), t->srv->timeout / 1000, t->tag > 0 ||
		    t->srv->security == NET_TLS ? "" : "; if this port wants TLS, set ssl = yes");
	if (errno == EMSGSIZE)
		return err_fail(e, "Connection to host " NET_FMT ": the server sent a line of more"
		    " than %u bytes before the login; is it an IMAP server?",
		    NET_ARG(t->srv), LINE_MAX_BYTES);
	if (errno == EILSEQ)
		return err_fail(e, "Connection to host " NET_FMT ": the server sent a NUL byte"
		    " before the login; is it an IMAP server?", NET_ARG(t->srv));
	return err_again(e, "Connection to host " NET_FMT ": %s", NET_ARG(t->srv), chan_why(t->chan));
}

/* 1 if the line begins with the word, which ends there; *rest is what follows. */
static int
word(char *line, const char *w, char **rest)
{
	size_t n = strlen(w);

	if (strncasecmp(line, w, n) != 0 || (line[n] != ' ' && line[n] != '\0'))
		return 0;
	*rest = line + n + (line[n] == ' ');
	return 1;
}

/* Keeps the capabilities of a line, if it names any. */
static void
note_caps(struct talk *t, const char *line)
{
	char *caps = caps_find(line);

	if (caps != NULL) {
		free(t->caps);
		t->caps = caps_without(caps, t->srv->off);
		free(caps);
		t->guessed = 0;
		t->capsseen++;
	}
}

/* Keeps what the server said in words, and its response code. */
static void
note_text(struct talk *t, const char *text)
{
	size_t n, i;

	t->code[0] = '\0';
	if (text[0] == '[') {
		n = strcspn(text + 1, " ]");
		for (i = 0; i < n && i < sizeof(t->code) - 1; i++)
			t->code[i] = (char)toupper((unsigned char)text[1 + i]);
		t->code[i] = '\0';
	}
	clean(t, t->text, sizeof(t->text), text);
}

/* What a condition means; TALK_ERROR if it is none. */
static enum talk_reply
condition(char *text, char **rest)
{
	if (word(text, "OK", rest))
		return TALK_OK;
	if (word(text, "NO", rest))
		return TALK_NO;
	return word(text, "BAD", rest) ? TALK_BAD : TALK_ERROR;
}

static int
said_bye(struct talk *t, const char *text, struct err *e)
{
	note_text(t, text);
	return err_again(e, "Connection to host " NET_FMT ": the server ended it: %.200s",
	    NET_ARG(t->srv), t->text);
}

enum talk_reply
talk_greeting(struct talk *t, struct err *e)
{
	char *line, *text, *rest;

	if (get(t, net_deadline(t->srv), &line, e) == -1)
		return TALK_ERROR;
	note_caps(t, line);
	if (word(line, "*", &text)) {
		if (word(text, "OK", &rest))
			return TALK_OK;
		if (word(text, "PREAUTH", &rest))
			return TALK_PREAUTH;
		if (word(text, "BYE", &rest))
			return (enum talk_reply)said_bye(t, rest, e);
	}
	note_text(t, line);
	return (enum talk_reply)err_fail(e, "Connection to host " NET_FMT ": this is no IMAP"
	    " server, it greets with: %.100s", NET_ARG(t->srv), t->text);
}

static int
put(struct talk *t, const char *bytes, struct err *e)
{
	if (chan_put(t->chan, bytes, strlen(bytes), net_deadline(t->srv)) == 0) {
		t->sent = io_now();
		return 0;
	}
	if (errno == ETIMEDOUT)
		return err_again(e, "Connection to host " NET_FMT ": the server took nothing for"
		    " %d seconds", NET_ARG(t->srv), t->srv->timeout / 1000);
	return err_again(e, "Connection to host " NET_FMT ": %s", NET_ARG(t->srv), chan_why(t->chan));
}

int
talk_send(struct talk *t, const char *command, const char *shown, struct err *e)
{
	char *line, *show;
	int ret;

	t->tag++;
	show = mem_printf("c%u %s", t->tag, shown);
	trace(t, "C:", show);
	free(show);
	line = mem_printf("c%u %s\r\n", t->tag, command);
	ret = put(t, line, e);
	secret_free(line);
	return ret;
}

int
talk_answer(struct talk *t, const char *bytes, struct err *e)
{
	trace(t, "C:", "***");
	return put(t, bytes, e);
}

enum talk_reply
talk_reply(struct talk *t, struct err *e)
{
	int64_t deadline = net_deadline(t->srv);
	char *line, *rest, tag[16];
	enum talk_reply r;
	int n;

	snprintf(tag, sizeof(tag), "c%u", t->tag);
	for (n = 0; n < UNTAGGED_MAX; n++) {
		if (get(t, deadline, &line, e) == -1)
			return TALK_ERROR;
		if (word(line, "+", &rest)) {
			t->raw = rest;
			note_text(t, rest);
			return TALK_CONT;
		}
		note_caps(t, line);
		if (word(line, "*", &rest)) {
			if (word(rest, "BYE", &rest))
				return (enum talk_reply)said_bye(t, rest, e);
		} else if (word(line, tag, &rest) && (r = condition(rest, &rest)) != TALK_ERROR) {
			note_text(t, rest);
			return r;
		} else {
			note_text(t, line);
			return (enum talk_reply)err_fail(e, "Connection to host " NET_FMT
			    ": an answer that is no IMAP: %.100s", NET_ARG(t->srv), t->text);
		}
	}
	return (enum talk_reply)err_fail(e, "Connection to host " NET_FMT ": more than %d lines and"
	    " no answer", NET_ARG(t->srv), UNTAGGED_MAX);
}

enum talk_reply
talk_command(struct talk *t, const char *command, struct err *e)
{
	enum talk_reply r;

	if (talk_send(t, command, command, e) == -1)
		return TALK_ERROR;
	if ((r = talk_reply(t, e)) != TALK_CONT)
		return r;
	return (enum talk_reply)err_fail(e, "Connection to host " NET_FMT ": the server wants more"
	    " of the command %s, which is complete", NET_ARG(t->srv), command);
}

void
talk_nocaps(struct talk *t)
{
	free(t->caps);
	t->caps = NULL;
	t->guessed = 0;
}

int
talk_caps(struct talk *t, struct err *e)
{
	enum talk_reply r;

	if (t->caps != NULL)
		return 0;
	t->asked++;
	if ((r = talk_command(t, "CAPABILITY", e)) == TALK_ERROR)
		return -1;
	if (r == TALK_OK && t->caps != NULL)
		return 0;
	return err_fail(e, "Connection to host " NET_FMT ": the server does not say what it can"
	    " do (CAPABILITY): %.100s", NET_ARG(t->srv), t->text);
}
