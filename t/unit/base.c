/* Buffers, queues, digests, dates, directories by path, tools and what they are given. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/io.h"
#include "base/queue.h"
#include "base/spawn.h"
#include "base/spill.h"
#include "base/sha256.h"

static void
test_buf(void)
{
	struct buf b;

	unit_row("buf");
	buf_init(&b, 10);
	buf_str(&b, "12345");
	buf_printf(&b, "%d", 67);
	CHECK_STR(buf_cstr(&b), "1234567");
	buf_drop(&b, 2);
	CHECK_STR(buf_cstr(&b), "34567");
	buf_str(&b, "abcdef");
	CHECK(buf_bad(&b));
	buf_str(&b, "x");
	CHECK_STR(buf_cstr(&b), "34567");	/* poisoned: nothing more gets in */
	buf_clear(&b);
	CHECK(!buf_bad(&b) && b.len == 0);
	buf_free(&b);
}

/* Many lines through memory and the spill file, reads between writes. */
static void
test_queue(void)
{
	struct queue q;
	char line[600], *got;
	size_t len;
	int put = 0, taken = 0, n, ok = 1;

	unit_row("queue");
	queue_init(&q);
	CHECK(queue_get(&q, &got, &len) == 0);
	while (taken < 20000) {
		for (n = 0; n < 700 && put < 20000; n++, put++) {
			snprintf(line, sizeof(line), "%d %0*d", put, put % 500 + 1, 7);
			ok &= queue_put(&q, line, strlen(line)) == 0;
		}
		for (n = 0; n < 500 && taken < put; n++, taken++) {
			snprintf(line, sizeof(line), "%d %0*d", taken, taken % 500 + 1, 7);
			ok &= queue_get(&q, &got, &len) == 1 && strcmp(got, line) == 0 &&
			    len == strlen(line);
		}
	}
	CHECK(ok);
	CHECK_NUM(q.lines, 0);
	CHECK(queue_get(&q, &got, &len) == 0);
	queue_free(&q);
}

/* Two spills that take turns in the one file; what one gives back the other uses. */
static void
test_spill(void)
{
	static char put[2][700000], got[700000];
	struct spill s[2];
	ssize_t n = 0;
	size_t at;
	int i, round;

	unit_row("spill");
	spill_init(&s[0]);
	spill_init(&s[1]);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 2; i++)
			memset(put[i], 'a' + 2 * round + i, sizeof(put[i]));
		for (at = 0; at < sizeof(put[0]); at += 100000)
			for (i = 0; i < 2; i++)
				CHECK(spill_write(&s[i], put[i] + at, 100000, (off_t)at) == 0);
		for (i = 0; i < 2; i++) {
			for (at = 0; at < sizeof(got); at += (size_t)n)
				if (!CHECK((n = spill_read(&s[i], got + at, sizeof(got) - at, (off_t)at)) > 0))
					return;
			CHECK(memcmp(got, put[i], sizeof(got)) == 0);
		}
		CHECK_NUM(s[0].n + s[1].n, 6);
		for (at = 0; at < 3; at++)
			CHECK(s[0].block[at] < 6 && s[1].block[at] < 6);
		/* in the first round the other one's blocks stay where they are */
		spill_clear(&s[round == 0 ? 0 : 1]);
		if (round != 0)
			spill_clear(&s[0]);
	}
	spill_clear(&s[0]);
	spill_clear(&s[1]);
}

/* Every length around the block's, in pieces of every size, against libmd. */
static void
test_sha256(void)
{
	unsigned char text[300], ours[SHA256_LEN], theirs[SHA256_LEN];
	struct sha256 sha;
	SHA2_CTX md;
	size_t n, piece, at;

	for (n = 0; n < sizeof(text); n++)
		text[n] = (unsigned char)(n * 131 + 7);
	for (n = 0; n <= sizeof(text); n++) {
		SHA256Init(&md);
		SHA256Update(&md, text, n);
		SHA256Final(theirs, &md);
		for (piece = 1; piece < 200; piece += 13) {
			unit_row("sha256 %zu by %zu", n, piece);
			sha256_init(&sha);
			for (at = 0; at < n; at += piece)
				sha256_add(&sha, text + at, n - at < piece ? n - at : piece);
			sha256_end(&sha, ours);
			CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
		}
	}
}

