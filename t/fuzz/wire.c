/* Message bytes from disk to wire and back, and the digest that both forms have in common. */
#include "base/buf.h"
#include "base/digest.h"
#include "fuzz.h"
#include "maildir/wire.h"

/* As the wire has it, read in pieces. */
static void
to_wire(const uint8_t *data, size_t size, size_t piece, struct buf *b)
{
	struct md_wire *w = mem_alloc(sizeof(*w));
	int fd = fuzz_file(data, size);
	ssize_t n = -1;
	char *to;

	md_wire_open(w, fd);
	while ((to = buf_room(b, piece)) != NULL && (n = md_wire_read(w, to, piece)) > 0)
		b->len += (size_t)n;
	HOLDS(n == 0 && w->out == b->len);
	close(fd);
	free(w);
}

/* As the disk has it, fed in pieces. */
static void
to_text(const char *p, size_t n, size_t piece, struct buf *b)
{
	struct md_text t;
	char *room = mem_alloc(piece + 1);
	size_t part;

	md_text_init(&t);
	for (; n != 0; p += part, n -= part) {
		part = n < piece ? n : piece;
		buf_put(b, room, md_text_feed(&t, p, part, room));
	}
	buf_put(b, room, md_text_end(&t, room));
	HOLDS(t.out == b->len);
	free(room);
}

static void
digest_of(const char *p, size_t n, size_t piece, int whole, unsigned char dig[DIGEST_LEN])
{
	struct digest d;
	size_t part;

	whole ? digest_init_whole(&d) : digest_init(&d);
	for (; n != 0; p += part, n -= part) {
		part = n < piece ? n : piece;
		digest_add(&d, p, part);
	}
	digest_end(&d, dig);
}

static int
equal(const struct buf *a, const void *p, size_t n)
{
	return a->len == n && (n == 0 || memcmp(a->data, p, n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	unsigned char one[DIGEST_LEN], other[DIGEST_LEN];
	struct md_grow g = { 0 };
	struct buf wire, again, back;
	size_t piece = 1 + size % 11, i;
	int whole, crlf = 0;

	for (i = 0; i + 1 < size; i++)
		crlf |= text[i] == '\r' && text[i + 1] == '\n';
	buf_init(&wire, 1u << 24);
	buf_init(&again, 1u << 24);
	buf_init(&back, 1u << 24);
	to_wire(data, size, 4096, &wire);
	to_wire(data, size, piece, &again);
	HOLDS(equal(&again, wire.data, wire.len));
	for (i = 0; i < wire.len; i++)
		HOLDS(wire.data[i] != '\n' || (i > 0 && wire.data[i - 1] == '\r'));
	md_grow_add(&g, text, size / 2);
	md_grow_add(&g, text + size / 2, size - size / 2);
	HOLDS(size + g.more == wire.len);
	to_text(wire.data, wire.len, piece, &back);
	HOLDS(crlf || equal(&back, data, size));
	for (whole = 0; whole < 2; whole++) {
		digest_of(text, size, size + 1, whole, one);
		digest_of(wire.data, wire.len, piece, whole, other);
		HOLDS(memcmp(one, other, DIGEST_LEN) == 0);
		digest_of(back.data, back.len, 7, whole, other);
		/* CR CR LF on the wire is CR LF on disk, which is an LF to the digest */
		HOLDS(crlf || memcmp(one, other, DIGEST_LEN) == 0);
	}
	buf_free(&wire);
	buf_free(&again);
	buf_free(&back);
	return 0;
}
