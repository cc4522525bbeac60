/* Sets of uids: reading, adding in any order, what is in them, how they are written. */
#include "base/uidset.h"
#include "unit.h"

static void
texts(void)
{
	static const struct { const char *in, *out; uint64_t count; } rows[] = {
		{ "1", "1", 1 },
		{ "4294967295", "4294967295", 1 },
		{ "1:4294967295", "1:4294967295", UINT32_MAX },
		{ "3:1", "1:3", 3 },
		{ "1,2,3", "1:3", 3 },
		{ "5,1,3", "1,3,5", 3 },
		{ "1:3,2:7", "1:7", 7 },
		{ "7,1:10,3", "1:10", 10 },
		{ "5,5,5", "5", 1 },
		{ "10:12,1:9", "1:12", 12 },
		{ "4294967295,4294967294,1", "1,4294967294:4294967295", 3 },
		{ "007", "7", 1 },
		{ "", NULL, 0 },
		{ "0", NULL, 0 },
		{ "*", NULL, 0 },
		{ "1:*", NULL, 0 },
		{ "1,", NULL, 0 },
		{ ",1", NULL, 0 },
		{ "1:", NULL, 0 },
		{ ":1", NULL, 0 },
		{ "1:2:3", NULL, 0 },
		{ "1 2", NULL, 0 },
		{ "-1", NULL, 0 },
		{ "4294967296", NULL, 0 },
		{ "99999999999999999999999", NULL, 0 },
		{ "a", NULL, 0 },
	};
	struct uidset s;
	struct buf b;
	size_t i, at;
	int r;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("\"%s\"", rows[i].in);
		uidset_init(&s);
		r = uidset_parse(&s, rows[i].in);
		CHECK_NUM(r, rows[i].out == NULL ? -1 : 0);
		if (r == 0 && rows[i].out != NULL) {
			buf_init(&b, 4096);
			at = 0;
			uidset_text(&s, &at, 4000, &b);
			CHECK_STR(buf_cstr(&b), rows[i].out);
			CHECK_NUM(at, s.n);
			CHECK_NUM(uidset_count(&s), rows[i].count);
			buf_free(&b);
		}
		uidset_free(&s);
	}
}

/* Against a plain table of bits, in an order of its own. */
static void
members(void)
{
	unsigned char in[2000] = { 0 };
	struct uidset s;
	uint64_t n = 0;
	uint32_t i, x = 12345, lo, hi;

	unit_row("members");
	uidset_init(&s);
	for (i = 0; i < 400; i++) {
		x = x * 1103515245u + 12345u;
		lo = 1 + (x >> 8) % 1900;
		hi = lo + (x >> 24) % 7;
		uidset_add(&s, lo, hi);
		memset(in + lo, 1, hi - lo + 1);
		if (i % 50 == 0)
			CHECK(uidset_has(&s, lo) && uidset_has(&s, hi));
	}
	for (i = 1; i < sizeof(in); i++) {
		n += in[i];
		if (!CHECK_NUM(uidset_has(&s, i), in[i]))
			break;
	}
	CHECK_NUM(uidset_count(&s), n);
	for (i = 1; i < s.n; i++)
		if (!CHECK(s.r[i].lo > s.r[i - 1].hi + 1))
			break;
	uidset_clear(&s);
	CHECK(!uidset_has(&s, 5));
	CHECK_NUM(uidset_count(&s), 0);
	uidset_free(&s);
}

/* Adding and looking up in turns, in whatever order: few runs, whatever their number. */
static void
turns(void)
{
	enum { N = 20000 };
	static const char *const orders[] = { "probes, then all", "down", "from both ends", "shuffled" };
	struct uidset s;
	uint32_t uid = 0;
	unsigned order, i;

	for (order = 0; order < 4; order++) {
		unit_row("turns: %s", orders[order]);
		uidset_init(&s);
		for (i = 0; i < N; i++) {
			switch (order) {
			case 0: uid = i < N / 4 ? 4 * i + 4 : 4 * (i - N / 4) / 3 + 1; break;
			case 1: uid = N - i; break;
			case 2: uid = i % 2 == 0 ? i / 2 + 1 : N - i / 2; break;
			case 3: uid = i * 7919 % N + 1; break;
			}
			/* none touches another, but for every eighth */
			uid = 2 * uid - (uid % 8 == 0);
			uidset_add(&s, uid, uid);
			if (!CHECK(uidset_has(&s, uid) && s.nrun < 17))
				break;
			if (!CHECK(!uidset_has(&s, 2 * N + 2) && !uidset_has(&s, 2 * (i % (N / 8)) * 8 + 1)))
				break;
		}
		CHECK(order != 0 || s.nrun == 1);
		CHECK_NUM(uidset_count(&s), N);
		for (i = 1; i <= N; i++)
			if (!CHECK(uidset_has(&s, 2 * i - (i % 8 == 0))))
				break;
		for (i = 1; i < s.n; i++)
			if (!CHECK(s.r[i].lo > s.r[i - 1].hi + 1))
				break;
		uidset_free(&s);
	}
}

