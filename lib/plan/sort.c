/* External merge sort of lines. */
#include "plan/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rec.h"

#define RUN_READ	(16u << 10)	/* bytes read ahead from each run */
#define ENTRY_MAX	(2 * REC_LINE_MAX + sizeof(struct entry))

/* Stands before key and line in the arena and in the file. */
struct entry {
	uint32_t keylen, len;
};

struct sort_run {
	off_t		 at, end;	/* what has not been read yet */
	struct buf	 in;
	size_t		 used;		/* bytes of it */
	size_t		 number;	/* age, breaks ties */
};

void
sort_init(struct sort *s, size_t memory)
{
	memset(s, 0, sizeof(*s));
	spill_init(&s->spill);
	s->memory = memory;
	buf_init(&s->arena, memory + ENTRY_MAX);
	buf_init(&s->last, ENTRY_MAX);
}

void
sort_free(struct sort *s)
{
	size_t i;

	for (i = 0; i < s->nruns; i++)
		buf_free(&s->runs[i].in);
	free(s->runs);
	s->runs = NULL;
	s->nruns = s->live = s->n = s->next = 0;
	s->reading = 0;
	s->end = 0;
	buf_free(&s->arena);
	buf_free(&s->last);
	free(s->at);
	s->at = NULL;
	s->cap = 0;
	spill_clear(&s->spill);
}

static struct entry
entry_at(const char *p)
{
	struct entry e;

	memcpy(&e, p, sizeof(e));
	return e;
}

static int
compare(const char *a, const char *b)
{
	struct entry x = entry_at(a), y = entry_at(b);
	uint32_t n = x.keylen < y.keylen ? x.keylen : y.keylen;
	int d = memcmp(a + sizeof(x), b + sizeof(y), n);

	if (d != 0 || x.keylen != y.keylen)
		return d != 0 ? d : x.keylen < y.keylen ? -1 : 1;
	n = x.len < y.len ? x.len : y.len;
	d = memcmp(a + sizeof(x) + x.keylen, b + sizeof(y) + y.keylen, n);
	return d != 0 ? d : (x.len > y.len) - (x.len < y.len);
}

static int
compare_at(const void *a, const void *b, void *arena)
{
	return compare((const char *)arena + *(const uint32_t *)a,
	    (const char *)arena + *(const uint32_t *)b);
}

/* Sorts what is not sorted; 1 if the arena holds its entries in order. */
static int
sort_arena(struct sort *s)
{
	size_t i;

	for (i = 1; i < s->n && compare_at(&s->at[i - 1], &s->at[i], s->arena.data) <= 0; i++)
		continue;
	if (i >= s->n)
		return 1;
	qsort_r(s->at, s->n, sizeof(*s->at), compare_at, s->arena.data);
	return 0;
}

/* The arena in order, if it is not, in a buffer of its own. */
static void
gather(const struct sort *s, struct buf *out)
{
	const char *p;
	struct entry e;
	size_t i;

	for (i = 0; i < s->n; i++) {
		p = s->arena.data + s->at[i];
		e = entry_at(p);
		buf_put(out, p, sizeof(e) + e.keylen + e.len);
	}
}

/* The run that what has just been written makes, or makes longer: lines often come in order. */
static void
add_run(struct sort *s, const char *first, off_t len)
{
	struct sort_run *r;

	s->end += len;
	if (s->nruns == 0 || compare(s->last.data, first) > 0) {
		s->runs = mem_grow(s->runs, s->nruns + 1, sizeof(*s->runs));
		r = &s->runs[s->nruns];
		memset(r, 0, sizeof(*r));
		r->number = s->nruns++;
		r->at = s->end - len;
		buf_init(&r->in, ENTRY_MAX + RUN_READ);
	}
	s->runs[s->nruns - 1].end = s->end;
}

static void
keep_last(struct sort *s)
{
	const char *p = s->arena.data + s->at[s->n - 1];
	struct entry e = entry_at(p);

	buf_clear(&s->last);
	buf_put(&s->last, p, sizeof(e) + e.keylen + e.len);
}

/* Writes the arena, sorted, as a run. */
static int
spill(struct sort *s)
{
	struct buf out;
	const char *bytes = s->arena.data;
	int ok;

	buf_init(&out, s->arena.len);
	if (!sort_arena(s)) {
		gather(s, &out);
		bytes = out.data;
	}
	ok = spill_write(&s->spill, bytes, s->arena.len, s->end) == 0;
	if (ok) {
		add_run(s, s->arena.data + s->at[0], (off_t)s->arena.len);
		keep_last(s);
		s->n = 0;
		buf_clear(&s->arena);
	}
	buf_free(&out);
	return ok ? 0 : -1;
}

