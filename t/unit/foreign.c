/* States of other programs: what is read, what is refused, and that no byte breaks the parsers. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/flags.h"
#include "base/mem.h"
#include "state/localstatus.h"
#include "state/mbsync.h"
#include "unit.h"

#define M1	LOCALSTATUS_MAGIC "1\n"
#define M2	LOCALSTATUS_MAGIC "2\n"
#define HEAD	"FarUidValidity 7\nNearUidValidity 9\nMaxPulledUid 3\nMaxPushedUid 3\n\n"

enum format { PLAIN, STATE, JOURNAL };

/* What was read as text: "far:near FLAGS BITS TUID," each. */
static void
show(const struct foreign *f, struct buf *b)
{
	char flags[FLAGS_LEN];
	size_t i;

	for (i = 0; i < f->n; i++)
		buf_printf(b, "%s%u:%u %s %u%s%s", i != 0 ? "," : "", f->msg[i].far, f->msg[i].near,
		    flags_format(f->msg[i].flags, flags), f->msg[i].bits,
		    f->msg[i].tuid[0] != '\0' ? " " : "", f->msg[i].tuid);
}

/* Parses a copy that has nothing behind its end; a journal is replayed on a small state. */
static int
parse(struct foreign *f, enum format format, const char *text, size_t len, struct err *e)
{
	static const char base[] = HEAD "1 1 S\n2 2 FS\n";
	char *copy = mem_alloc(len + 1), *state = mem_alloc(sizeof(base));
	char *exact = len != 0 ? memcpy(mem_grow(NULL, len, 1), text, len) : copy;
	int r;

	memcpy(state, base, sizeof(base));
	if (format == PLAIN)
		r = localstatus_parse(f, "file", exact, len, e);
	else if (format == STATE)
		r = mbsync_parse(f, "file", exact, len, e);
	else if ((r = mbsync_parse(f, "state", state, sizeof(base) - 1, e)) == 0)
		r = mbsync_replay(f, "file", exact, len, e);
	if (r == 0)
		r = foreign_settle(f, "file", e);
	if (exact != copy)
		free(exact);
	free(copy);
	free(state);
	return r;
}

