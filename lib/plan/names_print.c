/* The pairs stream (offlineimap-records(5)). */
#include "plan/names_pair.h"

#include <string.h>

#include "base/mem.h"
#include "base/pct.h"

#define OUT_NAMES	16384	/* bytes that both names, encoded, may add to a line */

/*
 * 1 if both sides are where the state left them, under the same rules, and the
 * state owes nothing; a message that a rule keeps apart is owed nothing while the rule holds.
 * Without a modseq flags may have changed unseen.
 */
static int
unchanged(const struct pairs *ps, const struct pairing *p)
{
	const struct head *s = p->s, *r = p->r, *l = p->l;

	if (s == NULL || r == NULL || l == NULL || p->side != NULL)
		return 0;
	return s->known && r->known && s->validity == r->validity && s->next == r->next &&
	    s->count == r->count && s->modseq == r->modseq && r->modseq != 0 &&
	    rec_same(s->cur, l->cur) && rec_same(s->new, l->new) &&
	    s->intents == 0 && !s->renewed && rec_same(s->rules, ps->rules->words);
}

/* A folder line as it was read, with both names. */
static void
print_head(const char *side, const struct head *h, const struct pairing *p, struct recout *o)
{
	struct buf b;

	buf_init(&b, REC_LINE_MAX + OUT_NAMES);
	buf_printf(&b, "folder\t%s\t", side);
	pct_encode(&b, p->remote);
	buf_byte(&b, '\t');
	pct_encode(&b, p->local);
	buf_str(&b, h->keys);
	ENSURE(!buf_bad(&b));
	rec_copy(o, b.data, b.len);
	buf_free(&b);
}

static void
print_create(const struct pairing *p, struct recout *o)
{
	rec_begin(o, "create");
	rec_pos(o, p->side);
	rec_pos(o, p->remote);
	rec_pos(o, p->local);
	rec_end(o);
}

/* Where what is deleted in this folder goes; in the trash itself it is deleted. */
static void
put_trash(struct buf *b, const char *key, const char *trash, const char *folder)
{
	if (trash == NULL || name_same(trash, folder))
		return;
	buf_printf(b, "\t%s=", key);
	pct_encode(b, trash);
}

static uint64_t
print_probe(const struct pairing *p, enum pairs_probe probe, struct recout *o)
{
	if (probe == PAIRS_CHANGES)
		return 0;
	rec_begin(o, "probe");
	rec_pos(o, "both");
	rec_pos(o, p->remote);
	rec_pos(o, p->local);
	rec_pos(o, NULL);
	if (probe == PAIRS_FULL)
		rec_keyu(o, "full", 1);
	rec_end(o);
	return 1;
}

/* 1 if a pair is told of. */
static int
shown(const struct pairs *ps, const struct pairing *p, int all)
{
	return p->what == PAIRING_PAIR && (all || !unchanged(ps, p));
}

/*
 * How many rows the account has, if so many of them are in folders that are told of that maxdelete
 * could have to hold the deletions of all together; else 0.
 */
static uint64_t
rows_at_stake(const struct pairs *ps, int all)
{
	uint64_t total = 0, here = 0;
	size_t i;

	if (ps->heads == NULL || ps->rules->allowdelete)
		return 0;
	for (i = 0; i < ps->heads->state.n; i++)
		total += ps->heads->state.h[i].rows;
	for (i = 0; i < ps->n; i++)
		if (shown(ps, ps->p[i], all) && ps->p[i]->s != NULL)
			here += ps->p[i]->s->rows;
	return maxdelete_holds(&ps->rules->limit, here, total) ? total : 0;
}

/* The rules of this run and of the folder, as a list. */
static void
put_rules(const struct name_rules *n, struct buf *b)
{
	const char *const words[] = {
		n->allowdelete ? "allowdelete" : "", n->recover ? "recover" : "", n->words
	};
	size_t i, start = b->len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (*words[i] != '\0') {
			buf_str(b, b->len != start ? "," : "");
			buf_str(b, words[i]);
		}
	if (b->len == start)
		buf_byte(b, '%');
}

