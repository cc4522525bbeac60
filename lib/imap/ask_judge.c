/* What an answer is worth: is it proven, and if not, what lies, and what to ask instead. */
#include "imap/ask_parts.h"

#include <string.h>

/* Below since, or from since on. */
static uint64_t
count_part(struct uidset *s, uint32_t lo, uint32_t hi)
{
	struct uidset part;
	uint64_t n;

	uidset_init(&part);
	uidset_part(&part, s, lo, hi);
	n = uidset_count(&part);
	uidset_free(&part);
	return n;
}

/* Asks the same again. */
static enum ask_verdict
again(struct ask *a)
{
	ask_clear(a);
	return ASK_AGAIN;
}

/* Asks for everything, by a rung that a delta cannot spoil. */
static enum ask_verdict
in_full(struct ask *a)
{
	a->rung = !ask_is_delta(a) || a->full == RUNG_ANY ? RUNG_PLAIN : a->full;
	return again(a);
}

/* The answer was a lie of that rung: so it is if another rung proves the opposite. */
static enum ask_verdict
accuse(struct ask *a, enum rung rung, const char *lie)
{
	if (a->accused == RUNG_ANY || rung < a->accused) {
		a->accused = rung;
		a->charge = lie;
	}
	return in_full(a);
}

/* Rows that the delta says are gone, into a->gone. */
static void
gather_gone(struct ask *a)
{
	struct uidset below, above;

	uidset_init(&below);
	uidset_init(&above);
	uidset_part(&below, &a->rows, 1, a->since - 1);
	if (a->rung == RUNG_QRESYNC)
		uidset_and(&a->gone, &below, &a->vanished);
	else if (a->search)
		uidset_minus(&a->gone, &below, &a->left);
	uidset_clear(&below);
	uidset_part(&below, &a->kept, 1, a->since - 1);
	uidset_minus(&a->gone, &below, &a->keptseen);
	/* all that is there from since on has been listed */
	uidset_part(&above, &a->rows, a->since, UINT32_MAX);
	uidset_minus(&a->gone, &above, &a->seen);
	uidset_clear(&above);
	uidset_part(&above, &a->kept, a->since, UINT32_MAX);
	uidset_minus(&a->gone, &above, &a->keptseen);
	uidset_free(&below);
	uidset_free(&above);
	uidset_sort(&a->gone);
}

/* rows - vanished + new, with what is told besides (hazard 23). */
static uint64_t
known(struct ask *a)
{
	struct uidset rows, rest;
	uint64_t n;

	uidset_init(&rows);
	uidset_init(&rest);
	uidset_part(&rows, &a->rows, 1, a->since - 1);
	uidset_minus(&rest, &rows, &a->gone);
	n = uidset_count(&rest) + count_part(&a->keptseen, 1, a->since - 1) + a->strange + a->nnew;
	uidset_free(&rows);
	uidset_free(&rest);
	return n;
}

/* 1 if a message is said to be there and to be gone. */
static int
contradicts(struct ask *a)
{
	struct uidset both;
	int any;

	uidset_init(&both);
	uidset_and(&both, &a->seen, &a->gone);
	any = both.n != 0;
	uidset_free(&both);
	return any;
}

/* 1 if the figures of EXAMINE are none that a delta can end in: nothing is believed then. */
static int
unfit(const struct ask *a)
{
	return a->box.validity != a->validity || !a->box.counted || a->box.modseq < a->modseq ||
	    a->box.modseq == 0 || a->box.next < a->since || (a->last >= a->box.next && !a->stirred);
}