/* want NULL: it must be refused, with what begins so. */
static const struct {
	enum format format;
	const char *text, *want, *error;
} rows[] = {
	{ PLAIN, M1, "", NULL },
	{ PLAIN, M2, "", NULL },
	{ PLAIN, M1 "2:FS\n1:\n", "1:1  0,2:2 FS 0", NULL },
	{ PLAIN, M2 "1||0|\n2|DFRST|12|a, b\n", "1:1  0,2:2 DFRST 0", NULL },
	{ PLAIN, M2 "4294967295|PSab|0|\n", "4294967295:4294967295 S 0", NULL },
	{ PLAIN, "", NULL, "file: it is empty" },
	{ PLAIN, "\n", NULL, "file:1: no LocalStatus" },
	{ PLAIN, LOCALSTATUS_MAGIC "2", NULL, "file:1: the line is cut off" },
	{ PLAIN, LOCALSTATUS_MAGIC "3\n", NULL, "file:1: no LocalStatus" },
	{ PLAIN, LOCALSTATUS_MAGIC "22\n", NULL, "file:1: no LocalStatus" },
	{ PLAIN, M1 "1|S|0|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "1:S\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "1|S|0|\n2|S|0|", NULL, "file:3: the line is cut off" },
	{ PLAIN, M2 "1|S|0|\n\n", NULL, "file:3: malformed" },
	{ PLAIN, M2 "0|S|0|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "-1|S|0|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 " 1|S|0|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "4294967296|S|0|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "99999999999999999999999|S|0|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "1|S 1|0|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "1|S|0\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "1|S||\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "1|S|x|\n", NULL, "file:2: malformed" },
	{ PLAIN, M2 "1|S|0|a|b\n", NULL, "file:2: malformed" },
	{ PLAIN, M1 "1:S\n2:F\n1:F\n", NULL, "file: local uid 1 stands in it twice, in line 2 and in line 4" },

	{ STATE, HEAD, "", NULL },
	{ STATE, HEAD "3 1 FS\n1 2 \n2 3\n", "1:2  0,2:3  0,3:1 FS 0", NULL },
	{ STATE, HEAD "1 1 DFPRST\n", "1:1 DFRST 0", NULL },
	{ STATE, HEAD "1 0 S\n0 5 \n", "0:5  0,1:0 S 0", NULL },
	{ STATE, HEAD "1 0 ~S\n2 2 XF\n", "1:0 S 1,2:2 F 1", NULL },
	{ STATE, HEAD "1 1 <S\n2 2 >~\n", "1:1 S 4,2:2  5", NULL },
	{ STATE, HEAD "1 -1 S\n-1 2\n3 0 ^\n", "0:2  8,1:0 S 8,3:0  8", NULL },
	{ STATE, "MasterUidValidity 7\nSlaveUidValidity 9\nMaxPulledUid 1\nMaxExpiredSlaveUid 0\n"
	    "MaxPushedUid 1\n\n1 1 S\n", "1:1 S 0", NULL },
	{ STATE, "", NULL, "file: the header does not end" },
	{ STATE, "FarUidValidity 7\n", NULL, "file: the header does not end" },
	{ STATE, "FarUidValidity 7", NULL, "file:1: the line is cut off" },
	{ STATE, "FarUidValidity\n\n", NULL, "file:1: malformed header" },
	{ STATE, "FarUidValidity x\n\n", NULL, "file:1: malformed header" },
	{ STATE, "FarUidValidity 7 8\n\n", NULL, "file:1: malformed header" },
	{ STATE, "FarUid 7\n\n", NULL, "file:1: malformed header" },
	{ STATE, "1:2 3:4:5\n1 1 S\n", NULL, "file:1: a state of isync before 1.1" },
	{ STATE, HEAD "1 1 S", NULL, "file:6: the line is cut off" },
	{ STATE, HEAD "1 1 S\n\n", NULL, "file:7: malformed" },
	{ STATE, HEAD "1\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "1  1\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "0 0 S\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "1 1 SF\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "1 1 SS\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "1 1 x\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "1 1 S \n", NULL, "file:6: malformed" },
	{ STATE, HEAD "1 4294967296 S\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "-2 1 S\n", NULL, "file:6: malformed" },
	{ STATE, HEAD "1 1 S\n1 2 S\n", NULL, "file: remote uid 1 stands in it twice, in line 6 and in line 7" },
	{ STATE, HEAD "1 1 S\n2 1 S\n", NULL, "file: local uid 1 stands in it twice, in line 6 and in line 7" },

	{ JOURNAL, "", "1:1 S 0,2:2 FS 0", NULL },
	{ JOURNAL, "4\n", "1:1 S 0,2:2 FS 0", NULL },
	{ JOURNAL, "4\n* 1 1 0\n* 2 2 63\n", "1:1  0,2:2 DFRST 0", NULL },
	{ JOURNAL, "4\n> 1 1 0\n< 2 2 0\n", "1:1 S 0,2:2 FS 0", NULL },
	{ JOURNAL, "4\n> 1 1 0\n< 1 0 0\n- 2 2\n", "1:1 S 0", NULL },
	{ JOURNAL, "4\n- 1 1\n", "2:2 FS 0", NULL },
	{ JOURNAL, "4\n+ 3 0\n* 3 0 16\n# 3 0 abcdefghijkl\n", "1:1 S 0,2:2 FS 0,3:0 S 2 abcdefghijkl", NULL },
	{ JOURNAL, "4\n+ 3 0\n# 3 0 abcdefghijkl\n> 3 0 8\n", "1:1 S 0,2:2 FS 0,3:8  0", NULL },
	{ JOURNAL, "4\n+ 0 3\n# 0 3 abcdefghijkl\n& 0 3\n", "0:3  2,1:1 S 0,2:2 FS 0", NULL },
	{ JOURNAL, "4\n~ 1 1 1\n~ 2 2 3\n> 2 2 0\n", "1:1 S 1,2:2 FS 1", NULL },
	{ JOURNAL, "4\n+ 3 0\n_ 3 0\n> 3 0 4\n", "1:1 S 0,2:2 FS 0,3:4  4", NULL },
	{ JOURNAL, "4\n| 8 8\nN 0 5\nF 1 6\nT 1 5\n! 3\n", "1:1 S 0,2:2 FS 0", NULL },
	{ JOURNAL, "4\n+ 3 0\n= 3 0\n+ 3 0\n", "1:1 S 0,2:2 FS 0,3:0  2", NULL },
	{ JOURNAL, "5\n", NULL, "file:1: a journal of another isync" },
	{ JOURNAL, "4", NULL, "file:1: the line is cut off" },
	{ JOURNAL, "4\n* 1 1 0", NULL, "file:2: the line is cut off" },
	{ JOURNAL, "4\n\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n? 1 1\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n* 1 1\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n* 1 1 64\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n~ 1 1 64\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n* 1 1 0 0\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n- 1 1 \n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n# 1 1 abc\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n+ 3 3\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n+ 0 0\n", NULL, "file:2: malformed" },
	{ JOURNAL, "4\n* 1 2 0\n", NULL, "file:2: it speaks of a message" },
	{ JOURNAL, "4\n- 1 1\n* 1 1 0\n", NULL, "file:3: it speaks of a message" },
	{ JOURNAL, "4\n^ 1 1 0 0\n", NULL, "file:2: mbsync was stopped while" },
	{ JOURNAL, "4\n+ 1 0\n", NULL, "file: remote uid 1 stands in it twice, in line 2 and in line 6" },
};

static void
tables(void)
{
	struct err e;
	struct foreign f;
	struct buf b;
	size_t i;
	int r;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("row %zu", i);
		memset(&f, 0, sizeof(f));
		memset(&e, 0, sizeof(e));
		buf_init(&b, 65536);
		r = parse(&f, rows[i].format, rows[i].text, strlen(rows[i].text), &e);
		CHECK_NUM(r, rows[i].want != NULL ? 0 : -1);
		if (r == 0) {
			show(&f, &b);
			CHECK_STR(buf_cstr(&b), rows[i].want);
		} else if (rows[i].error != NULL && !CHECK(strncmp(e.text, rows[i].error,
		    strlen(rows[i].error)) == 0))
			printf("  got: %s\n", e.text);
		buf_free(&b);
		foreign_free(&f);
	}
}

