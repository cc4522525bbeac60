/*
 * What the trash on the server has already of the messages that are to be moved there.
 *
 * Candidates are what the state says is in the trash and this batch's uploads to it, or, where
 * there is no MOVE, what the server lists; by size, and by digest and date as far as they are known.
 * Only where there are any is the server asked, for both sides of each such pair: for all their bytes.  What
 * is taken for there is deleted, and of two messages that start alike and are equally long one would be lost.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/ask.h"
#include "plan/names.h"
#include "plan/trash.h"
#include "plan/trash_known.h"

static void
uploaded(struct search *s, const struct uploads *us)
{
	struct there is;
	struct action *a;
	size_t i;

	for (i = 0; i < us->n; i++) {
		a = us->u[i].act;
		if (!action_open(a) || !name_same(a->f->remote, s->name))
			continue;
		memset(&is, 0, sizeof(is));
		is.upload = a;
		is.is.size = a->size;
		is.is.date = a->date > 0 ? a->date : 0;
		is.is.hasdig = is.is.hasfull = 1;
		memcpy(is.is.dig, a->dig, DIGEST_LEN);
		memcpy(is.is.full, us->u[i].full, DIGEST_LEN);
		search_candidate(s, &is);
	}
}

/* A record of a listing: 1 with its uid, 0 if it is of no use. */
static int
listed(const char *line, size_t len, int marked, uint32_t *validity, uint32_t *uid, struct known *is)
{
	char *scratch = mem_alloc(len + 1);
	struct err why = { 0 };
	uint64_t date = 0;
	const char *flags;
	struct rec rec;
	int ok;

	memset(is, 0, sizeof(*is));
	ok = rec_parse(&rec, line, len, scratch, &why) == 0 &&
	    rec_id(rec.pos[1], validity, uid, 0) == 0 && rec_getu(&rec, "size", &is->size) == 0;
	/* in the trash, one that waits to be expunged is as good as gone */
	if (ok && !marked && (flags = rec_get(&rec, "flags")) != NULL && strchr(flags, 'T') != NULL)
		ok = 0;
	if (ok && rec_getu(&rec, "date", &date) == 0 && date <= INT64_MAX)
		is->date = (int64_t)date;
	if (ok && rec_get(&rec, "dig") != NULL)
		is->hasdig = digest_unhex(rec_get(&rec, "dig"), is->dig) == 0;
	if (ok && rec_get(&rec, "full") != NULL)
		is->hasfull = digest_unhex(rec_get(&rec, "full"), is->full) == 0;
	free(scratch);
	return ok;
}

/* Fails all of them. */
static void
fail(struct search *s, int status, const char *why)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		action_fail(s->d[i].a, status, "it could not be copied to \"%s\": %s", s->name, why);
}

/* A trash that cannot be listed may not be there: then it is made, and empty. */
static int
make(struct search *s, const char *why)
{
	struct flight *fl = s->fl;
	struct part *p = NULL;
	size_t i;
	int r;

	if (!trash_may_create(fl->ap)) {
		fail(s, EXIT_FAIL, why);
		return 0;
	}
	for (i = 0; i < fl->n && p == NULL; i++)
		if (fl->part[i].trash != NULL && strcmp(fl->part[i].trash, s->name) == 0)
			p = &fl->part[i];
	ENSURE(p != NULL);
	flight_start(fl);
	trash_create(fl, p, 1);
	if ((r = flight_end(fl)) == 0 && p->untrashed != NULL) {
		fail(s, EXIT_FAIL, p->untrashed);
		free(p->untrashed);
		p->untrashed = NULL;
	}
	return r;
}

