/*
 * Sessions against a peer that is a line of shell: what it says, what it waits
 * for, and what it got ("read l" takes a line; it is given to the test at the end).
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap/session.h"
#include "unit.h"

#define HI	"printf '* PREAUTH [CAPABILITY IMAP4rev1 UNSELECT] hi\\r\\n';"

/* What came, in words: "n NAME;" for untagged, "tag STATUS;" for tagged. */
static char seen[8192];

static void
see(const char *fmt, ...)
{
	size_t n = strlen(seen);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(seen + n, sizeof(seen) - n, fmt, ap);
	va_end(ap);
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	(void)im, (void)arg, (void)e;
	if (r->num != 0)
		see("%llu ", (unsigned long long)r->num);
	see("%s;", r->name);
	return 0;
}

static int
done(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	static const char *const words[] = { "OK", "NO", "BAD" };

	(void)im, (void)e;
	see("%s %s;", (const char *)arg, words[r->status]);
	return 0;
}

static char body[100];
static size_t bodylen;

static int
sink_open(void *arg, uint64_t size, struct err *e)
{
	(void)arg;
	if (size > sizeof(body))
		return err_fail(e, "too large");
	bodylen = 0;
	return 0;
}

static int
sink_data(void *arg, const char *p, size_t n, struct err *e)
{
	(void)arg, (void)e;
	memcpy(body + bodylen, p, n);
	bodylen += n;
	return 0;
}

static int
sink_close(void *arg, struct err *e)
{
	(void)arg, (void)e;
	see("{%.*s}", (int)bodylen, body);
	return 0;
}

/* A session whose peer is a shell command. */
static int
start(struct imap *im, const char *script, struct err *e)
{
	static struct imap_sink sink = { sink_open, sink_data, sink_close, NULL };
	static char sh[] = "/bin/sh", c[] = "-c";
	char *argv[] = { sh, c, (char *)(uintptr_t)script, NULL };
	int r;

	seen[0] = '\0';
	memset(e, 0, sizeof(*e));
	r = imap_open(im, argv, 5, e);
	im->untagged = untagged;
	im->sink = &sink;
	return r;
}

static void
ask(struct imap *im, const char *command, const char *name)
{
	struct imap_done d = { done, (void *)(uintptr_t)name };

	imap_begin(im, d);
	imap_put(im, command);
	imap_end(im);
}

static void
greetings(void)
{
	static const struct { const char *script; int r; const char *text; } rows[] = {
		{ HI, 0, "" },
		{ "printf '* PREAUTH\\r\\n'", 0, "" },
		{ "printf '* PREAUTH hi\\n'", 0, "" },
		{ "printf '* OK log in first\\r\\n'; cat >/dev/null", -1, "not authenticated" },
		{ "printf '* BYE go away\\r\\n'; cat >/dev/null; exit 0", -1, "go away" },
		{ "exit 0", -1, "closed" },
		{ "exit 75", -1, "status 75" },
		{ "exit 2", -1, "status 2" },
		{ "printf 'o1 OK what\\r\\n'; cat >/dev/null", -1, "no IMAP response" },
		{ "printf '+ what\\r\\n* PREAUTH hi\\r\\n'", 0, "" },
		{ "printf '\\r\\n'; cat >/dev/null", -1, "no IMAP response" },
		{ "printf 'Welcome to ssh\\r\\n'; cat >/dev/null", -1, "no IMAP response" },
	};
	struct imap im;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("greeting %s", rows[i].script);
		CHECK_NUM(start(&im, rows[i].script, &e), rows[i].r);
		if (rows[i].r == -1 && !CHECK(strstr(e.text, rows[i].text) != NULL))
			printf("got \"%s\"\n", e.text);
		imap_close(&im);
	}
}

