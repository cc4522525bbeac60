/*
 * Marks: a folder's new heads, taken only if exactly the planned lines were met
 * and each is done or kept.  Otherwise the old head stays, and the next listing
 * shows the same difference again (invariant 10).  The server's head may be moved
 * further, over our own changes, where echo.c has proven it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "plan/apply.h"
#include "state/folder.h"
#include "state/log.h"
#include "state/validity.h"

/* 1 if the mark's account of the folder's lines is what was met. */
static int
fits(const struct afolder *f, const struct rec *rec)
{
	uint64_t gen, lines, sum;

	return rec_getu(rec, "gen", &gen) == 0 && rec_getu(rec, "lines", &lines) == 0 &&
	    rec_getu(rec, "sum", &sum) == 0 && gen == f->gen0 && lines == f->lines &&
	    sum == f->sum && f->undone == 0;
}

static void
set_remote(struct state_folder *sf, const struct rec *rec)
{
	struct state_rhead h = { 0 };
	uint64_t next = 0;

	if (rec_getu(rec, "next", &next) == 0 && next <= UINT32_MAX &&
	    rec_getu(rec, "count", &h.count) == 0) {
		h.valid = 1;
		h.next = (uint32_t)next;
		rec_getu(rec, "modseq", &h.modseq);
	} else
		h.count = 0;
	sf->rhead = h;
	sf->lastfull = (uint64_t)time(NULL);
}

/* A head that is not told leaves known which directory it was. */
static int
set_dir(struct dirhead *h, const char *text)
{
	const struct dirhead was = *h;

	if (dirhead_parse(h, text) == -1)
		return -1;
	if (!h->valid) {
		*h = was;
		dirhead_void(h);
	}
	return 0;
}

static int
set_local(struct state_folder *sf, const struct rec *rec)
{
	return set_dir(&sf->cur, rec_get(rec, "cur")) == -1 ||
	    set_dir(&sf->new, rec_get(rec, "new")) == -1 ? -1 : 0;
}

/*
 * All lines are done or kept: a side that has no mark is where it was, and what its head said before
 * the run holds again.
 */
static void
restore(struct afolder *f, struct state_folder *sf)
{
	if (!f->touched)
		return;
	sf->rhead = f->rhead;
	sf->cur = f->cur;
	sf->new = f->new;
	f->touched = 0;
}

/* One mark line: 0, or -1. */
static int
mark(struct apply *ap, struct afolder *f, const char *line, struct err *e)
{
	char *scratch = mem_alloc(strlen(line) + 1);
	struct state_folder sf;
	struct rec rec;
	uint64_t validity = 0;
	int r = rec_parse(&rec, line, strlen(line), scratch, e);

	if (r == 0)
		r = afolder_load(ap, f, e);
	if (r == -1 || f->clash != NULL || !fits(f, &rec))
		goto out;
	if (strcmp(rec.pos[0], "remote") == 0 && (rec_getu(&rec, "validity", &validity) == -1 ||
	    validity == 0 || validity > UINT32_MAX ||
	    (f->validity != 0 && f->validity != validity)))
		goto out;
	if ((r = afolder_make(ap, f, (uint32_t)validity, e)) == -1)
		goto out;
	r = -1;
	if (state_folder_get(ap->st, f->id, &sf, e) != 1)
		goto out;
	restore(f, &sf);
	/* all is paired anew, or a later sync has ended under the same UIDVALIDITY */
	if (!f->recovering)
		sf.renewed = 0;
	else if (state_folder_settle(ap->st, f->id, e) == -1) {
		state_folder_free(&sf);
		goto out;
	}
	if (validity != 0)
		set_remote(&sf, &rec);
	else if (set_local(&sf, &rec) == -1) {
		state_folder_free(&sf);
		r = err_fail(e, "bad mark line \"%.200s\"", line);
		goto out;
	}
	echo_take(f, &sf.rhead);
	free(sf.rules);
	sf.rules = mem_dup(rec_get(&rec, "rules") != NULL ? rec_get(&rec, "rules") : "");
	sf.written_at = (uint64_t)time(NULL);
	r = state_folder_put(ap->st, &sf, e);
	f->settled |= (validity == 0 || f->fresh) && sf.intents == 0;
	state_folder_free(&sf);
out:
	free(scratch);
	return r;
}

int
apply_marks(struct apply *ap, struct err *e)
{
	struct afolder *f;
	int i, r = 0, any = 0;

	for (f = ap->folders; f != NULL && !any; f = f->next)
		any = f->mark[0] != NULL || f->mark[1] != NULL;
	if (any) {
		if (state_begin(ap->st, 1, e) == -1)
			return -1;
		for (f = ap->folders; f != NULL && r == 0; f = f->next)
			for (i = 0; i < 2 && r == 0; i++)
				if (f->mark[i] != NULL)
					r = mark(ap, f, f->mark[i], e);
		if (r == 0)
			r = state_log_trim(ap->st, STATE_LOG_MAX, e);
		if (r == -1) {
			state_abort(ap->st);
			return -1;
		}
		if (state_commit(ap->st, e) == -1)
			return -1;
	}
	for (f = ap->folders; f != NULL && r == 0; f = f->next)
		if (f->settled)
			r = afolder_note(ap, f, e);
	return r;
}
