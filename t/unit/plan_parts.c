/* The planner's parts: rules, table, sorting, heads, pairing by content. */
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/rec.h"
#include "plan/doubt.h"
#include "plan/mark.h"
#include "plan/merge.h"
#include "plan/pair.h"
#include "plan/rules.h"
#include "plan/sort.h"
#include "plan/table.h"
#include "unit.h"

static const struct {
	const char *text;
	int ok;
	unsigned rules;
} rules[] = {
	{ NULL, 0, 0 },
	{ "", 0, 0 },
	{ "lreadonly", 0, RULE_LREADONLY },
	{ "allowdelete,noexpunge,rnodelete", 0, RULE_ALLOWDELETE | RULE_NOEXPUNGE | RULE_RNODELETE },
	{ "allowdelete", 0, RULE_ALLOWDELETE },
	{ "readonly", -1, 0 },
	{ "lreadonly,", -1, 0 },
	{ "lreadonlyx", -1, 0 },
};

static void
test_rules(void)
{
	unsigned got;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		unit_row("rules %s", rules[i].text != NULL ? rules[i].text : "(none)");
		CHECK_NUM(rules_parse(rules[i].text, &got), rules[i].ok);
		if (rules[i].ok != 0)
			continue;
		CHECK_NUM(got, rules[i].rules);
	}
}

static const struct {
	const char *line;
	int ok;
	uint64_t deletions, rows;
	int holds;
} limits[] = {
	{ "pair\ta\ta\tmaxdelete=50,50", 0, 51, 100, 1 },
	{ "pair\ta\ta\tmaxdelete=50,50", 0, 50, 60, 0 },
	{ "pair\ta\ta\tmaxdelete=50,50", 0, 51, 102, 0 },
	{ "pair\ta\ta", 0, 51, 60, 1 },
	{ "pair\ta\ta", 0, 50, 50, 0 },
	{ "pair\ta\ta\tmaxdelete=-", 0, 1000, 1000, 0 },
	{ "pair\ta\ta\tmaxdelete=0,0", 0, 1, 1000, 1 },
	{ "pair\ta\ta\tmaxdelete=0,0", 0, 0, 0, 0 },
	{ "pair\ta\ta\tmaxdelete=5,100", 0, 1000, 1000, 0 },
	{ "pair\ta\ta\tmaxdelete=5", -1, 0, 0, 0 },
	{ "pair\ta\ta\tmaxdelete=5,", -1, 0, 0, 0 },
	{ "pair\ta\ta\tmaxdelete=x,5", -1, 0, 0, 0 },
	{ "pair\ta\ta\tmaxdelete=1,2,3", -1, 0, 0, 0 },
};

static void
test_limits(void)
{
	char scratch[200];
	struct maxdelete m;
	struct rec rec;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		unit_row("%s: %llu of %llu", limits[i].line, (unsigned long long)limits[i].deletions,
		    (unsigned long long)limits[i].rows);
		CHECK(rec_parse(&rec, limits[i].line, strlen(limits[i].line), scratch, NULL) == 0);
		CHECK_NUM(maxdelete_read(&rec, &m), limits[i].ok);
		if (limits[i].ok == 0)
			CHECK_NUM(maxdelete_holds(&m, limits[i].deletions, limits[i].rows), limits[i].holds);
	}
}

static const struct {
	uint64_t gone, rows;
	int mass;
} masses[] = {
	{ 0, 0, 0 }, { 1, 1, 1 }, { 3, 3, 1 }, { 3, 4, 0 }, { 10, 11, 0 }, { 10, 10, 1 },
	{ 11, 12, 1 }, { 11, 219, 1 }, { 11, 220, 0 }, { 5000, 100000, 0 }, { 5001, 100000, 1 },
};

static void
test_masses(void)
{
	size_t i;

	for (i = 0; i < sizeof(masses) / sizeof(masses[0]); i++) {
		unit_row("%llu of %llu", (unsigned long long)masses[i].gone,
		    (unsigned long long)masses[i].rows);
		CHECK_NUM(doubt_mass(masses[i].gone, masses[i].rows), masses[i].mass);
	}
}

