/* One flight of EXAMINE, UID FETCH, UNSELECT over many folders (RFC 3501, 3691). */
#include "imap/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/rec.h"
#include "imap/fetch.h"

#define IN_FLIGHT	400	/* commands unanswered at a time */
#define SET_MAX		4000	/* bytes of a uid set in one command */

struct flight {
	struct ask	**asks;
	size_t		 n;
	size_t		 front;		/* the ask whose answers are coming now */
	size_t		*order;		/* of the asks that are in this flight */
	size_t		 norder;
	struct digest	 digest, full;	/* of the message being received */
	unsigned char	 dig[DIGEST_LEN], whole[DIGEST_LEN];
	int		 hasdig;
	struct recout	 line;		/* where records are made */
};

struct ask *
ask_new(const char *remote)
{
	struct ask *a = mem_alloc(sizeof(*a));

	a->remote = mem_dup(remote);
	a->since = 1;
	uidset_init(&a->probe);
	uidset_init(&a->whole);
	uidset_init(&a->seen);
	queue_init(&a->found);
	return a;
}

void
ask_free(struct ask *a)
{
	free(a->remote);
	free(a->why);
	uidset_free(&a->probe);
	uidset_free(&a->whole);
	uidset_free(&a->seen);
	queue_free(&a->found);
	free(a);
}

int
ask_proven(const struct ask *a)
{
	return a->done && a->why == NULL && a->box.counted && !a->moved &&
	    (a->onlynew || a->nfound == a->box.exists);
}

static struct ask *
front(struct flight *f)
{
	return f->front < f->norder ? f->asks[f->order[f->front]] : NULL;
}

static void
fail(struct ask *a, const char *what, const struct imap_resp *r)
{
	struct buf b;

	if (a->why != NULL)
		return;
	buf_init(&b, 1024);
	buf_printf(&b, "%s was refused: ", what);
	imap_words(r, &b);
	a->why = mem_dup(buf_cstr(&b));
	buf_free(&b);
}

/* The start of a probed message comes through the sink and is only digested. */
static int
sink_open(void *arg, uint64_t size, struct err *e)
{
	struct flight *f = arg;

	(void)size;
	(void)e;
	digest_init(&f->digest);
	digest_init_whole(&f->full);
	return 0;
}

static int
sink_data(void *arg, const char *p, size_t n, struct err *e)
{
	struct flight *f = arg;

	(void)e;
	digest_add(&f->digest, p, n);
	digest_add(&f->full, p, n);
	return 0;
}

static int
sink_close(void *arg, struct err *e)
{
	struct flight *f = arg;

	(void)e;
	digest_end(&f->digest, f->dig);
	digest_end(&f->full, f->whole);
	f->hasdig = 1;
	return 0;
}

/* One message as a record in the ask's queue. */
static int
list(struct flight *f, struct ask *a, const struct fetch *m, struct err *e)
{
	char flags[FLAGS_LEN], hex[DIGEST_HEX];
	struct recout *o = &f->line;
	int r;

	rec_begin(o, "m");
	rec_pos(o, "r");
	rec_posid(o, a->box.validity, m->uid);
	if ((m->has & FETCH_DATE) != 0 && m->date >= 0)
		rec_keyu(o, "date", (uint64_t)m->date);
	if (f->hasdig) {
		digest_hex(f->dig, hex);
		rec_key(o, "dig", hex);
	}
	rec_key(o, "flags", flags_format(m->flags, flags));
	if (f->hasdig && uidset_has(&a->whole, m->uid)) {
		digest_hex(f->whole, hex);
		rec_key(o, "full", hex);
	}
	if ((m->has & FETCH_SIZE) != 0)
		rec_keyu(o, "size", m->size);
	rec_end(o);
	r = queue_put(&a->found, o->out.data, o->out.len - 1);
	buf_clear(&o->out);
	if (r == -1)
		return err_again(e, "keeping the listing of a folder: %s", strerror(errno));
	return 0;
}