/* One command, and what a server may answer to it. */
static void
answers(void)
{
	static const struct { const char *says, *seen; int r; const char *text; } rows[] = {
		{ "o1 OK done\\r\\n", "a OK;", 0, "" },
		{ "o1 NO no\\r\\n", "a NO;", 0, "" },
		{ "o1 BAD no\\r\\n", "a BAD;", 0, "" },
		{ "o1 OK\\r\\n", "a OK;", 0, "" },
		{ "* 5 EXISTS\\r\\n* SEARCH\\r\\no1 OK x\\r\\n", "5 EXISTS;SEARCH;a OK;", 0, "" },
		{ "* 99999999999999999999999 EXISTS\\r\\no1 OK x\\r\\n", NULL, -1, "no IMAP" },
		{ "* OK [UIDNEXT (] x\\r\\no1 OK [unread\\r\\n", "OK;a OK;", 0, "" },
		/* a literal in text is none, one in data is */
		{ "* OK too large {99}\\r\\no1 NO too large {100}\\r\\n", "OK;a NO;", 0, "" },
		{ "* LIST () \"/\" {3}\\r\\na\\r\\n\\r\\no1 OK x\\r\\n", "LIST;a OK;", 0, "" },
		{ "* LIST () \"/\" {3}\\r\\na\\n\\n\\r\\no1 OK x\\r\\n", "LIST;a OK;", 0, "" },
		{ "* 1 FETCH (UID 5 BODY[] {4}\\r\\na)\\r\\n)\\r\\no1 OK x\\r\\n", "{a)\r\n}1 FETCH;a OK;", 0, "" },
		{ "* 1 FETCH (BODY[]<0> {2}\\r\\nab UID 5)\\r\\no1 OK x\\r\\n", "{ab}1 FETCH;a OK;", 0, "" },
		{ "* 1 FETCH (BODY[] {0}\\r\\n)\\r\\no1 OK x\\r\\n", "{}1 FETCH;a OK;", 0, "" },
		/* lengths that are wrong end the session before anything believes them */
		{ "* 1 FETCH (BODY[] {2}\\r\\nabc d)\\r\\no1 OK x\\r\\n", NULL, -1, "no IMAP" },
		{ "* 1 FETCH (BODY[] {9}\\r\\nab)\\r\\no1 OK x\\r\\n", NULL, -1, "no IMAP" },
		{ "* 1 FETCH (BODY[] {9223372036854775808}\\r\\nab)\\r\\no1 OK x\\r\\n", NULL, -1, "no IMAP" },
		{ "* 1 FETCH (BODY[] {999999999999999999}\\r\\nab)\\r\\no1 OK x\\r\\n", NULL, -1, "message of" },
		{ "* 1 FETCH (BODY[] {4000000000}\\r\\nab)\\r\\no1 OK x\\r\\n", NULL, -1, "too large" },
		{ "* 1 FETCH (FLAGS {2000000}\\r\\nab)\\r\\no1 OK x\\r\\n", NULL, -1, "a literal of 2000000" },
		{ "* 1 FETCH (FLAGS\\r\\no1 OK x\\r\\n", NULL, -1, "no IMAP" },
		{ "o2 OK not asked\\r\\n", NULL, -1, "no IMAP" },
		{ "o1 WHAT\\r\\n", NULL, -1, "no IMAP" },
		{ "o1\\r\\n", NULL, -1, "no IMAP" },
		{ "o01x OK\\r\\n", NULL, -1, "no IMAP" },
		{ "o99999999999 OK\\r\\n", NULL, -1, "no IMAP" },
		{ "*\\r\\n", NULL, -1, "no IMAP" },
		{ "* \\r\\n", NULL, -1, "no IMAP" },
		{ "* 5\\r\\n", NULL, -1, "no IMAP" },
		{ "* BYE shutting down\\r\\n", NULL, -1, "shutting down" },
		{ "* 5 EXI", NULL, -1, "closed" },
		{ "", NULL, -1, "closed" },
	};
	struct imap im;
	struct err e;
	char script[600];
	size_t i;
	int r;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("answer %s", rows[i].says);
		snprintf(script, sizeof(script), HI "read l; printf '%s'", rows[i].says);
		CHECK_NUM(start(&im, script, &e), 0);
		ask(&im, "NOOP", "a");
		r = imap_wait(&im, 0);
		CHECK_NUM(r, rows[i].r);
		if (r == -1 && !CHECK(strstr(im.err.text, rows[i].text) != NULL))
			printf("got \"%s\"\n", im.err.text);
		if (rows[i].seen != NULL)
			CHECK_STR(seen, rows[i].seen);
		if (r == -1) {
			ask(&im, "NOOP", "b");
			CHECK_NUM(imap_wait(&im, 0), -1);
		}
		imap_close(&im);
	}
}

/* Answers that come out of order find their commands. */
static void
order(void)
{
	struct imap im;
	struct err e;

	unit_row("order");
	CHECK_NUM(start(&im, HI "read l; read l; read l; printf 'o3 OK x\\r\\no1 NO x\\r\\no2 OK x\\r\\n'; "
	    "cat >/dev/null", &e), 0);
	ask(&im, "NOOP", "a");
	ask(&im, "NOOP", "b");
	ask(&im, "NOOP", "c");
	CHECK_NUM(imap_wait(&im, 0), 0);
	CHECK_STR(seen, "c OK;a NO;b OK;");
	imap_close(&im);
}

