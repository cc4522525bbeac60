/* Keeping and feeding the stream of pairs. */
#include "driver/pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SOME	(64u << 10)	/* bytes fed at once */

void
pairs_open(struct pairs *p)
{
	memset(p, 0, sizeof(*p));
	queue_init(&p->now);
	queue_init(&p->again);
}

void
pairs_close(struct pairs *p)
{
	queue_free(&p->now);
	queue_free(&p->again);
	free(p->pair);
	p->pair = NULL;
	for (; p->npairs > 0; p->npairs--)
		if (p->npairs <= PAIRS_NAMED)
			free(p->named[p->npairs - 1]);
}

static int
spilled(struct err *e)
{
	return err_again(e, "a temporary file in $TMPDIR: %s", strerror(errno));
}

int
pairs_take(struct pairs *p, const struct rec *rec, struct err *e)
{
	uint64_t n;

	if (p->complete)
		return err_fail(e, "sync-pair: a record behind the end of the listing");
	if (rec_last(rec)) {
		if (rec_number(rec->pos[2], &n) == -1 || n != p->lines)
			return err_fail(e, "sync-pair: the listing has %llu lines, not %s",
			    (unsigned long long)p->lines, rec->pos[2] != NULL ? rec->pos[2] : "-");
		p->complete = 1;
		return 0;
	}
	p->lines++;
	if (rec_is(rec, "pair") && p->npairs++ < PAIRS_NAMED)
		p->named[p->npairs - 1] = mem_dup(rec->pos[0] != NULL ? rec->pos[0] : "-");
	if (rec_is(rec, "pair") || rec_is(rec, "create") || rec_is(rec, "forget"))
		p->work++;
	return queue_put(&p->now, rec->line, rec->len) == -1 ? spilled(e) : 0;
}

void
pairs_rewind(struct pairs *p, const struct probes *probes, int round, int whole)
{
	struct queue swap;

	if (round > 1) {
		swap = p->now;
		p->now = p->again;
		p->again = swap;
	}
	p->probes = probes;
	p->round = round;
	p->whole = whole;
	p->folder = 0;
	p->fed = 0;
}

struct feed {
	struct pairs	*pairs;
	struct buf	*out;
};

static void
line_out(void *arg, const char *line)
{
	struct feed *f = arg;

	buf_str(f->out, line);
	buf_byte(f->out, '\n');
	f->pairs->fed++;
}

/* The probes of the pair before, now that its heads are through. */
static void
probes_out(struct pairs *p, struct buf *out)
{
	struct feed f = { p, out };

	if (p->pair == NULL)
		return;
	probes_of(p->probes, p->pair, p->whole ? 0 : p->round - 1, line_out, &f);
	free(p->pair);
	p->pair = NULL;
}

/* 1 if the line belongs to what is fed in this round. */
static int
wanted(struct pairs *p, const char *line)
{
	int head = strncmp(line, "folder\t", 7) == 0;

	if (p->round == 1 || strncmp(line, "listing\t", 8) == 0)
		return 1;
	if (strncmp(line, "pair\t", 5) == 0) {
		p->folder = p->whole || probes_of(p->probes, line, p->round - 1, NULL, NULL) != 0;
		return p->folder;
	}
	/* after what we did ourselves, heads are of the past */
	return p->whole || (p->folder && !head && strncmp(line, "probe\t", 6) == 0);
}

static int
one(struct pairs *p, struct buf *out, struct err *e)
{
	struct feed f = { p, out };
	char *line;
	size_t len;
	int got;

	if ((got = queue_get(&p->now, &line, &len)) == -1)
		return spilled(e);
	if (got == 0) {
		probes_out(p, out);
		buf_printf(out, "end\t-\t-\t%llu\n", (unsigned long long)p->fed);
		return 0;
	}
	if (queue_put(&p->again, line, len) == -1)
		return spilled(e);
	if (strncmp(line, "folder\t", 7) != 0)
		probes_out(p, out);
	if (wanted(p, line)) {
		line_out(&f, line);
		if (p->round > 1 && strncmp(line, "pair\t", 5) == 0)
			p->pair = mem_dup(line);
	}
	return 1;
}

int
pairs_feed(struct pairs *p, struct buf *out, struct err *e)
{
	int more = 1;

	while (more == 1 && out->len < SOME)
		more = one(p, out, e);
	return more;
}
