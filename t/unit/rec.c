/* Records: what reads, what is refused, and that writing gives back what was read. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/pct.h"
#include "base/rec.h"

static const struct {
	const char *line;
	int ok;
} lines[] = {
	{ "plan\t1\taccount=Work", 1 },
	{ "create\tlocal\tA\tB", 1 },
	{ "create\tlocal\tA%20b\t%", 1 },
	{ "end\t-\t-\t5", 1 },
	{ "copy\tlocal\tF\tF\t5:1\tdate=1\tflags=%\tsize=3", 1 },
	{ "done\tcopy\tlocal\tF\tF\t5:1\tflags=%", 1 },
	{ "skip=changed%20meanwhile\tdelete\tremote\tF\tF\t5:1\tname=x\twas=S", 1 },
	{ "stat\tmsgs=4", 1 },
	{ "", 0 },
	{ "nonsense\ta", 0 },
	{ "plan", 0 },				/* too few */
	{ "create\tlocal\tA", 0 },
	{ "create\tlocal\tA\tB\tC", 0 },	/* a fourth is no key */
	{ "create\tlocal\t\tB", 0 },		/* an empty field is %, never nothing */
	{ "create\tlocal\tA b\tB", 0 },		/* raw blank */
	{ "create\tlocal\tA%2\tB", 0 },
	{ "create\tlocal\tA%zz\tB", 0 },
	{ "create\tlocal\tA%2f\tB", 0 },	/* hex is upper case */
	{ "create\tlocal\tA%00\tB", 0 },
	{ "create\tlocal\tA\x9b\tB", 0 },
	{ "plan\t1\taccount=a\taccount=b", 0 },	/* twice */
	{ "plan\t1\tcolour=red", 0 },		/* unknown key */
	{ "plan\t1\taccount", 0 },
	{ "plan\t1\t=x", 0 },
	{ "mad\t1", 0 },
	{ "done", 0 },
	{ "done=%zz\tplan\t1", 0 },
};

static void
test_parse(void)
{
	char scratch[512];
	struct err e;
	struct rec r;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		unit_row("%s", lines[i].line);
		CHECK((rec_parse(&r, lines[i].line, strlen(lines[i].line), scratch, &e) == 0) ==
		    lines[i].ok);
	}
	unit_row("a NUL inside");
	CHECK(rec_parse(&r, "plan\0\t1", 7, scratch, &e) == -1);
}

static void
test_fields(void)
{
	static const char line[] = "skip=no%20way\tkeep\tremote\tA%2FB\t%\t-\tname=%2D\twhy=refused";
	char scratch[sizeof(line)];
	struct err e;
	struct rec r;

	unit_row("fields");
	CHECK(rec_parse(&r, line, sizeof(line) - 1, scratch, &e) == 0);
	CHECK_STR(r.outcome, "skip");
	CHECK_STR(r.detail, "no way");
	CHECK_STR(r.verb, "keep");
	CHECK_STR(r.pos[1], "A/B");
	CHECK_STR(r.pos[2], "");
	CHECK(r.pos[3] == NULL);
	CHECK_STR(rec_get(&r, "name"), "-");
	CHECK_STR(rec_get(&r, "why"), "refused");
	CHECK(rec_get(&r, "was") == NULL);
}

/* Bytes into a pipe, in pieces, and what reading says at the end. */
static int
read_back(const char *bytes, size_t n, int *count)
{
	struct recin in;
	struct rec r;
	struct err e;
	int p[2], got;

	*count = 0;
	if (pipe(p) == -1 || write(p[1], bytes, n) != (ssize_t)n)
		return -2;
	close(p[1]);
	recin_open(&in, p[0], "test");
	while ((got = rec_read(&in, &r, &e)) == 1)
		(*count)++;
	recin_close(&in);
	close(p[0]);
	return got;
}

