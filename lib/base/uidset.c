/* Sets of uids. */
#include "base/uidset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
uidset_init(struct uidset *s)
{
	memset(s, 0, sizeof(*s));
}

void
uidset_free(struct uidset *s)
{
	free(s->r);
	uidset_init(s);
}

void
uidset_clear(struct uidset *s)
{
	s->n = 0;
	s->unsorted = 0;
}

void
uidset_add(struct uidset *s, uint32_t lo, uint32_t hi)
{
	struct uidrange *last;

	if (s->n != 0) {
		last = &s->r[s->n - 1];
		if (!s->unsorted && lo >= last->lo && lo - 1 <= last->hi) {
			if (hi > last->hi)
				last->hi = hi;
			return;
		}
		if (lo <= last->hi)
			s->unsorted = 1;
	}
	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 16;
		s->r = mem_grow(s->r, s->cap, sizeof(*s->r));
	}
	s->r[s->n].lo = lo;
	s->r[s->n++].hi = hi;
}

static int
compare(const void *a, const void *b)
{
	const struct uidrange *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

void
uidset_sort(struct uidset *s)
{
	size_t i, n = 0;

	if (!s->unsorted)
		return;
	qsort(s->r, s->n, sizeof(*s->r), compare);
	for (i = 1; i < s->n; i++)
		if (s->r[i].lo - 1 <= s->r[n].hi) {
			if (s->r[i].hi > s->r[n].hi)
				s->r[n].hi = s->r[i].hi;
		} else
			s->r[++n] = s->r[i];
	s->n = n + 1;
	s->unsorted = 0;
}

int
uidset_has(struct uidset *s, uint32_t uid)
{
	size_t lo = 0, hi, mid;

	uidset_sort(s);
	hi = s->n;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->r[mid].hi < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->r[lo].lo <= uid;
}

uint64_t
uidset_count(struct uidset *s)
{
	uint64_t n = 0;
	size_t i;

	uidset_sort(s);
	for (i = 0; i < s->n; i++)
		n += (uint64_t)s->r[i].hi - s->r[i].lo + 1;
	return n;
}

void
uidset_and(struct uidset *to, struct uidset *a, struct uidset *b)
{
	size_t i = 0, j = 0;
	uint32_t lo, hi;

	uidset_sort(a);
	uidset_sort(b);
	while (i < a->n && j < b->n) {
		lo = a->r[i].lo > b->r[j].lo ? a->r[i].lo : b->r[j].lo;
		hi = a->r[i].hi < b->r[j].hi ? a->r[i].hi : b->r[j].hi;
		if (lo <= hi)
			uidset_add(to, lo, hi);
		if (a->r[i].hi < b->r[j].hi)
			i++;
		else
			j++;
	}
}

void
uidset_minus(struct uidset *to, struct uidset *a, struct uidset *b)
{
	uint64_t lo;
	size_t i, j = 0;

	uidset_sort(a);
	uidset_sort(b);
	for (i = 0; i < a->n; i++) {
		/* what is left of the range begins at lo, which may be past the last uid */
		for (lo = a->r[i].lo; j < b->n && b->r[j].lo <= a->r[i].hi; j++) {
			if (b->r[j].lo > lo)
				uidset_add(to, (uint32_t)lo, b->r[j].lo - 1);
			if (b->r[j].hi >= lo)
				lo = (uint64_t)b->r[j].hi + 1;
			if (b->r[j].hi > a->r[i].hi)
				break;
		}
		if (lo <= a->r[i].hi)
			uidset_add(to, (uint32_t)lo, a->r[i].hi);
	}
}

void
uidset_part(struct uidset *to, struct uidset *from, uint32_t lo, uint32_t hi)
{
	struct uidrange range = { lo, hi };
	struct uidset all = { &range, 1, 1, 0 };

	if (lo <= hi)
		uidset_and(to, from, &all);
}

/* A uid in decimal, 1 to 2^32-1; moves the pointer; 0 on error. */
static uint32_t
number(const char **p)
{
	uint64_t v = 0;

	for (; **p >= '0' && **p <= '9' && v <= UINT32_MAX; (*p)++)
		v = v * 10 + (uint64_t)(**p - '0');
	return v <= UINT32_MAX ? (uint32_t)v : 0;
}

int
uidset_parse(struct uidset *s, const char *p)
{
	uint32_t lo, hi, swap;

	for (;;) {
		if ((lo = hi = number(&p)) == 0)
			return -1;
		if (*p == ':') {
			p++;
			if ((hi = number(&p)) == 0)
				return -1;
		}
		if (lo > hi) {
			swap = lo;
			lo = hi;
			hi = swap;
		}
		uidset_add(s, lo, hi);
		if (*p == '\0')
			return 0;
		if (*p++ != ',')
			return -1;
	}
}

int
uidset_parse_id(struct uidset *s, const char *p, uint32_t *validity)
{
	if (p == NULL || (*validity = number(&p)) == 0 || *p != ':')
		return -1;
	return uidset_parse(s, p + 1);
}

void
uidset_text(struct uidset *s, size_t *at, size_t max, struct buf *b)
{
	size_t start = b->len;

	uidset_sort(s);
	for (; *at < s->n && b->len - start < max; (*at)++) {
		if (b->len != start)
			buf_byte(b, ',');
		if (s->r[*at].lo == s->r[*at].hi)
			buf_printf(b, "%u", s->r[*at].lo);
		else
			buf_printf(b, "%u:%u", s->r[*at].lo, s->r[*at].hi);
	}
}
