/* Open addressing over 59-bit hashes. */
#include "maildir/keyset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define USED		16u		/* set in each slot that is taken */
#define LOW		(USED | KEYSET_MARKS)
#define FIRST		1024u		/* slots to begin with */
#define KEEP		65536u		/* slots that keyset_clear keeps */

#define ROTL(x, n)	((x) << (n) | (x) >> (64 - (n)))

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] = ROTL(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] = ROTL(v[2], 32);
}

uint64_t
keyset_hash(const uint64_t seed[2], const void *data, size_t n)
{
	uint64_t v[4] = {
		seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
		seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573
	};
	const unsigned char *p = data;
	uint64_t m, last = (uint64_t)n << 56;
	size_t i;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&m, p, sizeof(m));	/* in whatever order of bytes */
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	for (i = 0; i < n; i++)
		last |= (uint64_t)p[i] << 8 * i;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
keyset_init(struct keyset *s)
{
	memset(s, 0, sizeof(*s));
	arc4random_buf(s->seed, sizeof(s->seed));
}

void
keyset_free(struct keyset *s)
{
	free(s->slot);
	s->slot = NULL;
	s->n = s->cap = 0;
}

void
keyset_clear(struct keyset *s)
{
	if (s->cap > KEEP)
		keyset_free(s);
	else if (s->n != 0)
		memset(s->slot, 0, s->cap * sizeof(*s->slot));
	s->n = 0;
}

/* The slot of a key: the one that has it, or the free one where it belongs. */
static uint64_t *
find(const struct keyset *s, uint64_t key)
{
	size_t i = (size_t)(key >> 5) & (s->cap - 1);

	while (s->slot[i] != 0 && (s->slot[i] | KEYSET_MARKS) != (key | LOW))
		i = (i + 1) & (s->cap - 1);
	return &s->slot[i];
}

static void
grow(struct keyset *s)
{
	uint64_t *old = s->slot;
	size_t i, n = s->cap;

	s->cap = n != 0 ? 2 * n : FIRST;
	s->slot = mem_grow(NULL, s->cap, sizeof(*s->slot));
	memset(s->slot, 0, s->cap * sizeof(*s->slot));
	for (i = 0; i < n; i++)
		if (old[i] != 0)
			*find(s, old[i]) = old[i];
	free(old);
}

uint64_t *
keyset_add(struct keyset *s, const char *name, size_t len)
{
	uint64_t key, *slot;

	if (4 * (s->n + 1) > 3 * s->cap)
		grow(s);
	key = (keyset_hash(s->seed, name, len) & ~(uint64_t)LOW) | USED;
	slot = find(s, key);
	if (*slot == 0) {
		*slot = key;
		s->n++;
	}
	return slot;
}

void
keyset_unmark(struct keyset *s, uint64_t marks)
{
	size_t i;

	for (i = 0; i < s->cap; i++)
		s->slot[i] &= ~(marks & KEYSET_MARKS);
}
