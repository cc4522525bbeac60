/* imap-list's input: pairs, their heads, the state's rows, what is to be probed. */
#include "imap/listing_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
new_pair(struct listing_run *run, const struct rec *rec)
{
	struct listing_pair *p;

	if (run->npairs == run->cap) {
		run->cap = run->cap != 0 ? 2 * run->cap : 64;
		run->pairs = mem_grow(run->pairs, run->cap, sizeof(*run->pairs));
	}
	p = run->cur = &run->pairs[run->npairs++];
	memset(p, 0, sizeof(*p));
	p->local = mem_dup(rec->pos[1] != NULL ? rec->pos[1] : "");
	p->rules = rec_lasting_rules(rec_get(rec, "rules"));
	p->ask = ask_new(rec->pos[0] != NULL ? rec->pos[0] : "");
	p->absent = rec_same(run->creating, p->ask->remote);
	p->lines = run->pending;
	run->pending = 0;
}

static void
note_head(struct listing_pair *p, const struct rec *rec)
{
	struct listing_head h = { 0 };
	uint64_t n;

	h.told = rec_getu(rec, "validity", &h.validity) == 0;
	h.known = h.told && rec_getu(rec, "next", &h.next) == 0 &&
	    rec_getu(rec, "count", &h.count) == 0 &&
	    rec_getu(rec, "modseq", &h.modseq) == 0 && h.modseq != 0;
	if (rec_same(rec->pos[0], "r"))
		p->now = h;
	if (!rec_same(rec->pos[0], "s"))
		return;
	p->state = h;
	p->stuck = 0;
	if (rec_getu(rec, "intents", &n) == 0)
		p->stuck += n;
	if (rec_getu(rec, "kept", &n) == 0)
		p->stuck += n;
	p->samerules = rec_same(rec_get(rec, "rules"), p->rules);
	p->limit = rung_of(rec_get(rec, "rung"));
	/* rows follow only a line of these kinds, and a delta is one since this generation */
	p->gen = 0;
	if ((rec_same(rec_get(rec, "kind"), "full") || rec_same(rec_get(rec, "kind"), "sets")) &&
	    rec_getu(rec, "gen", &p->gen) == -1)
		p->gen = 0;
}

/* A row: what a delta leaves out is as it says, if it is not kept apart. */
static void
note_row(struct listing_pair *p, const struct rec *rec)
{
	uint32_t validity, uid;

	p->rows++;
	if (rec_id(rec->pos[1], &validity, &uid, 0) == 0 && validity == p->state.validity)
		uidset_add(rec_get(rec, "kept") != NULL ? &p->ask->kept : &p->ask->rows, uid, uid);
}

/* Many rows at once; their flags do not matter here. */
static void
note_rows(struct listing_pair *p, const struct rec *rec)
{
	struct uidset set;
	uint32_t validity;
	size_t i;

	uidset_init(&set);
	if (uidset_parse_id(&set, rec->pos[1], &validity) == 0 && validity == p->state.validity) {
		p->rows += uidset_count(&set);
		for (i = 0; i < set.n; i++)
			uidset_add(&p->ask->rows, set.r[i].lo, set.r[i].hi);
	}
	uidset_free(&set);
}

static void
note_end(struct listing_pair *p, const struct rec *rec)
{
	uint64_t n;

	p->whole = p->gen != 0 && rec_number(rec->pos[2], &n) == 0 && n == p->rows &&
	    uidset_count(&p->ask->rows) + uidset_count(&p->ask->kept) == n;
}

/* A record of the pair at hand. */
static void
note(struct listing_pair *p, const struct rec *rec)
{
	uint32_t validity, uid;

	if (rec_is(rec, "folder"))
		note_head(p, rec);
	else if (rec_of(rec, "m", "s"))
		note_row(p, rec);
	else if (rec_of(rec, "rows", "s"))
		note_rows(p, rec);
	else if (rec_of(rec, "end", "s"))
		note_end(p, rec);
	else if (rec_of(rec, "probe", "both"))
		p->ask->all = rec_get(rec, "full") != NULL ? ASK_FULL : ASK_SIZES;
	else if (rec_of(rec, "probe", "remote") && rec_get(rec, "gone") != NULL)
		/* what cannot be read nobody takes for answered */
		uidset_parse_id(&p->ask->doubt, rec->pos[3], &validity);
	else if (rec_is(rec, "probe") && rec_id(rec->pos[3], &p->probed, &uid, 0) == 0)
		uidset_add(rec_get(rec, "full") != NULL ? &p->ask->whole : &p->ask->probe, uid, uid);
}

/* One record of the input: queued, and noted if it concerns the pair at hand. */
static int
take(struct listing_run *run, const struct rec *rec, struct err *e)
{
	if (rec_leaves_pair(rec))
		run->cur = NULL;
	if (rec_last(rec)) {
		run->ended = 1;
		return 0;
	}
	if (rec_of(rec, "create", "remote")) {
		free(run->creating);
		run->creating = mem_dup(rec->pos[1]);
	}
	if (rec_is(rec, "pair"))
		new_pair(run, rec);
	if (queue_put(&run->lines, rec->line, rec->len) == -1)
		return err_again(e, "keeping the stream: %s", strerror(errno));
	if (run->cur == NULL) {
		run->pending++;
		return 0;
	}
	run->cur->lines++;
	note(run->cur, rec);
	return 0;
}

int
listing_read(struct listing_run *run, struct err *e)
{
	struct rec rec;
	int got;

	while ((got = rec_read(run->l->in, &rec, e)) == 1)
		if (take(run, &rec, e) == -1)
			return -1;
	if (got == 0 && !run->ended)
		return err_fail(e, "the stream is cut off: it has no end line");
	return got;
}
