/* Pairing of messages that are equal, as far as is known. */
#include "plan/pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WHOLE_MAX	(64u << 20)	/* bytes of one folder that are read whole only to be sure */

/* What must be equal of two messages, each with what stands before it. */
enum level { CONTENT, DATE, FLAGS };

/* A message of either side, as it is sorted. */
struct item {
	const struct content *c;
	uint8_t flags;
	uint64_t tie;		/* uid, or hash of the name: any fixed order will do */
	uint32_t index;
};

static int
order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int
pair_same(const struct content *a, const struct content *b)
{
	return a->size == b->size && memcmp(a->dig, b->dig, DIGEST_LEN) == 0;
}

/* By what is known of every message: length and start. */
static int
alike(const struct content *a, const struct content *b)
{
	int d = order(a->size, b->size);

	return d != 0 ? d : memcmp(a->dig, b->dig, DIGEST_LEN);
}

static int
by_content(const struct content *a, const struct content *b)
{
	int d = alike(a, b);

	if (d == 0 && (a->has & b->has & HAS_FULL))
		d = memcmp(a->full, b->full, DIGEST_LEN);
	return d;
}

static int
by_alike_item(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = alike(x->c, y->c);

	return d != 0 ? d : order(x->tie, y->tie);
}

static int
by_level(enum level level, const struct item *x, const struct item *y)
{
	int d = by_content(x->c, y->c);

	if (d == 0 && level >= DATE)
		d = (x->c->has & HAS_DATE) - (y->c->has & HAS_DATE);
	if (d == 0 && level >= DATE && (x->c->has & HAS_DATE))
		d = order(x->c->date, y->c->date);
	return d != 0 || level < FLAGS ? d : order(x->flags, y->flags);
}

static int
by_item(const void *a, const void *b, void *level)
{
	const struct item *x = a, *y = b;
	int d = by_level(*(enum level *)level, x, y);

	return d != 0 ? d : order(x->tie, y->tie);
}

static int
can_match(const struct content *c, uint8_t fate)
{
	return fate == FATE_OPEN && (c->has & HAS_START) == HAS_START;
}

static size_t
remote_items(const struct pairing *p, struct item *to)
{
	size_t i, n = 0;

	for (i = 0; i < p->nr; i++)
		if (can_match(&p->r[i].c, p->r[i].fate))
			to[n++] = (struct item){ &p->r[i].c, p->r[i].flags, p->r[i].uid,
			    (uint32_t)i };
	return n;
}

static size_t
local_items(const struct pairing *p, struct item *to)
{
	size_t i, n = 0;

	for (i = 0; i < p->nl; i++)
		if (can_match(&p->l[i].c, p->l[i].fate))
			to[n++] = (struct item){ &p->l[i].c, p->l[i].flags, p->l[i].hash,
			    (uint32_t)i };
	return n;
}

/*
 * A group of messages that start alike and are equally long, nr and nl of them: none
 * of it is decided before all are told apart.  *sure is what may still be read to be sure of
 * a pair that is alone with its start.
 */
static void
settle_group(struct pairing *p, const struct item *r, size_t nr, const struct item *l, size_t nl,
    uint64_t *sure)
{
	struct rmsg *m;
	size_t i, asked = 0, unknown = 0;
	enum fate rest;

	if (r->c->size <= DIGEST_BYTES)
		return;
	if (nr < 2 && nl < 2) {
		if (r->c->size > *sure)
			return;
		*sure -= r->c->size;
	}
	for (i = 0; i < nl; i++)
		if (!(l[i].c->has & HAS_FULL))
			return;
	for (i = 0; i < nr; i++) {
		m = &p->r[r[i].index];
		if (m->c.has & HAS_FULL)
			continue;
		unknown++;
		m->bits |= RMSG_TWIN;
		asked += !(m->bits & RMSG_WHOLE);
	}
	if (unknown == 0)
		return;
	rest = asked != 0 ? FATE_WAIT : FATE_AMBIGUOUS;
	for (i = 0; i < nl; i++)
		p->l[l[i].index].fate = (uint8_t)rest;
	for (i = 0; i < nr; i++) {
		m = &p->r[r[i].index];
		m->fate = (uint8_t)((m->bits & RMSG_TWIN) && !(m->bits & RMSG_WHOLE) ?
		    FATE_PROBE : rest);
	}
	p->probes += asked;
	p->ambiguous += asked == 0;
}