/* Prints a pair, its heads, and what is asked about it; how many lines. */
static uint64_t
print_pair(const struct pairs *ps, const struct pairing *p, enum pairs_probe probe, uint64_t total,
    struct recout *o)
{
	const struct name_rules *n = ps->rules;
	uint64_t lines = 1;
	char fmd5[33];
	struct buf b;

	if (p->side != NULL) {
		print_create(p, o);
		lines++;
	}
	name_fmd5(n, p->local, fmd5);
	buf_init(&b, REC_LINE_MAX + OUT_NAMES);
	buf_str(&b, "pair\t");
	pct_encode(&b, p->remote);
	buf_byte(&b, '\t');
	pct_encode(&b, p->local);
	buf_printf(&b, "\tfmd5=%s", fmd5);
	put_trash(&b, "ltrash", n->ltrash, p->local);
	buf_printf(&b, "\tmaxdelete=%s", n->maxdelete);
	put_trash(&b, "rtrash", n->rtrash, p->remote);
	buf_str(&b, "\trules=");
	put_rules(n, &b);
	if (total != 0)
		buf_printf(&b, "\ttotal=%llu", (unsigned long long)total);
	rec_copy(o, b.data, b.len);
	buf_free(&b);
	if (p->s != NULL)
		print_head("s", p->s, p, o);
	if (p->r != NULL)
		print_head("r", p->r, p, o);
	if (p->l != NULL)
		print_head("l", p->l, p, o);
	lines += (p->s != NULL) + (p->r != NULL) + (p->l != NULL);
	return lines + print_probe(p, probe, o);
}

static void
print_other(const struct pairing *p, struct recout *o)
{
	rec_begin(o, p->what == PAIRING_KEEP ? "keep" : "forget");
	rec_pos(o, p->what == PAIRING_KEEP ? p->side : "both");
	rec_pos(o, p->remote);
	rec_pos(o, p->local);
	rec_pos(o, NULL);
	if (p->what == PAIRING_KEEP)
		rec_key(o, "why", p->why);
	rec_end(o);
}

/* The header, and what others had to say; how many lines. */
static uint64_t
print_start(const struct pairs *ps, const char *account, struct recout *o)
{
	const char *line, *lf;

	rec_begin(o, "listing");
	rec_posu(o, 1);
	rec_key(o, "account", account);
	rec_end(o);
	if (ps->heads == NULL)
		return 1;
	line = buf_cstr(&ps->heads->passed);
	for (; (lf = strchr(line, '\n')) != NULL; line = lf + 1)
		rec_copy(o, line, (size_t)(lf - line));
	return 1 + ps->heads->npassed;
}

/* How many folders there are, and what is kept in those that are left out. */
static void
print_note(const struct pairs *ps, int all, struct recout *o)
{
	uint64_t folders = 0, kept = 0;
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (ps->p[i]->what == PAIRING_PAIR) {
			folders++;
			if (!all && unchanged(ps, ps->p[i]))
				kept += ps->p[i]->s->kept;
		}
	rec_begin(o, "note");
	rec_pos(o, NULL);
	rec_keyu(o, "folders", folders);
	rec_keyu(o, "kept", kept);
	rec_end(o);
}

void
pairs_print(const struct pairs *ps, const char *account, int all, enum pairs_probe probe,
    struct recout *o)
{
	uint64_t lines = print_start(ps, account, o) + 1, total;
	const struct pairing *p;
	size_t i;

	all |= probe != PAIRS_CHANGES;
	print_note(ps, all, o);
	total = rows_at_stake(ps, all);
	for (i = 0; i < ps->n; i++) {
		p = ps->p[i];
		if (p->what == PAIRING_PAIR) {
			if (shown(ps, p, all))
				lines += print_pair(ps, p, probe, total, o);
		} else if (p->what != PAIRING_SILENT) {
			print_other(p, o);
			lines++;
		}
	}
	rec_begin(o, "end");
	rec_pos(o, NULL);
	rec_pos(o, NULL);
	rec_posu(o, lines);
	rec_end(o);
}