static void
test_stream(void)
{
	static const struct { const char *bytes; int end, count; } rows[] = {
		{ "", 0, 0 },
		{ "plan\t1\nend\t-\t-\t1\n", 0, 2 },
		{ "plan\t1\nend\t-\t-\t1", -1, 1 },	/* 1:5 of 1:57 still parses: the LF must be there */
		{ "plan\t1\n\n", -1, 1 },
		{ "plan\t1\nwhat\n", -1, 1 },
	};
	size_t i;
	int count;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("stream %zu", i);
		CHECK_NUM(read_back(rows[i].bytes, strlen(rows[i].bytes), &count), rows[i].end);
		CHECK_NUM(count, rows[i].count);
	}
}

static void
test_long(void)
{
	size_t n = REC_LINE_MAX + 200000;
	char *big = malloc(n);
	struct recin in;
	struct rec r;
	struct err e;
	FILE *f = tmpfile();
	int got;

	unit_row("a line without end");
	memset(big, 'x', n);
	CHECK(f != NULL && fwrite(big, 1, n, f) == n && fflush(f) == 0);
	rewind(f);
	recin_open(&in, fileno(f), "test");
	while ((got = rec_read(&in, &r, &e)) == 1)
		continue;
	CHECK_NUM(got, -1);
	recin_close(&in);
	fclose(f);
	free(big);
}

/* Every byte through a field and back. */
static void
test_roundtrip(void)
{
	char text[256], out[1024], scratch[1024];
	struct recout o;
	struct rec r;
	struct err e;
	ssize_t n;
	int p[2], i;

	unit_row("round trip");
	for (i = 1; i < 256; i++)
		text[i - 1] = (char)i;
	text[255] = '\0';
	CHECK(pipe(p) == 0);
	recout_open(&o, p[1]);
	rec_begin(&o, "create");
	rec_pos(&o, "local");
	rec_pos(&o, text);
	rec_pos(&o, NULL);
	rec_end(&o);
	CHECK(recout_close(&o) == 0);
	n = read(p[0], out, sizeof(out));
	CHECK(n > 1 && out[n - 1] == '\n');
	CHECK(rec_parse(&r, out, (size_t)n - 1, scratch, &e) == 0);
	CHECK_STR(r.pos[1], text);
	CHECK(r.pos[2] == NULL);
	close(p[0]);
	close(p[1]);
}

static void
test_hash(void)
{
	static const char a[] = "copy\tlocal\tF\tF\t5:1\tflags=%\tsize=3";
	static const char b[] = "copy\tlocal\tF\tF\t5:1\tflags=%\tsize=3\tspool=x\tspooldig=y\tspoolsize=2";
	static const char c[] = "copy\tlocal\tF\tF\t5:1\tflags=%\tsize=4";

	unit_row("hash");
	CHECK(rec_hash(a, sizeof(a) - 1) == rec_hash(b, sizeof(b) - 1));
	CHECK(rec_hash(a, sizeof(a) - 1) != rec_hash(c, sizeof(c) - 1));
}

static void
test_numbers(void)
{
	static const struct { const char *s; int ok; uint64_t n; } rows[] = {
		{ "0", 1, 0 }, { "18446744073709551615", 1, UINT64_MAX },
		{ "18446744073709551616", 0, 0 }, { "", 0, 0 }, { "-1", 0, 0 }, { "+1", 0, 0 },
		{ " 1", 0, 0 }, { "1 ", 0, 0 }, { "0x1", 0, 0 },
	};
	static const struct { const char *s; int zero, ok; } ids[] = {
		{ "1:1", 0, 1 }, { "4294967295:4294967295", 0, 1 }, { "1:0", 0, 0 }, { "1:0", 1, 1 },
		{ "0:1", 0, 0 }, { "4294967296:1", 0, 0 }, { "1:4294967296", 0, 0 }, { "1", 0, 0 },
		{ ":1", 0, 0 }, { "1:", 0, 0 }, { "1:1:1", 0, 0 }, { "99999999999999999999:1", 0, 0 },
	};
	uint32_t v, u;
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("number \"%s\"", rows[i].s);
		CHECK((rec_number(rows[i].s, &n) == 0) == rows[i].ok);
		CHECK(!rows[i].ok || n == rows[i].n);
	}
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		unit_row("id \"%s\"", ids[i].s);
		CHECK((rec_id(ids[i].s, &v, &u, ids[i].zero) == 0) == ids[i].ok);
	}
}

