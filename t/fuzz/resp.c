/*
 * The reader of responses: bytes to lines and literals, to values, to what FETCH, SELECT and
 * STATUS tell.  What comes out must not depend on the pieces in which the bytes came.
 */
#include "base/flags.h"
#include "imap/fetch.h"
#include "imap/mailbox.h"
#include "session.h"

/* All that was seen, as a hash. */
struct seen {
	uint64_t	 hash, n;
};

static void
see(struct seen *s, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (; n != 0; n--)
		s->hash = (s->hash ^ *b++) * 1099511628211ull;
	s->hash = (s->hash ^ 256) * 1099511628211ull;
	s->n++;
}

static void
see_number(struct seen *s, uint64_t n)
{
	see(s, &n, sizeof(n));
}

/* depth: how many lists this is in. */
static void
see_values(struct seen *s, const struct value *v, int depth)
{
	const char *text;

	HOLDS(depth <= VALUE_DEPTH);
	for (; v != NULL; v = v->next) {
		see_number(s, v->kind);
		see_number(s, v->len);
		if (v->kind == VALUE_LIST)
			see_values(s, v->kids, depth + 1);
		if (v->kind != VALUE_ATOM && v->kind != VALUE_STRING)
			continue;
		HOLDS(v->s != NULL && v->s[v->len] == '\0');
		see(s, v->s, v->len);
		if ((text = value_text(v)) != NULL)
			HOLDS(strlen(text) == v->len);
	}
}

static void
see_fetch(struct seen *s, const struct imap_resp *r)
{
	struct fetch f;
	int got = fetch_parse(&f, r);

	see_number(s, (uint64_t)got);
	if (got != 1)
		return;
	HOLDS((f.has & FETCH_UID) == 0 || f.uid != 0);
	HOLDS((f.flags & ~(unsigned)FLAG_ALL) == 0);
	HOLDS((f.has & FETCH_BODY) == 0 || f.body != NULL);
	see_number(s, f.has);
	see_number(s, f.uid);
	see_number(s, f.flags);
	see_number(s, f.size);
	see_number(s, (uint64_t)f.date);
	see_number(s, f.modseq);
}

static void
see_mailbox(struct seen *s, const struct imap_resp *r)
{
	struct mailbox m = { 0 };
	const struct value *list = value_at(r->data, 1);

	see_number(s, (uint64_t)mailbox_note(&m, r));
	if (list != NULL && list->kind == VALUE_LIST)
		mailbox_status(&m, list->kids);
	see_number(s, m.validity);
	see_number(s, m.next);
	see_number(s, m.exists);
	see_number(s, m.modseq);
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct seen *s = arg;
	struct buf b;

	(void)im, (void)e;
	HOLDS(r->name != NULL && r->text != NULL);
	see(s, r->name, strlen(r->name));
	see_number(s, r->num);
	see(s, r->text, strlen(r->text));
	see_values(s, r->data, 0);
	see_values(s, r->code, 0);
	see_fetch(s, r);
	see_mailbox(s, r);
	buf_init(&b, 1024);
	imap_words(r, &b);
	buf_free(&b);
	return 0;
}

static int
done(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct seen *s = arg;

	(void)im, (void)e;
	HOLDS(r->name == NULL);
	see_number(s, 1000 + r->status);
	see_values(s, r->code, 0);
	return 0;
}

static int
sink_open(void *arg, uint64_t size, struct err *e)
{
	(void)e;
	HOLDS(size <= IMAP_MESSAGE_MAX);
	see_number(arg, size);
	return 0;
}

static int
sink_data(void *arg, const char *p, size_t n, struct err *e)
{
	struct seen *s = arg;

	(void)e;
	/* without a mark at its end: pieces are as they come */
	for (; n != 0; n--)
		s->hash = (s->hash ^ (unsigned char)*p++) * 1099511628211ull;
	return 0;
}

static int
sink_close(void *arg, struct err *e)
{
	(void)e;
	see_number(arg, 2000);
	return 0;
}

static long
source(void *arg, char *to, size_t n)
{
	(void)arg;
	memset(to, 'x', n);
	return (long)n;
}

/* Commands that wait for an answer, one of them for leave to send its literal. */
static void
ask(struct imap *im, struct seen *s)
{
	struct imap_done d = { done, s };
	struct imap_source from = { source, NULL };
	int i;

	for (i = 0; i < 5; i++) {
		imap_begin(im, d);
		imap_put(im, "NOOP");
		if (i == 1 || i == 2)
			imap_literal(im, 100, 1, from);
		if (i == 2)
			imap_literal(im, 100, 1, from);
		imap_end(im);
	}
	imap_unselect(im, d);
}

/* Everything in pieces of so many bytes; how it ended is part of what was seen. */
static void
take(const uint8_t *p, size_t n, size_t piece, struct seen *s)
{
	struct imap_sink sink = { sink_open, sink_data, sink_close, s };
	struct imap im;
	struct err e = { 0 };
	size_t part;
	int r = 0;

	memset(s, 0, sizeof(*s));
	session_bare(&im);
	im.untagged = untagged;
	im.arg = s;
	im.sink = &sink;
	ask(&im, s);
	for (; n != 0 && r == 0; p += part, n -= part) {
		part = n < piece ? n : piece;
		buf_put(&im.in, p, part);
		r = wire_take(&im, &e);
	}
	HOLDS((r == -1) == (e.status != 0));
	see(s, e.text, strlen(e.text));
	see(s, im.caps, strlen(im.caps));
	see(s, im.enabled, strlen(im.enabled));
	see_number(s, im.ncmds);
	see_number(s, im.outlen);
	see_number(s, (uint64_t)im.unsure);
	session_close(&im);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, pieces;

	if (size > ANSWERS_MAX)
		return 0;
	take(data, size, size + 1, &whole);
	take(data, size, 1, &pieces);
	HOLDS(whole.hash == pieces.hash && whole.n == pieces.n);
	take(data, size, 2 + size % 13, &pieces);
	HOLDS(whole.hash == pieces.hash && whole.n == pieces.n);
	return 0;
}