/* The digest of a text fed in pieces of n bytes. */
static void
digest_of(const char *text, size_t n, char hex[DIGEST_HEX])
{
	unsigned char dig[DIGEST_LEN];
	struct digest d;
	size_t len = strlen(text), at;

	digest_init(&d);
	for (at = 0; at < len; at += n)
		digest_add(&d, text + at, len - at < n ? len - at : n);
	digest_end(&d, dig);
	digest_hex(dig, hex);
}

/* A server cuts at a number of bytes in wire form, wherever in a line end that falls. */
static void
test_cut(void)
{
	char disk[2 * DIGEST_BYTES + 8], wire[4 * DIGEST_BYTES], a[DIGEST_HEX], b[DIGEST_HEX];
	size_t lead, i, n, m;

	for (lead = 0; lead < 8; lead++) {
		unit_row("cut, %zu bytes before the first line end", lead);
		for (n = 0; n < lead; n++)
			disk[n] = 'x';
		while (n < sizeof(disk) - 1) {
			disk[n] = n % 5 == 0 ? '\n' : 'y';
			n++;
		}
		disk[n] = '\0';
		for (i = m = 0; i < n && m < DIGEST_BYTES; i++) {
			if (disk[i] == '\n')
				wire[m++] = '\r';
			if (m < DIGEST_BYTES)
				wire[m++] = disk[i];
		}
		wire[m] = '\0';
		digest_of(disk, 700, a);
		digest_of(wire, 1, b);
		CHECK_STR(b, a);
		disk[DIGEST_BYTES - 1] = 'z';	/* beyond the cut, for there are line ends before */
		digest_of(disk, 700, b);
		CHECK_STR(b, a);
		disk[lead] = 'q';
		digest_of(disk, 700, b);
		CHECK(strcmp(a, b) != 0);
	}
}

static void
test_digest(void)
{
	static const struct { const char *a, *b; int same; } rows[] = {
		{ "A: 1\r\nB: 2\r\n\r\nbody", "A: 1\nB: 2\n\nbody", 1 },
		{ "A: 1\nB: 2\n\nbody", "A: 1\nB: 2\n\nbodx", 0 },
		{ "A: 1\r\n\r\n", "A: 1\n\n", 1 },
		{ "A: 1\n", "A: 1\r\n", 1 },
		{ "\n", "\r\n", 1 },
		{ "A: 1\nB: 2\n\n", "A: 1\nB: 3\n\n", 0 },
		{ "A: 1\n\n", "A: 1\n", 0 },
		{ "A: \r1\n\n", "A: 1\n\n", 0 },	/* a lone CR counts */
		{ "A: 1\r", "A: 1", 0 },
		{ "", "\n", 0 },
	};
	char a[DIGEST_HEX], b[DIGEST_HEX], c[DIGEST_HEX];
	unsigned char dig[DIGEST_LEN];
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("digest %zu", i);
		digest_of(rows[i].a, 1000, a);
		digest_of(rows[i].b, 1000, b);
		CHECK((strcmp(a, b) == 0) == rows[i].same);
		for (n = 1; n < 6; n++) {
			digest_of(rows[i].a, n, c);
			CHECK_STR(c, a);
		}
	}
	test_cut();
	unit_row("unhex");
	CHECK(digest_unhex(a, dig) == 0);
	CHECK(digest_unhex("12", dig) == -1);
	CHECK(digest_unhex("0123456789abcdef0123456789abcdeg", dig) == -1);
	CHECK(digest_unhex(NULL, dig) == -1);
	digest_fmd5("INBOX", a);
	CHECK_STR(a, "7e33429f656f1e6e9d79b29c3f82c57e");
	digest_fmd5("Archive/2020", a);
	CHECK_STR(a, "74bc0e472648087ed7943e4307ec62e1");
}