static void
test_show(void)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "plain", "plain" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "a\nb\tc", "a\\x0ab\\x09c" },
		{ "\x1b[31m", "\\x1b[31m" },
		{ "\x9b" "31m", "\\x9b31m" },			/* CSI as a byte */
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" },		/* and as U+009B */
		{ "\xe2\x80\xae" "txt", "\\xe2\\x80\\xaetxt" },	/* right-to-left override */
		{ "\xc0\xaf", "\\xc0\\xaf" },			/* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "end\xc3", "end\\xc3" },
	};
	struct buf b;
	size_t i;

	buf_init(&b, 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("show %zu", i);
		buf_clear(&b);
		pct_show(&b, rows[i].in);
		CHECK_STR(buf_cstr(&b), rows[i].out);
	}
	buf_free(&b);
}

/* What the tools that follow sync-pair look for. */
static void
test_listing(void)
{
	static const struct { const char *line; int leaves, last, state; } rows[] = {
		{ "pair\tA\tA", 1, 0, 0 }, { "create\tlocal\tA\tA", 1, 0, 0 },
		{ "keep\tboth\tA\tA\t-\twhy=failed", 1, 0, 0 }, { "forget\tboth\tA\tA\t-", 1, 0, 0 },
		{ "note\t-\tfolders=1", 1, 0, 0 }, { "end\t-\t-\t7", 1, 1, 0 },
		{ "end\ts\tA\t7", 0, 0, 0 }, { "folder\ts\tA\tA", 0, 0, 1 },
		{ "folder\tr\tA\tA", 0, 0, 0 }, { "folder\t-\tA\tA", 0, 0, 0 },
		{ "m\ts\t5:1\tflags=%", 0, 0, 0 }, { "probe\tremote\tA\tA\t5:1", 0, 0, 0 },
	};
	static const struct { const char *rules, *lasting; } words[] = {
		{ NULL, "" }, { "", "" }, { "lreadonly", "lreadonly" }, { "allowdelete", "" },
		{ "allowdelete,noexpunge,rnodelete", "noexpunge,rnodelete" },
		{ "allowdeletes,lnodelete", "allowdeletes,lnodelete" }, { "a,allowdelete", "a" },
		{ ",,a,,b,,", "a,b" }, { ",", "" },
	};
	char scratch[128], *got;
	struct err e;
	struct rec r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s", rows[i].line);
		if (!CHECK(rec_parse(&r, rows[i].line, strlen(rows[i].line), scratch, &e) == 0))
			continue;
		CHECK_NUM(rec_leaves_pair(&r), rows[i].leaves);
		CHECK_NUM(rec_last(&r), rows[i].last);
		CHECK_NUM(rec_of(&r, "folder", "s"), rows[i].state);
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		unit_row("rules %s", words[i].rules != NULL ? words[i].rules : "(none)");
		got = rec_lasting_rules(words[i].rules);
		CHECK_STR(got, words[i].lasting);
		free(got);
	}
	CHECK(rec_same("a", "a") && !rec_same("a", "b") && !rec_same(NULL, NULL) &&
	    !rec_same("a", NULL) && !rec_same(NULL, "a"));
}

int
main(void)
{
	test_parse();
	test_fields();
	test_listing();
	test_stream();
	test_long();
	test_roundtrip();
	test_hash();
	test_numbers();
	test_show();
	return unit_end("rec");
}
