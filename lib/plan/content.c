/* Contents of messages. */
#include "plan/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK		65000u		/* bytes of digests allocated at once */
#define SIZE_BITS	48
#define DATE_BITS	40

struct digests_block {
	struct digests_block *next;
	unsigned char	 bytes[BLOCK];
};

void
digests_init(struct digests *d)
{
	d->last = NULL;
	d->used = 0;
}

void
digests_free(struct digests *d)
{
	struct digests_block *b;

	while ((b = d->last) != NULL) {
		d->last = b->next;
		free(b);
	}
	d->used = 0;
}

static unsigned char *
room(struct digests *d, size_t n)
{
	struct digests_block *b;

	if (d->last == NULL || d->used + n > BLOCK) {
		b = mem_grow(NULL, 1, sizeof(*b));
		b->next = d->last;
		d->last = b;
		d->used = 0;
	}
	d->used += n;
	return d->last->bytes + d->used - n;
}

int
content_read(struct content *c, unsigned char digs[CONTENT_DIGS], const struct rec *rec)
{
	const char *dig = rec_get(rec, "dig"), *full = rec_get(rec, "full");
	const char *size = rec_get(rec, "size");
	uint64_t n;

	memset(c, 0, sizeof(*c));
	if (size != NULL) {
		if (rec_number(size, &n) == -1)
			return -1;
		if (n >> SIZE_BITS == 0) {
			c->size = n;
			c->has |= HAS_SIZE;
		}
	}
	/* a time before 1970 is no error, just nothing to compare */
	if (rec_getu(rec, "date", &n) == 0 && n >> DATE_BITS == 0) {
		c->date = n;
		c->has |= HAS_DATE;
	}
	c->dig = digs;
	if (dig != NULL) {
		if (digest_unhex(dig, digs) == -1)
			return -1;
		c->has |= HAS_DIG;
	}
	if (full != NULL) {
		if (digest_unhex(full, digs + DIGEST_LEN) == -1)
			return -1;
		c->has |= HAS_FULL;
	}
	return 0;
}

/* What there is of one content's digests to another place. */
static void
copy(unsigned char *to, const struct content *c)
{
	if (c->has & HAS_DIG)
		memcpy(to, c->dig, DIGEST_LEN);
	if (c->has & HAS_FULL)
		memcpy(to + DIGEST_LEN, content_full(c), DIGEST_LEN);
}

void
content_keep(struct content *c, struct digests *d)
{
	unsigned char *to;

	if (!(c->has & (HAS_DIG | HAS_FULL))) {
		c->dig = NULL;
		return;
	}
	to = room(d, c->has & HAS_FULL ? CONTENT_DIGS : DIGEST_LEN);
	copy(to, c);
	c->dig = to;
}

void
content_merge(struct content *to, const struct content *from, struct digests *d)
{
	unsigned char digs[CONTENT_DIGS] = { 0 };

	copy(digs, to);
	copy(digs, from);
	if (from->has & HAS_SIZE)
		to->size = from->size;
	if (from->has & HAS_DATE)
		to->date = from->date;
	to->has |= from->has;
	to->dig = digs;
	content_keep(to, d);
}

const unsigned char *
content_full(const struct content *c)
{
	return c->dig + DIGEST_LEN;
}
