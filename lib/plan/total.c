/* The plan's lines, and deletions that are too many for an account. */
#include "plan/total.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
plan_init(struct plan *p, struct recout *out)
{
	memset(p, 0, sizeof(*p));
	p->out = out;
	queue_init(&p->q);
}

void
plan_free(struct plan *p)
{
	queue_free(&p->q);
}

void
plan_pair(struct plan *p, const struct rec *rec)
{
	struct maxdelete limit;
	uint64_t total;

	if (rec_getu(rec, "total", &total) == -1 || maxdelete_read(rec, &limit) == -1)
		return;
	p->limit = limit;
	p->total = total;
}

static void
put(struct plan *p, const char *line, size_t len)
{
	rec_copy(p->out, line, len);
	p->lines++;
}

/* The side of a deletion, as an index of deletes, or -1. */
static int
deletes(const char *line)
{
	size_t verb = strncmp(line, "delete\t", 7) == 0 ? 7 : strncmp(line, "move\t", 5) == 0 ? 5 : 0;

	if (verb == 0)
		return -1;
	return strncmp(line + verb, "remote\t", 7) == 0;
}

void
plan_line(struct plan *p, const char *line, size_t len)
{
	int side;

	if (p->total != 0 && (side = deletes(line)) != -1) {
		p->deletes[side]++;
		p->waiting = 1;
	}
	if (!p->waiting)
		put(p, line, len);
	else if (queue_put(&p->q, line, len) == -1 && p->error == 0)
		p->error = errno;
}

/* The folder of a line: its two names, as they stand there; *len gets their length. */
static const char *
folder_of(const char *line, size_t *len)
{
	const char *names = line, *end;
	int i;

	for (i = 0; i < 2 && names != NULL; i++)
		if ((names = strchr(names, '\t')) != NULL)
			names++;
	if (names == NULL || (end = strchr(names, '\t')) == NULL) {
		*len = 0;
		return "";
	}
	*len = (size_t)(end - names) + 1 + strcspn(end + 1, "\t");
	return names;
}

/* What stays in place of a deletion; 0 or -1. */
static int
keep(struct plan *p, const char *line, size_t len, struct err *e)
{
	char *scratch = mem_alloc(len + 1);
	struct rec rec;
	int i, r = rec_parse(&rec, line, len, scratch, e);

	if (r == 0) {
		rec_begin(p->out, "keep");
		/* the side, the folder, the message */
		for (i = 0; i < 4 && i < rec.npos; i++)
			rec_pos(p->out, rec.pos[i]);
		rec_key(p->out, "name", rec_get(&rec, "name"));
		rec_key(p->out, "why", "maxdelete");
		rec_end(p->out);
		p->lines++;
	}
	free(scratch);
	return r;
}

int
plan_release(struct plan *p, struct err *e)
{
	int hold[2], side, got = 0, r = 0;
	const char *names;
	char *line, *held = NULL;	/* the folder of the last deletion that is not */
	size_t len, n;

	for (side = 0; side < 2; side++)
		hold[side] = p->total != 0 && maxdelete_holds(&p->limit, p->deletes[side], p->total);
	while (p->error == 0 && r == 0 && (got = queue_get(&p->q, &line, &len)) == 1) {
		names = folder_of(line, &n);
		if ((side = deletes(line)) != -1 && hold[side]) {
			free(held);
			held = mem_ndup(names, n);
			r = keep(p, line, len, e);
		} else if (strncmp(line, "mark\t", 5) != 0 || held == NULL ||
		    strlen(held) != n || memcmp(held, names, n) != 0)
			put(p, line, len);
	}
	free(held);
	if (p->error == 0 && got == -1)
		p->error = errno;
	p->waiting = 0;
	return p->error == 0 ? r : err_again(e, "temporary file: %s; free some space", strerror(p->error));
}
