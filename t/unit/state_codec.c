/* The state's values: layouts as documented, and nothing else decodes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state/codec.h"
#include "unit.h"

static const unsigned char dig[DIGEST_LEN] = "0123456789abcde";

static const struct {
	const char *title;
	struct state_msg m;
	int fits;
} msgs[] = {
	{ "plain", { .uid = 1, .name = "n" }, 1 },
	{ "all flags", { .name = "n", .flags = FLAG_ALL, .size = 7, .date = 1700000000 }, 1 },
	{ "kept", { .kept = KEPT_MAX - 1, .size = UINT64_MAX, .date = INT64_MIN }, 1 },
	{ "name", { .name = "1700000000_0.1.host,U=1,FMD5=0", .date = -1 }, 1 },
	{ "empty name", { .name = "" }, 1 },
	{ "keywords", { .name = "n", .kwset = 1ull << 63 }, 1 },
	{ "object id", { .name = "n", .objid = "M1" }, 1 },
	{ "everything", { .flags = 3, .kept = 2, .name = "n", .kwset = 5, .objid = "o" }, 1 },
	{ "unknown flag", { .name = "n", .flags = 32 }, 0 },
	{ "unknown word", { .kept = KEPT_MAX }, 0 },
	{ "no name and no word", { .uid = 1 }, 0 },
};

static const struct {
	const char *title;
	struct state_intent it;
} intents[] = {
	{ "plain", { .name = "a" } },
	{ "numbers", { .name = "a", .gen = UINT64_MAX, .validity = UINT32_MAX, .next = 5,
	    .size = 1, .date = -5 } },
	{ "refused", { .name = "a", .kept = KEPT_REFUSED, .why = "[LIMIT] too big" } },
	{ "refused for now", { .name = "a", .kept = KEPT_LATER } },
	{ "archive", { .name = "a", .kept = KEPT_ARCHIVE } },
	{ "stored", { .name = "a", .kept = KEPT_AMBIGUOUS } },
	{ "why alone", { .name = "a", .why = "" } },
};

#define S(s) (char *)(uintptr_t)(s)

static const struct {
	const char *title;
	struct state_folder f;
	int fits;
} folders[] = {
	{ "plain", { .remote = S("INBOX"), .local = S("") }, 1 },
	{ "numbers", { .remote = S("a/b"), .local = S("a.b"), .gen = 9, .validity = UINT32_MAX,
	    .written_at = 1, .lastfull = 2, .rung = 255, .distrust = 255, .rows = 3, .kept = 4,
	    .intents = UINT64_MAX }, 1 },
	{ "remote head", { .remote = S("r"), .local = S("l"),
	    .rhead = { 1, UINT32_MAX, 5, UINT64_MAX } }, 1 },
	{ "cur", { .remote = S("r"), .local = S("l"), .cur = { 1, 2, 3, -4, 5 } }, 1 },
	{ "new", { .remote = S("r"), .local = S("l"), .new = { 1, 2, 3, 4, INT64_MAX } }, 1 },
	{ "texts", { .remote = S("r"), .local = S("l"), .rules = S(""), .mailboxid = S("M") }, 1 },
	{ "past", { .remote = S("r"), .local = S("l"), .past = 7, .was = UINT64_MAX }, 1 },
	{ "age", { .remote = S("r"), .local = S("l"), .renewed = 1 }, 1 },
	{ "old", { .remote = S("r"), .local = S("l"), .old = 1, .renewed = 1, .past = 1 }, 1 },
	{ "rung", { .remote = S("r"), .local = S("l"), .rung = 256 }, 0 },
	{ "distrust", { .remote = S("r"), .local = S("l"), .distrust = 256 }, 0 },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
read_msg(const void *p, size_t n)
{
	struct state_msg m;

	return codec_msg_read(&m, p, n);
}

static int
read_intent(const void *p, size_t n)
{
	struct state_intent it;

	return codec_intent_read(&it, p, n);
}

static int
read_folder(const void *p, size_t n)
{
	struct state_folder f = { 0 };
	int r = codec_folder_read(&f, p, n);

	state_folder_free(&f);
	return r;
}

/* What must fail of any value: other lengths, another version, unknown bits. */
static void
damage(const struct buf *b, size_t bits, int (*decode)(const void *, size_t))
{
	unsigned char *p;
	size_t n;

	CHECK(decode(b->data, b->len) == 0);
	for (n = 0; n < b->len; n++) {
		/* of its own size, so that the sanitizer sees a byte too far */
		p = (unsigned char *)mem_ndup(b->data, n);
		CHECK(decode(p, n) == -1);
		free(p);
	}
	p = mem_alloc(b->len + 1);
	memcpy(p, b->data, b->len);
	CHECK(decode(p, b->len + 1) == -1);
	p[0] = CODEC_VERSION + 1;
	CHECK(decode(p, b->len) == -1);
	p[0] = 0;
	CHECK(decode(p, b->len) == -1);
	p[0] = CODEC_VERSION;
	p[bits] |= 0x80;
	CHECK(decode(p, b->len) == -1);
	free(p);
}

