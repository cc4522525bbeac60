/* Values of IMAP responses: each row's text and what it reads as, written out again. */
#include <stdlib.h>

#include "base/buf.h"
#include "imap/value.h"
#include "unit.h"

/* Lists in (), strings in "", NIL as ~, atoms as they are, streamed literals as {n}. */
static void
dump(struct buf *b, const struct value *v)
{
	const char *sep = "";

	for (; v != NULL; v = v->next) {
		buf_str(b, sep);
		sep = " ";
		switch (v->kind) {
		case VALUE_LIST:
			buf_byte(b, '(');
			dump(b, v->kids);
			buf_byte(b, ')');
			break;
		case VALUE_STRING:
			buf_byte(b, '"');
			buf_put(b, v->s, v->len);
			buf_byte(b, '"');
			break;
		case VALUE_STREAMED:
			buf_printf(b, "{%zu}", v->len);
			break;
		case VALUE_NIL:
			buf_byte(b, '~');
			break;
		default:
			buf_put(b, v->s, v->len);
		}
	}
}

#define DEEP	"((((((((((((((((((((((((((((((((("	/* 33 */
#define DEEPEND	")))))))))))))))))))))))))))))))))"

static const struct {
	const char *text;
	const char *want;	/* NULL: malformed */
} rows[] = {
	{ "", "" },
	{ "a", "a" },
	{ "a b  c ", "a b c" },
	{ "1 EXISTS", "1 EXISTS" },
	{ "NIL nil Nil NILS \"NIL\"", "~ ~ ~ NILS \"NIL\"" },
	{ "()", "()" },
	{ "(a (b) ()) c", "(a (b) ()) c" },
	{ "(a)(b)", "(a) (b)" },
	{ "\"\"", "\"\"" },
	{ "\"a b\"", "\"a b\"" },
	{ "\"a\\\"b\\\\c\"", "\"a\"b\\c\"" },
	{ "\\Seen", "\\Seen" },
	{ "BODY[HEADER.FIELDS (DATE FROM)] \"x\"", "BODY[HEADER.FIELDS (DATE FROM)] \"x\"" },
	{ "BODY[]<0.8192> NIL", "BODY[]<0.8192> ~" },
	{ "{3}\r\na b", "\"a b\"" },
	{ "{3}\r\na\r\n (x)", "\"a\r\n\" (x)" },
	{ "{0}\r\n", "\"\"" },
	{ "~{2}\r\n\" ", "\"\" \"" },
	{ "{2+}\r\n((", "\"((\"" },
	{ "(UID 5 FLAGS (\\Seen $Junk) MODSEQ (7))", "(UID 5 FLAGS (\\Seen $Junk) MODSEQ (7))" },
	/* a mailbox name may hold a lone bracket, and Dovecot sends it as an atom */
	{ "() \"/\" a[b", "() \"/\" a[b" },
	{ "(a[b c) d", "(a[b c) d" },
	{ "(a]b) c", "(a]b) c" },
	{ "[Gmail]/All", "[Gmail]/All" },
	{ "BODY[", "BODY[" },
	/* what must fail */
	{ "(", NULL },
	{ "(a", NULL },
	{ ")", NULL },
	{ "a)", NULL },
	{ "\"a", NULL },
	{ "\"a\\", NULL },
	{ "\"a\\\"", NULL },
	{ "{3}\r\nab", NULL },
	{ "{3}", NULL },
	{ "{}\r\n", NULL },
	{ "{x}\r\n", NULL },
	{ "{99999999999999999999}\r\nab", NULL },
	{ "{18446744073709551615}\r\nab", NULL },
	{ "a\rb", NULL },
	{ "\"a\"b", NULL },
	{ "({1}\r\nab c)", NULL },
	{ DEEP DEEPEND, NULL },
};

static void
texts(void)
{
	struct arena *a = arena_new();
	struct value *v;
	struct value_text t;
	struct buf b;
	size_t i;
	int ok;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("\"%s\"", rows[i].text);
		/* a copy without a NUL behind it: the sanitizer sees a step too far */
		char *copy = malloc(strlen(rows[i].text) + 1);

		memcpy(copy, rows[i].text, strlen(rows[i].text));
		arena_reset(a);
		memset(&t, 0, sizeof(t));
		t.base = t.p = copy;
		t.end = copy + strlen(rows[i].text);
		v = value_read(a, &t, 0, &ok);
		CHECK_NUM(ok, rows[i].want != NULL);
		if (ok && rows[i].want != NULL) {
			buf_init(&b, 4096);
			dump(&b, v);
			CHECK_STR(buf_cstr(&b), rows[i].want);
			buf_free(&b);
		}
		free(copy);
	}
	arena_free(a);
}

