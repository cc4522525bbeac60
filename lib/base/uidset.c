/*
 * Sets of uids.  What comes in order is one run of ranges; what does not begins another,
 * and runs are merged as they grow: adding, looking up and sorting stay n log n
 * in any order, however adding and looking up take turns.
 */
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
	free(s->run);
	uidset_init(s);
}

void
uidset_clear(struct uidset *s)
{
	s->n = 0;
	s->nrun = 0;
}

/* Where the last run begins. */
static size_t
last_run(const struct uidset *s)
{
	return s->nrun != 0 ? s->run[s->nrun - 1] : 0;
}

/* Joins ranges that touch, from one on to the end. */
static void
pack(struct uidset *s, size_t at)
{
	size_t i;

	for (i = at + 1; i < s->n; i++)
		if (s->r[i].lo - 1 <= s->r[at].hi) {
			if (s->r[i].hi > s->r[at].hi)
				s->r[at].hi = s->r[i].hi;
		} else
			s->r[++at] = s->r[i];
	s->n = at + 1;
}

/* Makes one of the last two runs. */
static void
merge(struct uidset *s)
{
	size_t i, j, k = s->n, mid = last_run(s), from;
	struct uidrange *last;

	s->nrun--;
	from = last_run(s);
	i = mid;
	j = s->n - mid;
	last = mem_alloc(j * sizeof(*last));
	memcpy(last, &s->r[mid], j * sizeof(*last));
	/* from behind, where there is room */
	while (j > 0)
		s->r[--k] = i > from && s->r[i - 1].lo > last[j - 1].lo ? s->r[--i] : last[--j];
	free(last);
	pack(s, from);
}

/* A range that is not behind the last one begins a run; each is twice as long as the next. */
static void
begin_run(struct uidset *s)
{
	size_t mid;

	while (s->nrun != 0) {
		mid = last_run(s);
		if (mid - (s->nrun > 1 ? s->run[s->nrun - 2] : 0) >= 2 * (s->n - mid))
			break;
		merge(s);
	}
	if (s->run == NULL)
		s->run = mem_alloc(UIDSET_RUNS * sizeof(*s->run));
	ENSURE(s->nrun < UIDSET_RUNS);
	s->run[s->nrun++] = s->n;
}

void
uidset_add(struct uidset *s, uint32_t lo, uint32_t hi)
{
	struct uidrange *last;

	if (s->n != 0) {
		last = &s->r[s->n - 1];
		if (lo >= last->lo && lo - 1 <= last->hi) {
			if (hi > last->hi)
				last->hi = hi;
			return;
		}
		if (lo <= last->hi)
			begin_run(s);
	}
	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 16;
		s->r = mem_grow(s->r, s->cap, sizeof(*s->r));
	}
	s->r[s->n].lo = lo;
	s->r[s->n++].hi = hi;
}

void
uidset_sort(struct uidset *s)
{
	while (s->nrun != 0)
		merge(s);
}

/* Looks in the ranges from lo to before end. */
static int
run_has(const struct uidset *s, size_t lo, size_t end, uint32_t uid)
{
	size_t hi = end, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->r[mid].hi < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < end && s->r[lo].lo <= uid;
}

int
uidset_has(const struct uidset *s, uint32_t uid)
{
	size_t end = s->n;
	unsigned i;

	for (i = s->nrun; i > 0; i--) {
		if (run_has(s, s->run[i - 1], end, uid))
			return 1;
		end = s->run[i - 1];
	}
	return run_has(s, 0, end, uid);
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
	struct uidset all = { .r = &range, .n = 1, .cap = 1 };

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
