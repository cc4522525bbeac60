/* The untagged answers of one folder (RFC 3501, 4731, 7162). */
#include "imap/ask_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/rec.h"
#include "imap/fetch.h"

#define RANGES_MAX	(2u << 20)	/* of uids in what is gone, left or flagged: 16 MB */

void
ask_take_open(struct ask_taker *t)
{
	memset(t, 0, sizeof(*t));
	recout_open(&t->line, -1);
}

void
ask_take_close(struct ask_taker *t)
{
	buf_free(&t->line.out);
}

/* The start of a probed message comes through the sink and is only digested. */
static int
sink_open(void *arg, uint64_t size, struct err *e)
{
	struct ask_taker *t = arg;

	(void)size;
	(void)e;
	digest_init(&t->digest);
	digest_init_whole(&t->full);
	return 0;
}

static int
sink_data(void *arg, const char *p, size_t n, struct err *e)
{
	struct ask_taker *t = arg;

	(void)e;
	digest_add(&t->digest, p, n);
	digest_add(&t->full, p, n);
	return 0;
}

static int
sink_close(void *arg, struct err *e)
{
	struct ask_taker *t = arg;

	(void)e;
	digest_end(&t->digest, t->dig);
	digest_end(&t->full, t->whole);
	t->hasdig = 1;
	return 0;
}

struct imap_sink
ask_take_sink(struct ask_taker *t)
{
	struct imap_sink sink = { sink_open, sink_data, sink_close, t };

	return sink;
}

/* One message as a record in the ask's queue. */
static int
list(struct ask_taker *t, struct ask *a, const struct fetch *m, struct err *e)
{
	char flags[FLAGS_LEN], hex[DIGEST_HEX];
	struct recout *o = &t->line;
	int r;

	if (a->nfound == LISTED_MAX)
		return err_fail(e, "folder \"%.200s\": the server lists more than %u messages",
		    a->remote, LISTED_MAX);
	rec_begin(o, "m");
	rec_pos(o, "r");
	rec_posid(o, a->box.validity, m->uid);
	if ((m->has & FETCH_DATE) != 0 && m->date >= 0)
		rec_keyu(o, "date", (uint64_t)m->date);
	if (t->hasdig) {
		digest_hex(t->dig, hex);
		rec_key(o, "dig", hex);
	}
	rec_key(o, "flags", flags_format(m->flags, flags));
	if (t->hasdig && (a->all == ASK_FULL || uidset_has(&a->whole, m->uid))) {
		digest_hex(t->whole, hex);
		rec_key(o, "full", hex);
	}
	if ((m->has & FETCH_SIZE) != 0)
		rec_keyu(o, "size", m->size);
	rec_end(o);
	r = queue_put(&a->found, o->out.data, o->out.len - 1);
	buf_clear(&o->out);
	if (r == -1)
		return err_again(e, "keeping the listing of a folder: %s", strerror(errno));
	a->nfound++;
	return 0;
}

int
ask_found(struct ask_taker *t, struct ask *a, uint32_t uid, unsigned flags, struct err *e)
{
	struct fetch m = { .has = FETCH_UID | FETCH_FLAGS, .uid = uid, .flags = flags };

	t->hasdig = 0;
	return list(t, a, &m, e);
}

/* A short message may come as a quoted string, past the sink. */
static void
short_body(struct ask_taker *t, const struct value *body)
{
	if (t->hasdig || body->kind != VALUE_STRING)
		return;
	sink_open(t, body->len, NULL);
	sink_data(t, body->s, body->len, NULL);
	sink_close(t, NULL);
}

/* 1 if it answers one of this folder's commands; what does not is unsolicited. */
static int
answers(struct ask *a, const struct fetch *m)
{
	int probed = (m->has & FETCH_BODY) != 0;

	/* without both it is a flag change, found next time by its modseq */
	if ((m->has & FETCH_UID) == 0 || (m->has & FETCH_FLAGS) == 0)
		return 0;
	if (a->all != ASK_NOT_ALL)
		return probed == (a->all == ASK_FULL) && (m->has & FETCH_SIZE) != 0;
	/* the commands of a folder may be answered in any order: each uid by its own */
	if (probed != (uidset_has(&a->probe, m->uid) || uidset_has(&a->whole, m->uid)))
		return 0;
	if (probed)
		return 1;
	/*
	 * "n:*" answers with the last message even if that is below n; a new one without
	 * its size is a flag change that came before the listing
	 */
	if (((m->has & FETCH_SIZE) != 0) != (m->uid >= a->since))
		return 0;
	return a->rung != RUNG_SEARCH || m->uid >= a->since;
}

static int
on_fetch(struct ask_taker *t, struct ask *a, const struct fetch *m, struct err *e)
{
	int kept = uidset_has(&a->kept, m->uid), row = kept || uidset_has(&a->rows, m->uid);
	struct uidset *seen = kept ? &a->keptseen : &a->seen;

	if ((m->has & FETCH_MODSEQ) != 0 && m->modseq > a->top && ask_is_delta(a))
		a->top = m->modseq;
	if ((m->has & FETCH_UID) != 0 && uidset_has(&a->doubt, m->uid))
		uidset_add(&a->back, m->uid, m->uid);
	if (!answers(a, m))
		return 0;
	if ((m->has & FETCH_BODY) != 0)
		short_body(t, m->body);
	if ((kept || m->uid <= a->last) && uidset_has(seen, m->uid))
		return 0;
	uidset_add(seen, m->uid, m->uid);
	if (m->uid > a->last)
		a->last = m->uid;
	a->nlate += a->box.next != 0 && m->uid >= a->box.next;
	a->nnew += m->uid >= a->since;
	a->nforeign += m->uid >= a->since && !row;
	a->strange += m->uid < a->since && !row;
	return list(t, a, m, e);
}