static enum ask_verdict
judge_delta(struct ask *a)
{
	if (a->lie != NULL)
		return accuse(a, a->rung, a->lie);
	if (a->refused || unfit(a)) {
		if (a->box.validity != a->validity && !a->refused)
			a->since = 1;
		return in_full(a);
	}
	gather_gone(a);
	if (a->moved || (a->stirred && (known(a) != a->box.exists || a->last >= a->box.next)))
		return a->agains++ == 0 ? again(a) : in_full(a);
	if (contradicts(a))
		return accuse(a, a->rung, "it tells of a message that it says is gone");
	if (known(a) != a->box.exists) {
		/* without the search it was a guess of ours */
		if (a->rung == RUNG_CONDSTORE && !a->search)
			return in_full(a);
		return accuse(a, a->rung, "what it says has changed does not fit the number of messages");
	}
	if (a->box.modseq == a->modseq && a->nforeign != 0)
		return accuse(a, RUNG_CONDSTORE, "its HIGHESTMODSEQ stands still while messages arrive");
	/* it may have changed this very moment: what EXAMINE says next decides */
	if (a->box.modseq == a->modseq && a->top > a->box.modseq) {
		a->mustreach = a->top;
		return in_full(a);
	}
	a->delta = 1;
	return ASK_DONE;
}

/* The messages that the searches found, as records: 0 or -1. */
static int
list_left(struct ask_taker *t, struct ask *a, struct uidset *left, struct err *e)
{
	unsigned flags, bit;
	uint32_t uid;
	size_t i, at[ASK_FLAGS] = { 0 };

	for (bit = 0; bit < ASK_FLAGS; bit++)
		uidset_sort(&a->flag[bit]);
	for (i = 0; i < left->n; i++)
		for (uid = left->r[i].lo;; uid++) {
			for (bit = 0, flags = 0; bit < ASK_FLAGS; bit++) {
				while (at[bit] < a->flag[bit].n && a->flag[bit].r[at[bit]].hi < uid)
					at[bit]++;
				if (at[bit] < a->flag[bit].n && a->flag[bit].r[at[bit]].lo <= uid)
					flags |= 1u << bit;
			}
			if (ask_found(t, a, uid, flags, e) == -1)
				return -1;
			if (uid > a->last)
				a->last = uid;
			if (uid == left->r[i].hi)
				break;
		}
	return 0;
}

/* Counts those of a full listing that the state has no rows for. */
static void
count_strange(struct ask *a, struct uidset *left)
{
	struct uidset some, rest;

	uidset_init(&some);
	uidset_init(&rest);
	uidset_minus(&some, left, &a->rows);
	uidset_minus(&rest, &some, &a->kept);
	a->strange += uidset_count(&rest);
	uidset_free(&some);
	uidset_free(&rest);
}

static int
judge_search(struct ask_taker *t, struct ask *a, enum ask_verdict *v, struct err *e)
{
	struct uidset below, some, left;
	int r = 0;

	uidset_init(&below);
	uidset_init(&some);
	uidset_init(&left);
	/* probed ones have been listed */
	uidset_part(&below, &a->left, 1, a->since - 1);
	uidset_minus(&some, &below, &a->probe);
	uidset_minus(&left, &some, &a->whole);
	*v = ASK_DONE;
	if (a->lie != NULL)
		*v = accuse(a, RUNG_SEARCH, a->lie);
	/* counted before it is written out: a range may be any size */
	else if (a->refused || uidset_count(&left) > LISTED_MAX)
		*v = in_full(a);
	else if (a->moved)
		*v = a->agains++ == 0 ? again(a) : in_full(a);
	else if (a->answered != (1u << (ASK_FLAGS + 1)) - 1 && a->box.exists != 0)
		*v = accuse(a, RUNG_SEARCH, "it does not answer a search with ESEARCH");
	else if (uidset_count(&left) + a->nfound != a->box.exists)
		*v = a->stirred ? in_full(a) :
		    accuse(a, RUNG_SEARCH, "its search does not find as many messages as there are");
	else {
		count_strange(a, &left);
		r = list_left(t, a, &left, e);
	}
	uidset_free(&below);
	uidset_free(&some);
	uidset_free(&left);
	return r;
}

