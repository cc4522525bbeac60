/* Logging in: CRAM-MD5, PLAIN and the LOGIN command. */
#include "net/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/caps.h"
#include "net/sasl.h"

#define USER_MAX	1024	/* bytes */

struct mech {
	const char *name;
	int	(*offered)(const char *caps);
	enum talk_reply (*run)(struct talk *, const char *user, const char *password, struct err *);
	int	 judges;	/* its refusal judges the password itself: no use to try on */
};

static int
offers_cram(const char *caps)
{
	return caps_has(caps, "AUTH=CRAM-MD5");
}

static int
offers_plain(const char *caps)
{
	return caps_has(caps, "AUTH=PLAIN");
}

static int
offers_login(const char *caps)
{
	return !caps_has(caps, "LOGINDISABLED");
}

/* Sends a secret line in answer to a "+". */
static enum talk_reply
answer(struct talk *t, const char *secret, struct err *e)
{
	char *line = mem_printf("%s\r\n", secret);
	int ret = talk_answer(t, line, e);

	secret_free(line);
	return ret == -1 ? TALK_ERROR : talk_reply(t, e);
}

static enum talk_reply
run_cram(struct talk *t, const char *user, const char *password, struct err *e)
{
	enum talk_reply r;
	char *reply;

	if (talk_send(t, "AUTHENTICATE CRAM-MD5", "AUTHENTICATE CRAM-MD5", e) == -1)
		return TALK_ERROR;
	if ((r = talk_reply(t, e)) != TALK_CONT)
		return r;
	if ((reply = sasl_cram(t->raw, user, password)) == NULL)
		return answer(t, "*", e);
	talk_hide(t, reply);
	return answer(t, reply, e);
}

static enum talk_reply
run_plain(struct talk *t, const char *user, const char *password, struct err *e)
{
	char *reply = sasl_plain(user, password), *command;
	enum talk_reply r;
	int ret;

	talk_hide(t, reply);
	if (caps_has(t->caps, "SASL-IR")) {
		command = mem_printf("AUTHENTICATE PLAIN %s", reply);
		ret = talk_send(t, command, "AUTHENTICATE PLAIN ***", e);
		secret_free(command);
		return ret == -1 ? TALK_ERROR : talk_reply(t, e);
	}
	if (talk_send(t, "AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN", e) == -1)
		return TALK_ERROR;
	if ((r = talk_reply(t, e)) != TALK_CONT)
		return r;
	return answer(t, reply, e);
}

/*
 * The arguments of LOGIN in pieces: each literal ends one, for the server must
 * ask for its bytes.  At most three: up to the user's, to the password's, the rest.
 */
static int
login_pieces(const char *user, const char *password, char *piece[3])
{
	const char *arg[2] = { user, password };
	struct buf b;
	char *quoted;
	int i, n = 0;

	buf_init(&b, 1u << 16);
	/* Never moved while secrets are in it. */
	buf_room(&b, 2 * (strlen(user) + strlen(password)) + 64);
	buf_str(&b, "LOGIN");
	for (i = 0; i < 2; i++) {
		if ((quoted = sasl_quote(arg[i])) != NULL) {
			buf_byte(&b, ' ');
			buf_str(&b, quoted);
			secret_free(quoted);
			continue;
		}
		buf_printf(&b, " {%zu}", strlen(arg[i]));
		piece[n++] = mem_dup(buf_cstr(&b));
		explicit_bzero(b.data, b.len);
		buf_clear(&b);
		buf_str(&b, arg[i]);
	}
	piece[n++] = mem_dup(buf_cstr(&b));
	if (b.data != NULL)
		explicit_bzero(b.data, b.cap);
	buf_free(&b);
	return n;
}

/* The password as LOGIN has it, if that is as a string: a server may echo the command. */
static void
hide_quoted(struct talk *t, const char *password)
{
	char *quoted = sasl_quote(password);

	if (quoted == NULL)
		return;
	quoted[strlen(quoted) - 1] = '\0';
	talk_hide(t, mem_dup(quoted + 1));
	secret_free(quoted);
}

static enum talk_reply
run_login(struct talk *t, const char *user, const char *password, struct err *e)
{
	char *piece[3], *shown;
	enum talk_reply r;
	int i, n;

	hide_quoted(t, password);
	n = login_pieces(user, password, piece);
	shown = mem_printf("LOGIN \"%s\" ***", user);
	r = talk_send(t, piece[0], shown, e) == -1 ? TALK_ERROR : talk_reply(t, e);
	for (i = 1; i < n && r == TALK_CONT; i++)
		r = answer(t, piece[i], e);
	for (i = 0; i < n; i++)
		secret_free(piece[i]);
	free(shown);
	return r;
}

static const struct mech mechs[] = {
	{ "CRAM-MD5", offers_cram, run_cram, 0 },	/* needs another form of the password */
	{ "PLAIN", offers_plain, run_plain, 1 },
	{ "LOGIN", offers_login, run_login, 1 },
};

static const struct mech *
find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(mechs) / sizeof(mechs[0]); i++)
		if (strcmp(mechs[i].name, name) == 0)
			return &mechs[i];
	return NULL;
}