static long
source(void *arg, char *to, size_t n)
{
	const char **p = arg;
	size_t len = strlen(*p);

	if (len > n)
		len = n;
	memcpy(to, *p, len);
	*p += len;
	return (long)len;
}

/* APPEND with a literal of "text" that is announced with that length, and a NOOP behind. */
static void
append(struct imap *im, const char **text, size_t len, int sync)
{
	struct imap_done d = { done, (void *)(uintptr_t)"a" };
	struct imap_source s = { source, text };

	imap_begin(im, d);
	imap_put(im, "APPEND x ");
	imap_literal(im, len, sync, s);
	imap_end(im);
	ask(im, "NOOP", "b");
}

/* Literals: the peer goes on only if what it reads is what it should be. */
static void
literals(void)
{
	static const struct {
		const char *script;
		int sync;
		const char *seen;
		int r;
	} rows[] = {
		/* the server takes it */
		{ HI "read l; printf '+ go\\r\\n'; read l; printf 'o1 OK x\\r\\n'; read l; "
		    "[ \"${l%?}\" = 'o2 NOOP' ] && printf 'o2 OK x\\r\\n'", 1, "a OK;b OK;", 0 },
		/* it refuses: neither the body nor the command's end may follow */
		{ HI "read l; printf 'o1 NO x\\r\\n'; read l; [ \"${l%?}\" = 'o2 NOOP' ] && "
		    "printf 'o2 OK x\\r\\n'", 1, "a NO;b OK;", 0 },
		{ HI "read l; printf 'o1 BAD x\\r\\n'; read l; [ \"${l%?}\" = 'o2 NOOP' ] && "
		    "printf 'o2 OK x\\r\\n'", 1, "a BAD;b OK;", 0 },
		/* a "+" out of turn is no permission */
		{ "printf '+ x\\r\\n'; " HI "read l; printf 'o1 NO x\\r\\n'; read l; "
		    "[ \"${l%?}\" = 'o2 NOOP' ] && printf 'o2 OK x\\r\\n'", 1, "a NO;b OK;", 0 },
		/* without waiting: a NO that comes early does not stop the body */
		{ HI "read l; printf 'o1 NO x\\r\\n'; read l; [ \"${l%?}\" = 'hello' ] && read l && "
		    "[ \"${l%?}\" = 'o2 NOOP' ] && printf 'o2 OK x\\r\\n'", 0, "a NO;b OK;", 0 },
		{ HI "read l; read l; read l; printf 'o1 OK x\\r\\no2 OK x\\r\\n'", 0, "a OK;b OK;", 0 },
	};
	const char *text;
	struct imap im;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("literal %zu", i);
		CHECK_NUM(start(&im, rows[i].script, &e), 0);
		text = "hello";
		append(&im, &text, 5, rows[i].sync);
		if (!CHECK_NUM(imap_wait(&im, 0), rows[i].r))
			printf("%s\n", im.err.text);
		CHECK_STR(seen, rows[i].seen);
		CHECK_NUM(im.outlen, 0);
		imap_close(&im);
	}
	unit_row("a source that ends early");
	CHECK_NUM(start(&im, HI "cat >/dev/null", &e), 0);
	text = "hel";
	append(&im, &text, 5, 0);
	CHECK_NUM(imap_wait(&im, 0), -1);
	CHECK(strstr(im.err.text, "shorter") != NULL);
	imap_close(&im);
}

