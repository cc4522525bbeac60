/* How each folder of a stream is listed: not at all, by what changed, or in full. */
#include "imap/listing_run.h"

#include "imap/rung.h"

#define DELTA_BYTES	2000	/* about: the answer of a folder in which little changed */
#define ROW_BYTES	60	/* and of each message in a full listing */
#define MAIL_BYTES	16384	/* with all its bytes */
#define DOUBT_BYTES	40	/* of a message that is said to be gone, if it is there */

/* The state says all that there is to say: nobody has to be asked. */
static int
unchanged(const struct listing_pair *p)
{
	return p->state.known && p->now.known && p->samerules && p->stuck == 0 &&
	    p->ask->all == ASK_NOT_ALL && p->ask->probe.n == 0 && p->ask->whole.n == 0 &&
	    p->ask->doubt.n == 0 &&
	    p->state.validity == p->now.validity && p->state.next == p->now.next &&
	    p->state.count == p->now.count && p->state.modseq == p->now.modseq;
}

/* 1 if what is asked about is under another UIDVALIDITY than the state's: all of it is new. */
static int
renumbered(const struct listing_pair *p)
{
	return p->probed != 0 && p->probed != p->state.validity;
}

/* The state's figures can be what a delta starts from (hazard 22). */
static int
follows(const struct listing_pair *p)
{
	const struct listing_head *s = &p->state, *n = &p->now;

	if (p->ask->all != ASK_NOT_ALL || renumbered(p) || !p->whole || !s->known || s->validity == 0 || s->validity > UINT32_MAX ||
	    s->next == 0 || s->next > UINT32_MAX)
		return 0;
	return !n->told || (n->known && n->validity == s->validity && n->next >= s->next &&
	    n->modseq >= s->modseq);
}

/*
 * Whether messages may have gone, as far as STATUS tells: not if there are as many as
 * the state has and UIDNEXT has moved by.
 */
static int
may_have_gone(const struct listing_pair *p)
{
	struct uidset below;
	uint64_t n;

	uidset_init(&below);
	uidset_part(&below, &p->ask->rows, 1, p->ask->since - 1);
	uidset_part(&below, &p->ask->kept, 1, p->ask->since - 1);
	n = uidset_count(&below);
	uidset_free(&below);
	return !p->now.known || p->now.count != n + (p->now.next - p->state.next);
}

size_t
listing_decide(struct listing_run *run)
{
	struct listing_pair *p;
	size_t i, n = 0;

	for (i = 0; i < run->npairs; i++) {
		p = &run->pairs[i];
		p->unchanged = unchanged(p);
		if (p->ask->all == ASK_NOT_ALL && p->state.next <= UINT32_MAX && p->state.next > 0 &&
		    !renumbered(p) && (!p->now.told || p->now.validity == p->state.validity))
			p->ask->since = (uint32_t)p->state.next;
		p->ask->done = p->absent || p->unchanged;
		n += !p->ask->done;
	}
	return n;
}

static void
facts(const struct listing_pair *p, struct rung_folder *f)
{
	f->limit = p->limit;
	f->delta = follows(p);
	f->rows = p->rows;
	f->search = f->delta && may_have_gone(p);
}

/* The rung of one folder, and what its question needs. */
static void
climb(struct listing_pair *p, const struct imap *im)
{
	struct ask *a = p->ask;
	struct rung_folder f;

	facts(p, &f);
	a->rung = a->all != ASK_NOT_ALL ? RUNG_PLAIN : rung_choose(im, &f);
	a->began = a->rung;
	a->full = rung_full(im, &f);
	a->bare = p->limit != RUNG_ANY && p->limit < RUNG_CONDSTORE;
	p->nomodseq = !rung_condstore(im);
	a->search = f.search;
	if (f.delta) {
		a->validity = (uint32_t)p->state.validity;
		a->modseq = p->state.modseq;
	}
	a->expect = a->rung >= RUNG_CONDSTORE ? DELTA_BYTES :
	    p->now.told ? DELTA_BYTES + p->now.count *
	    (a->all == ASK_FULL ? MAIL_BYTES : ROW_BYTES) : 0;
	if (a->expect != 0)
		a->expect += uidset_count(&a->doubt) * DOUBT_BYTES;
}

/* 1 if ENABLE is worth a turn of its own. */
static int
wants_qresync(const struct listing_run *run)
{
	const struct listing_pair *p;
	size_t i;

	for (i = 0; i < run->npairs; i++) {
		p = &run->pairs[i];
		if (!p->ask->done && follows(p) && (p->limit == RUNG_ANY || p->limit == RUNG_QRESYNC))
			return 1;
	}
	return 0;
}

/* The folders that had to do without QRESYNC since it could not be enabled will do so again. */
static void
blame_enable(struct listing_run *run)
{
	struct listing_pair *p;
	size_t i;

	for (i = 0; i < run->npairs; i++) {
		p = &run->pairs[i];
		if (!p->ask->done && follows(p) && p->limit == RUNG_ANY) {
			p->ask->accused = RUNG_QRESYNC;
			p->ask->charge = "it answers ENABLE QRESYNC without ENABLED";
			p->ask->certain = 1;
		}
	}
}

int
listing_climb(struct listing_run *run, struct imap *im)
{
	size_t i;

	/*
	 * EXAMINE (QRESYNC ...) may follow only an answer to ENABLE; with the driver that was
	 * given to imap-list -H in the same session.
	 */
	if (wants_qresync(run) && rung_enable(im)) {
		if (imap_wait(im, 0) == -1)
			return -1;
		if (!imap_enabled(im, "QRESYNC"))
			blame_enable(run);
	}
	for (i = 0; i < run->npairs; i++)
		if (!run->pairs[i].ask->done)
			climb(&run->pairs[i], im);
	return 0;
}