int
sort_add(struct sort *s, const char *key, size_t keylen, const char *line, size_t len)
{
	struct entry e = { (uint32_t)keylen, (uint32_t)len };

	ENSURE(!s->reading);
	if (s->arena.len > s->memory && spill(s) == -1)
		return -1;
	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 256;
		s->at = mem_grow(s->at, s->cap, sizeof(*s->at));
	}
	s->at[s->n++] = (uint32_t)s->arena.len;
	buf_put(&s->arena, &e, sizeof(e));
	buf_put(&s->arena, key, keylen);
	buf_put(&s->arena, line, len);
	ENSURE(!buf_bad(&s->arena));
	return 0;
}

/* Makes a run's first entry stand whole in its buffer: 1, 0 if it is used up, -1. */
static int
run_fill(struct sort *s, struct sort_run *r)
{
	size_t have, need;
	struct entry e;
	ssize_t n;
	char *to;

	for (;;) {
		have = r->in.len - r->used;
		need = sizeof(e);
		if (have >= need) {
			e = entry_at(r->in.data + r->used);
			need += e.keylen + e.len;
		}
		if (have >= need)
			return 1;
		if (r->at == r->end)
			return have == 0 ? 0 : -1;
		buf_drop(&r->in, r->used);
		r->used = 0;
		to = buf_room(&r->in, RUN_READ);
		ENSURE(to != NULL);
		n = spill_read(&s->spill, to, r->end - r->at < RUN_READ ?
		    (size_t)(r->end - r->at) : RUN_READ, r->at);
		if (n == -1)
			return -1;
		r->at += n;
		r->in.len += (size_t)n;
	}
}

static int
run_before(const struct sort_run *a, const struct sort_run *b)
{
	int d = compare(a->in.data + a->used, b->in.data + b->used);

	return d != 0 ? d < 0 : a->number < b->number;
}

/* Lets run i sink to where it belongs in the heap. */
static void
sink(struct sort *s, size_t i)
{
	struct sort_run swap;
	size_t kid;

	for (; (kid = 2 * i + 1) < s->live; i = kid) {
		if (kid + 1 < s->live && run_before(&s->runs[kid + 1], &s->runs[kid]))
			kid++;
		if (!run_before(&s->runs[kid], &s->runs[i]))
			return;
		swap = s->runs[i];
		s->runs[i] = s->runs[kid];
		s->runs[kid] = swap;
	}
}

static int
start(struct sort *s)
{
	size_t i;

	s->reading = 1;
	if (s->nruns == 0) {
		sort_arena(s);
		return 0;
	}
	if (s->n > 0 && spill(s) == -1)
		return -1;
	for (i = 0; i < s->nruns; i++)
		if (run_fill(s, &s->runs[i]) != 1)
			return -1;
	s->live = s->nruns;
	for (i = s->live; i-- > 0;)
		sink(s, i);
	return 0;
}

/* Drops the line that the last call gave. */
static int
advance(struct sort *s)
{
	struct sort_run *r = &s->runs[0], swap;
	struct entry e = entry_at(r->in.data + r->used);
	int got;

	r->used += sizeof(e) + e.keylen + e.len;
	if ((got = run_fill(s, r)) == -1)
		return -1;
	if (got == 0) {
		swap = s->runs[0];
		s->runs[0] = s->runs[--s->live];
		s->runs[s->live] = swap;
	}
	sink(s, 0);
	return 0;
}

int
sort_next(struct sort *s, const char **line, size_t *len)
{
	const char *p;
	struct entry e;

	if (!s->reading) {
		if (start(s) == -1)
			return -1;
	} else if (s->nruns > 0 && s->live > 0 && advance(s) == -1)
		return -1;
	if (s->nruns > 0) {
		if (s->live == 0)
			return 0;
		p = s->runs[0].in.data + s->runs[0].used;
	} else {
		if (s->next == s->n)
			return 0;
		p = s->arena.data + s->at[s->next++];
	}
	e = entry_at(p);
	*line = p + sizeof(e) + e.keylen;
	*len = e.len;
	return 1;
}