/* A command with two literals that wait, refused at the first or answered in the middle. */
static void
two(void)
{
	static const struct { const char *script, *seen; int r; } rows[] = {
		{ HI "read l; printf 'o1 NO x\\r\\n'; read l; [ \"${l%?}\" = 'o2 NOOP' ] && "
		    "printf 'o2 OK x\\r\\n'; cat >/dev/null", "a NO;b OK;", 0 },
		{ HI "read l; printf '+ x\\r\\n'; read l; printf 'o1 NO x\\r\\n'; read l; "
		    "[ \"${l%?}\" = 'o2 NOOP' ] && printf 'o2 OK x\\r\\n'; cat >/dev/null", "a NO;b OK;", 0 },
		{ HI "read l; printf '+ x\\r\\n'; read l; printf '+ x\\r\\n'; read l; "
		    "printf 'o1 OK x\\r\\n'; read l; [ \"${l%?}\" = 'o2 NOOP' ] && "
		    "printf 'o2 OK x\\r\\n'; cat >/dev/null", "a OK;b OK;", 0 },
	};
	struct imap_done d = { done, (void *)(uintptr_t)"a" };
	const char *one, *other;
	struct imap im;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct imap_source s1 = { source, &one }, s2 = { source, &other };

		unit_row("two literals %zu", i);
		CHECK_NUM(start(&im, rows[i].script, &e), 0);
		one = other = "hello";
		imap_begin(&im, d);
		imap_put(&im, "X ");
		imap_literal(&im, 5, 1, s1);
		imap_put(&im, " ");
		imap_literal(&im, 5, 1, s2);
		imap_end(&im);
		ask(&im, "NOOP", "b");
		if (!CHECK_NUM(imap_wait(&im, 0), rows[i].r))
			printf("%s\n", im.err.text);
		CHECK_STR(seen, rows[i].seen);
		imap_close(&im);
	}
}

/* A response or a line without an end is cut off at a limit, in time. */
static void
endless(void)
{
	static const char *const scripts[] = {
		HI "read l; while printf '%01000000d' 0; do :; done",
		HI "read l; while printf '* LIST () \"/\" {1000000}\\r\\n%01000000d' 0; do :; done",
	};
	struct imap im;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		unit_row("endless %zu", i);
		CHECK_NUM(start(&im, scripts[i], &e), 0);
		ask(&im, "NOOP", "a");
		CHECK_NUM(imap_wait(&im, 0), -1);
		if (!CHECK(strstr(im.err.text, "more than") != NULL))
			printf("%s\n", im.err.text);
		imap_close(&im);
	}
}

/* Waiting for both sides at once: the server writes much while it is not read from. */
static void
both_ways(void)
{
	struct imap im;
	struct err e;
	int i;

	unit_row("both ways");
	/* it answers everything before it reads any further */
	CHECK_NUM(start(&im, HI "read l; i=0; while [ $i -lt 40 ]; do printf '* X %060000d\\r\\n' 0; "
	    "i=$((i+1)); done; while read l; do set -- $l; printf '%s OK x\\r\\n' \"$1\"; done; ", &e), 0);
	ask(&im, "FIRST", "a");
	for (i = 0; i < 300; i++)
		ask(&im, "NOOP", "b");
	/* "o1" itself is never answered: all the others must be */
	CHECK_NUM(imap_wait(&im, 1), 0);
	CHECK_NUM(im.ncmds, 1);
	imap_close(&im);
}

static void
silence(void)
{
	struct imap im;
	struct err e;

	unit_row("silence");
	CHECK_NUM(start(&im, HI "cat >/dev/null", &e), 0);
	im.timeout = 1;
	ask(&im, "NOOP", "a");
	CHECK_NUM(imap_wait(&im, 0), -1);
	CHECK_NUM(im.err.status, EXIT_AGAIN);
	CHECK(strstr(im.err.text, "no byte") != NULL);
	imap_close(&im);
}

/* Two sessions and a pipe, waited for together: each moves by itself, one that breaks alone. */
static void
several(void)
{
	struct imap a, b, *const all[] = { &a, &b };
	struct pollfd more = { .events = POLLIN };
	struct err e;
	int p[2];

	unit_row("several");
	CHECK_NUM(pipe(p), 0);
	CHECK_NUM(start(&a, HI "read l; read l; printf 'o1 OK x\\r\\no2 OK x\\r\\n'; cat >/dev/null", &e), 0);
	CHECK_NUM(start(&b, HI "read l", &e), 0);
	ask(&a, "NOOP", "a1");
	ask(&b, "NOOP", "b1");
	while (b.err.status == 0)
		CHECK_NUM(imap_poll_all(all, 2, NULL, 0, -1), 0);
	CHECK(strstr(b.err.text, "closed") != NULL);
	CHECK_NUM(a.err.status, 0);
	ask(&a, "NOOP", "a2");
	while (a.ncmds != 0 && a.err.status == 0)
		CHECK_NUM(imap_poll_all(all, 2, NULL, 0, -1), 0);
	CHECK_STR(seen, "a1 OK;a2 OK;");
	/* neither has anything to say, so the pipe is what ends the wait */
	more.fd = p[0];
	CHECK_NUM(imap_poll_all(all, 2, &more, 1, 0), 0);
	CHECK_NUM(more.revents, 0);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK_NUM(imap_poll_all(all, 2, &more, 1, -1), 0);
	CHECK_NUM(more.revents, POLLIN);
	/* the patience with one runs while another talks */
	ask(&a, "NOOP", "a3");
	CHECK_NUM(imap_poll_all(all, 2, NULL, 0, 0), 0);
	a.timeout = 1;
	a.since -= 2000;
	CHECK_NUM(imap_poll_all(all, 2, &more, 1, -1), 0);
	CHECK(strstr(a.err.text, "no byte") != NULL);
	close(p[0]);
	close(p[1]);
	imap_close(&a);
	imap_close(&b);
}

