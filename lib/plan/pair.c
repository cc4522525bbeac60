/* Pairing by content. */
#include "plan/pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WHOLE	(HAS_SIZE | HAS_DIG)
#define WHOLE_MAX	(64u << 20)	/* bytes of one folder that are read whole only to be sure */

/* A message of either side, as it is sorted. */
struct item {
	const struct content *c;
	uint64_t tie;		/* uid, or hash of the name: any fixed order will do */
	uint32_t index;
};

static int
order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
same_content(const struct content *a, const struct content *b)
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
by_item(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = by_content(x->c, y->c);

	return d != 0 ? d : order(x->tie, y->tie);
}

static int
by_dated(const struct content *a, const struct content *b)
{
	int d = by_content(a, b);

	if (d == 0)
		d = (a->has & HAS_DATE) - (b->has & HAS_DATE);
	return d != 0 || !(a->has & HAS_DATE) ? d : order(a->date, b->date);
}

static int
by_dated_item(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = by_dated(x->c, y->c);

	return d != 0 ? d : order(x->tie, y->tie);
}

static int
can_match(const struct content *c, uint8_t fate)
{
	return fate == FATE_OPEN && (c->has & WHOLE) == WHOLE;
}

static size_t
remote_items(const struct pairing *p, struct item *to)
{
	size_t i, n = 0;

	for (i = 0; i < p->nr; i++)
		if (can_match(&p->r[i].c, p->r[i].fate))
			to[n++] = (struct item){ &p->r[i].c, p->r[i].uid, (uint32_t)i };
	return n;
}

static size_t
local_items(const struct pairing *p, struct item *to)
{
	size_t i, n = 0;

	for (i = 0; i < p->nl; i++)
		if (can_match(&p->l[i].c, p->l[i].fate))
			to[n++] = (struct item){ &p->l[i].c, p->l[i].hash, (uint32_t)i };
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

	for (i = 1; i < n && same_content(x->c, x[i].c); i++)
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

/* Pairs equals of both sides, in order; with dated, only those whose dates are equal too. */
static void
match_equal(struct pairing *p, int dated)
{
	int (*cmp)(const struct content *, const struct content *) =
	    dated ? by_dated : by_content;
	struct item *r = mem_grow(NULL, p->nr, sizeof(*r));
	struct item *l = mem_grow(NULL, p->nl, sizeof(*l));
	size_t nr = remote_items(p, r), nl = local_items(p, l), i = 0, j = 0;
	int d;

	qsort(r, nr, sizeof(*r), dated ? by_dated_item : by_item);
	qsort(l, nl, sizeof(*l), dated ? by_dated_item : by_item);
	while (i < nr && j < nl) {
		d = cmp(r[i].c, l[j].c);
		if (d == 0 && (!dated || (r[i].c->has & HAS_DATE))) {
			p->r[r[i].index].fate = p->l[l[j].index].fate = FATE_ADOPT;
			p->r[r[i].index].match = l[j].index;
			p->l[l[j].index].match = r[i].index;
		}
		i += d <= 0;
		j += d >= 0;
	}
	free(r);
	free(l);
}

/* 1 if what is known of a remote message leaves open that it is that local one. */
static int
may_be(const struct content *r, const struct content *l)
{
	if ((r->has & HAS_SIZE) && (l->has & HAS_SIZE) && r->size != l->size)
		return 0;
	return !(r->has & l->has & HAS_DIG) || memcmp(r->dig, l->dig, DIGEST_LEN) == 0;
}

static const struct intent *
open_intent(const struct pairing *p, const struct lmsg *l)
{
	const struct intent *in = l->intent != 0 ? &p->intents[l->intent - 1] : NULL;

	return in != NULL && !in->refused ? in : NULL;
}

/* 1 if a remote message of unknown content must be asked for because of that local one. */
static int
concerns(const struct pairing *p, const struct rmsg *r, const struct lmsg *l)
{
	const struct intent *in = open_intent(p, l);

	return may_be(&r->c, &l->c) || (in != NULL && r->uid >= in->next);
}

static int
by_size(const void *a, const void *b)
{
	const struct lmsg *x = *(struct lmsg *const *)a, *y = *(struct lmsg *const *)b;

	return order(x->c.size, y->c.size);
}

/*
 * Local messages that may wait for a digest: those with open intents and those
 * without a size first (nspecial), then the others by size.
 */
static size_t
waiting(struct pairing *p, struct lmsg **to, size_t *nspecial)
{
	size_t i, n = 0;
	int pass;
	struct lmsg *l;

	*nspecial = 0;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < p->nl; i++) {
			l = &p->l[i];
			if (l->fate != FATE_OPEN || !(l->c.has & HAS_DIG))
				continue;
			if ((open_intent(p, l) != NULL || !(l->c.has & HAS_SIZE)) == !pass)
				to[n++] = l;
		}
		if (pass == 0)
			*nspecial = n;
	}
	qsort(to + *nspecial, n - *nspecial, sizeof(*to), by_size);
	return n;
}

