/* Which uids the uploads of a batch have got, where the server did not say so or not soundly. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/ask.h"
#include "plan/upload.h"
#include "state/msg.h"

/* The uploads of a folder whose uids are missing, by size and digest; the uids that others have. */
struct missing {
	struct upload	**u;
	size_t		 n;
	struct uidset	 given;
};

static int
compare(const void *a, const void *b)
{
	const struct action *x = (*(struct upload *const *)a)->act, *y = (*(struct upload *const *)b)->act;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return memcmp(x->dig, y->dig, DIGEST_LEN);
}

static void
missing_init(struct missing *m, const struct uploads *us, const struct part *p)
{
	struct upload *u;

	m->u = mem_alloc((p->nup + 1) * sizeof(struct upload *));
	m->n = 0;
	uidset_init(&m->given);
	for (u = us->u + p->up; u < us->u + p->up + p->nup; u++)
		if (u->act->newuid != 0)
			uidset_add(&m->given, u->act->newuid, u->act->newuid);
		else if (u->stored)
			m->u[m->n++] = u;
	if (m->n > 1)
		qsort(m->u, m->n, sizeof(struct upload *), compare);
}

static void
missing_free(struct missing *m)
{
	free(m->u);
	uidset_free(&m->given);
}

/* A stored upload whose uid is not known and which this message is, by its date too if that is to be; or NULL. */
static struct upload *
match(const struct missing *m, const struct rec *rec, int dated)
{
	struct action like = { 0 };
	struct upload key = { .act = &like }, *pkey = &key;
	size_t lo = 0, hi = m->n, mid;
	uint64_t date;

	if (rec_getu(rec, "size", &like.size) == -1 ||
	    digest_unhex(rec_get(rec, "dig"), like.dig) == -1)
		return NULL;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (compare(&m->u[mid], &pkey) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < m->n && compare(&m->u[lo], &pkey) == 0; lo++)
		if (m->u[lo]->act->newuid == 0 && (!dated || m->u[lo]->act->date < 0 ||
		    (rec_getu(rec, "date", &date) == 0 &&
		    (uint64_t)m->u[lo]->act->date == date)))
			return m->u[lo];
	return NULL;
}

/* 1 if the state has a row for that uid: it is another message then. */
static int
taken(struct apply *ap, struct afolder *f, uint32_t uid)
{
	struct state_msg row;
	struct err why;

	return f->id != 0 && state_msg_get(ap->st, f->id, uid, &row, &why) != 0;
}

/* Goes through what was listed once.  What is left goes into rest, or, without one, may be an upload in other bytes. */
static void
pass(struct uploads *us, struct part *p, const struct missing *m, struct queue *from, struct queue *rest)
{
	uint32_t validity, uid;
	struct upload *u;
	struct err why;
	struct rec rec;
	char *line, *scratch;
	size_t len;

	while (queue_get(from, &line, &len) == 1) {
		scratch = mem_alloc(len + 1);
		if (rec_parse(&rec, line, len, scratch, &why) == 0 && rec_id(rec.pos[1], &validity, &uid, 0) == 0 &&
		    !taken(us->fl->ap, p->f, uid) && !uidset_has(&m->given, uid)) {
			if ((u = match(m, &rec, rest != NULL)) != NULL) {
				u->act->newvalidity = validity;
				u->act->newuid = uid;
			} else if (rest != NULL) {
				queue_put(rest, line, len);
			} else {
				uidset_add(&p->maybe, uid, uid);
				p->maybev = validity;
			}
		}
		free(scratch);
	}
}

/* Pairs what a folder's listing shows with what was sent: by the date as well, then by the bytes alone. */
static void
pair_found(struct uploads *us, struct part *p, struct ask *q)
{
	struct err why = { 0 };
	struct missing missing;
	struct queue rest;

	if (!ask_proven(q) || state_begin(us->fl->ap->st, 0, &why) == -1)
		return;
	queue_init(&rest);
	missing_init(&missing, us, p);
	pass(us, p, &missing, &q->found, &rest);
	/* some servers take no date; what is the same else may be any of these */
	pass(us, p, &missing, &rest, NULL);
	missing_free(&missing);
	queue_free(&rest);
	state_abort(us->fl->ap->st);
}

/* The lowest UIDNEXT that was known before any of the folder's uploads; 0 if none is missing. */
static uint32_t
since(const struct uploads *us, const struct part *p)
{
	uint32_t least = 0, next;
	const struct upload *u;

	for (u = us->u + p->up; u < us->u + p->up + p->nup; u++) {
		if (!u->stored || u->act->newuid != 0)
			continue;
		next = u->act->next != 0 ? u->act->next : 1;
		if (least == 0 || next < least)
			least = next;
	}
	return least;
}

/* A uid that two of a folder's uploads were given is no one's: the server is wrong about one of them. */
static void
forget_shared(struct uploads *us, const struct part *p)
{
	struct uidset once, shared;
	struct action *a;
	size_t i;

	uidset_init(&once);
	uidset_init(&shared);
	for (i = p->up; i < p->up + p->nup; i++) {
		a = us->u[i].act;
		if (a->newuid != 0)
			uidset_add(uidset_has(&once, a->newuid) ? &shared : &once, a->newuid, a->newuid);
	}
	for (i = p->up; i < p->up + p->nup && shared.n != 0; i++)
		if (uidset_has(&shared, us->u[i].act->newuid))
			us->u[i].act->newuid = 0;
	uidset_free(&once);
	uidset_free(&shared);
}

void
uploads_check(struct uploads *us)
{
	struct err why = { 0 };
	struct action *a;
	size_t i;
	int r = state_begin(us->fl->ap->st, 0, &why);

	for (i = 0; i < us->fl->n; i++)
		forget_shared(us, &us->fl->part[i]);
	for (i = 0; i < us->n; i++) {
		a = us->u[i].act;
		/* without the state no uid is believed: the intents stay */
		if (r == -1 || (a->newuid != 0 && a->newvalidity == a->f->validity &&
		    taken(us->fl->ap, a->f, a->newuid)))
			a->newuid = 0;
	}
	if (r == 0)
		state_abort(us->fl->ap->st);
}

int
uploads_find(struct uploads *us)
{
	struct flight *fl = us->fl;
	struct ask **asks = mem_alloc((fl->n + 1) * sizeof(struct ask *));
	size_t *of = mem_alloc((fl->n + 1) * sizeof(*of)), i, n = 0;
	uint32_t from;
	int r = 0;

	for (i = 0; i < fl->n; i++)
		if ((from = since(us, &fl->part[i])) != 0) {
			of[n] = i;
			asks[n] = ask_new(fl->part[i].f->remote);
			asks[n]->since = from;
			asks[n]->onlynew = 1;
			uidset_add(&asks[n++]->probe, from, UINT32_MAX);
		}
	if (n != 0)
		r = ask_all(&fl->ap->im, asks, n, fl->ap->a->utf8foldernames, NULL);
	for (i = 0; i < n; i++) {
		if (r == 0)
			pair_found(us, &fl->part[of[i]], asks[i]);
		ask_free(asks[i]);
	}
	free(asks);
	free(of);
	return r;
}
