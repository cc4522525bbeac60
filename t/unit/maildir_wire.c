/* Line ends: every split of the input, every size of the reader's buffer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/digest.h"
#include "maildir/file.h"
#include "maildir/wire.h"
#include "unit.h"

static const struct {
	const char *disk, *wire, *back;	/* back: what the wire form is on disk */
} rows[] = {
	{ "", "", "" },
	{ "a", "a", "a" },
	{ "\n", "\r\n", "\n" },
	{ "\r", "\r", "\r" },
	{ "\r\n", "\r\n", "\n" },
	{ "\n\n", "\r\n\r\n", "\n\n" },
	{ "\r\r\n", "\r\r\n", "\r\n" },
	{ "\r\n\n", "\r\n\r\n", "\n\n" },
	{ "\n\r", "\r\n\r", "\n\r" },
	{ "\n\r\n\r", "\r\n\r\n\r", "\n\n\r" },
	{ "\r\r", "\r\r", "\r\r" },
	{ "a\rb\nc", "a\rb\r\nc", "a\rb\nc" },
	{ "A: b\n\nbody\n", "A: b\r\n\r\nbody\r\n", "A: b\n\nbody\n" },
	{ "A: b\r\n\r\nbody\r\n", "A: b\r\n\r\nbody\r\n", "A: b\n\nbody\n" },
	{ "mixed\nlines\r\nhere\r", "mixed\r\nlines\r\nhere\r", "mixed\nlines\nhere\r" },
	{ "\xff\x80\n\x9b", "\xff\x80\r\n\x9b", "\xff\x80\n\x9b" },
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

/* A descriptor on a file with these bytes. */
static int
memory(const char *p, size_t n)
{
	int fd = memfd_create("t", 0);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0) {
		perror("memfd");
		exit(1);
	}
	return fd;
}

/* Reads all in pieces of "piece" bytes; the length. */
static size_t
read_wire(const char *p, size_t n, size_t piece, char *out)
{
	static struct md_wire w;
	size_t len = 0;
	ssize_t got;
	int fd = memory(p, n);

	md_wire_open(&w, fd);
	while ((got = md_wire_read(&w, out + len, piece)) > 0)
		len += (size_t)got;
	CHECK(got == 0 && w.out == len);
	close(fd);
	return len;
}

static void
to_wire(void)
{
	size_t i, piece, n, cut;
	struct md_grow g;
	char out[256];

	for (i = 0; i < NROWS; i++) {
		n = strlen(rows[i].disk);
		for (piece = 1; piece <= 20; piece++) {
			unit_row("wire row %zu, pieces of %zu", i, piece);
			out[read_wire(rows[i].disk, n, piece, out)] = '\0';
			CHECK_STR(out, rows[i].wire);
		}
		for (cut = 0; cut <= n; cut++) {
			unit_row("grow row %zu, cut at %zu", i, cut);
			memset(&g, 0, sizeof(g));
			md_grow_add(&g, rows[i].disk, cut);
			md_grow_add(&g, rows[i].disk + cut, n - cut);
			CHECK_NUM(n + g.more, strlen(rows[i].wire));
		}
	}
}

/* The same across the edge of the file buffer. */
static void
big(void)
{
	static char in[MD_CHUNK + 64], out[2 * MD_CHUNK + 200], want[2 * MD_CHUNK + 200];
	static const char *const edge[] = { "\n", "\r\n", "\r\r\n", "\n\n", "\r", "x" };
	size_t i, at, n, m, len;

	for (i = 0; i < sizeof(edge) / sizeof(edge[0]); i++)
		for (at = MD_CHUNK - 4; at < MD_CHUNK + 3; at++) {
			unit_row("edge %zu at %zu", i, at);
			memset(in, 'a', sizeof(in));
			memcpy(in + at, edge[i], strlen(edge[i]));
			for (n = m = 0; n < sizeof(in); n++) {
				if (in[n] == '\n' && in[n - 1] != '\r')
					want[m++] = '\r';
				want[m++] = in[n];
			}
			len = read_wire(in, sizeof(in), 8192, out);
			CHECK(len == m && memcmp(out, want, m) == 0);
		}
}

static void
to_text(void)
{
	size_t i, n, cut, cut2, len;
	struct md_text t;
	char out[256];

	for (i = 0; i < NROWS; i++) {
		n = strlen(rows[i].wire);
		for (cut = 0; cut <= n; cut++)
			for (cut2 = cut; cut2 <= n; cut2++) {
				unit_row("text row %zu, cut at %zu and %zu", i, cut, cut2);
				md_text_init(&t);
				len = md_text_feed(&t, rows[i].wire, cut, out);
				CHECK(len <= cut);
				len += md_text_feed(&t, rows[i].wire + cut, cut2 - cut, out + len);
				len += md_text_feed(&t, rows[i].wire + cut2, n - cut2, out + len);
				len += md_text_end(&t, out + len);
				out[len] = '\0';
				CHECK_STR(out, rows[i].back);
				CHECK_NUM(t.out, len);
			}
	}
	unit_row("bare LF and NUL from the wire");
	md_text_init(&t);
	len = md_text_feed(&t, "a\nb\0c\r\n", 7, out);
	CHECK(len == 6 && memcmp(out, "a\nb\0c\n", 6) == 0);
}

/* What is measured is what is sent, and both forms have one digest. */
static void
measured(const char *dir)
{
	unsigned char dig[DIGEST_LEN];
	struct md_measured m;
	struct digest d;
	char path[300], out[256];
	size_t i, n;
	FILE *f;

	for (i = 0; i < NROWS; i++) {
		unit_row("measure row %zu", i);
		n = strlen(rows[i].disk);
		snprintf(path, sizeof(path), "%s/m", dir);
		if ((f = fopen(path, "w")) == NULL || fwrite(rows[i].disk, 1, n, f) != n ||
		    fclose(f) != 0) {
			perror(path);
			exit(1);
		}
		CHECK(md_measure(-100, path, &m) == 0);	/* AT_FDCWD */
		CHECK_STR(m.bad, n == 0 ? "empty" : NULL);
		CHECK_NUM(m.size, read_wire(rows[i].disk, n, 7, out));
		digest_init(&d);
		digest_add(&d, rows[i].wire, strlen(rows[i].wire));
		digest_end(&d, dig);
		CHECK(memcmp(dig, m.dig, sizeof(dig)) == 0);
		unlink(path);
	}
}

int
main(void)
{
	char dir[] = "/tmp/maildir_wire.XXXXXX";

	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	to_wire();
	big();
	to_text();
	measured(dir);
	rmdir(dir);
	return unit_end("maildir_wire");
}