static void
test_table(void)
{
	unsigned char dig[DIGEST_LEN] = { 1 }, other[DIGEST_LEN] = { 2 };
	struct table t = { 0 };
	struct row *r;
	uint32_t uid;

	unit_row("table");
	CHECK(sizeof(struct row) == 16);
	CHECK(table_find(&t, 1) == NULL && table_from(&t, 1) == 0);
	for (uid = 2; uid <= 20000; uid += 2)
		CHECK_NUM(table_add(&t, uid, uid * 7ull, uid % 32, uid % 3 == 0, 0), 0);
	CHECK_NUM(table_add(&t, 20000, 0, 0, 0, 0), -1);
	CHECK_NUM(table_add(&t, 5, 0, 0, 0, 0), -1);
	for (uid = 1; uid <= 20001; uid++) {
		r = table_find(&t, uid);
		if (!CHECK((r != NULL) == (uid % 2 == 0)) || r == NULL)
			continue;
		CHECK(r->uid == uid && r->hash == uid * 7ull && row_flags(r) == uid % 32);
		CHECK(((r->bits & ROW_KEPT) != 0) == (uid % 3 == 0) && row_where(r) == MERGE_ABSENT);
		row_set_remote(r, MERGE_PRESENT, FLAG_ALL ^ uid % 32);
		CHECK(row_where(r) == MERGE_PRESENT && row_rflags(r) == (FLAG_ALL ^ uid % 32));
		CHECK(row_flags(r) == uid % 32 && ((r->bits & ROW_KEPT) != 0) == (uid % 3 == 0));
		row_set_remote(r, MERGE_UNKNOWN, 0);
		CHECK(row_where(r) == MERGE_UNKNOWN && row_rflags(r) == 0);
	}
	CHECK_NUM(table_from(&t, 3), 1);
	CHECK_NUM(table_from(&t, 4), 1);
	CHECK_NUM(table_from(&t, 20001), 10000);
	CHECK(table_content(5, dig) != 0 && table_content(5, dig) == table_content(5, dig));
	CHECK(table_content(5, dig) != table_content(6, dig));
	CHECK(table_content(5, dig) != table_content(5, other));
	CHECK(table_hash("a") != table_hash("b") && table_hash("") != table_hash("a"));
	CHECK(table_hash("12345678") != table_hash("123456789"));
	table_free(&t);
}

/* Sorted, with everything in memory and with a run for every few lines. */
static void
test_sort(size_t memory)
{
	char key[20], line[40], before[40] = "";
	const char *got;
	struct sort s;
	size_t len, n;
	int i, round;

	unit_row("sort with %zu bytes", memory);
	/* in disorder, in order, and in order but for every hundredth */
	for (round = 0; round < 3; round++) {
		sort_init(&s, memory);
		for (i = 0; i < 5000; i++) {
			snprintf(key, sizeof(key), "%04d", round == 0 ? i * 7919 % 5000 :
			    round == 2 && i % 100 == 99 ? 4999 - (i - 99) : i);
			snprintf(line, sizeof(line), "%s line", key);
			CHECK(sort_add(&s, key, strlen(key), line, strlen(line)) == 0);
		}
		for (n = 0, before[0] = '\0'; sort_next(&s, &got, &len) == 1; n++) {
			CHECK(len == 9);
			memcpy(line, got, len);
			line[len] = '\0';
			CHECK(strcmp(before, line) < 0);
			memcpy(before, line, len + 1);
		}
		CHECK_NUM(n, 5000);
		CHECK(round != 1 || s.nruns <= 1);
		CHECK(sort_next(&s, &got, &len) == 0);
		sort_free(&s);
	}
	sort_init(&s, memory);
	CHECK(sort_next(&s, &got, &len) == 0);
	sort_free(&s);
}