static void
test_msgs(void)
{
	struct buf b;
	struct state_msg in, out;
	size_t i;

	buf_init(&b, CODEC_VALUE_MAX);
	for (i = 0; i < 2 * N(msgs); i++) {
		in = msgs[i / 2].m;
		unit_row("row %s%s", msgs[i / 2].title, i % 2 ? " with digest" : "");
		if ((in.has_dig = i % 2))
			memcpy(in.dig, dig, sizeof(dig));
		buf_clear(&b);
		if (!msgs[i / 2].fits) {
			CHECK(codec_msg(&b, &in) == -1);
			continue;
		}
		CHECK(codec_msg(&b, &in) == 0);
		out.uid = in.uid;
		if (!CHECK(codec_msg_read(&out, b.data, b.len) == 0))
			continue;
		CHECK(out.flags == in.flags && out.kept == in.kept && out.size == in.size &&
		    out.date == in.date && out.has_dig == in.has_dig && out.kwset == in.kwset);
		CHECK(memcmp(out.dig, in.dig, sizeof(dig)) == 0);
		CHECK_STR(out.name, in.name);
		CHECK_STR(out.objid, in.objid);
		damage(&b, 3, read_msg);
		b.data[1] = 32;
		CHECK(read_msg(b.data, b.len) == -1);
		b.data[1] = 0;
		b.data[2] = KEPT_MAX;
		CHECK(read_msg(b.data, b.len) == -1);
	}
	buf_free(&b);
}

static void
test_intents(void)
{
	struct buf b;
	struct state_intent in, out;
	size_t i;

	buf_init(&b, CODEC_VALUE_MAX);
	for (i = 0; i < 2 * N(intents); i++) {
		in = intents[i / 2].it;
		unit_row("intent %s%s", intents[i / 2].title, i % 2 ? " with digest" : "");
		if ((in.has_dig = i % 2))
			memcpy(in.dig, dig, sizeof(dig));
		buf_clear(&b);
		CHECK(codec_intent(&b, &in) == 0);
		if (!CHECK(codec_intent_read(&out, b.data, b.len) == 0))
			continue;
		CHECK(out.gen == in.gen && out.validity == in.validity && out.next == in.next &&
		    out.size == in.size && out.date == in.date && out.kept == in.kept &&
		    out.has_dig == in.has_dig && memcmp(out.dig, in.dig, sizeof(dig)) == 0);
		CHECK_STR(out.name, in.name);
		CHECK_STR(out.why, in.why);
		damage(&b, 1, read_intent);
	}
	buf_free(&b);
}

