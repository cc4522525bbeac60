/* Compressed channels: what goes in comes out, in bounded memory, and damage is told. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "net/zip.h"
#include "unit.h"

#define MUCH	(3u << 20)

static void
pair(int sv[2])
{
	int small = 4096;

	ENSURE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
}

/* A run of bytes: kind 0 is noise, 1 compresses well, 2 is one byte over and over. */
static char *
bytes(int kind, size_t n)
{
	char *p = mem_alloc(n + 1);
	uint32_t x = 7;
	size_t i;

	for (i = 0; i < n; i++) {
		x = x * 1103515245u + 12345u;
		p[i] = kind == 0 ? (char)(x >> 16) : kind == 1 ? "hello world\n"[i % 12] : 'a';
	}
	return p;
}

/* Through two of them with a pipe between that holds little; steps of odd sizes. */
static void
through(int kind, size_t n, size_t step)
{
	char *in = bytes(kind, n), *out = mem_alloc(n + 1);
	struct chan *a, *b;
	size_t put = 0, got = 0;
	ssize_t k;
	int sv[2];

	unit_row("kind %d, %zu bytes, steps of %zu", kind, n, step);
	pair(sv);
	a = zip_open(chan_plain(sv[0]), "", 0);
	b = zip_open(chan_plain(sv[1]), "", 0);
	while (got < n) {
		/* tried again with more than before, as the relay does */
		if (put < n && (k = chan_write(a, in + put, n - put)) > 0)
			put += (size_t)k;
		k = chan_read(b, out + got, step < n - got ? step : n - got);
		if (!CHECK(k > 0 || (k == -1 && errno == EAGAIN)))
			break;
		got += k > 0 ? (size_t)k : 0;
	}
	CHECK_NUM(put, n);
	CHECK(memcmp(in, out, n) == 0);
	CHECK_NUM(chan_wire(a)->up, chan_wire(b)->down);
	CHECK_NUM(a->up, n);
	CHECK(kind == 0 || n < 1000 || chan_wire(a)->up < n / 10);
	chan_close(a);
	chan_close(b);
	free(in);
	free(out);
}

/* What "n" bytes, so many times, deflated are; *len of them.  All at once they would be in memory. */
static char *
deflated(const char *p, size_t n, size_t times, size_t *len)
{
	size_t cap = n * times / 100;
	char *out = mem_alloc(cap);
	z_stream z = { 0 };

	ENSURE(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)cap;
	for (; times > 0; times--) {
		z.next_in = (Bytef *)(uintptr_t)p;
		z.avail_in = (uInt)n;
		ENSURE(deflate(&z, times == 1 ? Z_SYNC_FLUSH : Z_NO_FLUSH) == Z_OK && z.avail_out != 0);
	}
	*len = cap - z.avail_out;
	deflateEnd(&z);
	return out;
}

/* A few bytes that want to become many: each read gives what was asked for, no more. */
static void
bomb(void)
{
	char *in = bytes(2, 1u << 20), *z, small[1000];
	struct rusage before, after;
	size_t len, got = 0;
	struct chan *c;
	ssize_t k;
	int sv[2];

	unit_row("bomb");
	z = deflated(in, 1u << 20, 16, &len);
	free(in);
	pair(sv);
	/* some of it had come with the answer to COMPRESS */
	c = zip_open(chan_plain(sv[0]), z, 1000);
	getrusage(RUSAGE_SELF, &before);
	ENSURE(io_write(sv[1], z + 1000, len - 1000) == 0);
	while ((k = chan_read(c, small, sizeof(small))) > 0)
		got += (size_t)k;
	CHECK(k == -1 && errno == EAGAIN);
	CHECK(c->rwait == POLLIN);
	CHECK_NUM(got, 16u << 20);
	getrusage(RUSAGE_SELF, &after);
	CHECK(after.ru_maxrss - before.ru_maxrss < 1024);
	chan_close(c);
	close(sv[1]);
	free(z);
}

static const struct {
	const char *name;
	const char *bytes;
	size_t	 n;
	int	 error;		/* errno, 0 for an end without one */
} bad[] = {
	{ "lengths that contradict", "\x00\x01\x00\x01\x00", 5, EPROTO },
	{ "a block of no kind", "\x07", 1, EPROTO },
	{ "the stream ends itself", "\x03\x00", 2, EPROTO },
	{ "cut", "\x00", 1, 0 },
	{ "nothing", "", 0, 0 },
};

static void
damaged(size_t i)
{
	char to[4096];
	struct chan *c;
	ssize_t k;
	int sv[2];

	unit_row("%s", bad[i].name);
	pair(sv);
	c = zip_open(chan_plain(sv[0]), "", 0);
	ENSURE(io_write(sv[1], bad[i].bytes, bad[i].n) == 0);
	close(sv[1]);
	k = chan_read(c, to, sizeof(to));
	if (bad[i].error == 0)
		CHECK_NUM(k, 0);
	else {
		CHECK(k == -1 && errno == bad[i].error);
		CHECK_STR(chan_why(c), "damaged compression");
		CHECK_STR(chan_wire(c)->why, "");
	}
	chan_close(c);
}

int
main(void)
{
	static const size_t sizes[] = { 1, 2, 1000, 65535, 65536, 65537, MUCH };
	size_t i;
	int kind;

	/* the same memory again and again: new pages cost more than what is done with them */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	for (kind = 0; kind < 3; kind++)
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			through(kind, sizes[i], 4097);
			through(kind, sizes[i], 1u << 20);
		}
	through(1, 3000, 1);
	bomb();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		damaged(i);
	return unit_end("net_zip");
}