static void
caps(void)
{
	struct imap im;
	struct err e;

	unit_row("caps");
	CHECK_NUM(start(&im, "printf '* PREAUTH [CAPABILITY imap4rev1 LITERAL+ X,Y AUTH=PLAIN] x\\r\\n'; read l;"
	    "printf '* ENABLED QRESYNC\\r\\no1 OK [CAPABILITY IMAP4rev1 UIDPLUS] x\\r\\n'", &e), 0);
	CHECK(imap_has(&im, "IMAP4REV1") && imap_has(&im, "LITERAL+") && imap_has(&im, "AUTH=PLAIN"));
	CHECK(!imap_has(&im, "LITERAL") && !imap_has(&im, "X") && !imap_has(&im, "Y"));
	CHECK_STR(im.enabled, ",");
	ask(&im, "ENABLE QRESYNC", "a");
	CHECK_NUM(imap_wait(&im, 0), 0);
	CHECK(imap_has(&im, "UIDPLUS") && !imap_has(&im, "LITERAL+"));
	CHECK_STR(im.enabled, ",QRESYNC,");
	imap_close(&im);
}

/* The name that replaces UNSELECT must be refused; if it is not, the session is not passed on. */
static void
deselect(void)
{
	static const struct { const char *script; int unsure; } rows[] = {
		{ "printf '* PREAUTH [CAPABILITY X UNSELECT] x\\r\\n'; read l; [ \"${l%?}\" = 'o1 UNSELECT' ] && "
		    "printf 'o1 OK x\\r\\n'", 0 },
		{ "printf '* PREAUTH [CAPABILITY X UNSELECT] x\\r\\n'; read l; printf 'o1 BAD x\\r\\n'", 1 },
		{ "printf '* PREAUTH [CAPABILITY X] x\\r\\n'; read l; "
		    "[ \"${l%?}\" = 'o1 EXAMINE offlineimap-no-such-folder' ] && printf 'o1 NO x\\r\\n'", 0 },
		{ "printf '* PREAUTH [CAPABILITY X] x\\r\\n'; read l; printf 'o1 OK x\\r\\n'", 1 },
		{ "printf '* PREAUTH [CAPABILITY X] x\\r\\n'; read l; printf 'o1 BAD x\\r\\n'", 1 },
	};
	struct imap_done none = { NULL, NULL };
	struct imap im;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("deselect %zu", i);
		CHECK_NUM(start(&im, rows[i].script, &e), 0);
		im.selected = 1;
		imap_unselect(&im, none);
		CHECK_NUM(imap_wait(&im, 0), 0);
		CHECK_NUM(im.unsure, rows[i].unsure);
		CHECK_NUM(im.selected, 0);
		imap_close(&im);
	}
}

/* It said much, then BYE, and hung up before we wrote: its reason counts, not that writing failed. */
static void
last_words(void)
{
	struct pollfd p = { .events = POLLIN };
	struct imap im;
	struct err e;

	unit_row("last words");
	/* more than one read takes, behind the greeting; less than a socket holds */
	CHECK_NUM(start(&im, HI "read l; yes '* OK 0123456789\r' | head -n 9000; printf '* BYE going away\r\n'", &e), 0);
	ask(&im, "NOOP", "a");
	CHECK_NUM(imap_poll(&im, -1) == -1, 0);
	p.fd = im.fd;
	while ((p.revents & POLLHUP) == 0)
		CHECK(poll(&p, 1, -1) == 1);
	ask(&im, "NOOP", "b");
	CHECK_NUM(imap_wait(&im, 0), -1);
	CHECK(strstr(im.err.text, "going away") != NULL);
	imap_close(&im);
}

int
main(void)
{
	greetings();
	last_words();
	answers();
	order();
	literals();
	two();
	endless();
	both_ways();
	silence();
	several();
	caps();
	deselect();
	return unit_end("imap_session");
}
