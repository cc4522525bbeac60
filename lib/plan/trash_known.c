/* Messages for the trash, and those in it, as the state knows them. */
#include "plan/trash_known.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/apply.h"
#include "plan/names.h"
#include "state/folder.h"
#include "state/msg.h"

int
trash_is_move(const struct action *a, enum side side)
{
	return a->verb == VERB_MOVE && a->side == side && action_open(a);
}

static int
by_size(const void *a, const void *b)
{
	const struct doomed *x = a, *y = b;

	if (x->is.size != y->is.size)
		return x->is.size < y->is.size ? -1 : 1;
	return x->a->at < y->a->at ? -1 : x->a->at > y->a->at;
}

int
known_may_equal(const struct known *a, const struct known *b)
{
	return a->size == b->size && (a->date == 0 || b->date == 0 || a->date == b->date) &&
	    (!a->hasdig || !b->hasdig || memcmp(a->dig, b->dig, DIGEST_LEN) == 0) &&
	    (!a->hasfull || !b->hasfull || memcmp(a->full, b->full, DIGEST_LEN) == 0);
}

int
known_equal(const struct known *a, const struct known *b)
{
	return a->date != 0 && b->date != 0 && a->hasfull && b->hasfull && known_may_equal(a, b);
}

/* Marks the doomed that it may be; how many. */
static size_t
want(struct search *s, const struct known *is)
{
	size_t lo = 0, hi = s->n, mid, found = 0;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->d[mid].is.size < is->size)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < s->n && s->d[lo].is.size == is->size; lo++)
		if (known_may_equal(&s->d[lo].is, is)) {
			s->d[lo].wanted = 1;
			found++;
		}
	return found;
}

void
search_candidate(struct search *s, const struct there *is)
{
	if ((is->uid != 0 && uidset_has(&s->leaving, is->uid)) || want(s, &is->is) == 0)
		return;
	if (s->nt == s->capt) {
		s->capt = s->capt * 2 + 16;
		s->t = mem_grow(s->t, s->capt, sizeof(*s->t));
	}
	s->t[s->nt] = *is;
	s->t[s->nt++].name = mem_dup(is->name);
	s->nserver += is->uid != 0;
}

static void
of_row(const struct search *s, struct known *is, const struct state_msg *row)
{
	memset(is, 0, sizeof(*is));
	is->size = row->size;
	/* on disk all bytes are compared, and a date may be anything */
	is->date = s->side == SIDE_REMOTE ? row->date : 0;
	is->hasdig = row->has_dig;
	memcpy(is->dig, row->dig, DIGEST_LEN);
}

/* 1 if it is one of the trash itself that goes, or will once maxdelete lets it. */
static int
leaves(const struct search *s, const struct action *a)
{
	return (action_deletes(a) || (a->verb == VERB_KEEP && strcmp(a->why, "maxdelete") == 0)) &&
	    action_open(a) && a->side == s->side &&
	    name_same(s->side == SIDE_REMOTE ? a->f->remote : a->f->local, s->name);
}

/* All that go to this trash, with what the state knows of them; in a transaction. */
static int
gather(struct search *s, struct err *e)
{
	struct flight *fl = s->fl;
	struct state_msg row;
	struct action *a;
	size_t i;
	int got;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (leaves(s, a))
			uidset_add(&s->leaving, a->uid, a->uid);
		if (!trash_is_move(a, s->side) || strcmp(a->to, s->name) != 0 || a->f->id == 0)
			continue;
		if ((got = state_msg_get(fl->ap->st, a->f->id, a->uid, &row, e)) == -1)
			return -1;
		if (got == 0)
			continue;
		s->d[s->n].a = a;
		of_row(s, &s->d[s->n++].is, &row);
	}
	if (s->n > 1)
		qsort(s->d, s->n, sizeof(*s->d), by_size);
	return 0;
}

/* What the state says is in the trash; in a transaction. */
static int
known_there(struct search *s, struct err *e)
{
	struct state *st = s->fl->ap->st;
	struct there is = { 0 };
	struct state_folder sf;
	struct state_msg row;
	int got;

	if ((got = state_folder_named(st, s->side == SIDE_REMOTE ? 'r' : 'l', s->name, &sf, e)) != 1)
		return got;
	s->validity = sf.validity;
	s->synced = sf.rows != 0 || sf.past != 0;
	while ((got = state_msg_next(st, sf.id, is.uid, &row, e)) == 1) {
		is.uid = row.uid;
		is.name = (char *)row.name;
		of_row(s, &is.is, &row);
		/* of what another program's state told nothing is known: it is nobody's equal */
		if ((row.size != 0 || row.has_dig) && row.kept != KEPT_EXPUNGE && row.kept != KEPT_MAXDELETE &&
		    (s->side == SIDE_REMOTE || row.name != NULL))
			search_candidate(s, &is);
	}
	state_folder_free(&sf);
	return got;
}

int
search_open(struct search *s, struct flight *fl, enum side side, const char *name, int fromstate,
    struct err *e)
{
	int r;

	memset(s, 0, sizeof(*s));
	s->fl = fl;
	s->side = side;
	s->name = name;
	s->d = mem_alloc((fl->as->n + 1) * sizeof(*s->d));
	if (state_begin(fl->ap->st, 0, e) == -1)
		return -1;
	r = gather(s, e);
	if (r == 0 && fromstate && s->n != 0)
		r = known_there(s, e);
	state_abort(fl->ap->st);
	return r;
}

void
search_close(struct search *s)
{
	size_t i;

	for (i = 0; i < s->nt; i++)
		free(s->t[i].name);
	uidset_free(&s->leaving);
	free(s->d);
	free(s->t);
}
