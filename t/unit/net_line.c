/* Lines before the login: ends, limits, time. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "net/chan.h"
#include "net/line.h"
#include "unit.h"

#define LONG	LINE_MAX_BYTES

static const struct {
	const char *name;
	const char *bytes;
	size_t	 n;
	size_t	 fill;		/* so many "x" in front */
	const char *want[4];	/* lines, then NULL */
	int	 end;		/* what comes then: 0 or an errno */
} rows[] = {
	{ "two lines", "* OK a\r\n* OK b\r\n", 16, 0, { "* OK a", "* OK b", NULL }, 0 },
	{ "LF alone", "a\nb\n", 4, 0, { "a", "b", NULL }, 0 },
	{ "empty lines", "\r\n\n", 3, 0, { "", "", NULL }, 0 },
	{ "a CR inside stays", "a\rb\r\n", 5, 0, { "a\rb", NULL }, 0 },
	{ "a cut line is none", "a\r\nbc", 5, 0, { "a", NULL }, 0 },
	{ "nothing", "", 0, 0, { NULL }, 0 },
	{ "a NUL", "a\0b\r\nc\r\n", 8, 0, { NULL }, EILSEQ },
	{ "the longest", "\r\n", 2, LONG, { "x", NULL }, 0 },
	{ "one byte too long", "\r\n", 2, LONG + 1, { NULL }, EMSGSIZE },
	{ "too long with LF", "\n", 1, LONG + 1, { NULL }, EMSGSIZE },
	{ "never an end", "", 0, LONG + 4096, { NULL }, EMSGSIZE },
};

static struct chan *
sent(const void *p, size_t n, size_t fill, int *peer)
{
	char *x = mem_alloc(fill + 1);
	int sv[2], big = 1 << 20;

	ENSURE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	setsockopt(sv[1], SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	memset(x, 'x', fill);
	ENSURE(io_write(sv[1], x, fill) == 0 && io_write(sv[1], p, n) == 0);
	free(x);
	*peer = sv[1];
	return chan_plain(sv[0]);
}

static void
row(size_t i)
{
	struct line l;
	struct chan *c;
	char *got = NULL;
	int peer, k, n;

	unit_row("%s", rows[i].name);
	c = sent(rows[i].bytes, rows[i].n, rows[i].fill, &peer);
	close(peer);
	line_init(&l);
	for (k = 0; rows[i].want[k] != NULL; k++) {
		if (!CHECK_NUM(line_read(&l, c, INT64_MAX, &got), 1))
			break;
		if (rows[i].fill != 0)
			CHECK_NUM(strlen(got), rows[i].fill);
		else
			CHECK_STR(got, rows[i].want[k]);
	}
	errno = 0;
	n = line_read(&l, c, INT64_MAX, &got);
	CHECK_NUM(n, rows[i].end == 0 ? 0 : -1);
	if (n == -1)
		CHECK_NUM(errno, rows[i].end);
	line_free(&l);
	chan_close(c);
}

int
main(void)
{
	struct chan *c;
	struct line l;
	const char *rest;
	char *got = NULL;
	size_t i;
	int peer;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row(i);
	unit_row("what lies behind a line");
	c = sent("a\r\nb\r\nc", 7, 0, &peer);
	line_init(&l);
	CHECK_NUM(line_rest(&l, &rest), 0);
	CHECK_NUM(line_read(&l, c, INT64_MAX, &got), 1);
	CHECK_NUM(line_rest(&l, &rest), 4);
	CHECK(memcmp(rest, "b\r\nc", 4) == 0);
	CHECK_NUM(line_read(&l, c, INT64_MAX, &got), 1);
	CHECK_STR(got, "b");
	unit_row("a silent server");
	CHECK_NUM(line_read(&l, c, io_now() + 20, &got), -1);
	CHECK_NUM(errno, ETIMEDOUT);
	unit_row("the line's beginning is kept meanwhile");
	CHECK_NUM(io_write(peer, "d\r\n", 3), 0);
	CHECK_NUM(line_read(&l, c, INT64_MAX, &got), 1);
	CHECK_STR(got, "cd");
	close(peer);
	line_free(&l);
	chan_close(c);
	return unit_end("net_line");
}
