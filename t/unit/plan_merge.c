/* All cases of one message: three views, every flag, every rule. */
#include "plan/merge.h"

#include "base/flags.h"
#include "plan/rules.h"
#include "unit.h"

#define P(f)	{ MERGE_PRESENT, (f) }
#define A	{ MERGE_ABSENT, 0 }
#define U	{ MERGE_UNKNOWN, 0 }
#define S	FLAG_SEEN
#define F	FLAG_FLAGGED

static const struct {
	const char *name;
	unsigned row;
	struct merge_view remote, local;
	unsigned rules;
	enum merge_verb verb;
	const char *why;
} rows[] = {
	{ "gone on both sides", S, A, A, 0, MERGE_FORGET, NULL },
	{ "gone on both, everything forbidden", S, A, A,
	    RULE_LREADONLY | RULE_RREADONLY | RULE_LNODELETE | RULE_RNODELETE, MERGE_FORGET, NULL },
	{ "deleted locally", S, P(S), A, 0, MERGE_DELETE_REMOTE, NULL },
	{ "deleted locally, flags changed there", S, P(F), A, 0, MERGE_DELETE_REMOTE, NULL },
	{ "deleted locally, stays local", S, P(S), A, RULE_LNODELETE, MERGE_KEEP_REMOTE, "sync_deletes" },
	{ "deleted locally, server readonly", S, P(S), A, RULE_RREADONLY, MERGE_KEEP_REMOTE, "readonly" },
	{ "deleted locally, other rules", S, P(S), A, RULE_RNODELETE | RULE_LREADONLY | RULE_NOEXPUNGE,
	    MERGE_DELETE_REMOTE, NULL },
	{ "deleted remotely", S, A, P(S), 0, MERGE_DELETE_LOCAL, NULL },
	{ "deleted remotely, flags changed here", S, A, P(F), 0, MERGE_DELETE_LOCAL, NULL },
	{ "deleted remotely, stays there", S, A, P(S), RULE_RNODELETE, MERGE_KEEP_LOCAL, "sync_deletes" },
	{ "deleted remotely, disk readonly", S, A, P(S), RULE_LREADONLY, MERGE_KEEP_LOCAL, "readonly" },
	{ "deleted remotely, other rules", S, A, P(S), RULE_LNODELETE | RULE_RREADONLY,
	    MERGE_DELETE_LOCAL, NULL },
	{ "deleted remotely, archived", S, A, P(S), RULE_ARCHIVE | RULE_RNODELETE, MERGE_KEEP_LOCAL, "archive" },
	{ "deleted remotely, archived, disk readonly", S, A, P(S), RULE_ARCHIVE | RULE_LREADONLY,
	    MERGE_KEEP_LOCAL, "readonly" },
	{ "deleted locally, archived", S, P(S), A, RULE_ARCHIVE, MERGE_DELETE_REMOTE, NULL },
	{ "gone on both, archived", S, A, A, RULE_ARCHIVE, MERGE_FORGET, NULL },
	{ "unknown on both", S, U, U, 0, MERGE_NOTHING, NULL },
	{ "unknown there, unchanged here", S, U, P(S), 0, MERGE_NOTHING, NULL },
	{ "unknown there, changed here", S, U, P(F), 0, MERGE_WITHHELD, NULL },
	{ "unknown there, gone here", S, U, A, 0, MERGE_WITHHELD, NULL },
	{ "unchanged there, unknown here", S, P(S), U, 0, MERGE_NOTHING, NULL },
	{ "changed there, unknown here", S, P(F), U, 0, MERGE_WITHHELD, NULL },
	{ "gone there, unknown here", S, A, U, 0, MERGE_WITHHELD, NULL },
	{ "on both", S, P(S), P(S), 0, MERGE_FLAGS, NULL },
	{ "on both, everything forbidden", S, P(F), P(S),
	    RULE_LREADONLY | RULE_RREADONLY | RULE_LNODELETE | RULE_RNODELETE, MERGE_FLAGS, NULL },
};

/* One flag by itself: who differs from the row has changed it. */
static const struct {
	int row, remote, local;		/* has it */
	int newrow, l, r;		/* l, r: +1 add there, -1 remove there */
} bits[] = {
	{ 0, 0, 0, 0, 0, 0 },
	{ 0, 0, 1, 0, 0, 1 },
	{ 0, 1, 0, 0, 1, 0 },
	{ 0, 1, 1, 1, 0, 0 },
	{ 1, 0, 0, 0, 0, 0 },
	{ 1, 0, 1, 1, -1, 0 },
	{ 1, 1, 0, 1, 0, -1 },
	{ 1, 1, 1, 1, 0, 0 },
};

static int
has(unsigned flags, int bit)
{
	return (flags >> bit & 1) != 0;
}

/* All 2^15 combinations of flags, each flag against the table above. */
static void
all_flags(void)
{
	unsigned row, remote, local;
	struct merge m;
	int bit, bad = 0, wrong = 0;
	size_t i;

	for (row = 0; row <= FLAG_ALL; row++)
		for (remote = 0; remote <= FLAG_ALL; remote++)
			for (local = 0; local <= FLAG_ALL; local++) {
				merge_flags(&m, row, remote, local, 0);
				for (bit = 0; bit < 5; bit++) {
					i = (size_t)(has(row, bit) << 2 | has(remote, bit) << 1 | has(local, bit));
					bad += has(m.row, bit) != bits[i].newrow;
					bad += has(m.ladd, bit) != (bits[i].l > 0);
					bad += has(m.ldel, bit) != (bits[i].l < 0);
					bad += has(m.radd, bit) != (bits[i].r > 0);
					bad += has(m.rdel, bit) != (bits[i].r < 0);
				}
				/* what is carried out makes both sides the same */
				wrong += ((local | m.ladd) & ~m.ldel) != ((remote | m.radd) & ~m.rdel);
				wrong += m.settled != (remote == local);
				wrong += ((m.ladd | m.ldel | m.radd | m.rdel) & ~(unsigned)FLAG_ALL) != 0;
			}
	CHECK_NUM(bad, 0);
	CHECK_NUM(wrong, 0);
}

static void
readonly_flags(void)
{
	struct merge m;

	unit_row("flags from there, disk readonly");
	merge_flags(&m, 0, S, 0, RULE_LREADONLY);
	CHECK(m.lkeep && !m.rkeep && !m.settled);
	unit_row("flags from here, disk readonly");
	merge_flags(&m, 0, 0, S, RULE_LREADONLY);
	CHECK(!m.lkeep && !m.rkeep && m.radd == S);
	unit_row("flags from here, server readonly");
	merge_flags(&m, 0, 0, S, RULE_RREADONLY);
	CHECK(!m.lkeep && m.rkeep && !m.settled);
	unit_row("no difference, both readonly");
	merge_flags(&m, 0, S, S, RULE_RREADONLY | RULE_LREADONLY);
	CHECK(!m.lkeep && !m.rkeep && m.settled && m.row == S);
}

int
main(void)
{
	struct merge m;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s", rows[i].name);
		merge_row(&m, rows[i].row, rows[i].remote, rows[i].local, rows[i].rules);
		CHECK_NUM(m.verb, rows[i].verb);
		CHECK_STR(m.why, rows[i].why);
	}
	unit_row("every flag");
	all_flags();
	readonly_flags();
	return unit_end("plan_merge");
}