/* 1 if the refusal may be over next time (RFC 5530). */
static int
passing(const struct talk *t)
{
	static const char *const codes[] = { "UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG" };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(t->code, codes[i]) == 0)
			return 1;
	return 0;
}

/* 1 if the refusal says that the password itself is wrong. */
static int
judged(const struct talk *t)
{
	return strcmp(t->code, "AUTHENTICATIONFAILED") == 0 || strcmp(t->code, "EXPIRED") == 0;
}

/* Runs one mechanism; a "+" where nothing is left to say is cancelled by "*". */
static enum talk_reply
run(struct talk *t, const struct mech *m, const char *password, struct err *e)
{
	enum talk_reply r = m->run(t, t->srv->user, password, e);

	return r == TALK_CONT ? answer(t, "*", e) : r;
}

static int
nothing_usable(const struct talk *t, struct err *e)
{
	struct buf offer, allow;
	size_t i;

	buf_init(&offer, 4096);
	buf_init(&allow, 4096);
	caps_logins(&offer, t->caps);
	for (i = 0; i < t->srv->nmechs; i++)
		buf_printf(&allow, "%s%s", i != 0 ? ", " : "", t->srv->mechs[i]);
	err_fail(e, "Cannot log in to " NET_FMT ": no supported authentication mechanisms; the"
	    " server offers %.150s; auth_mechanisms allows %.100s (of these CRAM-MD5, PLAIN and"
	    " LOGIN are known here)", NET_ARG(t->srv), buf_cstr(&offer), buf_cstr(&allow));
	buf_free(&offer);
	buf_free(&allow);
	return -1;
}

/*
 * Tries the mechanisms in turn, with the password known.  *stale is set if what was offered
 * is only remembered, and the refusal does not judge the password.
 */
static int
try(struct talk *t, const char *password, int *stale, struct err *e)
{
	const struct mech *m;
	char why[300] = "", add[200];
	enum talk_reply r;
	unsigned seen;
	int again = 0;
	size_t i;

	for (i = 0; i < t->srv->nmechs; i++) {
		if ((m = find(t->srv->mechs[i])) == NULL || !m->offered(t->caps))
			continue;
		seen = t->capsseen;
		free(t->offered);
		t->offered = mem_dup(t->caps);
		if ((r = run(t, m, password, e)) == TALK_ERROR)
			return -1;
		if (r == TALK_OK) {
			/* What a server said before the login does not count after it. */
			if (t->capsseen == seen)
				talk_nocaps(t);
			return 0;
		}
		snprintf(add, sizeof(add), "%s%s: %.120s", why[0] != '\0' ? "; " : "", m->name, t->text);
		strlcat(why, add, sizeof(why));
		again |= passing(t);
		*stale |= t->guessed && !judged(t);
		if (m->judges && judged(t))
			break;
	}
	return (again ? err_again : err_fail)(e, "Cannot log in to " NET_FMT " as '%.60s'."
	    " All authentication types failed: %s", NET_ARG(t->srv), t->srv->user, why);
}

static int
usable(const struct talk *t)
{
	const struct mech *m;
	size_t i;

	for (i = 0; i < t->srv->nmechs; i++)
		if ((m = find(t->srv->mechs[i])) != NULL && m->offered(t->caps))
			return 1;
	return 0;
}

/* What the offer amounts to: a bit for each mechanism, and one for SASL-IR. */
static unsigned
ways(const struct talk *t)
{
	unsigned set = (unsigned)caps_has(t->caps, "SASL-IR"), i;

	for (i = 0; i < sizeof(mechs) / sizeof(mechs[0]); i++)
		set |= (unsigned)mechs[i].offered(t->caps) << (i + 1);
	return set;
}

/*
 * Refused by what was only remembered: if the server offers something else today, the normal
 * way.  Else it was no fault of the memory, and trying again could lock the account.
 */
static int
try_again(struct talk *t, unsigned before, const char *password, struct err *e)
{
	int stale = 0;

	talk_nocaps(t);
	if (talk_caps(t, e) == -1)
		return -1;
	if (!usable(t))
		return nothing_usable(t, e);
	return ways(t) == before ? -1 : try(t, password, &stale, e);
}

int
auth_login(struct talk *t, const struct auth_password *pw, struct err *e)
{
	char *password;
	unsigned before;
	int stale = 0;

	if (t->srv->user == NULL)
		return err_conf(e, "No user for " NET_FMT ": set remoteuser", NET_ARG(t->srv));
	if (strlen(t->srv->user) > USER_MAX)
		return err_conf(e, "The user name for " NET_FMT " has more than %d bytes",
		    NET_ARG(t->srv), USER_MAX);
	if (talk_caps(t, e) == -1)
		return -1;
	if (t->guessed && !usable(t)) {
		talk_nocaps(t);
		if (talk_caps(t, e) == -1)
			return -1;
	}
	if (!usable(t))
		return nothing_usable(t, e);
	if (pw->get(pw->arg, &password, e) == -1)
		return -1;
	talk_hide(t, password);
	before = ways(t);
	if (try(t, password, &stale, e) == 0)
		return 0;
	return stale ? try_again(t, before, password, e) : -1;
}
