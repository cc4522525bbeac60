/* Deletions held back until they are counted. */
#include "plan/guard.h"

void
guard_init(struct guard *g)
{
	queue_init(&g->q);
	g->n = 0;
}

void
guard_free(struct guard *g)
{
	queue_free(&g->q);
	g->n = 0;
}

int
guard_put(struct guard *g, const struct buf *act, const struct buf *keep)
{
	g->n++;
	return queue_put(&g->q, act->data, act->len) == -1 ||
	    queue_put(&g->q, keep->data, keep->len) == -1 ? -1 : 0;
}

int
guard_take(struct guard *g, int keep, struct buf *to)
{
	char *line;
	size_t len;
	int i, got = 0;

	buf_clear(to);
	for (i = 0; i < 2; i++) {
		if ((got = queue_get(&g->q, &line, &len)) != 1)
			return got;
		if (i == keep)
			buf_put(to, line, len);
	}
	return got;
}