/* A NUL stands in no table. */
static void
nul(void)
{
	static const char text[] = M2 "1|S\0|0|\n";
	struct foreign f = { 0 };
	struct err e;

	unit_row("a NUL");
	CHECK_NUM(parse(&f, PLAIN, text, sizeof(text) - 1, &e), -1);
	foreign_free(&f);
}

static void
validities(void)
{
	struct foreign f = { 0 };
	struct err e;

	unit_row("validities");
	CHECK_NUM(parse(&f, STATE, HEAD, sizeof(HEAD) - 1, &e), 0);
	CHECK(f.far == 7 && f.near == 9);
	foreign_free(&f);
	CHECK_NUM(parse(&f, JOURNAL, "4\n| 8 10\n", 9, &e), 0);
	CHECK(f.far == 8 && f.near == 10);
	foreign_free(&f);
}

/* What is accepted is sorted, and no uid is there twice. */
static int
sound(const struct foreign *f)
{
	size_t i;

	for (i = 1; i < f->n; i++)
		if (f->msg[i].far < f->msg[i - 1].far ||
		    (f->msg[i].far != 0 && f->msg[i].far == f->msg[i - 1].far))
			return 0;
	for (i = 0; i < f->n; i++)
		if ((f->msg[i].far == 0 && f->msg[i].near == 0) || (f->msg[i].bits & FOREIGN_DEAD))
			return 0;
	return 1;
}

static size_t
random_below(uint32_t *seed, size_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (size_t)(*seed >> 8) % n;
}

/* All texts of the tables, with bytes put, dropped and changed at random. */
static void
fuzz(unsigned rounds)
{
	static const char bytes[] = "0123456789 |:\n\0-<>~^#&*+_!NFTSX\xff";
	uint32_t seed = 1;
	struct foreign f;
	struct err e;
	char text[512];
	size_t len, at, where, i;
	unsigned n;

	for (n = 0; n < rounds; n++) {
		i = random_below(&seed, sizeof(rows) / sizeof(rows[0]));
		len = strlen(rows[i].text);
		memcpy(text, rows[i].text, len);
		unit_row("round %u, row %zu", n, i);
		for (at = 1 + random_below(&seed, 4); at > 0 && len > 0; at--)
			switch (random_below(&seed, 3)) {
			case 0:
				where = random_below(&seed, len);
				text[where] = bytes[random_below(&seed, sizeof(bytes) - 1)];
				break;
			case 1:
				memmove(text, text + 1, --len);
				break;
			default:
				text[len++] = bytes[random_below(&seed, sizeof(bytes) - 1)];
			}
		memset(&f, 0, sizeof(f));
		if (parse(&f, rows[i].format, text, len, &e) == 0)
			CHECK(sound(&f));
		else
			CHECK(e.status == 1 && *e.text != '\0');
		foreign_free(&f);
	}
}

int
main(void)
{
	tables();
	nul();
	validities();
	fuzz(getenv("SOAK") != NULL ? 3000000 : 30000);
	return unit_end("foreign");
}