/* First of the sorted ones with at least that size. */
static size_t
from_size(struct lmsg *const *l, size_t n, uint64_t size)
{
	size_t lo = 0, mid;

	while (lo < n) {
		mid = lo + (n - lo) / 2;
		if (l[mid]->c.size < size)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

/*
 * Gives a remote message of unknown content the fate, and all local ones that it
 * concerns theirs; returns whether there were any.
 */
static int
suspend(struct pairing *p, struct rmsg *r, struct lmsg **l, size_t nspecial, size_t n,
    enum fate fate)
{
	enum fate theirs = fate == FATE_PROBE ? FATE_WAIT : fate;
	size_t i, lo = nspecial;
	int hit = 0;

	for (i = 0; i < nspecial; i++)
		if (concerns(p, r, l[i])) {
			l[i]->fate = (uint8_t)theirs;
			hit = 1;
		}
	if (r->c.has & HAS_SIZE)
		lo += from_size(l + nspecial, n - nspecial, r->c.size);
	for (i = lo; i < n && (!(r->c.has & HAS_SIZE) || l[i]->c.size == r->c.size); i++)
		if (may_be(&r->c, &l[i]->c)) {
			l[i]->fate = (uint8_t)theirs;
			hit = 1;
		}
	if (hit)
		r->fate = (uint8_t)fate;
	return hit;
}

/*
 * Remote messages whose content is not known: ask once, then hold.  Those asked
 * before go first, so that a file that may still get an answer waits for it.
 */
static void
settle_unknown(struct pairing *p)
{
	struct lmsg **l = mem_grow(NULL, p->nl, sizeof(*l));
	size_t i, nspecial, n = waiting(p, l, &nspecial);
	struct rmsg *r;
	int probed;

	for (probed = RMSG_PROBED; probed >= 0; probed -= RMSG_PROBED)
		for (i = 0; i < p->nr && n > 0; i++) {
			r = &p->r[i];
			if (r->fate != FATE_OPEN || (r->c.has & WHOLE) == WHOLE ||
			    (r->bits & RMSG_PROBED) != probed)
				continue;
			if (!suspend(p, r, l, nspecial, n, probed ? FATE_AMBIGUOUS : FATE_PROBE))
				continue;
			p->probes += !probed;
			p->ambiguous += probed != 0;
		}
	free(l);
}

/*
 * An upload may have arrived in other bytes (hazard 25): a new remote message of
 * the same date, or with the same header, is held together with the file.
 */
static void
settle_intent(struct pairing *p, struct lmsg *l, const struct intent *in)
{
	struct rmsg *r;
	size_t i;
	int same;

	if ((l->c.has & in->c.has & WHOLE) == WHOLE && !same_content(&l->c, &in->c))
		return;
	for (i = 0; i < p->nr; i++) {
		r = &p->r[i];
		if ((r->fate != FATE_OPEN && r->fate != FATE_AMBIGUOUS && r->fate != FATE_WAIT) ||
		    r->uid < in->next)
			continue;
		same = (r->c.has & in->c.has & HAS_DATE) && r->c.date == in->c.date;
		same |= (r->c.has & in->c.has & HAS_DIG) &&
		    memcmp(r->c.dig, in->c.dig, DIGEST_LEN) == 0;
		if (!same)
			continue;
		if (l->fate != FATE_WAIT)
			l->fate = FATE_AMBIGUOUS;
		r->fate = l->fate;
		p->ambiguous++;
	}
}

void
pair_content(struct pairing *p)
{
	const struct intent *in;
	size_t i;

	p->probes = p->ambiguous = 0;
	if (p->nr == 0 || p->nl == 0)
		return;
	settle_twins(p);
	match_equal(p, 1);
	match_equal(p, 0);
	settle_unknown(p);
	for (i = 0; i < p->nl; i++)
		if ((in = open_intent(p, &p->l[i])) != NULL && p->l[i].fate != FATE_ADOPT &&
		    p->l[i].fate != FATE_DONE)
			settle_intent(p, &p->l[i], in);
}