/* A response code ends at its bracket, and not at one in a list. */
static void
codes(void)
{
	static const struct { const char *text, *want, *rest; } code[] = {
		{ "UIDNEXT 5] text", "UIDNEXT 5", " text" },
		{ "ALERT]", "ALERT", "" },
		{ "PERMANENTFLAGS (\\Seen a]b \\*)] ok", "PERMANENTFLAGS (\\Seen a]b \\*)", " ok" },
		{ "APPENDUID 7 5:6] x", "APPENDUID 7 5:6", " x" },
		{ "UIDNEXT 5", NULL, NULL },
		{ "X (a] b", NULL, NULL },
	};
	struct arena *a = arena_new();
	struct value_text t;
	struct value *v;
	struct buf b;
	size_t i;
	int ok;

	for (i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		unit_row("[%s", code[i].text);
		memset(&t, 0, sizeof(t));
		t.base = t.p = code[i].text;
		t.end = t.p + strlen(t.p);
		v = value_read(a, &t, 1, &ok);
		CHECK_NUM(ok, code[i].want != NULL);
		if (!ok || code[i].want == NULL)
			continue;
		buf_init(&b, 4096);
		dump(&b, v);
		CHECK_STR(buf_cstr(&b), code[i].want);
		CHECK_STR(t.p, code[i].rest);
		buf_free(&b);
	}
	arena_free(a);
}

static void
kinds(void)
{
	static const size_t streamed[] = { 7 };
	struct arena *a = arena_new();
	struct value_text t = { 0 };
	struct value *v;
	uint64_t n = 0;
	int ok;

	unit_row("kinds");
	t.base = t.p = "BODY[] {5}\r\n \"a\" 18446744073709551615 18446744073709551616 -1 1x ({1}\r\n";
	t.end = t.p + strlen(t.p);
	t.streamed = streamed;
	t.nstreamed = 1;
	v = value_read(a, &t, 0, &ok);
	CHECK(!ok);
	t.p = t.base;
	t.end = strchr(t.base, '(');
	v = value_read(a, &t, 0, &ok);
	CHECK(ok);
	CHECK(value_is(v, "body[]"));
	CHECK(!value_is(NULL, "BODY[]"));
	CHECK_NUM(value_at(v, 1)->kind, VALUE_STREAMED);
	CHECK_NUM(value_at(v, 1)->len, 5);
	CHECK(value_text(value_at(v, 1)) == NULL);
	CHECK(!value_is(value_at(v, 2), "a"));
	CHECK_STR(value_text(value_at(v, 2)), "a");
	CHECK_NUM(value_num(value_at(v, 2), &n), -1);
	CHECK(value_num(value_at(v, 3), &n) == 0 && n == UINT64_MAX);
	CHECK_NUM(value_num(value_at(v, 4), &n), -1);
	CHECK_NUM(value_num(value_at(v, 5), &n), -1);
	CHECK_NUM(value_num(value_at(v, 6), &n), -1);
	CHECK(value_at(v, 7) == NULL);
	arena_reset(a);
	t.base = t.p = "{3}\r\na\0b";
	t.end = t.p + 8;
	t.nstreamed = 0;
	v = value_read(a, &t, 0, &ok);
	CHECK(ok && v->len == 3 && value_text(v) == NULL);
	arena_free(a);
}

/* What a response may cost in memory is bounded by more than its length. */
static void
greedy(void)
{
	struct arena *a = arena_new();
	struct value_text t = { 0 };
	size_t i, n = 8u << 20;
	char *text = malloc(n);
	int ok;

	unit_row("a million tiny values");
	for (i = 0; i < n; i++)
		text[i] = i % 2 == 0 ? 'a' : ' ';
	t.base = t.p = text;
	t.end = text + n;
	value_read(a, &t, 0, &ok);
	CHECK(!ok);
	arena_reset(a);
	t.p = text;
	t.end = text + 20000;
	value_read(a, &t, 0, &ok);
	CHECK(ok);
	arena_free(a);
	free(text);
}

int
main(void)
{
	texts();
	codes();
	kinds();
	greedy();
	return unit_end("imap_value");
}
