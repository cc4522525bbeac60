/* Pairing of messages that are equal, as far as is known. */
#include "plan/pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WHOLE_MAX	(64u << 20)	/* bytes of one folder that are read whole only to be sure */

/* What must be equal of two messages, each with what stands before it. */
enum level { ALIKE, CONTENT, DATE, FLAGS };

/* A message of either side. */
struct item {
	const struct content *c;
	uint8_t flags;
	uint64_t tie;		/* uid, or hash of the name: any fixed order will do */
	uint32_t index;
};

/* Messages of one side that take part, by their indexes. */
struct items {
	const struct pairing *p;
	int local;
	enum level level;	/* as far as they are sorted by */
	uint32_t *index;
	size_t n;
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
		d = memcmp(content_full(a), content_full(b), DIGEST_LEN);
	return d;
}

static int
by_level(enum level level, const struct item *x, const struct item *y)
{
	int d = level == ALIKE ? alike(x->c, y->c) : by_content(x->c, y->c);

	if (d == 0 && level >= DATE)
		d = (x->c->has & HAS_DATE) - (y->c->has & HAS_DATE);
	if (d == 0 && level >= DATE && (x->c->has & HAS_DATE))
		d = order(x->c->date, y->c->date);
	return d != 0 || level < FLAGS ? d : order(x->flags, y->flags);
}

static struct item
item_of(const struct items *it, uint32_t i)
{
	const struct pairing *p = it->p;

	if (it->local)
		return (struct item){ &p->l[i].c, p->l[i].flags, p->l[i].hash, i };
	return (struct item){ &p->r[i].c, p->r[i].flags, p->r[i].uid, i };
}

static struct item
item_at(const struct items *it, size_t i)
{
	return item_of(it, it->index[i]);
}

static int
by_item(const void *a, const void *b, void *items)
{
	const struct items *it = items;
	struct item x = item_of(it, *(const uint32_t *)a), y = item_of(it, *(const uint32_t *)b);
	int d = by_level(it->level, &x, &y);

	return d != 0 ? d : order(x.tie, y.tie);
}

static int
can_match(const struct content *c, uint8_t fate)
{
	return fate == FATE_OPEN && (c->has & HAS_START) == HAS_START;
}

/* All that can be matched, sorted; free index. */
static void
items_open(struct items *it, const struct pairing *p, int local, enum level level)
{
	size_t i, n = local ? p->nl : p->nr;

	*it = (struct items){ p, local, level, mem_grow(NULL, n, sizeof(*it->index)), 0 };
	for (i = 0; i < n; i++)
		if (local ? can_match(&p->l[i].c, p->l[i].fate) :
		    can_match(&p->r[i].c, p->r[i].fate))
			it->index[it->n++] = (uint32_t)i;
	qsort_r(it->index, it->n, sizeof(*it->index), by_item, it);
}

/*
 * A group of messages that start alike and are equally long, nr and nl of them: none
 * of it is decided before all are told apart.  *sure is what may still be read to be sure of
 * a pair that is alone with its start.
 */
static void
settle_group(struct pairing *p, const uint32_t *r, size_t nr, const uint32_t *l, size_t nl,
    uint64_t *sure)
{
	uint64_t size = p->r[r[0]].c.size;
	struct rmsg *m;
	size_t i, asked = 0, unknown = 0;
	enum fate rest;

	if (size <= DIGEST_BYTES)
		return;
	if (nr < 2 && nl < 2) {
		if (size > *sure)
			return;
		*sure -= size;
	}
	for (i = 0; i < nl; i++)
		if (!(p->l[l[i]].c.has & HAS_FULL))
			return;
	for (i = 0; i < nr; i++) {
		m = &p->r[r[i]];
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
		p->l[l[i]].fate = (uint8_t)rest;
	for (i = 0; i < nr; i++) {
		m = &p->r[r[i]];
		m->fate = (uint8_t)((m->bits & RMSG_TWIN) && !(m->bits & RMSG_WHOLE) ?
		    FATE_PROBE : rest);
	}
	p->probes += asked;
	p->ambiguous += asked == 0;
}

/* How many from number "from" on start alike. */
static size_t
run_of(const struct items *it, size_t from)
{
	const struct content *c = item_at(it, from).c;
	size_t i;

	for (i = from + 1; i < it->n && pair_same(c, item_at(it, i).c); i++)
		continue;
	return i - from;
}

/*
 * Large messages: the digests of all their bytes decide, and are asked for where they are not
 * known.  Only where that would mean to read a large part of the folder again, the start is
 * enough for a remote one and a local one that are alone with it.
 */
static void
settle_twins(struct pairing *p)
{
	uint64_t sure = WHOLE_MAX;
	struct items r, l;
	size_t i = 0, j = 0, m, n;
	int d;

	items_open(&r, p, 0, ALIKE);
	items_open(&l, p, 1, ALIKE);
	while (i < r.n && j < l.n) {
		d = alike(item_at(&r, i).c, item_at(&l, j).c);
		m = run_of(&r, i);
		n = run_of(&l, j);
		if (d == 0)
			settle_group(p, r.index + i, m, l.index + j, n, &sure);
		i += d <= 0 ? m : 0;
		j += d >= 0 ? n : 0;
	}
	free(r.index);
	free(l.index);
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
	struct items r, l;
	struct item x, y;
	size_t i = 0, j = 0;
	int d;

	items_open(&r, p, 0, level);
	items_open(&l, p, 1, level);
	while (i < r.n && j < l.n) {
		x = item_at(&r, i);
		y = item_at(&l, j);
		d = by_level(level, &x, &y);
		if (d == 0 && (level < DATE || (x.c->has & HAS_DATE)))
			adopt(p, x.index, y.index);
		i += d <= 0;
		j += d >= 0;
	}
	free(r.index);
	free(l.index);
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
