/* Probes: what is asked again, of which folder, in which round. */
#include "base/buf.h"
#include "driver/pairs.h"
#include "driver/probes.h"

#include "unit.h"

static void
gather(void *arg, const char *line)
{
	buf_str(arg, line + 6);		/* behind "probe " */
	buf_byte(arg, '|');
}

static const struct row {
	const char *pair;
	int round;
	const char *want;
} rows[] = {
	{ "pair\tA\tA\tfmd5=x", 0, "remote\tA\tA\t5:1|remote\tA\tA\t5:2|local\tA\tA\t-\tname=n|" },
	{ "pair\tA\tA\tfmd5=x", 2, "remote\tA\tA\t5:1|remote\tA\tA\t5:2|local\tA\tA\t-\tname=n|" },
	{ "pair\tA\tA", 1, "remote\tA\tA\t5:1|remote\tA\tA\t5:2|local\tA\tA\t-\tname=n|" },
	{ "pair\tB\tB\tfmd5=x", 1, "remote\tB\tB\t5:1|" },
	{ "pair\tB\tB\tfmd5=x", 2, "" },	/* not asked about this time */
	{ "pair\tA\tAA\tfmd5=x", 0, "remote\tA\tAA\t5:3|" },
	{ "pair\tAA\tA\tfmd5=x", 0, "" },
	{ "pair\tA\tA%20\tfmd5=x", 0, "" },
	{ "pair\tA", 0, "" },
	{ "pair\tW\tw.w\tfmd5=x", 3, "" },
	{ "create\tlocal\tA\tA", 0, "" },
};

static void
lookups(void)
{
	struct probes p = { 0 };
	struct buf b;
	size_t i;

	probes_add(&p, "probe\tremote\tA\tA\t5:2", 1);
	probes_add(&p, "skip=needs%20another%20listing\tprobe\tremote\tB\tB\t5:1", 1);
	probes_add(&p, "skip\tprobe\tremote\tA\tAA\t5:3", 1);
	probes_add(&p, "skip\tprobe\tremote\tA\tAA\t5:3", 1);
	CHECK_NUM(probes_settle(&p, 1), 3);
	CHECK_NUM(p.n, 3);
	probes_add(&p, "probe\tremote\tA\tA\t5:1", 2);
	probes_add(&p, "probe\tremote\tA\tA\t5:2", 2);
	probes_add(&p, "probe\tlocal\tA\tA\t-\tname=n", 2);
	CHECK_NUM(probes_settle(&p, 2), 2);
	CHECK_NUM(probes_settle(&p, 3), 0);
	probes_wait(&p, "skip=needs%20another%20listing\tdelete\tlocal\tW\tw.w\t5:1\twas=%", 3);
	probes_wait(&p, "skip=needs%20another%20listing\tdelete\tremote\tW\tw.w\t5:2\twas=%", 3);
	probes_wait(&p, "skip\tdelete\tlocal\tW", 3);
	CHECK_NUM(probes_settle(&p, 3), 1);
	CHECK_NUM(probes_of(&p, "pair\tW\tw.w\tfmd5=x", 3, NULL, NULL), 1);
	CHECK_NUM(probes_of(&p, "pair\tW\tw.w\tfmd5=x", 2, NULL, NULL), 0);
	CHECK_NUM(probes_of(&p, "pair\tW\tw\tfmd5=x", 3, NULL, NULL), 0);
	probes_wait(&p, "skip=needs%20another%20listing\tdelete\tlocal\tW\tw.w\t5:1\twas=%", 4);
	CHECK_NUM(probes_settle(&p, 4), 1);
	CHECK_NUM(probes_of(&p, "pair\tW\tw.w\tfmd5=x", 4, NULL, NULL), 1);
	buf_init(&b, 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("row %zu", i);
		buf_clear(&b);
		probes_of(&p, rows[i].pair, rows[i].round, gather, &b);
		CHECK_STR(buf_cstr(&b), rows[i].want);
	}
	buf_free(&b);
	probes_free(&p);
	CHECK_NUM(p.n, 0);
}

/* A stream in, and what a round feeds. */
static int
take(struct pairs *p, const char *line)
{
	char scratch[256];
	struct rec rec;
	struct err e;

	return rec_parse(&rec, line, strlen(line), scratch, &e) == -1 ||
	    pairs_take(p, &rec, &e) == -1 ? -1 : 0;
}

static void
feed(struct pairs *p, const struct probes *probes, int round, int whole, const char *want)
{
	struct buf b;
	struct err e;
	int more;

	unit_row("round %d%s", round, whole ? ", whole" : "");
	buf_init(&b, 1u << 16);
	pairs_rewind(p, probes, round, whole);
	while ((more = pairs_feed(p, &b, &e)) == 1)
		;
	CHECK_NUM(more, 0);
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
}

static void
streams(void)
{
	static const char *const in[] = { "listing\t1\taccount=T", "create\tlocal\tA\tA", "pair\tA\tA",
	    "folder\ts\tA\tA\tkind=head", "pair\tB\tB", "folder\tr\tB\tB\tkind=head", "note\t-\tfolders=2" };
	struct probes probes = { 0 };
	struct pairs p;
	size_t i;

	pairs_open(&p);
	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		CHECK_NUM(take(&p, in[i]), 0);
	CHECK_NUM(p.work, 3);
	CHECK_NUM(p.complete, 0);
	CHECK_NUM(take(&p, "end\t-\t-\t6"), -1);
	CHECK_NUM(take(&p, "end\t-\t-\t7"), 0);
	CHECK_NUM(p.complete, 1);
	CHECK_NUM(take(&p, "pair\tC\tC"), -1);
	feed(&p, &probes, 1, 0, "listing\t1\taccount=T\ncreate\tlocal\tA\tA\npair\tA\tA\n"
	    "folder\ts\tA\tA\tkind=head\npair\tB\tB\nfolder\tr\tB\tB\tkind=head\n"
	    "note\t-\tfolders=2\nend\t-\t-\t7\n");
	probes_add(&probes, "skip\tprobe\tremote\tB\tB\t5:1", 1);
	probes_settle(&probes, 1);
	feed(&p, &probes, 2, 0, "listing\t1\taccount=T\npair\tB\tB\nprobe\tremote\tB\tB\t5:1\n"
	    "end\t-\t-\t3\n");
	feed(&p, &probes, 3, 0, "listing\t1\taccount=T\nend\t-\t-\t1\n");
	feed(&p, &probes, 4, 1, "listing\t1\taccount=T\ncreate\tlocal\tA\tA\npair\tA\tA\n"
	    "folder\ts\tA\tA\tkind=head\npair\tB\tB\nfolder\tr\tB\tB\tkind=head\n"
	    "probe\tremote\tB\tB\t5:1\nnote\t-\tfolders=2\nend\t-\t-\t8\n");
	probes_free(&probes);
	pairs_close(&p);
}

int
main(void)
{
	lookups();
	streams();
	return unit_end("driver_probes");
}
