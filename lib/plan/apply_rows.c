/* What a change leaves in the state, each in the batch's one transaction. */
#include <string.h>

#include "plan/apply.h"
#include "plan/change.h"
#include "state/folder.h"
#include "state/intent.h"
#include "state/msg.h"

static int
row_upload(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;

	if (a->f->validity != 0 && a->f->validity != a->newvalidity) {
		action_fail(a, EXIT_FAIL, "uploaded, but UIDVALIDITY changed meanwhile");
		return 0;
	}
	memset(&m, 0, sizeof(m));
	m.uid = a->newuid;
	m.flags = a->flags;
	m.size = a->size;
	m.date = a->date >= 0 ? a->date : 0;
	m.has_dig = 1;
	memcpy(m.dig, a->dig, DIGEST_LEN);
	m.name = a->file;
	if (afolder_make(ap, a->f, a->newvalidity, e) == -1 ||
	    state_msg_put(ap->st, a->f->id, &m, e) == -1 ||
	    state_intent_del(ap->st, a->f->id, a->name, e) == -1)
		return -1;
	action_done(a, "%u:%u", a->newvalidity, a->newuid);
	return 0;
}

/* A row's flags, with what this line changed and nothing else. */
static int
row_flags(struct apply *ap, struct action *a, struct err *e)
{
	unsigned changed = a->flags ^ a->was;
	struct state_msg m;
	int got = state_msg_get(ap->st, a->f->id, a->uid, &m, e);

	if (got != 1) {
		action_skip(a, "the state does not know it");
		return got;
	}
	if (a->verb == VERB_FLAGS) {
		m.flags = (m.flags | a->add) & ~a->del;
		/* the file is back, and the mark of a deletion that was begun is gone */
		if (m.kept == KEPT_DELETING && (a->del & FLAG_DELETED) != 0)
			m.kept = KEPT_NO;
	} else if (changed == 0)
		m.kept = 0;	/* both sides are as the row says: what was kept is settled */
	else
		m.flags = (m.flags & ~changed) | (a->flags & changed);
	if (afolder_touch(ap, a->f, e) == -1 || state_msg_put(ap->st, a->f->id, &m, e) == -1)
		return -1;
	action_done(a, NULL);
	return 0;
}

/* A file of the archive without a uid: its name is what the next run knows it by. */
static int
archive(struct apply *ap, struct action *a, struct err *e)
{
	struct state_intent in;
	int got;

	if (a->f->id != 0 && (got = state_intent_get(ap->st, a->f->id, a->name, &in, e)) != 0)
		return got == -1 ? -1 : 0;
	memset(&in, 0, sizeof(in));
	in.name = a->name;
	in.kept = KEPT_ARCHIVE;
	if (afolder_make(ap, a->f, 0, e) == -1)
		return -1;
	in.gen = state_generation(ap->st);
	return state_intent_put(ap->st, a->f->id, &in, e);
}

/* A difference that stays: the row says why, or is made to say it. */
static int
row_keep(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;
	int got;

	if (a->uid != 0 && (a->f->validity == 0 || a->f->validity == a->validity)) {
		if (afolder_make(ap, a->f, a->validity, e) == -1 ||
		    (got = state_msg_get(ap->st, a->f->id, a->uid, &m, e)) == -1)
			return -1;
		if (got == 0) {
			memset(&m, 0, sizeof(m));
			m.uid = a->uid;
			m.flags = a->flags;
			m.name = state_kept_number(a->why) == KEPT_ARCHIVE ? a->name : NULL;
		}
		/* what only waits to be expunged, or has begun to be, needs no other word */
		if (got == 0 || (m.kept != KEPT_DELETING && (m.kept != KEPT_EXPUNGE || m.name != NULL)))
			m.kept = state_kept_number(a->why);
		if (state_msg_put(ap->st, a->f->id, &m, e) == -1)
			return -1;
	} else if (a->uid == 0 && a->name != NULL && state_kept_number(a->why) == KEPT_ARCHIVE &&
	    archive(ap, a, e) == -1)
		return -1;
	action_done(a, NULL);
	return 0;
}

