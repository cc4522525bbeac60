/* Plan lines to records. */
#include "plan/pline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/pct.h"

void
pline_init(struct pline *l, const char *verb, const char *side, const char *remote,
    const char *local)
{
	memset(l, 0, sizeof(*l));
	l->verb = verb;
	l->side = side;
	l->remote = remote;
	l->local = local;
	l->flags = l->was = -1;
}

static void
key_flags(struct recout *o, const char *key, int flags)
{
	char text[FLAGS_LEN];

	rec_key(o, key, flags_format((unsigned)flags, text));
}

static void
key_number(struct recout *o, const char *key, int has, uint64_t n)
{
	if (has)
		rec_keyu(o, key, n);
}

/* "VALIDITY:SET". */
static void
put_set(struct recout *o, uint32_t validity, const char *set)
{
	char *text = mem_printf("%u:%s", validity, set);

	rec_pos(o, text);
	free(text);
}

void
pline_write(struct recout *o, const struct pline *l)
{
	char next[32];

	rec_begin(o, l->verb);
	rec_pos(o, l->side);
	rec_pos(o, l->remote);
	rec_pos(o, l->local);
	if (l->gone != NULL)
		put_set(o, l->validity, l->gone);
	else if (l->uid != 0)
		rec_posid(o, l->validity, l->uid);
	else
		rec_pos(o, NULL);
	if (l->to != NULL) {
		rec_pos(o, strcmp(l->side, "remote") == 0 ? l->to : NULL);
		rec_pos(o, strcmp(l->side, "local") == 0 ? l->to : NULL);
	}
	if (l->add != 0)
		key_flags(o, "add", l->add);
	key_number(o, "again", l->again, 1);
	key_number(o, "date", l->has_date, l->date);
	if (l->del != 0)
		key_flags(o, "del", l->del);
	rec_key(o, "dig", l->dig);
	key_number(o, "down", l->has_counts, l->down);
	if (l->flags != -1)
		key_flags(o, "flags", l->flags);
	key_number(o, "full", l->full, 1);
	key_number(o, "gen", l->has_gen, l->gen);
	key_number(o, "gone", l->gone != NULL, 1);
	rec_key(o, "kw", l->kw);
	rec_key(o, "name", l->name);
	if (l->next != 0) {
		snprintf(next, sizeof(next), "%u:%u", l->next_validity, l->next);
		rec_key(o, "next", next);
	}
	key_number(o, "now", l->now != 0, l->now);
	key_number(o, "paired", l->has_counts, l->paired);
	key_number(o, "saved", l->saved != 0, l->saved);
	key_number(o, "size", l->has_size, l->size);
	rec_key(o, "text", l->text);
	key_number(o, "up", l->has_counts, l->up);
	if (l->was != -1)
		key_flags(o, "was", l->was);
	rec_key(o, "why", l->why);
	rec_end(o);
}

static void
put_hex(struct buf *b, uint32_t n)
{
	char *to = buf_room(b, 8);
	int i;

	for (i = 0; to != NULL && i < 8; i++)
		to[i] = "0123456789abcdef"[n >> (28 - 4 * i) & 15];
	b->len += to != NULL ? 8 : 0;
}

void
pline_key(struct buf *b, const struct pline *l)
{
	if (strcmp(l->verb, "create") == 0 || strcmp(l->verb, "renew") == 0)
		buf_str(b, "!");
	else if (l->uid == 0)
		buf_str(b, "~");
	else
		put_hex(b, l->uid);
	buf_byte(b, ' ');
	if (l->name != NULL)
		pct_encode(b, l->name);
	buf_byte(b, ' ');
	buf_str(b, l->verb);
	buf_byte(b, ' ');
	buf_str(b, l->side);
}