/*
 * Mail came while all of the folder was listed.  What EXAMINE counted has been found, and
 * nothing went: that is complete, with or without what is new.
 */
static void
leave_new(struct ask *a)
{
	if (a->all != ASK_NOT_ALL && !a->moved && a->box.next != 0 && a->nfound <= a->box.exists &&
	    a->nfound - a->nlate == a->first)
		a->box.exists = a->nfound;
}

/* 1 if a message that was asked for by its uid is shown and not listed. */
static int
shows_more(struct ask *a)
{
	struct uidset listed, more;
	int any;

	uidset_init(&listed);
	uidset_init(&more);
	uidset_part(&listed, &a->seen, 1, UINT32_MAX);
	uidset_part(&listed, &a->keptseen, 1, UINT32_MAX);
	uidset_part(&listed, &a->left, 1, UINT32_MAX);
	if (a->delta)
		uidset_and(&more, &a->back, &a->gone);
	else
		uidset_minus(&more, &a->back, &listed);
	any = more.n != 0;
	uidset_free(&listed);
	uidset_free(&more);
	return any;
}

/*
 * Where there is doubt an answer that fits is held against what else the server tells.  One that
 * leaves out what is shown was a lie of its rung; the lowest has nobody to blame.
 */
static enum ask_verdict
look_twice(struct ask *a)
{
	if (a->doubt.n == 0)
		return ASK_DONE;
	if (shows_more(a)) {
		if (a->rung != RUNG_PLAIN)
			return accuse(a, a->rung, "it leaves out messages that the server shows if they are asked for");
		a->hides = "the server leaves out messages that it shows if they are asked for";
	} else if (a->status.counted && a->status.exists > a->box.exists && !a->stirred)
		a->hides = "the server's STATUS counts more messages than its EXAMINE";
	if (a->hides != NULL)
		a->delta = 0;
	return ASK_DONE;
}

/* What a proven listing says of the rung that was asked before. */
static void
sentence(struct ask *a)
{
	/* it has what an earlier one had not */
	if (a->back.n != 0 && a->accused == RUNG_ANY) {
		a->accused = a->began;
		a->charge = "it said that messages were gone which are there";
		a->certain = 1;
	}
	if (a->mustreach > a->box.modseq) {
		a->accused = RUNG_CONDSTORE;
		a->charge = "its HIGHESTMODSEQ is below a MODSEQ that it told before";
		a->certain = 1;
	}
	/* with messages that the state never had a delta could not fit */
	a->done = 1;
	if (a->accused != RUNG_ANY && ask_proven(a) && (a->certain ||
	    (!a->delta && (a->strange == 0 || a->accused == RUNG_SEARCH)))) {
		a->blame = a->accused;
		a->lie = a->charge;
	}
}

/* A server that cannot stand a parameter of EXAMINE gets none. */
static enum ask_verdict
without_param(struct ask *a)
{
	enum rung rung = a->rung == RUNG_QRESYNC ? RUNG_QRESYNC : RUNG_CONDSTORE;

	a->bare = a->certain = 1;
	return accuse(a, rung, "it answers BAD to EXAMINE with what it says it has");
}

int
ask_judge(struct ask_taker *t, struct ask *a, enum ask_verdict *v, struct err *e)
{
	*v = ASK_DONE;
	if (a->why != NULL)
		return 0;
	leave_new(a);
	if (a->noparam)
		*v = without_param(a);
	else if (ask_is_delta(a))
		*v = judge_delta(a);
	else if (a->rung == RUNG_SEARCH && !a->onlynew && a->since > 1) {
		if (judge_search(t, a, v, e) == -1)
			return -1;
	} else if ((a->moved || a->nfound != a->box.exists) && !a->onlynew && a->plains++ == 0)
		*v = again(a);
	if (*v == ASK_DONE)
		*v = look_twice(a);
	if (*v == ASK_DONE)
		sentence(a);
	return 0;
}