/* How many from the first on start alike. */
static size_t
run_of(const struct item *x, size_t n)
{
	size_t i;

	for (i = 1; i < n && pair_same(x->c, x[i].c); i++)
		continue;
	return i;
}

/*
 * Large messages: the digests of all their bytes decide, and are asked for where they are not
 * known.  Only where that would mean to read a large part of the folder again, the start is
 * enough for a remote one and a local one that are alone with it.
 */
static void
settle_twins(struct pairing *p)
{
	struct item *r = mem_grow(NULL, p->nr, sizeof(*r));
	struct item *l = mem_grow(NULL, p->nl, sizeof(*l));
	size_t nr = remote_items(p, r), nl = local_items(p, l), i = 0, j = 0, m, n;
	uint64_t sure = WHOLE_MAX;
	int d;

	qsort(r, nr, sizeof(*r), by_alike_item);
	qsort(l, nl, sizeof(*l), by_alike_item);
	while (i < nr && j < nl) {
		d = alike(r[i].c, l[j].c);
		m = run_of(r + i, nr - i);
		n = run_of(l + j, nl - j);
		if (d == 0)
			settle_group(p, r + i, m, l + j, n, &sure);
		i += d <= 0 ? m : 0;
		j += d >= 0 ? n : 0;
	}
	free(r);
	free(l);
}

static void
adopt(struct pairing *p, uint32_t r, uint32_t l)
{
	p->r[r].fate = p->l[l].fate = FATE_ADOPT;
	p->r[r].match = l;
	p->l[l].match = r;
}

static int
by_uid(const void *uid, const void *b)
{
	const struct rmsg *r = b;

	return order(*(const uint32_t *)uid, r->uid);
}

/*
 * A file whose name has the uid of an equal message is paired with that one among
 * its twins, so that none gets another's flags.
 */
static void
match_named(struct pairing *p)
{
	struct rmsg *r;
	size_t i;

	for (i = 0; i < p->nl; i++) {
		if (p->l[i].uid == 0 || !can_match(&p->l[i].c, p->l[i].fate))
			continue;
		r = bsearch(&p->l[i].uid, p->r, p->nr, sizeof(*r), by_uid);
		if (r != NULL && r->claims < 2 && can_match(&r->c, r->fate) &&
		    by_content(&r->c, &p->l[i].c) == 0)
			adopt(p, (uint32_t)(r - p->r), (uint32_t)i);
	}
}

/* Pairs those that are equal as far as the level says, in order. */
static void
match_equal(struct pairing *p, enum level level)
{
	struct item *r = mem_grow(NULL, p->nr, sizeof(*r));
	struct item *l = mem_grow(NULL, p->nl, sizeof(*l));
	size_t nr = remote_items(p, r), nl = local_items(p, l), i = 0, j = 0;
	int d;

	qsort_r(r, nr, sizeof(*r), by_item, &level);
	qsort_r(l, nl, sizeof(*l), by_item, &level);
	while (i < nr && j < nl) {
		d = by_level(level, &r[i], &l[j]);
		if (d == 0 && (level < DATE || (r[i].c->has & HAS_DATE)))
			adopt(p, r[i].index, l[j].index);
		i += d <= 0;
		j += d >= 0;
	}
	free(r);
	free(l);
}

void
pair_equal(struct pairing *p)
{
	settle_twins(p);
	match_named(p);
	match_equal(p, FLAGS);
	match_equal(p, DATE);
	match_equal(p, CONTENT);
}
