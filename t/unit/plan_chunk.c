/* What imap-fetch makes of the lines of a plan. */
#include "unit.h"

#include <stdlib.h>

#include "base/mem.h"
#include "plan/chunk.h"

#define COPY	"copy\tlocal\t"
#define DIG	"00000000000000000000000000000000"

/* Each line alone in a chunk; got: its message came. */
static const struct {
	const char *line;
	int copy, got;
	const char *out;
} lines[] = {
	{ COPY "A\tA\t5:1\tsize=3", 1, 1, COPY "A\tA\t5:1\tsize=3\tspool=A/tmp/s\tspooldig=" DIG
	    "\tspoolsize=7\n" },
	{ COPY "A\tA\t5:1\tsize=3", 1, 0, COPY "A\tA\t5:1\tsize=3\n" },
	{ COPY "A\tA\t5:1\tspool=old\tspooldig=" DIG "\tspoolsize=1", 1, 0, COPY "A\tA\t5:1\n" },
	{ COPY "A\tA\t5:1\tflags=S\tspool=old\tspoolsize=1", 1, 1, COPY "A\tA\t5:1\tflags=S"
	    "\tspool=A/tmp/s\tspooldig=" DIG "\tspoolsize=7\n" },
	/* folders of that name */
	{ COPY "spool\tspool=x\t5:1\tsize=3", 1, 0, COPY "spool\tspool=x\t5:1\tsize=3\n" },
	{ COPY "spool\tspool=x\t5:1\tspool=old", 1, 1, COPY "spool\tspool=x\t5:1"
	    "\tspool=A/tmp/s\tspooldig=" DIG "\tspoolsize=7\n" },
	/* nothing to fetch for */
	{ "copy\tremote\tA\tA\t-\tname=x\tsize=3", 0, 0, "copy\tremote\tA\tA\t-\tname=x\tsize=3\n" },
	{ COPY "A\tA\t-\tsize=3", 0, 0, COPY "A\tA\t-\tsize=3\n" },
	{ "delete\tlocal\tA\tA\t5:1\tname=x", 0, 0, "delete\tlocal\tA\tA\t5:1\tname=x\n" },
	{ "plan\t1\taccount=A", 0, 0, "plan\t1\taccount=A\n" },
};

static void
test_lines(void)
{
	char scratch[256], out[512], *text;
	struct chunk *c;
	struct queue q;
	struct rec rec;
	struct err e;
	uint32_t validity, uid;
	size_t i, len;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		unit_row("%s", lines[i].line);
		len = strlen(lines[i].line);
		CHECK(rec_parse(&rec, lines[i].line, len, scratch, &e) == 0);
		c = chunk_new();
		CHECK_NUM(chunk_copy(&rec, &validity, &uid), lines[i].copy);
		if (lines[i].copy) {
			CHECK(chunk_joins(c, &rec, validity));
			chunk_add(c, &rec, validity, uid);
		}
		if (lines[i].got) {
			c->want[0].spool = mem_dup("A/tmp/s");
			c->want[0].size = 7;
		}
		CHECK(queue_put(&c->lines, lines[i].line, len) == 0);
		queue_init(&q);
		CHECK(chunk_print(c, &q, &e) == 0 && queue_get(&q, &text, &len) == 1);
		snprintf(out, sizeof(out), "%s\n", text);
		CHECK_STR(out, lines[i].out);
		CHECK_NUM(queue_get(&q, &text, &len), 0);
		queue_free(&q);
		chunk_free(c);
	}
}

/* What may be asked for together. */
static void
test_joins(void)
{
	static const struct { const char *line; int joins; } rows[] = {
		{ COPY "A\tA\t5:2", 1 }, { COPY "B\tA\t5:2", 0 }, { COPY "A\tB\t5:2", 0 },
		{ COPY "A\tA\t6:2", 0 },
	};
	static const char first[] = COPY "A\tA\t5:1";
	static const char huge[] = COPY "A\tA\t5:3\tsize=18446744073709551615";
	char scratch[256];
	struct chunk *c = chunk_new();
	struct rec rec;
	struct err e;
	uint32_t validity = 0, uid = 0;
	size_t i;

	CHECK(rec_parse(&rec, first, sizeof(first) - 1, scratch, &e) == 0 &&
	    chunk_copy(&rec, &validity, &uid));
	chunk_add(c, &rec, validity, uid);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("joins %s", rows[i].line);
		CHECK(rec_parse(&rec, rows[i].line, strlen(rows[i].line), scratch, &e) == 0 &&
		    chunk_copy(&rec, &validity, &uid));
		CHECK_NUM(chunk_joins(c, &rec, validity), rows[i].joins);
	}
	unit_row("full by bytes, a size past belief");
	CHECK(!chunk_full(c) && !chunk_joins(NULL, &rec, 5));
	CHECK(rec_parse(&rec, huge, sizeof(huge) - 1, scratch, &e) == 0);
	chunk_add(c, &rec, 5, 3);
	CHECK(chunk_full(c) && c->bytes < 1u << 30 && !chunk_joins(c, &rec, 5));
	chunk_free(c);
}

int
main(void)
{
	test_lines();
	test_joins();
	return unit_end("plan_chunk");
}