/* A message gone on both sides, an intent that came to nothing, a whole folder. */
static int
row_forget(struct apply *ap, struct action *a, struct err *e)
{
	int r = 0;

	if (a->f->id == 0 || (a->uid != 0 && a->f->validity != a->validity)) {
		action_skip(a, "the state does not know it");
		return 0;
	}
	if (a->uid != 0)
		r = afolder_touch(ap, a->f, e) == -1 ? -1 :
		    state_msg_del(ap->st, a->f->id, a->uid, e);
	else if (a->name != NULL)
		r = state_intent_del(ap->st, a->f->id, a->name, e);
	else {
		r = state_folder_drop(ap->st, a->f->id, e);
		a->f->id = 0;
		a->f->validity = 0;
		a->f->touched = 0;
	}
	if (r == 0)
		action_done(a, NULL);
	return r;
}

/* What the server has not got, since it said NO to it or to one like it; and whether that is for good. */
int
change_refused(struct apply *ap, const struct upload *u, struct err *e)
{
	struct action *a = u->act;
	struct state_intent in;
	int got;

	if (a->f->id == 0 || u->stored || !(u->answered || u->held))
		return 0;
	if ((got = state_intent_get(ap->st, a->f->id, a->name, &in, e)) != 1)
		return got;
	in.kept = u->refused ? KEPT_REFUSED : KEPT_LATER;
	in.why = u->refused ? a->detail : NULL;
	return state_intent_put(ap->st, a->f->id, &in, e);
}

/* The server has it, and nobody knows where: it must not go up again. */
static int
row_stored(struct apply *ap, const struct upload *u, struct err *e)
{
	struct state_intent in;
	int got;

	if ((got = state_intent_get(ap->st, u->act->f->id, u->act->name, &in, e)) != 1)
		return got;
	in.kept = KEPT_AMBIGUOUS;
	return state_intent_put(ap->st, u->act->f->id, &in, e);
}

/* One that may be it: no more than its uid is known. */
static int
row_maybe(struct apply *ap, const struct part *p, uint32_t uid, struct err *e)
{
	struct state_msg m;
	int got;

	if ((got = state_msg_get(ap->st, p->f->id, uid, &m, e)) != 0)
		return got == -1 ? -1 : 0;
	memset(&m, 0, sizeof(m));
	m.uid = uid;
	m.kept = KEPT_AMBIGUOUS;
	return state_msg_put(ap->st, p->f->id, &m, e);
}

int
change_unfound(struct apply *ap, struct uploads *us, const struct part *p, struct err *e)
{
	const struct upload *u;
	uint32_t uid;
	size_t i, n = 0;
	int r = 0;

	for (u = us->u + p->up; r == 0 && p->f->id != 0 && u < us->u + p->up + p->nup; u++)
		if (u->stored && u->act->newuid == 0) {
			r = row_stored(ap, u, e);
			n++;
		}
	if (r == -1 || n == 0 || p->maybe.n == 0 || (p->f->validity != 0 && p->f->validity != p->maybev))
		return r;
	r = afolder_make(ap, p->f, p->maybev, e);
	for (i = 0; i < p->maybe.n; i++)
		for (uid = p->maybe.r[i].lo; r == 0; uid++) {
			r = row_maybe(ap, p, uid, e);
			if (uid == p->maybe.r[i].hi)
				break;
		}
	return r;
}

int
change_row(struct apply *ap, struct action *a, struct err *e)
{
	switch (a->verb) {
	case VERB_COPY:
		return row_upload(ap, a, e);
	case VERB_FLAGS:
	case VERB_AGREE:
		return row_flags(ap, a, e);
	case VERB_KEEP:
		return row_keep(ap, a, e);
	case VERB_FORGET:
		return row_forget(ap, a, e);
	default:
		action_skip(a, "no such change");
		return 0;
	}
}
