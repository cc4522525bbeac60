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
chunk_new(struct fetching *run)
{
	struct chunk *c = mem_alloc(sizeof(*c));

	c->run = run;
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

int
chunk_full(const struct chunk *c)
{
	return c->n >= CHUNK_MESSAGES || c->bytes >= CHUNK_BYTES;
}

int
chunk_joins(const struct chunk *c, const struct rec *rec, uint32_t validity)
{
	if (c == NULL || c->sent)
		return 0;
	return c->local == NULL || (!chunk_full(c) && c->validity == validity &&
	    strcmp(c->remote, rec->pos[1]) == 0 &&
	    strcmp(c->local, rec->pos[2]) == 0);
}

void
chunk_add(struct chunk *c, const struct rec *rec, uint32_t validity, uint32_t uid)
{
	uint64_t size = GUESS;

	if (c->local == NULL) {
		c->remote = mem_dup(rec->pos[1]);
		c->local = mem_dup(rec->pos[2]);
		c->validity = validity;
		c->want = mem_alloc(CHUNK_MESSAGES * sizeof(*c->want));
	}
	c->want[c->n++].uid = uid;
	rec_getu(rec, "size", &size);
	c->bytes += size < SIZE_CREDIBLE ? size : SIZE_CREDIBLE;
}

/* A line whose message has been fetched, with what sync-apply needs to know. */
static void
print_fetched(struct recout *o, const char *line, size_t len, const struct want *w)
{
	char hex[DIGEST_HEX], flags[FLAGS_LEN];
	struct buf b;

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
	rec_copy(o, b.data, b.len);
	buf_free(&b);
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
chunk_print(struct chunk *c, struct recout *out, struct err *e)
{
	uint32_t validity, uid;
	struct rec rec;
	char *line, *scratch;
	size_t len, k = 0;
	int got;

	while ((got = queue_get(&c->lines, &line, &len)) == 1) {
		scratch = mem_alloc(len + 1);
		got = rec_parse(&rec, line, len, scratch, e) == 0 && chunk_copy(&rec, &validity, &uid);
		free(scratch);
		if (got)
			len = without_spool(line, 1 + rec.npos + (rec.outcome != NULL));
		if (got && k < c->n && c->want[k].uid == uid && c->want[k].spool != NULL)
			print_fetched(out, line, len, &c->want[k]);
		else
			rec_copy(out, line, len);
		k += got && k < c->n;
	}
	return got == -1 ? err_again(e, "reading back the plan: %s", strerror(errno)) : 0;
}
