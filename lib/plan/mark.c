/* Heads and marks. */
#include "plan/mark.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A number up to 2^32-1; 0 if the key is missing.  0, or -1. */
static int
number32(const struct rec *rec, const char *key, uint32_t *to)
{
	uint64_t n;

	*to = 0;
	if (rec_get(rec, key) == NULL)
		return 0;
	if (rec_getu(rec, key, &n) == -1 || n > UINT32_MAX)
		return -1;
	*to = (uint32_t)n;
	return 0;
}

int
rhead_read(struct rhead *h, const struct rec *rec)
{
	memset(h, 0, sizeof(*h));
	if (number32(rec, "validity", &h->validity) == -1 ||
	    number32(rec, "next", &h->next) == -1)
		return -1;
	h->has_count = rec_get(rec, "count") != NULL;
	if (h->has_count && rec_getu(rec, "count", &h->count) == -1)
		return -1;
	return rec_get(rec, "modseq") != NULL && rec_getu(rec, "modseq", &h->modseq) == -1 ?
	    -1 : 0;
}

void
lhead_read(struct lhead *h, const struct rec *rec)
{
	lhead_free(h);
	h->cur = mem_dup(rec_get(rec, "cur"));
	h->new = mem_dup(rec_get(rec, "new"));
}

void
lhead_free(struct lhead *h)
{
	free(h->cur);
	free(h->new);
	h->cur = h->new = NULL;
}

void
rhead_check(struct rhead *h, uint32_t maxuid)
{
	if (h->next > maxuid && h->has_count)
		return;
	h->next = 0;
	h->modseq = h->count = 0;
	h->has_count = 0;
}

int
rhead_equal(const struct rhead *a, const struct rhead *b)
{
	return a->validity == b->validity && a->next == b->next && a->modseq == b->modseq &&
	    a->has_count == b->has_count && (!a->has_count || a->count == b->count);
}

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
lhead_equal(const struct lhead *a, const struct lhead *b)
{
	return same(a->cur, b->cur) && same(a->new, b->new);
}

static void
begin(struct recout *o, const struct mark *m, const char *side)
{
	rec_begin(o, "mark");
	rec_pos(o, side);
	rec_pos(o, m->remote);
	rec_pos(o, m->local);
}

void
mark_remote(struct recout *o, const struct mark *m, const struct rhead *h)
{
	begin(o, m, "remote");
	if (h->has_count)
		rec_keyu(o, "count", h->count);
	rec_keyu(o, "gen", m->gen);
	rec_keyu(o, "lines", m->lines);
	if (h->modseq != 0)
		rec_keyu(o, "modseq", h->modseq);
	if (h->next != 0)
		rec_keyu(o, "next", h->next);
	rec_key(o, "rules", m->rules);
	rec_keyu(o, "sum", m->sum);
	rec_keyu(o, "validity", h->validity);
	rec_end(o);
}

void
mark_local(struct recout *o, const struct mark *m, const struct lhead *h)
{
	begin(o, m, "local");
	rec_key(o, "cur", h->cur);
	rec_keyu(o, "gen", m->gen);
	rec_keyu(o, "lines", m->lines);
	rec_key(o, "new", h->new);
	rec_key(o, "rules", m->rules);
	rec_keyu(o, "sum", m->sum);
	rec_end(o);
}
