/* Probes between two rounds. */
#include "driver/probes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
probes_free(struct probes *p)
{
	while (p->n > 0)
		free(p->probe[--p->n].line);
	free(p->probe);
	memset(p, 0, sizeof(*p));
}

/* Takes over the line. */
static void
add(struct probes *p, char *line, int round)
{
	if (p->n == p->cap) {
		p->cap = p->cap * 2 + 64;
		p->probe = mem_grow(p->probe, p->cap, sizeof(*p->probe));
	}
	p->probe[p->n].line = line;
	p->probe[p->n++].round = round;
}

void
probes_add(struct probes *p, const char *line, int round)
{
	const char *verb = strncmp(line, "probe\t", 6) == 0 ? line : strchr(line, '\t');

	if (verb != NULL)
		add(p, mem_dup(verb == line ? line : verb + 1), round);
}

void
probes_wait(struct probes *p, const char *line, int round)
{
	const char *names = line, *end;
	int i;

	/* behind outcome, verb and side */
	for (i = 0; i < 3 && names != NULL; i++)
		names = (names = strchr(names, '\t')) != NULL ? names + 1 : NULL;
	if (names == NULL || (end = strchr(names, '\t')) == NULL)
		return;
	end += 1 + strcspn(end + 1, "\t");
	add(p, mem_printf("wait\t-\t%.*s\t", (int)(end - names), names), round);
}

static int
by_line(const void *a, const void *b)
{
	const struct probe *x = a, *y = b;
	int c = strcmp(x->line, y->line);

	return c != 0 ? c : x->round - y->round;
}

size_t
probes_settle(struct probes *p, int round)
{
	size_t i, n = 0, fresh = 0;

	if (p->n == 0)
		return 0;
	qsort(p->probe, p->n, sizeof(*p->probe), by_line);
	for (i = 0; i < p->n; i++) {
		if (n != 0 && strcmp(p->probe[n - 1].line, p->probe[i].line) == 0) {
			/* who waits again is part of the next round again */
			if (strncmp(p->probe[i].line, "wait\t", 5) == 0 &&
			    p->probe[n - 1].round != p->probe[i].round) {
				p->probe[n - 1].round = p->probe[i].round;
				fresh += p->probe[i].round == round;
			}
			free(p->probe[i].line);
			continue;
		}
		p->probe[n++] = p->probe[i];
		fresh += p->probe[i].round == round;
	}
	p->n = n;
	return fresh;
}

/* The first that is not below the text. */
static size_t
lower(const struct probes *p, const char *text)
{
	size_t lo = 0, hi = p->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(p->probe[mid].line, text) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* "VERB SIDE R L " as it must begin; malloc'ed, NULL if that is no pair line. */
static char *
prefix(const char *verb, const char *side, const char *pair)
{
	const char *end;

	if (strncmp(pair, "pair\t", 5) != 0 || (end = strchr(pair + 5, '\t')) == NULL)
		return NULL;
	end += 1 + strcspn(end + 1, "\t");
	return mem_printf("%s\t%s\t%.*s\t", verb, side, (int)(end - pair - 5), pair + 5);
}

/* Those of one side from index i on; *fresh is set when one is of this round. */
static size_t
side_of(const struct probes *p, const char *begin, int round, int *fresh,
    void (*fn)(void *, const char *), void *arg)
{
	size_t i, n = 0, len = strlen(begin);

	for (i = lower(p, begin); i < p->n && strncmp(p->probe[i].line, begin, len) == 0; i++) {
		n++;
		*fresh |= p->probe[i].round == round;
		if (fn != NULL)
			fn(arg, p->probe[i].line);
	}
	return n;
}

size_t
probes_of(const struct probes *p, const char *pair, int round,
    void (*fn)(void *, const char *), void *arg)
{
	char *local = prefix("probe", "local", pair), *remote = prefix("probe", "remote", pair);
	char *wait = prefix("wait", "-", pair);
	int fresh = round == 0;
	size_t n = 0;

	if (local != NULL && remote != NULL && wait != NULL) {
		n = side_of(p, remote, round, &fresh, NULL, NULL) +
		    side_of(p, local, round, &fresh, NULL, NULL) + side_of(p, wait, round, &fresh, NULL, NULL);
		if (fresh && fn != NULL) {
			side_of(p, remote, round, &fresh, fn, arg);
			side_of(p, local, round, &fresh, fn, arg);
		}
	}
	free(local);
	free(remote);
	free(wait);
	return fresh ? n : 0;
}
