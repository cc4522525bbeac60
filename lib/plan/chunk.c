/* The lines of a plan, in the portions in which their messages are fetched. */
#include "plan/chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/pct.h"

#define CHUNK_MESSAGES	100		/* of one UID FETCH */
#define CHUNK_BYTES	(4u << 20)
#define GUESS		8192		/* bytes of a message whose size is not known */
#define SIZE_CREDIBLE	(16u << 20)	/* a larger one counts as this: sums cannot overflow */

struct chunk *
chunk_new(void)
{
	struct chunk *c = mem_alloc(sizeof(*c));

	queue_init(&c->lines);
	return c;
}

void
chunk_free(struct chunk *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free(c->want[i].spool);
	free(c->want);
	free(c->remote);
	free(c->local);
	queue_free(&c->lines);
	free(c);
}

int
chunk_copy(const struct rec *rec, uint32_t *validity, uint32_t *uid)
{
	return rec_of(rec, "copy", "local") && rec->pos[1] != NULL && rec->pos[2] != NULL &&
	    rec_id(rec->pos[3], validity, uid, 0) == 0;
}

uint64_t
chunk_expects(const struct rec *rec)
{
	uint64_t size = GUESS;

	rec_getu(rec, "size", &size);
	return size == 0 ? 1 : size < SIZE_CREDIBLE ? size : SIZE_CREDIBLE;
}

int
chunk_full(const struct chunk *c)
{
	return c->n >= CHUNK_MESSAGES || c->bytes >= CHUNK_BYTES;
}

int
chunk_joins(const struct chunk *c, const struct rec *rec, uint32_t validity)
{
	if (c == NULL || c->tries != 0)
		return 0;
	/* a large message would keep what came before it waiting: a chunk leaves when all of it is there */
	return c->local == NULL || (!chunk_full(c) && chunk_expects(rec) < CHUNK_BYTES &&
	    chunk_same(c, rec->pos[1], validity) && strcmp(c->local, rec->pos[2]) == 0);
}

void
chunk_add(struct chunk *c, const struct rec *rec, uint32_t validity, uint32_t uid)
{
	if (c->local == NULL) {
		c->remote = mem_dup(rec->pos[1]);
		c->local = mem_dup(rec->pos[2]);
		c->validity = validity;
	}
	if (c->n == c->room) {
		c->room = c->room == 0 ? 4 : 2 * c->room;
		c->want = mem_grow(c->want, c->room, sizeof(*c->want));
		memset(c->want + c->n, 0, (c->room - c->n) * sizeof(*c->want));
	}
	c->want[c->n].uid = uid;
	c->want[c->n].expects = (uint32_t)chunk_expects(rec);
	c->bytes += c->want[c->n++].expects;
}

int
chunk_same(const struct chunk *c, const char *remote, uint32_t validity)
{
	return c->local != NULL && remote != NULL && c->validity == validity &&
	    strcmp(c->remote, remote) == 0;
}

/* Answers come in the order of the uids, and mostly so does a plan. */
struct want *
chunk_find(struct chunk *c, uint32_t uid)
{
	size_t i, k;

	for (i = 0; i < c->n; i++) {
		k = c->at + i < c->n ? c->at + i : c->at + i - c->n;
		if (c->want[k].uid != uid)
			continue;
		c->at = k + 1 < c->n ? k + 1 : 0;
		return &c->want[k];
	}
	return NULL;
}

void
chunk_keep(struct chunk *c, struct want *w, struct spool *s, const struct fetch *m)
{
	struct buf path;

	buf_init(&path, 1u << 16);
	spool_path(s, &path);
	w->spool = mem_dup(buf_cstr(&path));
	buf_free(&path);
	memcpy(w->dig, s->dig, DIGEST_LEN);
	w->size = s->size;
	w->hasdate = (m->has & FETCH_DATE) != 0 && m->date >= 0;
	w->date = m->date;
	w->hasflags = (m->has & FETCH_FLAGS) != 0;
	w->flags = m->flags;
	s->whole = 0;
	c->bytes -= w->expects;
}

/* A line whose message has been fetched, with what sync-apply needs to know. */
static int
print_fetched(struct queue *out, const char *line, size_t len, const struct want *w)
{
	char hex[DIGEST_HEX], flags[FLAGS_LEN];
	struct buf b;
	int r;

	buf_init(&b, REC_LINE_MAX + 65536);
	buf_put(&b, line, len);
	buf_str(&b, "\tspool=");
	pct_encode(&b, w->spool);
	if (w->hasdate)
		buf_printf(&b, "\tspooldate=%lld", (long long)w->date);
	digest_hex(w->dig, hex);
	buf_printf(&b, "\tspooldig=%s", hex);
	if (w->hasflags)
		buf_printf(&b, "\tspoolflags=%s", *flags_format(w->flags, flags) != '\0' ? flags : "%");
	buf_printf(&b, "\tspoolsize=%llu", (unsigned long long)w->size);
	ENSURE(!buf_bad(&b));
	r = queue_put(out, b.data, b.len);
	buf_free(&b);
	return r;
}

/* Drops what an earlier imap-fetch had added to a line, behind so many fields; its length. */
static size_t
without_spool(char *line, int fields)
{
	char *at = strchr(line, '\t');

	for (; fields > 1 && at != NULL; fields--)
		at = strchr(at + 1, '\t');
	if (at != NULL && (at = strstr(at, "\tspool")) != NULL)
		*at = '\0';
	return strlen(line);
}

int
chunk_print(struct chunk *c, struct queue *out, struct err *e)
{
	uint32_t validity, uid;
	struct rec rec;
	char *line, *scratch;
	size_t len, k = 0;
	int got, copy, r = 0;

	while (r == 0 && (got = queue_get(&c->lines, &line, &len)) == 1) {
		scratch = mem_alloc(len + 1);
		copy = rec_parse(&rec, line, len, scratch, e) == 0 &&
		    chunk_copy(&rec, &validity, &uid);
		free(scratch);
		if (copy)
			len = without_spool(line, 1 + rec.npos + (rec.outcome != NULL));
		if (copy && k < c->n && c->want[k].uid == uid && c->want[k].spool != NULL)
			r = print_fetched(out, line, len, &c->want[k]);
		else
			r = queue_put(out, line, len);
		k += copy && k < c->n;
	}
	return r == -1 || got == -1 ? err_again(e, "keeping the plan: %s", strerror(errno)) : 0;
}
