/* The list of pairings: growing, sorting, and names that two of them want. */
#include "plan/names_pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct pairing *
pairs_add(struct pairs *ps, const char *remote, const char *local)
{
	struct pairing *p = mem_alloc(sizeof(*p));

	p->remote = mem_dup(remote);
	p->local = mem_dup(local);
	if (ps->n == ps->cap) {
		ps->cap = ps->cap != 0 ? 2 * ps->cap : 64;
		ps->p = mem_grow(ps->p, ps->cap, sizeof(struct pairing *));
	}
	ps->p[ps->n++] = p;
	return p;
}

void
pairing_keep(struct pairing *p, const char *side, const char *why)
{
	p->what = PAIRING_KEEP;
	p->side = side;
	p->why = why;
}

static int
clash_local(const void *a, const void *b)
{
	const struct pairing *const *x = a, *const *y = b;

	return strcmp(name_folded((*x)->local), name_folded((*y)->local));
}

static int
clash_remote(const void *a, const void *b)
{
	const struct pairing *const *x = a, *const *y = b;

	return strcmp(name_folded((*x)->remote), name_folded((*y)->remote));
}

/* Among the pairs from number "first" on: those that share a name are all refused. */
static void
refuse(struct pairs *ps, size_t first, const char *side,
    int (*compare)(const void *, const void *))
{
	struct pairing **new = mem_grow(NULL, ps->n - first, sizeof(struct pairing *));
	size_t i, j, k, n = 0;

	for (i = first; i < ps->n; i++)
		if (ps->p[i]->what == PAIRING_PAIR)
			new[n++] = ps->p[i];
	if (n != 0)
		qsort(new, n, sizeof(struct pairing *), compare);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && compare(&new[i], &new[j]) == 0; )
			j++;
		for (k = i; j - i > 1 && k < j; k++)
			pairing_keep(new[k], side, "name-clash");
	}
	free(new);
}

void
pairs_refuse_local(struct pairs *ps, size_t first)
{
	refuse(ps, first, "local", clash_local);
}

void
pairs_refuse_remote(struct pairs *ps, size_t first)
{
	refuse(ps, first, "remote", clash_remote);
}

/* Text that may be NULL, in an order. */
static int
text_order(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int
in_order(const void *a, const void *b)
{
	const struct pairing *x = *(struct pairing *const *)a, *y = *(struct pairing *const *)b;
	int r = text_order(x->remote, y->remote);

	if (r == 0)
		r = text_order(x->local, y->local);
	return r != 0 ? r : text_order(x->side, y->side);
}

void
pairs_sort(struct pairs *ps)
{
	if (ps->n != 0)
		qsort(ps->p, ps->n, sizeof(struct pairing *), in_order);
}

void
pairs_free(struct pairs *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++) {
		free(ps->p[i]->remote);
		free(ps->p[i]->local);
		free(ps->p[i]);
	}
	free(ps->p);
	free(ps->bylocal);
	memset(ps, 0, sizeof(*ps));
}

int
pairs_have(const struct pairs *ps, const char *remote)
{
	size_t i;

	if (ps->heads != NULL && headlist_find(&ps->heads->remote, remote) != NULL)
		return 1;
	for (i = 0; i < ps->n; i++)
		if (ps->p[i]->what == PAIRING_PAIR && name_same(ps->p[i]->remote, remote))
			return 1;
	return 0;
}

int
pairs_none(const struct pairs *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (ps->p[i]->what != PAIRING_SILENT)
			return 0;
	return ps->heads != NULL && ps->heads->remote.n != 0;
}
