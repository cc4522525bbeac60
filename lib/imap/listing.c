/* imap-list over a stream of pairs: what to ask of the server, and the order of the output. */
#include "imap/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/queue.h"
#include "imap/ask.h"

/* The head of a folder as a record gives it. */
struct head_rec {
	int		 known;		/* all four figures were there, modseq not 0 */
	uint64_t	 validity, next, count, modseq;
};

/* One pair of the stream. */
struct pair {
	char		*local;		/* its name, for the records */
	char		*rules;		/* without the word that holds for one run only */
	uint64_t	 lines;		/* of the input to print before its block */
	int		 absent;	/* the folder is about to be created on the server */
	int		 unchanged;
	struct head_rec	 state, now;
	uint64_t	 stuck;		/* intents and kept rows in the state */
	int		 samerules;
	struct ask	*ask;
};

struct run {
	const struct listing *l;
	struct queue	 lines;		/* the input, until its turn in the output */
	uint64_t	 pending;	/* queued lines that belong to no pair yet */
	uint64_t	 written;	/* lines of the output */
	struct pair	*pairs;
	size_t		 npairs, cap;
	struct pair	*cur;		/* the pair whose records are being read, or NULL */
	char		*creating;	/* remote folder of a "create remote" just read */
	int		 ended;
};

