/*
 * A folder's rows are copied out in pieces, each in a read transaction of its own
 * that ends before anything is written, so that a slow reader of the pipe pins
 * no pages (hazard 31); each piece proves that the folder has not been committed to
 * since the first (hazard 3).
 */
#include "state/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uidset.h"
#include "state/intent.h"
#include "state/msg.h"

#define SET_LINE	4000	/* bytes of a set of uids in one record */
#define PIECE_ROWS	1000
#define PIECE_NAMES	(256u << 10)	/* bytes of names at which a piece is full */

/* Rows copied out of the state. */
struct piece {
	struct state_msg	 row[PIECE_ROWS];
	size_t			 name[PIECE_ROWS];	/* where in names; of rows that have one */
	size_t			 n;
	struct buf		 names;			/* each with its NUL */
	int			 last;			/* the folder has no more */
	struct state_intent	*intents;		/* with the last piece; owned */
	size_t			 nintents;
};

/* Writing one block. */
struct block {
	const struct state_source *src;
	struct recout	*out;
	const struct block_pair *pair;
	struct piece	*piece;
	int		 sets;			/* rows go out as sets */
	struct uidset	 set;			/* of those that have a file */
	uint64_t	 lines;			/* written */
};

/* Copies rows with a uid above "after", and the intents behind the last one. */
static int
fill(struct state *st, uint32_t id, uint32_t after, struct piece *p, struct err *e)
{
	struct state_msg *m;
	int got;

	p->n = 0;
	p->last = 0;
	buf_clear(&p->names);
	while (p->n < PIECE_ROWS && p->names.len < PIECE_NAMES) {
		m = &p->row[p->n];
		if ((got = state_msg_next(st, id, after, m, e)) == -1)
			return -1;
		if (got == 0) {
			p->last = 1;
			return state_intents(st, id, &p->intents, &p->nintents, e);
		}
		p->name[p->n] = p->names.len;
		if (m->name != NULL)
			buf_put(&p->names, m->name, strlen(m->name) + 1);
		after = m->uid;
		p->n++;
	}
	ENSURE(!buf_bad(&p->names));
	return 0;
}

/* 1 if the disk is as the state's head has it, and the head says all about the files. */
static int
unmoved(const struct block_pair *p, const struct state_folder *f)
{
	return !p->asked && f->intents == 0 && f->past == 0 &&
	    (p->validity == 0 || p->validity == f->validity) && rec_same(p->rules, f->rules) &&
	    dirhead_equal(&p->cur, &f->cur) && dirhead_equal(&p->new, &f->new);
}

/*
 * 1 if no row that is kept apart names a file, 0, or -1.  What has become of such a file the
 * head does not say: the disk must be looked at.
 */
static int
kept_fileless(struct state *st, const struct state_folder *f, struct err *e)
{
	uint64_t left = f->kept;
	struct state_msg m = { 0 };
	int got = 1;

	while (left > 0 && (got = state_msg_next(st, f->id, m.uid, &m, e)) == 1) {
		if (m.kept == KEPT_NO)
			continue;
		if (m.name != NULL)
			return 0;
		left--;
	}
	return got == -1 ? -1 : 1;
}

/* What a block begins with: how rows will go out, and the first of them; 0 or -1. */
static int
start(struct block *b, const struct state_folder *f, struct err *e)
{
	int sets = unmoved(b->pair, f) ? kept_fileless(b->src->st, f, e) : 0;

	if (sets == -1)
		return -1;
	b->sets = sets;
	return fill(b->src->st, f->id, 0, b->piece, e);
}

/* The first piece with its folder: 1, 0 if the folder is not known, -1. */
static int
first_piece(struct block *b, struct state_folder *f, struct err *e)
{
	struct state *st = b->src->st;
	int got;

	if (state_begin(st, 0, e) == -1)
		return -1;
	got = state_folder_find(st, b->pair->remote, b->pair->local, f, e);
	if (got == 1 && start(b, f, e) == -1) {
		state_folder_free(f);
		got = -1;
	}
	state_abort(st);
	return got;
}

/* The next one, of that number's rows, while the folder is of the same generation. */
static int
next_piece(struct block *b, const struct state_folder *f, uint32_t id, uint32_t after, struct err *e)
{
	struct state *st = b->src->st;
	struct state_folder now;
	int got, r = -1;

	if (state_begin(st, 0, e) == -1)
		return -1;
	if ((got = state_folder_get(st, f->id, &now, e)) != -1) {
		if (got == 0 || now.gen != f->gen)
			err_again(e, "folder %.200s: another run changed it while its state was "
			    "being read; run again", b->pair->remote);
		else
			r = fill(st, id, after, b->piece, e);
		state_folder_free(&now);
	}
	state_abort(st);
	return r;
}

/* The seconds since 1970 as records have them: nothing is older. */
static uint64_t
seconds(int64_t date)
{
	return date > 0 ? (uint64_t)date : 0;
}

static void
put_row(struct block *b, const char *verb, uint32_t validity, const struct state_msg *m,
    const char *name)
{
	char flags[FLAGS_LEN], hex[DIGEST_HEX];
	struct recout *o = b->out;

	rec_begin(o, verb);
	rec_pos(o, "s");
	rec_posid(o, validity, m->uid);
	/* 0 is not known: told as a date, it would become one */
	if (m->date > 0)
		rec_keyu(o, "date", seconds(m->date));
	if (m->has_dig) {
		digest_hex(m->dig, hex);
		rec_key(o, "dig", hex);
	}
	rec_key(o, "flags", flags_format(m->flags, flags));
	rec_key(o, "kept", state_kept_word(m->kept));
	rec_key(o, "name", name);
	if (m->size != 0)
		rec_keyu(o, "size", m->size);
	rec_end(o);
	b->lines++;
}