static void
test_folders(void)
{
	struct buf b;
	struct state_folder out;
	const struct state_folder *in;
	size_t i;

	buf_init(&b, CODEC_VALUE_MAX);
	for (i = 0; i < N(folders); i++) {
		in = &folders[i].f;
		unit_row("folder %s", folders[i].title);
		buf_clear(&b);
		memset(&out, 0, sizeof(out));
		if (!folders[i].fits) {
			CHECK(codec_folder(&b, in) == -1);
			continue;
		}
		CHECK(codec_folder(&b, in) == 0);
		if (!CHECK(codec_folder_read(&out, b.data, b.len) == 0))
			continue;
		CHECK(out.past == in->past && out.was == in->was && out.renewed == in->renewed &&
		    out.old == in->old);
		CHECK(out.gen == in->gen && out.validity == in->validity &&
		    out.written_at == in->written_at && out.lastfull == in->lastfull &&
		    out.rung == in->rung && out.distrust == in->distrust && out.rows == in->rows &&
		    out.kept == in->kept && out.intents == in->intents);
		CHECK(memcmp(&out.rhead, &in->rhead, sizeof(out.rhead)) == 0);
		CHECK(memcmp(&out.cur, &in->cur, sizeof(out.cur)) == 0);
		CHECK(memcmp(&out.new, &in->new, sizeof(out.new)) == 0);
		CHECK_STR(out.remote, in->remote);
		CHECK_STR(out.local, in->local);
		CHECK_STR(out.rules, in->rules);
		CHECK_STR(out.mailboxid, in->mailboxid);
		state_folder_free(&out);
		damage(&b, 13, read_folder);
	}
	buf_free(&b);
}

/* The bytes on disk, as codec.h says: a change here is a new format. */
static void
test_layout(void)
{
	static const char row[] = "\1\x18\3\3" "\0\0\0\0\0\0\1\2" "\0\0\0\0\x65\x53\xf1\0"
	    "0123456789abcde\0" "\0\2" "ab\0";
	static const char key[] = "\0\0\1\2\xff\xfe\xfd\xfc";
	struct state_msg m = { .flags = FLAG_SEEN | FLAG_DELETED, .kept = KEPT_MAXDELETE,
	    .size = 258, .date = 1700000000, .has_dig = 1, .name = "ab" };
	unsigned char k[CODEC_NAMEKEY];
	struct buf b;

	unit_row("layout");
	memcpy(m.dig, dig, sizeof(dig));
	buf_init(&b, CODEC_VALUE_MAX);
	CHECK(codec_msg(&b, &m) == 0);
	CHECK(b.len == sizeof(row) - 1 && memcmp(b.data, row, b.len) == 0);
	buf_free(&b);
	codec_msg_key(k, 258, 0xfffefdfc);
	CHECK(memcmp(k, key, CODEC_MSGKEY) == 0);
	codec_name_key(k, 'r', "abc");
	CHECK(memcmp(k, "r\xba\x78\x16\xbf", 5) == 0);
}

/* Strings: a NUL inside, none at the end, too long. */
static void
test_strings(void)
{
	struct state_msg m = { .name = "abc" };
	struct state_folder f = { .remote = S("r"), .local = S("l") };
	struct buf b;
	char *s = mem_alloc(UINT16_MAX + 2);

	unit_row("strings");
	buf_init(&b, CODEC_VALUE_MAX);
	CHECK(codec_msg(&b, &m) == 0);
	b.data[b.len - 3] = '\0';
	CHECK(read_msg(b.data, b.len) == -1);
	b.data[b.len - 3] = 'b';
	CHECK(read_msg(b.data, b.len) == 0);
	b.data[b.len - 1] = 'd';
	CHECK(read_msg(b.data, b.len) == -1);
	memset(s, 'x', UINT16_MAX);
	m.name = s;
	buf_clear(&b);
	CHECK(codec_msg(&b, &m) == 0 && read_msg(b.data, b.len) == 0);
	s[UINT16_MAX] = 'x';
	CHECK(codec_msg(&b, &m) == -1);
	f.rules = s;
	CHECK(codec_folder(&b, &f) == -1);
	buf_free(&b);
	free(s);
}

static void
test_words(void)
{
	unsigned n;

	unit_row("kept words");
	CHECK(state_kept_word(KEPT_NO) == NULL && state_kept_word(KEPT_MAX) == NULL);
	for (n = 1; n < KEPT_MAX; n++)
		CHECK(state_kept_number(state_kept_word(n)) == n);
	CHECK(state_kept_number("sync_deletes") == KEPT_SYNC_DELETES);
	CHECK(state_kept_number("nonsense") == KEPT_FAILED && state_kept_number(NULL) == KEPT_NO);
}

int
main(void)
{
	test_msgs();
	test_intents();
	test_folders();
	test_layout();
	test_strings();
	test_words();
	return unit_end("state_codec");
}