static void
new_pair(struct run *run, const struct rec *rec)
{
	struct pair *p;

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
note_head(struct pair *p, const struct rec *rec)
{
	struct head_rec h = { 0 };
	uint64_t n;

	h.known = rec_getu(rec, "validity", &h.validity) == 0 &&
	    rec_getu(rec, "next", &h.next) == 0 && rec_getu(rec, "count", &h.count) == 0 &&
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
}

/* One record of the input: queued, and noted if it concerns the pair at hand. */
static int
take(struct run *run, const struct rec *rec, struct err *e)
{
	uint32_t validity, uid;

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
	if (rec_is(rec, "folder"))
		note_head(run->cur, rec);
	else if (rec_is(rec, "probe") && rec_id(rec->pos[3], &validity, &uid, 0) == 0)
		uidset_add(rec_get(rec, "full") != NULL ? &run->cur->ask->whole :
		    &run->cur->ask->probe, uid, uid);
	return 0;
}

static int
read_all(struct run *run, struct err *e)
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

/* What to ask of each folder; the number of folders that must be asked. */
static size_t
decide(struct run *run)
{
	struct pair *p;
	size_t i, n = 0;

	for (i = 0; i < run->npairs; i++) {
		p = &run->pairs[i];
		p->unchanged = p->state.known && p->now.known && p->samerules && p->stuck == 0 &&
		    p->ask->probe.n == 0 && p->ask->whole.n == 0 && p->state.validity == p->now.validity &&
		    p->state.next == p->now.next && p->state.count == p->now.count &&
		    p->state.modseq == p->now.modseq;
		if (p->state.next <= UINT32_MAX && p->state.next > 0 &&
		    (p->now.validity == 0 || p->now.validity == p->state.validity))
			p->ask->since = (uint32_t)p->state.next;
		p->ask->done = p->absent || p->unchanged;
		n += !p->ask->done;
	}
	return n;
}

/* Lists what must be listed; a folder that moved meanwhile gets a second try. */
static int
ask_server(struct run *run, struct err *e)
{
	struct ask **asks = mem_alloc(run->npairs * sizeof(*asks)), *old;
	struct imap im;
	size_t i, again = 0;
	int r;

	for (i = 0; i < run->npairs; i++)
		asks[i] = run->pairs[i].ask;
	r = imap_open(&im, run->l->transport, run->l->timeout, e);
	im.trace = run->l->trace;
	if (r == 0 && (r = ask_all(&im, asks, run->npairs, run->l->utf8)) == 0) {
		for (i = 0; i < run->npairs; i++) {
			old = asks[i];
			if (run->pairs[i].absent || run->pairs[i].unchanged || old->why != NULL ||
			    ask_proven(old))
				continue;
			asks[i] = run->pairs[i].ask = ask_new(old->remote);
			asks[i]->since = old->since;
			asks[i]->probe = old->probe;
			asks[i]->whole = old->whole;
			uidset_init(&old->probe);
			uidset_init(&old->whole);
			ask_free(old);
			again++;
		}
		if (again != 0)
			r = ask_all(&im, asks, run->npairs, run->l->utf8);
	}
	if (r == -1 && im.err.status != 0)
		*e = im.err;
	imap_close(&im);
	free(asks);
	return r;
}

/* Hands out queued lines of the input. */
static int
print_lines(struct run *run, uint64_t n, struct err *e)
{
	char *line;
	size_t len;

	for (; n > 0; n--) {
		if (queue_get(&run->lines, &line, &len) != 1)
			return err_again(e, "reading back the stream: %s", strerror(errno));
		rec_copy(run->l->out, line, len);
		run->written++;
	}
	return 0;
}

static const char *
kind(const struct pair *p)
{
	if (p->absent)
		return "none";
	if (p->unchanged)
		return "delta";
	if (p->ask->why != NULL || !p->ask->done)
		return "failed";
	return ask_proven(p->ask) ? "full" : "presence";
}

/* The head of a folder's block; figures that contradict what was seen are left out. */
static void
print_head(struct run *run, const struct pair *p, const char *k, const struct err *broke)
{
	struct recout *o = run->l->out;
	const struct mailbox *m = &p->ask->box;
	int fits = m->next > p->ask->last;

	rec_begin(o, "folder");
	rec_pos(o, "r");
	rec_pos(o, p->ask->remote);
	rec_pos(o, p->local);
	if (p->unchanged)
		rec_keyu(o, "count", p->now.count);
	else if (strcmp(k, "full") == 0)
		rec_keyu(o, "count", m->exists);
	rec_key(o, "kind", k);
	if (p->unchanged)
		rec_keyu(o, "modseq", p->now.modseq);
	else if (strcmp(k, "full") == 0 && fits && m->modseq != 0)
		rec_keyu(o, "modseq", m->modseq);
	if (p->unchanged)
		rec_keyu(o, "next", p->now.next);
	else if (m->next != 0 && fits)
		rec_keyu(o, "next", m->next);
	if (p->unchanged)
		rec_keyu(o, "validity", p->now.validity);
	else if (m->validity != 0)
		rec_keyu(o, "validity", m->validity);
	if (strcmp(k, "failed") == 0)
		rec_key(o, "why", p->ask->why != NULL ? p->ask->why : broke->text);
	rec_end(o);
	run->written++;
}

static int
print_block(struct run *run, struct pair *p, const struct err *broke, struct err *e)
{
	struct recout *o = run->l->out;
	const char *k = kind(p);
	uint64_t n = strcmp(k, "full") == 0 || strcmp(k, "presence") == 0 ? p->ask->nfound : 0, i;
	char *line;
	size_t len;

	print_head(run, p, k, broke);
	for (i = 0; i < n; i++) {
		if (queue_get(&p->ask->found, &line, &len) != 1)
			return err_again(e, "reading back a listing: %s", strerror(errno));
		rec_copy(o, line, len);
	}
	rec_begin(o, "end");
	rec_pos(o, "r");
	rec_pos(o, p->ask->remote);
	rec_posu(o, n);
	rec_end(o);
	run->written += n + 1;
	return 0;
}

static int
print_all(struct run *run, const struct err *broke, struct err *e)
{
	size_t i;

	for (i = 0; i < run->npairs; i++)
		if (print_lines(run, run->pairs[i].lines, e) == -1 ||
		    print_block(run, &run->pairs[i], broke, e) == -1)
			return -1;
	if (print_lines(run, run->pending, e) == -1)
		return -1;
	rec_begin(run->l->out, "end");
	rec_pos(run->l->out, NULL);
	rec_pos(run->l->out, NULL);
	rec_posu(run->l->out, run->written);
	rec_end(run->l->out);
	return 0;
}

int
listing_run(const struct listing *l, struct err *e)
{
	struct run run;
	struct err broke = { 0 };
	size_t i;
	int r, asked = 0;

	memset(&run, 0, sizeof(run));
	run.l = l;
	queue_init(&run.lines);
	r = read_all(&run, e);
	if (r == 0 && decide(&run) != 0)
		asked = ask_server(&run, &broke);
	if (r == 0)
		r = print_all(&run, &broke, e);
	if (r == 0 && asked == -1) {
		*e = broke;
		r = -1;
	}
	for (i = 0; i < run.npairs; i++) {
		free(run.pairs[i].local);
		free(run.pairs[i].rules);
		ask_free(run.pairs[i].ask);
	}
	free(run.pairs);
	free(run.creating);
	queue_free(&run.lines);
	return r;
}
