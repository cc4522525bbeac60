/* Compressed channels by zlib; see zip.h. */
#include "net/zip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#define TAKE	(64u << 10)		/* bytes compressed at once */
#define SPARE	1024			/* what deflate adds to those at worst, the flush included */

struct zip {
	struct chan	 chan;		/* first: the ops get it */
	z_stream	 up, down;
	size_t		 taken;		/* of the caller's bytes: compressed, not yet all sent */
	size_t		 at, len;	/* what is to be sent: len bytes from out + at */
	unsigned char	 in[TAKE];
	unsigned char	 out[TAKE + SPARE];
};

/* The failure of the channel below is ours. */
static ssize_t
failed(struct zip *z)
{
	int cause = errno;

	strlcpy(z->chan.why, z->chan.below->why, sizeof(z->chan.why));
	errno = cause;
	return -1;
}

static ssize_t
zip_read(struct chan *c, void *p, size_t n)
{
	struct zip *z = (struct zip *)c;
	ssize_t got;
	int ret;

	if (n > TAKE)
		n = TAKE;
	z->down.next_out = p;
	z->down.avail_out = (uInt)n;
	for (;;) {
		ret = inflate(&z->down, Z_SYNC_FLUSH);
		if (z->down.avail_out != n)
			break;
		/* IMAP tells its own end; a stream that ends itself is as broken as a damaged one */
		if (ret != Z_OK && ret != Z_BUF_ERROR) {
			strlcpy(c->why, "damaged compression", sizeof(c->why));
			errno = EPROTO;
			return -1;
		}
		if ((got = chan_read(c->below, z->in, sizeof(z->in))) <= 0) {
			c->rwait = c->below->rwait;
			return got == -1 ? failed(z) : 0;
		}
		z->down.next_in = z->in;
		z->down.avail_in = (uInt)got;
	}
	c->rwait = c->below->rwait;
	c->more = z->down.avail_in != 0 || z->down.avail_out == 0 || c->below->more;
	return (ssize_t)(n - z->down.avail_out);
}

/* Sends what is compressed: 0 when all is out, -1 with errno. */
static int
drain(struct zip *z)
{
	ssize_t put;

	while (z->len != 0) {
		if ((put = chan_write(z->chan.below, z->out + z->at, z->len)) == -1) {
			z->chan.wwait = z->chan.below->wwait;
			return (int)failed(z);
		}
		z->at += (size_t)put;
		z->len -= (size_t)put;
	}
	return 0;
}

/*
 * The caller's bytes count as written when they are on their way in full; until then he
 * tries again with the same (and perhaps more), as with TLS.
 */
static ssize_t
zip_write(struct chan *c, const void *p, size_t n)
{
	struct zip *z = (struct zip *)c;
	size_t taken;

	if (z->taken == 0) {
		z->taken = n < TAKE ? n : TAKE;
		z->up.next_in = (Bytef *)(uintptr_t)p;
		z->up.avail_in = (uInt)z->taken;
		z->up.next_out = z->out;
		z->up.avail_out = sizeof(z->out);
		ENSURE(deflate(&z->up, Z_SYNC_FLUSH) == Z_OK && z->up.avail_in == 0 &&
		    z->up.avail_out != 0);
		z->at = 0;
		z->len = sizeof(z->out) - z->up.avail_out;
	}
	ENSURE(z->taken <= n);
	if (drain(z) == -1)
		return -1;
	taken = z->taken;
	z->taken = 0;
	return (ssize_t)taken;
}

static void
zip_close(struct chan *c)
{
	struct zip *z = (struct zip *)c;

	deflateEnd(&z->up);
	inflateEnd(&z->down);
	chan_close(c->below);
	free(z);
}

static const struct chan_ops zip_ops = { zip_read, zip_write, zip_close };

struct chan *
zip_open(struct chan *below, const char *first, size_t n)
{
	struct zip *z = mem_alloc(sizeof(*z));

	ENSURE(n <= ZIP_FIRST && ZIP_FIRST <= sizeof(z->in));
	z->chan.ops = &zip_ops;
	z->chan.fd = below->fd;
	z->chan.below = below;
	/* no header and no checksum: RFC 1951 alone */
	ENSURE(inflateInit2(&z->down, -MAX_WBITS) == Z_OK);
	ENSURE(deflateInit2(&z->up, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY) == Z_OK);
	memcpy(z->in, first, n);
	z->down.next_in = z->in;
	z->down.avail_in = (uInt)n;
	return &z->chan;
}
