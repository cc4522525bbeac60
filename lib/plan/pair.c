/* Pairing by content. */
#include "plan/pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int
order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
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
			if (r->fate != FATE_OPEN || (r->c.has & HAS_START) == HAS_START ||
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
 * the same date, or with the same header, is held together with the file; so is what has
 * arrived with one that the server said it has, and that file anyway.
 */
static void
settle_intent(struct pairing *p, struct lmsg *l, const struct intent *in)
{
	struct rmsg *r;
	size_t i;
	int same;

	if ((l->c.has & in->c.has & HAS_START) == HAS_START && !pair_same(&l->c, &in->c))
		return;
	if (in->stored && l->fate == FATE_OPEN) {
		l->fate = FATE_AMBIGUOUS;
		p->ambiguous++;
	}
	for (i = 0; i < p->nr; i++) {
		r = &p->r[i];
		if ((r->fate != FATE_OPEN && r->fate != FATE_AMBIGUOUS && r->fate != FATE_WAIT) ||
		    r->uid < in->next)
			continue;
		same = (r->c.has & in->c.has & HAS_DATE) && r->c.date == in->c.date;
		same |= (r->c.has & in->c.has & HAS_DIG) &&
		    memcmp(r->c.dig, in->c.dig, DIGEST_LEN) == 0;
		same |= in->stored && (r->bits & RMSG_MAYBE);
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
	if (p->nl == 0)
		return;
	if (p->nr != 0) {
		pair_equal(p);
		settle_unknown(p);
	}
	for (i = 0; i < p->nl; i++)
		if ((in = open_intent(p, &p->l[i])) != NULL && p->l[i].fate != FATE_ADOPT &&
		    p->l[i].fate != FATE_DONE)
			settle_intent(p, &p->l[i], in);
}
