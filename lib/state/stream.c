/* The two streams: all heads, and a listing passed on with the blocks of its pairs. */
#include "state/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state/block.h"
#include "state/folder.h"

/* Going through a stream of pairs. */
struct walk {
	const struct state_source *src;
	struct recin	*in;
	struct recout	*out;
	struct block_pair pair;		/* whose block is due; without names if none is */
	uint64_t	 lines;			/* written */
};

static int
write_failed(struct err *e)
{
	return err_fail(e, "standard output: %s", strerror(errno));
}

int
state_write_heads(const struct state_source *src, struct recout *o, struct err *e)
{
	struct state_folder *all;
	size_t i, n;
	int r;

	if (state_begin(src->st, 0, e) == -1)
		return -1;
	r = state_folders(src->st, &all, &n, e);
	state_abort(src->st);
	if (r == -1)
		return -1;
	rec_begin(o, "listing");
	rec_posu(o, 1);
	rec_key(o, "account", src->account);
	rec_end(o);
	for (i = 0; i < n; i++)
		block_folder(src, o, all[i].remote, all[i].local, "head", &all[i], NULL);
	block_end(o, "s", NULL, n);
	block_end(o, NULL, NULL, n + 2);
	state_folders_free(all, n);
	return rec_flush(o) == -1 ? write_failed(e) : 0;
}

static void
pair_drop(struct block_pair *p)
{
	free(p->remote);
	free(p->local);
	free(p->rules);
	*p = (struct block_pair){ 0 };
}

/* The block that is due. */
static int
put_block(struct walk *w, struct err *e)
{
	int r;

	if (w->pair.remote == NULL)
		return 0;
	r = block_write(w->src, w->out, &w->pair, &w->lines, e);
	pair_drop(&w->pair);
	return r;
}

/* 1 if the record stands between a pair and our block: heads and probes. */
static int
before_block(const struct rec *rec)
{
	const char *kind = rec_get(rec, "kind");

	return rec_is(rec, "probe") ||
	    (rec_is(rec, "folder") && kind != NULL && strcmp(kind, "head") == 0);
}

/* 1 if the record is one that only we write. */
static int
is_ours(const struct rec *rec)
{
	return rec->npos > 0 && rec->pos[0] != NULL && strcmp(rec->pos[0], "s") == 0 &&
	    !before_block(rec) && (rec_is(rec, "folder") || rec_is(rec, "m") || rec_is(rec, "rows") ||
	    rec_is(rec, "was") || rec_is(rec, "intent") || rec_is(rec, "end"));
}

/* What stands before our block and says how disk and server are: 0, or -1. */
static int
note(struct walk *w, const struct rec *rec, struct err *e)
{
	if (w->pair.remote == NULL)
		return 0;
	if (rec_is(rec, "probe") && !rec_of(rec, "probe", "remote"))
		w->pair.asked = 1;
	if (rec_of(rec, "folder", "r") && rec_getu(rec, "validity", &w->pair.validity) == -1)
		w->pair.validity = 0;
	if (!rec_of(rec, "folder", "l"))
		return 0;
	if (dirhead_parse(&w->pair.cur, rec_get(rec, "cur")) == -1 ||
	    dirhead_parse(&w->pair.new, rec_get(rec, "new")) == -1)
		return err_fail(e, "%s: line %llu: a bad head", w->in->name,
		    (unsigned long long)w->in->lineno);
	return 0;
}

/* Passes one record on, with the block that is due before it. */
static int
pass(struct walk *w, const struct rec *rec, struct err *e)
{
	if (is_ours(rec))
		return err_fail(e, "%s: line %llu: the state's records are in it already",
		    w->in->name, (unsigned long long)w->in->lineno);
	if ((before_block(rec) ? note(w, rec, e) : put_block(w, e)) == -1)
		return -1;
	rec_copy(w->out, rec->line, rec->len);
	w->lines++;
	if (!rec_is(rec, "pair"))
		return 0;
	if (rec->pos[0] == NULL || rec->pos[1] == NULL)
		return err_fail(e, "%s: line %llu: a pair needs both names", w->in->name,
		    (unsigned long long)w->in->lineno);
	w->pair.remote = mem_dup(rec->pos[0]);
	w->pair.local = mem_dup(rec->pos[1]);
	w->pair.rules = rec_lasting_rules(rec_get(rec, "rules"));
	return 0;
}

/* The first record says whose listing it is. */
static int
check_first(struct walk *w, const struct rec *rec, struct err *e)
{
	const char *account = rec_get(rec, "account");

	if (!rec_is(rec, "listing") || rec->pos[0] == NULL || strcmp(rec->pos[0], "1") != 0 ||
	    account == NULL)
		return err_fail(e, "%s: no listing of format 1 (what sync-pair writes)", w->in->name);
	if (strcmp(account, w->src->account) != 0)
		return err_conf(e, "%s: a listing of account %.100s, not of %.100s", w->in->name,
		    account, w->src->account);
	return 0;
}

/* The stream's own end: proves the input, counts the output. */
static int
finish(struct walk *w, const struct rec *end, struct err *e)
{
	struct rec rec;
	uint64_t n;
	int got;

	if (rec_number(end->pos[2], &n) == -1 || n != w->in->lineno - 1)
		return err_fail(e, "%s: the listing is cut off: its end counts other lines than "
		    "there are", w->in->name);
	if (put_block(w, e) == -1)
		return -1;
	block_end(w->out, NULL, NULL, w->lines);
	if ((got = rec_read(w->in, &rec, e)) == 1)
		return err_fail(e, "%s: something follows the end of the listing", w->in->name);
	return got;
}

static int
walk_stream(struct walk *w, struct err *e)
{
	struct rec rec;
	int got;

	while ((got = rec_read(w->in, &rec, e)) == 1) {
		if (w->in->lineno == 1 && check_first(w, &rec, e) == -1)
			return -1;
		if (rec_last(&rec))
			return finish(w, &rec, e);
		if (pass(w, &rec, e) == -1)
			return -1;
	}
	return got == 0 ? err_fail(e, "%s: the listing is cut off", w->in->name) : -1;
}

int
state_write_rows(const struct state_source *src, struct recin *in, struct recout *out,
    struct err *e)
{
	struct walk w = { .src = src, .in = in, .out = out };
	int r;

	recin_feeds(in, out);
	r = walk_stream(&w, e);
	if (rec_flush(out) == -1 && r == 0)
		r = write_failed(e);
	pair_drop(&w.pair);
	return r;
}