/* A short message may come as a quoted string, past the sink. */
static void
short_body(struct flight *f, const struct value *body)
{
	if (f->hasdig || body->kind != VALUE_STRING)
		return;
	sink_open(f, body->len, NULL);
	sink_data(f, body->s, body->len, NULL);
	sink_close(f, NULL);
}

static int
on_fetch(struct flight *f, struct ask *a, const struct fetch *m, struct err *e)
{
	int probed = (m->has & FETCH_BODY) != 0;

	/* without both it is unsolicited: a flag change, found next time by its modseq */
	if ((m->has & FETCH_UID) == 0 || (m->has & FETCH_FLAGS) == 0)
		return 0;
	/* the commands of a folder may be answered in any order: each uid by its own */
	if (probed != (uidset_has(&a->probe, m->uid) || uidset_has(&a->whole, m->uid)))
		return 0;
	if (probed)
		short_body(f, m->body);
	/*
	 * "n:*" answers with the last message even if that is below n; a new one without
	 * its size is a flag change that came before the listing
	 */
	if (!probed && ((m->has & FETCH_SIZE) != 0) != (m->uid >= a->since))
		return 0;
	if (m->uid <= a->last && uidset_has(&a->seen, m->uid))
		return 0;
	uidset_add(&a->seen, m->uid, m->uid);
	if (m->uid > a->last)
		a->last = m->uid;
	a->nfound++;
	return list(f, a, m, e);
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct flight *f = arg;
	struct ask *a = front(f);
	struct mailbox told;
	struct fetch m;
	int got;

	(void)im;
	if (a == NULL || a->why != NULL) {
		f->hasdig = 0;
		return 0;
	}
	told = a->box;
	if (mailbox_note(&told, r)) {
		if (a->nfound != 0 && a->box.exists != told.exists)
			a->moved = 1;
		/* a head is what EXAMINE told: a later one would hide what came since (hazard 21) */
		if (!a->examined)
			a->box = told;
		a->box.exists = told.exists;
		a->box.counted = told.counted;
		return 0;
	}
	if (strcmp(r->name, "EXPUNGE") == 0 || strcmp(r->name, "VANISHED") == 0)
		a->moved = 1;
	if ((got = fetch_parse(&m, r)) == -1)
		return err_fail(e, "folder \"%.200s\": the server sent a FETCH that cannot be read",
		    a->remote);
	if (got == 1 && a->box.validity != 0)
		got = on_fetch(f, a, &m, e);
	/* a digest belongs to this response or to none */
	f->hasdig = 0;
	return got == -1 ? -1 : 0;
}

/* Untagged answers are the front's: a tagged one out of turn would mix two folders up. */
static int
in_turn(struct ask *a, struct err *e)
{
	if (front(a->flight) != a)
		return err_again(e, "folder \"%.200s\": the server answers out of turn", a->remote);
	a->due--;
	return 0;
}

static int
examined(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;

	(void)im;
	if (in_turn(a, e) == -1)
		return -1;
	a->examined = 1;
	if (r->status != IMAP_OK)
		fail(a, "EXAMINE", r);
	else if (a->box.validity == 0)
		a->why = mem_dup("the server gave no UIDVALIDITY");
	return 0;
}

static int
fetched(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;

	(void)im;
	if (in_turn(a, e) == -1)
		return -1;
	/* some refuse to fetch from a folder that holds nothing */
	if (r->status != IMAP_OK && !(a->examined && a->box.counted && a->box.exists == 0))
		fail(a, "FETCH", r);
	return 0;
}

/* The folder's own end: what comes now belongs to the next. */
static int
unselected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;
	struct flight *f = a->flight;

	(void)im;
	(void)r;
	if (in_turn(a, e) == -1)
		return -1;
	if (a->due != 0)
		return err_again(e, "folder \"%.200s\": the server answers out of turn", a->remote);
	a->done = 1;
	uidset_free(&a->seen);
	f->front++;
	return 0;
}