static void
test_heads(void)
{
	struct rhead a = { .validity = 1, .next = 5, .count = 2, .has_count = 1 }, b = a;

	unit_row("heads");
	CHECK(rhead_equal(&a, &b));
	b.modseq = 1;
	CHECK(!rhead_equal(&a, &b));
	rhead_check(&b, 4);
	CHECK(b.next == 5 && b.modseq == 1);
	rhead_check(&b, 5);	/* a uid that is not below UIDNEXT */
	CHECK(b.next == 0 && b.modseq == 0 && !b.has_count && b.validity == 1);
}

/* A message for the pairing: what is known of it. */
struct known {
	int size, date, dig;	/* 0: unknown */
	int uid, probed;	/* remote */
	int intent;		/* local: 1 + index */
	enum fate fate;		/* expected */
	int match;		/* expected, -1: any */
};

static struct content
content(const struct known *k)
{
	static unsigned char digs[16][CONTENT_DIGS];
	struct content c = { 0 };

	digs[k->dig][0] = (unsigned char)k->dig;
	c.size = (unsigned)k->size;
	c.date = (unsigned)k->date;
	c.dig = digs[k->dig];
	c.has = (k->size ? HAS_SIZE : 0) | (k->date ? HAS_DATE : 0) | (k->dig ? HAS_DIG : 0);
	return c;
}

static const struct {
	const char *name;
	struct known r[4], l[4], intent;	/* intent.uid: next */
} pairs[] = {
	{ "equal", { { 10, 1, 5, 1, 1, 0, FATE_ADOPT, 0 } }, { { 10, 2, 5, 0, 0, 0, FATE_ADOPT, 0 } }, { 0 } },
	{ "another size", { { 10, 1, 5, 1, 1, 0, FATE_OPEN, -1 } }, { { 11, 1, 5, 0, 0, 0, FATE_OPEN, -1 } }, { 0 } },
	{ "another digest", { { 10, 1, 5, 1, 1, 0, FATE_OPEN, -1 } }, { { 10, 1, 6, 0, 0, 0, FATE_OPEN, -1 } }, { 0 } },
	{ "to be asked", { { 10, 1, 0, 1, 0, 0, FATE_PROBE, -1 } }, { { 10, 1, 6, 0, 0, 0, FATE_WAIT, -1 } }, { 0 } },
	{ "not to be asked", { { 11, 1, 0, 1, 0, 0, FATE_OPEN, -1 } }, { { 10, 1, 6, 0, 0, 0, FATE_OPEN, -1 } }, { 0 } },
	{ "size unknown", { { 0, 1, 0, 1, 0, 0, FATE_PROBE, -1 } }, { { 10, 1, 6, 0, 0, 0, FATE_WAIT, -1 } }, { 0 } },
	{ "asked in vain", { { 10, 1, 0, 1, 1, 0, FATE_AMBIGUOUS, -1 } },
	    { { 10, 1, 6, 0, 0, 0, FATE_AMBIGUOUS, -1 } }, { 0 } },
	{ "twins, one arrived", { { 10, 1, 5, 1, 1, 0, FATE_ADOPT, -1 } },
	    { { 10, 2, 5, 0, 0, 0, FATE_OPEN, -1 }, { 10, 1, 5, 0, 0, 0, FATE_ADOPT, 0 } }, { 0 } },
	{ "twins by date", { { 10, 1, 5, 1, 1, 0, FATE_ADOPT, 1 }, { 10, 2, 5, 2, 1, 0, FATE_ADOPT, 0 } },
	    { { 10, 2, 5, 0, 0, 0, FATE_ADOPT, 1 }, { 10, 1, 5, 0, 0, 0, FATE_ADOPT, 0 } }, { 0 } },
	{ "an upload, asked for", { { 12, 1, 0, 7, 0, 0, FATE_PROBE, -1 } },
	    { { 10, 1, 5, 0, 0, 1, FATE_WAIT, -1 } }, { 10, 1, 5, 7, 0, 0, 0, 0 } },
	{ "an upload, uid too low", { { 12, 1, 0, 6, 0, 0, FATE_OPEN, -1 } },
	    { { 10, 1, 5, 0, 0, 1, FATE_OPEN, -1 } }, { 10, 1, 5, 7, 0, 0, 0, 0 } },
	{ "an upload, rewritten, same date", { { 12, 1, 6, 7, 1, 0, FATE_AMBIGUOUS, -1 } },
	    { { 10, 1, 5, 0, 0, 1, FATE_AMBIGUOUS, -1 } }, { 10, 1, 5, 7, 0, 0, 0, 0 } },
	{ "an upload, rewritten, same start", { { 12, 2, 5, 7, 1, 0, FATE_AMBIGUOUS, -1 } },
	    { { 10, 1, 5, 0, 0, 1, FATE_AMBIGUOUS, -1 } }, { 10, 1, 5, 7, 0, 0, 0, 0 } },
	{ "an upload, a stranger", { { 12, 2, 6, 7, 1, 0, FATE_OPEN, -1 } },
	    { { 10, 1, 5, 0, 0, 1, FATE_OPEN, -1 } }, { 10, 1, 5, 7, 0, 0, 0, 0 } },
	{ "an upload, the exact one is there too",
	    { { 12, 1, 6, 7, 1, 0, FATE_OPEN, -1 }, { 10, 1, 5, 8, 1, 0, FATE_ADOPT, 0 } },
	    { { 10, 1, 5, 0, 0, 1, FATE_ADOPT, 1 } }, { 10, 1, 5, 7, 0, 0, 0, 0 } },
	{ "doubtful, while another is asked for",
	    { { 12, 1, 6, 7, 1, 0, FATE_WAIT, -1 }, { 13, 3, 0, 8, 0, 0, FATE_PROBE, -1 } },
	    { { 10, 1, 5, 0, 0, 1, FATE_WAIT, -1 } }, { 10, 1, 5, 7, 0, 0, 0, 0 } },
};