static void
put_intent(struct block *b, const struct state_intent *it)
{
	char hex[DIGEST_HEX], next[32];
	struct recout *o = b->out;
	int n;

	rec_begin(o, "intent");
	rec_pos(o, "s");
	rec_pos(o, NULL);
	rec_keyu(o, "date", seconds(it->date));
	if (it->has_dig) {
		digest_hex(it->dig, hex);
		rec_key(o, "dig", hex);
	}
	rec_keyu(o, "gen", it->gen);
	rec_key(o, "kept", state_kept_word(it->kept));
	rec_key(o, "name", it->name);
	n = snprintf(next, sizeof(next), "%u:%u", it->validity, it->next);
	ENSURE(n > 0 && n < (int)sizeof(next));
	rec_key(o, "next", next);
	rec_keyu(o, "size", it->size);
	rec_end(o);
	b->lines++;
}

static void
put_piece(struct block *b, const struct state_folder *f)
{
	struct piece *p = b->piece;
	const struct state_msg *m;
	size_t i;

	for (i = 0; i < p->n; i++) {
		m = &p->row[i];
		if (b->sets && m->kept == KEPT_NO && m->name != NULL)
			uidset_add(&b->set, m->uid, m->uid);
		else
			put_row(b, f->old ? "was" : "m", f->validity, m,
			    m->name != NULL ? p->names.data + p->name[i] : NULL);
	}
	for (i = 0; i < p->nintents; i++)
		put_intent(b, &p->intents[i]);
	state_intents_free(p->intents, p->nintents);
	p->intents = NULL;
	p->nintents = 0;
}

/* The rows that were gathered in a set. */
static void
put_set(struct block *b, uint32_t validity)
{
	struct recout *o = b->out;
	struct buf text;
	size_t at = 0;

	buf_init(&text, 2 * SET_LINE);
	while (at < b->set.n) {
		buf_clear(&text);
		buf_printf(&text, "%u:", validity);
		uidset_text(&b->set, &at, SET_LINE, &text);
		rec_begin(o, "rows");
		rec_pos(o, "s");
		rec_pos(o, buf_cstr(&text));
		rec_end(o);
		b->lines++;
	}
	buf_free(&text);
}

/* What is known from before the folder got its present UIDVALIDITY. */
static int
put_past(struct block *b, const struct state_folder *f, struct err *e)
{
	struct piece *p = b->piece;
	struct state_folder past = { 0 };
	uint32_t after = 0;
	int got, r = -1;

	if (f->past == 0)
		return 0;
	if (state_begin(b->src->st, 0, e) == -1)
		return -1;
	got = state_folder_get(b->src->st, f->past, &past, e);
	state_abort(b->src->st);
	if (got == 0)
		err_again(e, "folder %.200s: another run changed it while its state was being read; "
		    "run again", b->pair->remote);
	b->sets = 0;
	while (got == 1) {
		state_relax(b->src->st);
		if (next_piece(b, f, f->past, after, e) == -1)
			break;
		put_piece(b, &past);
		if (p->last) {
			r = 0;
			break;
		}
		after = p->row[p->n - 1].uid;
	}
	state_folder_free(&past);
	return r;
}

/* Rows and intents of a folder whose first piece is there. */
static int
put_rows(struct block *b, const struct state_folder *f, struct err *e)
{
	struct piece *p = b->piece;
	uint64_t n = p->n;

	block_folder(b->src, b->out, b->pair->remote, b->pair->local, b->sets ? "sets" : "full", f, NULL);
	put_piece(b, f);
	while (!p->last) {
		state_relax(b->src->st);
		if (next_piece(b, f, f->id, p->row[p->n - 1].uid, e) == -1)
			return -1;
		n += p->n;
		put_piece(b, f);
	}
	put_set(b, f->validity);
	if (n != f->rows)
		return err_fail(e, "folder %.200s: the state is broken: it holds %llu messages and "
		    "counts %llu; move the state's directory away: mail that is equal on both "
		    "sides is paired again, nothing is lost; offlineimap does so by itself", b->pair->remote, (unsigned long long)n,
		    (unsigned long long)f->rows);
	if (put_past(b, f, e) == -1)
		return -1;
	block_end(b->out, "s", b->pair->remote, n);
	return 0;
}

/* The block, with a piece to fill. */
static int
put_block(struct block *b, struct err *e)
{
	struct state_folder f = { 0 };
	struct err why;
	int got, r = 0;

	got = first_piece(b, &f, &why);
	if (got == -1 && why.status != EXIT_CONF) {
		*e = why;
		return -1;
	}
	b->lines = 2;
	if (got == 1)
		r = put_rows(b, &f, e);
	else {
		block_folder(b->src, b->out, b->pair->remote, b->pair->local,
		    got == 0 ? "none" : "failed", &f, got == 0 ? NULL : why.text);
		block_end(b->out, "s", b->pair->remote, 0);
	}
	state_folder_free(&f);
	return r;
}

int
block_write(const struct state_source *src, struct recout *out, const struct block_pair *pair,
    uint64_t *lines, struct err *e)
{
	struct block b = { .src = src, .out = out, .pair = pair };
	int r;

	b.piece = mem_alloc(sizeof(*b.piece));
	buf_init(&b.piece->names, PIECE_NAMES + 2 * UINT16_MAX);
	uidset_init(&b.set);
	r = put_block(&b, e);
	*lines += b.lines;
	state_intents_free(b.piece->intents, b.piece->nintents);
	buf_free(&b.piece->names);
	free(b.piece);
	uidset_free(&b.set);
	return r;
}