/* Adds what a response lists; 0 if it cannot be read, or is more than there can be. */
static int
take_set(struct uidset *to, const struct value *set)
{
	return set->kind == VALUE_ATOM && uidset_parse(to, set->s) == 0 && to->n <= RANGES_MAX;
}

/* VANISHED (EARLIER) set answers EXAMINE; without EARLIER it is an expunge of now (RFC 7162, 3.2.10). */
static void
on_vanished(struct ask *a, const struct imap_resp *r)
{
	const struct value *set = value_at(r->data, 1);

	if (r->data == NULL || r->data->kind != VALUE_LIST) {
		a->moved = 1;
		return;
	}
	if (a->rung != RUNG_QRESYNC || a->examined)
		return;
	if (!value_is(r->data->kids, "EARLIER") || set == NULL || set->next != NULL ||
	    !take_set(&a->vanished, set))
		a->lie = "its VANISHED cannot be read";
}

/* Which of the searches an ESEARCH says that it answers; -1 if none. */
static int
of_tag(const struct ask *a, const struct value *tag)
{
	const char *s = tag != NULL ? value_text(tag) : NULL;
	uint64_t n;
	int i;

	if (a->rung == RUNG_CONDSTORE)
		return a->search ? ASK_FLAGS : -1;
	if (s == NULL || s[0] != 'o' || rec_number(s + 1, &n) == -1)
		return -1;
	for (i = 0; i <= ASK_FLAGS; i++)
		if (a->tags[i] == n)
			return i;
	return -1;
}

/* * ESEARCH (TAG "o5") UID ALL 1:3,7 (RFC 4731); without ALL nothing was found. */
static void
on_esearch(struct ask *a, const struct imap_resp *r)
{
	const struct value *v = r->data;
	int which = -1;

	if (v != NULL && v->kind == VALUE_LIST && value_is(v->kids, "TAG")) {
		which = of_tag(a, v->kids->next);
		v = v->next;
	}
	/* sequence numbers are nothing that was asked for */
	if (which == -1 || (v != NULL && !value_is(v, "UID")))
		return;
	a->answered |= 1u << which;
	for (v = v != NULL ? v->next : NULL; v != NULL && v->next != NULL; v = v->next->next)
		if (value_is(v, "ALL") &&
		    !take_set(which == ASK_FLAGS ? &a->left : &a->flag[which], v->next))
			a->lie = "its ESEARCH cannot be read";
}

/* * SEARCH 2 3 6: only ever asked for what is left, so it needs no name. */
static void
on_search(struct ask *a, const struct imap_resp *r)
{
	const struct value *v;
	uint64_t n;

	if (a->rung != RUNG_CONDSTORE || !a->search)
		return;
	a->answered |= 1u << ASK_FLAGS;
	for (v = r->data; v != NULL; v = v->next)
		if (value_num(v, &n) == 0 && n != 0 && n <= UINT32_MAX)
			uidset_add(&a->left, (uint32_t)n, (uint32_t)n);
	if (a->left.n > RANGES_MAX)
		a->lie = "its SEARCH finds more than there is";
}

/* What SELECT tells, and what comes later of the same kind. */
static int
on_mailbox(struct ask *a, const struct imap_resp *r)
{
	struct mailbox told = a->box;

	if (!mailbox_note(&told, r))
		return 0;
	if (a->examined && a->box.exists != told.exists)
		a->stirred = 1;
	/* all of a folder can take long to come: mail that arrives meanwhile moves nothing */
	if (a->nfound != 0 && a->box.exists != told.exists && !ask_is_delta(a) &&
	    (a->all == ASK_NOT_ALL || told.exists < a->box.exists))
		a->moved = 1;
	/* a head is what EXAMINE told: a later one would hide what came since (hazard 21) */
	if (!a->examined)
		a->box = told;
	a->box.exists = told.exists;
	a->box.counted = told.counted;
	return 1;
}

int
ask_take(struct ask_taker *t, struct ask *a, const struct imap_resp *r, struct err *e)
{
	struct fetch m;
	int got = 0;

	if (a->why != NULL || a->lie != NULL || a->noparam)
		goto out;
	if (on_mailbox(a, r))
		goto out;
	if (strcmp(r->name, "EXPUNGE") == 0)
		a->moved = 1;
	else if (strcmp(r->name, "VANISHED") == 0)
		on_vanished(a, r);
	else if (strcmp(r->name, "ESEARCH") == 0)
		on_esearch(a, r);
	else if (strcmp(r->name, "SEARCH") == 0)
		on_search(a, r);
	else if ((got = fetch_parse(&m, r)) == -1)
		return err_fail(e, "folder \"%.200s\": the server sent a FETCH that cannot be read: \"%.200s\"",
		    a->remote, r->line);
	else if (got == 1 && a->box.validity != 0)
		got = on_fetch(t, a, &m, e);
	else if (got == 1 && a->rung == RUNG_QRESYNC)
		a->lie = "it tells of messages before UIDVALIDITY";
out:
	/* a digest belongs to this response or to none */
	t->hasdig = 0;
	return got == -1 ? -1 : 0;
}