/* Text comes in pieces of about the size asked for, and all of it comes. */
static void
pieces(void)
{
	struct uidset s, back;
	struct buf b;
	size_t at = 0, n = 0;
	uint32_t i;

	unit_row("pieces");
	uidset_init(&s);
	uidset_init(&back);
	for (i = 0; i < 1000; i++)
		uidset_add(&s, 4000000000u + 2 * i, 4000000000u + 2 * i);
	buf_init(&b, 200);
	for (; at < s.n && n < 2000; n++) {
		buf_clear(&b);
		uidset_text(&s, &at, 100, &b);
		CHECK(!buf_bad(&b) && b.len < 100 + 22);
		CHECK_NUM(uidset_parse(&back, buf_cstr(&b)), 0);
	}
	CHECK_NUM(uidset_count(&back), 1000);
	CHECK(n > 90 && n < 120);
	buf_free(&b);
	uidset_free(&s);
	uidset_free(&back);
}

/* What two sets have in common, and what only the first has. */
static void
pairs(void)
{
	static const struct { const char *a, *b, *both, *rest; } rows[] = {
		{ "1:10", "3,5:7", "3,5:7", "1:2,4,8:10" },
		{ "1:10", "1:4294967295", "1:10", "" },
		{ "1:4294967295", "5", "5", "1:4,6:4294967295" },
		{ "4294967295", "4294967295", "4294967295", "" },
		{ "4294967290:4294967295", "1:4294967294", "4294967290:4294967294", "4294967295" },
		{ "1,3,5,7", "2,4,6,8", "", "1,3,5,7" },
		{ "1:3,7:9,20", "2:8", "2:3,7:8", "1,9,20" },
		{ "5:6", "1:5", "5", "6" },
		{ "5:6", "6:9", "6", "5" },
		{ "1:2,4:5,7:8", "2:4,5:7", "2,4:5,7", "1,8" },
		{ "9,1", "1", "1", "9" },
	};
	struct uidset a, b, both, rest, part;
	struct buf t;
	size_t i, at;

	buf_init(&t, 4096);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s and %s", rows[i].a, rows[i].b);
		uidset_init(&a);
		uidset_init(&b);
		uidset_init(&both);
		uidset_init(&rest);
		CHECK(uidset_parse(&a, rows[i].a) == 0 && uidset_parse(&b, rows[i].b) == 0);
		uidset_and(&both, &a, &b);
		uidset_minus(&rest, &a, &b);
		buf_clear(&t);
		at = 0;
		uidset_text(&both, &at, 4000, &t);
		CHECK_STR(buf_cstr(&t), rows[i].both);
		buf_clear(&t);
		at = 0;
		uidset_text(&rest, &at, 4000, &t);
		CHECK_STR(buf_cstr(&t), rows[i].rest);
		CHECK_NUM(uidset_count(&both) + uidset_count(&rest), uidset_count(&a));
		uidset_init(&part);
		uidset_part(&part, &a, 1, 0);
		CHECK_NUM(uidset_count(&part), 0);
		uidset_part(&part, &a, 1, UINT32_MAX);
		CHECK_NUM(uidset_count(&part), uidset_count(&a));
		uidset_free(&a);
		uidset_free(&b);
		uidset_free(&both);
		uidset_free(&rest);
		uidset_free(&part);
	}
	buf_free(&t);
}

/* As records have them, with the UIDVALIDITY in front. */
static void
ids(void)
{
	static const struct { const char *in, *out; uint32_t validity; } rows[] = {
		{ "9:1", "1", 9 },
		{ "4294967295:7,1:3", "1:3,7", UINT32_MAX },
		{ "1:1:4294967295", "1:4294967295", 1 },
		{ NULL, NULL, 0 },
		{ "", NULL, 0 },
		{ "9", NULL, 0 },
		{ "9:", NULL, 0 },
		{ ":1", NULL, 0 },
		{ "0:1", NULL, 0 },
		{ "9::1", NULL, 0 },
		{ "9,1", NULL, 0 },
		{ "9:1:x", NULL, 0 },
		{ "4294967296:1", NULL, 0 },
		{ "-1:1", NULL, 0 },
	};
	struct uidset s;
	struct buf b;
	uint32_t validity;
	size_t i, at;
	int r;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("id \"%s\"", rows[i].in != NULL ? rows[i].in : "-");
		uidset_init(&s);
		r = uidset_parse_id(&s, rows[i].in, &validity);
		CHECK_NUM(r, rows[i].out == NULL ? -1 : 0);
		if (r == 0) {
			buf_init(&b, 4096);
			at = 0;
			uidset_text(&s, &at, 4000, &b);
			CHECK_STR(buf_cstr(&b), rows[i].out);
			CHECK_NUM(validity, rows[i].validity);
			buf_free(&b);
		}
		uidset_free(&s);
	}
}

int
main(void)
{
	texts();
	ids();
	pairs();
	members();
	turns();
	pieces();
	return unit_end("uidset");
}
