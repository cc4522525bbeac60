/* The compact table of rows. */
#include "plan/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"

#define RESERVE_MAX	(1u << 24)	/* rows; a hint from a stream is not believed beyond */
#define RFLAGS		5		/* bit positions: agreed flags from 0 */
#define WHERE		10

void
table_free(struct table *t)
{
	free(t->rows);
	memset(t, 0, sizeof(*t));
}

static void
grow(struct table *t, size_t cap)
{
	t->rows = mem_grow(t->rows, cap, sizeof(*t->rows));
	t->cap = cap;
}

void
table_reserve(struct table *t, uint64_t n)
{
	if (n > RESERVE_MAX)
		n = RESERVE_MAX;
	if (n > t->cap)
		grow(t, (size_t)n);
}

int
table_add(struct table *t, uint32_t uid, uint64_t name, unsigned flags, int kept,
    uint16_t content)
{
	struct row *r;

	if (t->n > 0 && t->rows[t->n - 1].uid >= uid)
		return -1;
	if (t->n == t->cap)
		grow(t, t->cap + t->cap / 4 + 1024);
	r = &t->rows[t->n++];
	r->uid = uid;
	r->content = content;
	r->hash = name;
	r->bits = (uint16_t)((flags & FLAG_ALL) | (kept ? ROW_KEPT : 0));
	return 0;
}

size_t
table_from(const struct table *t, uint32_t uid)
{
	size_t lo = 0, hi = t->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (t->rows[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct row *
table_find(const struct table *t, uint32_t uid)
{
	size_t i = table_from(t, uid);

	return i < t->n && t->rows[i].uid == uid ? &t->rows[i] : NULL;
}

/* Both halves of a 128 bit product, folded. */
static uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t
step(uint64_t h, uint64_t w)
{
	return fold(h ^ w, 0xd6e8feb86659fd93ull) + 0xa0761d6478bd642full;
}

static uint64_t
hash(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t h = 0x9e3779b97f4a7c15ull ^ n, w;

	for (; n >= sizeof(w); p += sizeof(w), n -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		h = step(h, w);
	}
	if (n != 0) {
		w = 0;
		memcpy(&w, p, n);
		h = step(h, w);
	}
	return fold(h, 0xe7037ed1a0b428dbull);
}

uint64_t
table_hash(const char *name)
{
	return hash(name, strlen(name));
}

uint16_t
table_content(uint64_t size, const unsigned char dig[DIGEST_LEN])
{
	unsigned char both[sizeof(size) + DIGEST_LEN];
	uint16_t h;

	memcpy(both, &size, sizeof(size));
	memcpy(both + sizeof(size), dig, DIGEST_LEN);
	h = (uint16_t)hash(both, sizeof(both));
	return h != 0 ? h : 1;
}

unsigned
row_flags(const struct row *r)
{
	return r->bits & FLAG_ALL;
}

unsigned
row_rflags(const struct row *r)
{
	return r->bits >> RFLAGS & FLAG_ALL;
}

unsigned
row_where(const struct row *r)
{
	return r->bits >> WHERE & 3;
}

void
row_set_remote(struct row *r, unsigned where, unsigned flags)
{
	unsigned clear = (unsigned)FLAG_ALL << RFLAGS | 3u << WHERE;

	r->bits = (uint16_t)((r->bits & ~clear) | flags << RFLAGS | where << WHERE);
}

void
row_set_flags(struct row *r, unsigned flags)
{
	r->bits = (uint16_t)((r->bits & ~(unsigned)FLAG_ALL) | flags);
}