/* Without MOVE: all that the trash has, by size and date.  0, or -1 if the session broke. */
static int
list(struct search *s)
{
	struct apply *ap = s->fl->ap;
	struct ask *q = ask_new(s->name);
	struct there is = { 0 };
	char *line;
	size_t len;
	int r;

	q->all = ASK_SIZES;
	q->rung = RUNG_PLAIN;
	r = ask_all(&ap->im, &q, 1, ap->a->utf8foldernames, NULL);
	if (r == 0 && q->why != NULL)
		r = make(s, q->why);
	else if (r == 0 && !ask_proven(q))
		fail(s, EXIT_AGAIN, "it does not hold still");
	while (r == 0 && ask_proven(q) && queue_get(&q->found, &line, &len) == 1)
		if (listed(line, len, 0, &s->validity, &is.uid, &is.is))
			search_candidate(s, &is);
	ask_free(q);
	return r;
}

/* What the server says of the candidates in the trash. */
static void
confirm_there(struct search *s, struct ask *q)
{
	struct known is;
	uint32_t validity, uid;
	char *line;
	size_t len, i;

	/* what it does not tell is not there */
	for (i = 0; i < s->nt; i++)
		if (s->t[i].uid != 0)
			s->t[i].is.hasfull = s->t[i].is.date = 0;
	while (ask_proven(q) && queue_get(&q->found, &line, &len) == 1) {
		if (!listed(line, len, 0, &validity, &uid, &is) || validity != s->validity)
			continue;
		for (i = 0; i < s->nt; i++)
			if (s->t[i].uid == uid)
				s->t[i].is = is;
	}
}

/* And of those of a folder that are to be moved. */
static void
confirm_doomed(struct search *s, const struct part *p, struct ask *q)
{
	struct known is;
	uint32_t validity, uid;
	char *line;
	size_t len, i;

	while (ask_proven(q) && queue_get(&q->found, &line, &len) == 1) {
		if (!listed(line, len, 1, &validity, &uid, &is))
			continue;
		for (i = 0; i < s->n; i++)
			if (s->d[i].a->f == p->f && s->d[i].a->uid == uid && s->d[i].a->validity == validity)
				s->d[i].is = is;
	}
}

/* The question about one folder's messages; NULL for none. */
static struct ask *
question(const struct search *s, const struct part *p)
{
	struct ask *q = NULL;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (!s->d[i].wanted || s->d[i].a->f != p->f)
			continue;
		if (q == NULL)
			q = ask_new(p->f->remote);
		uidset_add(&q->whole, s->d[i].a->uid, s->d[i].a->uid);
	}
	return q;
}

/* Asks for digests and dates on both sides.  0, or -1 if the session broke. */
static int
confirm(struct search *s)
{
	struct flight *fl = s->fl;
	struct ask **asks = mem_alloc((fl->n + 1) * sizeof(struct ask *));
	struct part **of = mem_alloc((fl->n + 1) * sizeof(struct part *));
	size_t i, n = 0;
	int r;

	if (s->nserver != 0) {
		asks[n++] = ask_new(s->name);
		for (i = 0; i < s->nt; i++)
			if (s->t[i].uid != 0)
				uidset_add(&asks[0]->whole, s->t[i].uid, s->t[i].uid);
	}
	for (i = 0; i < fl->n; i++)
		if ((asks[n] = question(s, &fl->part[i])) != NULL)
			of[n++] = &fl->part[i];
	for (i = 0; i < n; i++) {
		/* nothing but those */
		asks[i]->since = UINT32_MAX;
		asks[i]->onlynew = 1;
		asks[i]->rung = RUNG_PLAIN;
	}
	r = ask_all(&fl->ap->im, asks, n, fl->ap->a->utf8foldernames, NULL);
	for (i = 0; i < n; i++) {
		if (r == 0 && of[i] != NULL)
			confirm_doomed(s, of[i], asks[i]);
		else if (r == 0)
			confirm_there(s, asks[i]);
		ask_free(asks[i]);
	}
	free(asks);
	free(of);
	return r;
}

/* Each in the trash stands for one of the doomed that is equal to it. */
static void
match(struct search *s)
{
	struct doomed *d;
	struct there *t;

	for (t = s->t; t < s->t + s->nt; t++)
		for (d = s->d; d < s->d + s->n && !t->used; d++) {
			if (d->a->how == TRASH_THERE || !d->wanted || !known_equal(&d->is, &t->is))
				continue;
			t->used = 1;
			d->a->how = TRASH_THERE;
			d->a->arrival = t->upload;
		}
}