static void
fetch_set(struct imap *im, struct ask *a, struct uidset *set, const char *part)
{
	struct imap_done done = { fetched, a };
	struct buf b;
	size_t at = 0;

	buf_init(&b, 2 * SET_MAX);
	while (uidset_sort(set), at < set->n) {
		buf_clear(&b);
		uidset_text(set, &at, SET_MAX, &b);
		a->due++;
		imap_begin(im, done);
		imap_printf(im, "UID FETCH %s (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]%s)",
		    buf_cstr(&b), part);
		imap_end(im);
	}
	buf_free(&b);
}

/* Those of the probes that no fetch of the whole message answers anyway. */
static void
without_whole(struct ask *a)
{
	struct uidset rest;
	uint32_t uid;
	size_t i;

	if (a->whole.n == 0)
		return;
	uidset_init(&rest);
	for (i = 0; i < a->probe.n; i++)
		for (uid = a->probe.r[i].lo;; uid++) {
			if (!uidset_has(&a->whole, uid))
				uidset_add(&rest, uid, uid);
			if (uid == a->probe.r[i].hi)
				break;
		}
	uidset_free(&a->probe);
	a->probe = rest;
}

/* Queues the commands for one folder; 0, or -1 if its name cannot be sent. */
static int
ask_one(struct imap *im, struct flight *f, struct ask *a, int utf8, struct err *e)
{
	struct imap_done ex = { examined, a }, fe = { fetched, a }, un = { unselected, a };
	char part[32];

	if (mailbox_check(a->remote, utf8, e) == -1)
		return -1;
	a->flight = f;
	/* EXAMINE, the last FETCH, UNSELECT; each other one counts itself */
	a->due += 3;
	im->selected = 1;
	imap_begin(im, ex);
	imap_put(im, "EXAMINE ");
	mailbox_put(im, a->remote, utf8, e);
	/* without being asked, a server need not tell HIGHESTMODSEQ (RFC 7162, 3.1.8) */
	if (imap_has(im, "CONDSTORE"))
		imap_put(im, " (CONDSTORE)");
	imap_end(im);
	snprintf(part, sizeof(part), "<0.%d>", DIGEST_BYTES);
	without_whole(a);
	fetch_set(im, a, &a->probe, part);
	fetch_set(im, a, &a->whole, "");
	if (a->since > 1 && !a->onlynew) {
		a->due++;
		imap_begin(im, fe);
		imap_printf(im, "UID FETCH 1:%u (UID FLAGS)", a->since - 1);
		imap_end(im);
	}
	imap_begin(im, fe);
	imap_printf(im, "UID FETCH %u:* (UID FLAGS INTERNALDATE RFC822.SIZE)", a->since);
	imap_end(im);
	imap_unselect(im, un);
	return 0;
}

int
ask_all(struct imap *im, struct ask **asks, size_t n, int utf8)
{
	struct imap_sink sink = { sink_open, sink_data, sink_close, NULL };
	struct flight f;
	struct err e = { 0 };
	size_t i;
	int r = 0;

	memset(&f, 0, sizeof(f));
	f.asks = asks;
	f.n = n;
	f.order = mem_alloc(n * sizeof(*f.order));
	recout_open(&f.line, -1);
	sink.arg = &f;
	im->untagged = untagged;
	/* cppcheck-suppress autoVariables ; taken back below */
	im->arg = &f;
	/* cppcheck-suppress autoVariables ; taken back below */
	im->sink = &sink;
	for (i = 0; i < n && r == 0; i++) {
		if (asks[i]->done)
			continue;
		if (ask_one(im, &f, asks[i], utf8, &e) == -1) {
			asks[i]->done = 1;
			asks[i]->why = mem_dup(e.text);
			continue;
		}
		f.order[f.norder++] = i;
		r = imap_wait(im, IN_FLIGHT);
	}
	if (r == 0)
		r = imap_wait(im, 0);
	im->untagged = NULL;
	im->sink = NULL;
	buf_free(&f.line.out);
	free(f.order);
	return r;
}
