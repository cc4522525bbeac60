/* Which uids the uploads of a batch have got, where the server did not say so or not soundly. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/ask.h"
#include "plan/upload.h"
#include "state/msg.h"

/* A stored upload of this folder whose uid is not known and which this message is; or NULL. */
static struct upload *
match(struct uploads *us, const struct afolder *f, const struct rec *rec)
{
	unsigned char dig[DIGEST_LEN];
	uint64_t size, date;
	size_t i;

	if (rec_getu(rec, "size", &size) == -1 || digest_unhex(rec_get(rec, "dig"), dig) == -1)
		return NULL;
	for (i = 0; i < us->n; i++)
		if (us->u[i].act->f == f && us->u[i].stored && us->u[i].act->newuid == 0 &&
		    us->u[i].act->size == size && memcmp(us->u[i].act->dig, dig, DIGEST_LEN) == 0 &&
		    (us->u[i].act->date < 0 || (rec_getu(rec, "date", &date) == 0 &&
		    (uint64_t)us->u[i].act->date == date)))
			return &us->u[i];
	return NULL;
}

/* 1 if another upload has got that uid. */
static int
given(const struct uploads *us, const struct afolder *f, uint32_t uid)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		if (us->u[i].act->f == f && us->u[i].act->newuid == uid)
			return 1;
	return 0;
}

/* 1 if the state has a row for that uid: it is another message then. */
static int
taken(struct apply *ap, struct afolder *f, uint32_t uid)
{
	struct state_msg row;
	struct err why;

	return f->id != 0 && state_msg_get(ap->st, f->id, uid, &row, &why) != 0;
}

/* Pairs what a folder's listing shows with what was sent. */
static void
pair_found(struct uploads *us, struct afolder *f, struct ask *q)
{
	struct err why = { 0 };
	uint32_t validity, uid;
	struct upload *u;
	struct rec rec;
	char *line, *scratch;
	size_t len;

	if (state_begin(us->fl->ap->st, 0, &why) == -1)
		return;
	while (ask_proven(q) && queue_get(&q->found, &line, &len) == 1) {
		scratch = mem_alloc(len + 1);
		if (rec_parse(&rec, line, len, scratch, &why) == 0 &&
		    rec_id(rec.pos[1], &validity, &uid, 0) == 0 &&
		    !taken(us->fl->ap, f, uid) && !given(us, f, uid) && (u = match(us, f, &rec)) != NULL) {
			u->act->newvalidity = validity;
			u->act->newuid = uid;
		}
		free(scratch);
	}
	state_abort(us->fl->ap->st);
}

/* The lowest UIDNEXT that was known before any of the folder's uploads; 0 if none is missing. */
static uint32_t
since(const struct uploads *us, const struct afolder *f)
{
	uint32_t least = 0, next;
	size_t i;

	for (i = 0; i < us->n; i++) {
		if (us->u[i].act->f != f || !us->u[i].stored || us->u[i].act->newuid != 0)
			continue;
		next = us->u[i].act->next != 0 ? us->u[i].act->next : 1;
		if (least == 0 || next < least)
			least = next;
	}
	return least;
}

void
uploads_check(struct uploads *us)
{
	struct err why = { 0 };
	struct action *a;
	size_t i;
	int r = state_begin(us->fl->ap->st, 0, &why);

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
		if ((from = since(us, fl->folders[i])) != 0) {
			of[n] = i;
			asks[n] = ask_new(fl->folders[i]->remote);
			asks[n]->since = from;
			asks[n]->onlynew = 1;
			uidset_add(&asks[n++]->probe, from, UINT32_MAX);
		}
	if (n != 0)
		r = ask_all(&fl->ap->im, asks, n, fl->ap->a->utf8foldernames, NULL);
	for (i = 0; i < n; i++) {
		if (r == 0)
			pair_found(us, fl->folders[of[i]], asks[i]);
		ask_free(asks[i]);
	}
	free(asks);
	free(of);
	return r;
}