/* One trash folder.  0, or -1 with the error set; a session that broke is left to the flight. */
static int
search(struct flight *fl, const struct uploads *us, const char *name, int move, struct err *e)
{
	struct search s;
	int r = search_open(&s, fl, SIDE_REMOTE, name, move, e);

	if (r == 0 && s.n != 0 && (move || list(&s) == 0)) {
		uploaded(&s, us);
		if (s.nt != 0 && confirm(&s) == 0)
			match(&s);
	}
	search_close(&s);
	return r;
}

/*
 * Of several lines that delete one message on one side, plans mixed or a line twice, one is enough: the
 * first that moves it.
 */
static void
only_once(struct action *const *a, size_t n)
{
	const struct action *first[2] = { NULL, NULL };
	size_t i;

	for (i = 0; i < n; i++)
		if (a[i]->verb == VERB_MOVE && action_open(a[i]) && first[a[i]->side == SIDE_REMOTE] == NULL)
			first[a[i]->side == SIDE_REMOTE] = a[i];
	for (i = 0; i < n; i++)
		if (action_deletes(a[i]) && first[a[i]->side == SIDE_REMOTE] != NULL &&
		    first[a[i]->side == SIDE_REMOTE] != a[i])
			action_skip(a[i], "another line moves it to \"%s\"", first[a[i]->side == SIDE_REMOTE]->to);
}

/* The one trash of a folder: lines that name another are left for a later run.  1 if there is one on the server. */
static int
one_trash(struct part *p)
{
	struct action *a;
	size_t i, n;

	for (i = 0; i < p->n; i += n) {
		for (n = 1; i + n < p->n && p->a[i + n]->uid == p->a[i]->uid; n++)
			continue;
		if (p->a[i]->uid != 0)
			only_once(p->a + i, n);
	}
	for (i = 0; i < p->n; i++) {
		a = p->a[i];
		if (!trash_is_move(a, SIDE_REMOTE))
			continue;
		if (p->trash == NULL)
			p->trash = a->to;
		else if (strcmp(p->trash, a->to) != 0)
			action_skip(a, "another line moves from this folder to \"%s\"", p->trash);
	}
	return p->trash != NULL;
}

/* 1 if one of the parts before has the same trash. */
static int
done_before(const struct flight *fl, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (fl->part[k].trash != NULL && strcmp(fl->part[k].trash, fl->part[i].trash) == 0)
			return 1;
	return 0;
}

int
trash_prepare(struct flight *fl, struct uploads *us, struct err *e)
{
	struct err why = { 0 };
	size_t i;
	int remote = 0, again = 0, move, r = 0;

	for (i = 0; i < fl->n; i++)
		remote |= one_trash(&fl->part[i]);
	/* a session that cannot be had is told where the rest needs it */
	if (!remote || apply_session(fl->ap, fl->as->bytes, &why) == -1)
		return 0;
	move = imap_has(&fl->ap->im, "MOVE");
	for (i = 0; i < fl->as->n; i++)
		if (trash_is_move(fl->as->a[i], SIDE_REMOTE)) {
			fl->as->a[i]->how = move ? TRASH_MOVE : TRASH_COPY;
			again |= fl->as->a[i]->retried;
		}
	/* a COPY that a stopped run sent may still be under way */
	if (again && !move && apply_settle(fl->ap) == -1)
		return 0;
	for (i = 0; i < fl->n && r == 0 && fl->ap->im.err.status == 0; i++)
		if (fl->part[i].trash != NULL && !done_before(fl, i))
			r = search(fl, us, fl->part[i].trash, move, e);
	return r;
}

void
trash_arrived(struct flight *fl)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->arrival != NULL && (a->arrival->outcome == NULL ||
		    strcmp(a->arrival->outcome, "done") != 0))
			action_skip(a, "the same message did not get into \"%s\" yet", a->to);
	}
}