static void
test_pairs(void)
{
	struct rmsg r[4];
	struct lmsg l[4];
	struct intent in;
	struct pairing p;
	size_t i, j;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		unit_row("pairing: %s", pairs[i].name);
		memset(r, 0, sizeof(r));
		memset(l, 0, sizeof(l));
		memset(&in, 0, sizeof(in));
		memset(&p, 0, sizeof(p));
		for (; p.nr < 4 && pairs[i].r[p.nr].uid != 0; p.nr++) {
			r[p.nr].c = content(&pairs[i].r[p.nr]);
			r[p.nr].uid = (uint32_t)pairs[i].r[p.nr].uid;
			r[p.nr].bits = pairs[i].r[p.nr].probed ? RMSG_LISTED | RMSG_PROBED : RMSG_LISTED;
		}
		for (; p.nl < 4 && pairs[i].l[p.nl].size != 0; p.nl++) {
			l[p.nl].c = content(&pairs[i].l[p.nl]);
			l[p.nl].hash = p.nl;
			l[p.nl].intent = (uint32_t)pairs[i].l[p.nl].intent;
		}
		in.c = content(&pairs[i].intent);
		in.next = (uint32_t)pairs[i].intent.uid;
		p.r = r;
		p.l = l;
		p.intents = &in;
		pair_content(&p);
		for (j = 0; j < p.nr; j++) {
			CHECK_NUM(r[j].fate, pairs[i].r[j].fate);
			if (r[j].fate == FATE_ADOPT && pairs[i].r[j].match != -1)
				CHECK_NUM(r[j].match, pairs[i].r[j].match);
		}
		for (j = 0; j < p.nl; j++) {
			CHECK_NUM(l[j].fate, pairs[i].l[j].fate);
			if (l[j].fate == FATE_ADOPT && pairs[i].l[j].match != -1)
				CHECK_NUM(l[j].match, pairs[i].l[j].match);
		}
	}
}

int
main(void)
{
	test_rules();
	test_limits();
	test_masses();
	test_table();
	test_sort(SORT_MEMORY);
	test_sort(1000);
	test_heads();
	test_pairs();
	return unit_end("plan_parts");
}