static void
test_date(void)
{
	static const struct { const char *s; long long t; } rows[] = {
		{ "01-Jan-1970 00:00:00 +0000", 0 },
		{ " 7-Feb-1994 21:52:25 -0800", 760686745 },
		{ "07-FEB-1994 21:52:25 -0800", 760686745 },
		{ "01-Mar-2024 00:00:00 +0530", 1709231400 },
		{ "31-Dec-1969 20:30:00 -0330", 0 },
		{ "29-Feb-2024 12:00:00 +0000", 1709208000 },
		{ "1-Jan-1970 00:00:00 +0000", -1 },
		{ "01-Foo-1970 00:00:00 +0000", -1 },
		{ "01-Jan-1970 24:00:00 +0000", -1 },
		{ "01-Jan-1970 00:00:00 0000", -1 },
		{ "01-Jan-1970 00:00:00 +000x", -1 },
		{ "00-Jan-1970 00:00:00 +0000", -1 },
		{ "", -1 },
	};
	char out[DATE_LEN];
	time_t t;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("date \"%s\"", rows[i].s);
		t = -1;
		if (date_parse(rows[i].s, &t) == -1)
			t = -1;
		CHECK_NUM(t, rows[i].t);
		if (rows[i].t >= 0) {
			CHECK(date_format(t, out) == 0 && date_parse(out, &t) == 0);
			CHECK_NUM(t, rows[i].t);
		}
	}
	unit_row("years that do not fit");
	CHECK(date_format((time_t)-1, out) == -1);
	CHECK(date_format((time_t)253402300800LL, out) == -1);
}

static void
test_paths(void)
{
	static const char *const bad[] = { "", ".", "..", "a/../b", "/etc", "a//b", "a/", "./a", "a/." };
	char dir[] = "/tmp/unit-base.XXXXXX";
	size_t i;
	int root, fd;

	unit_row("paths");
	CHECK(mkdtemp(dir) != NULL);
	root = open(dir, O_RDONLY | O_DIRECTORY);
	CHECK((fd = io_opendir(root, "a/b/c", 0)) == -1 && errno == ENOENT);
	CHECK((fd = io_opendir(root, "a/b/c", 1)) != -1);
	close(fd);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unit_row("path \"%s\"", bad[i]);
		CHECK(io_opendir(root, bad[i], 1) == -1 && errno == EINVAL);
	}
	unit_row("replace");
	CHECK(io_replace(root, "f", "one", 3) == 0 && io_replace(root, "f", "two2", 4) == 0);
	unlinkat(root, "f", 0);
	unlinkat(root, "a/b/c", AT_REMOVEDIR);
	unlinkat(root, "a/b", AT_REMOVEDIR);
	unlinkat(root, "a", AT_REMOVEDIR);
	close(root);
	CHECK(rmdir(dir) == 0);
}

/* A tool has what it is given, under the number it is given, and nothing that happens to be open. */
static void
test_spawn(void)
{
	char sh[] = "sh", c[] = "-c", as_given[] = "cd /proc/self/fd && test ! -e 40 && test -e 41 && test -e 2";
	char none[] = "test -e /proc/self/fd/41", *argv[] = { sh, c, as_given, NULL };
	struct spawn_fd given = { 40, 41 };
	int fd = open("/dev/null", O_RDONLY);

	unit_row("spawn");
	CHECK(fd != -1 && dup2(fd, 40) == 40);
	close(fd);
	CHECK_NUM(spawn_wait(spawn_tool(argv, &given, 1)), 0);
	argv[2] = none;
	CHECK_NUM(spawn_wait(spawn_tool(argv, NULL, 0)), 1);
	close(40);
}

static void
test_worst(void)
{
	unit_row("worst");
	CHECK_NUM(err_worst(0, 75), 75);
	CHECK_NUM(err_worst(75, 1), 1);
	CHECK_NUM(err_worst(1, 2), 2);
	CHECK_NUM(err_worst(2, 75), 2);
	CHECK_NUM(err_worst(0, 0), 0);
	CHECK_NUM(err_worst(0, 139), 139);
}

int
main(void)
{
	test_buf();
	test_queue();
	test_spill();
	test_sha256();
	test_digest();
	test_date();
	test_paths();
	test_spawn();
	test_worst();
	return unit_end("base");
}
