/* Recovering a folder: what is known from before, and when to ask. */
#include "plan/recover.h"

#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "plan/folder.h"

#define SHARE	50	/* percent, where maxdelete names none */

void
recovery_free(struct recovery *rc)
{
	free(rc->past);
	free(rc->away);
	memset(rc, 0, sizeof(*rc));
}

static struct past *
add(struct recovery *rc)
{
	struct past *p;

	if (rc->npast == rc->cap) {
		rc->cap = rc->cap + rc->cap / 2 + 256;
		rc->past = mem_grow(rc->past, rc->cap, sizeof(*rc->past));
	}
	p = memset(&rc->past[rc->npast++], 0, sizeof(*p));
	return p;
}

/* What is the same of a name whatever uid it gets (name_with_uid in maildir/name.h). */
static uint64_t
stem(const char *name)
{
	struct buf b;
	uint64_t hash;
	size_t n;

	buf_init(&b, REC_LINE_MAX);
	for (; *name != '\0'; name += n) {
		n = 1 + strcspn(name + 1, ",");
		if (strncmp(name, ",U=", 3) != 0 && strncmp(name, ",FMD5=", 6) != 0)
			buf_put(&b, name, n);
	}
	hash = table_hash(buf_cstr(&b));
	buf_free(&b);
	return hash;
}

static void
add_away(struct folder *f, const struct content *c, unsigned flags)
{
	struct recovery *rc = &f->recovery;
	struct lmsg *m;

	if (rc->naway == rc->awaycap) {
		rc->awaycap = 2 * rc->awaycap + 64;
		rc->away = mem_grow(rc->away, rc->awaycap, sizeof(*rc->away));
	}
	m = memset(&rc->away[rc->naway], 0, sizeof(*m));
	m->c = *c;
	content_keep(&m->c, &f->digests);
	m->flags = (uint8_t)flags;
	m->hash = rc->naway++;
}

void
recover_was(struct folder *f, const struct rec *rec)
{
	struct recovery *rc = &f->recovery;
	const char *name = rec_get(rec, "name");
	unsigned char digs[CONTENT_DIGS];
	struct content c;
	struct past *p;
	unsigned flags;

	if (f->sets || rec_id(rec->pos[1], &rc->from, &(uint32_t){ 0 }, 0) == -1 ||
	    flags_parse(rec_get(rec, "flags"), &flags) == -1) {
		folder_refuse(f, "listing");
		return;
	}
	rc->what = RECOVER_GO;
	rc->stems = 1;
	if (name == NULL) {
		if (rec_same(rec_get(rec, "kept"), "expunge") && content_read(&c, digs, rec) == 0)
			add_away(f, &c, flags);
		return;
	}
	p = add(rc);
	p->key = stem(name);
	p->name = table_hash(name);
	p->flags = (uint8_t)flags;
	p->archived = rec_same(rec_get(rec, "kept"), "archive");
}

static int
by_key(const void *a, const void *b)
{
	const struct past *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static struct past *
find(const struct recovery *rc, const char *name)
{
	const struct past key = { .key = rc->stems ? stem(name) : table_hash(name) };

	if (rc->npast == 0)
		return NULL;
	return bsearch(&key, rc->past, rc->npast, sizeof(key), by_key);
}

/* The rows become what was before. */
static void
rows_to_past(struct folder *f)
{
	struct recovery *rc = &f->recovery;
	const struct row *row;
	struct past *p;
	size_t i;

	rc->npast = rc->naway = 0;
	rc->stems = 0;
	for (i = 0; i < f->nheld; i++)
		if (f->r_only[i].bits & RMSG_EXPUNGE)
			add_away(f, &f->r_only[i].c, f->r_only[i].flags);
	for (i = 0; i < f->rows.n; i++) {
		row = &f->rows.rows[i];
		p = add(rc);
		p->key = p->name = row->hash;
		p->flags = (uint8_t)row_flags(row);
		p->archived = (uint8_t)uidset_has(&f->archived, row->uid);
	}
	uidset_clear(&f->archived);
	uidset_clear(&f->deleting);
	table_free(&f->rows);
}

/* Open uploads stay, their bounds do not; what was refused is tried again.  The archive stays. */
static void
loosen_intents(struct folder *f)
{
	struct intent *in;
	size_t i, n = 0;

	for (i = 0; i < f->nintents; i++) {
		in = &f->intents[i];
		if (in->refused && !in->archived) {
			free(in->name);
			continue;
		}
		in->next = 1;
		in->foreign = 1;
		f->intents[n++] = *in;
	}
	f->nintents = n;
}

/* Says why, in words; returns the word. */
static const char *
ask(struct folder *f, char *text)
{
	free(f->failure);
	f->failure = text;
	return "uidvalidity";
}

const char *
recover_start(struct folder *f)
{
	struct recovery *rc = &f->recovery;

	if (f->rsaved.validity == 0 || f->rsaved.validity == f->rnow.validity ||
	    (f->rows.n == 0 && f->nheld == 0 && f->nintents == 0 && rc->what == RECOVER_NOT))
		goto out;
	rc->from = f->rsaved.validity;
	if (f->sets || f->r.kind != KIND_FULL)
		return ask(f, mem_printf("the server could not be listed in full; "
		    "the next run tries again"));
	if (f->renewed && !(f->rules & RULE_RECOVER))
		return ask(f, mem_printf("it has changed again before the folder was synced under the "
		    "last one: a server that does so all the time cannot be kept in sync"));
	rc->what = RECOVER_BEGIN;
	if (f->rows.n != 0 || f->nheld != 0)
		rows_to_past(f);
	loosen_intents(f);
	f->nr = f->nheld = 0;
	memset(&f->rsaved, 0, sizeof(f->rsaved));
out:
	if (rc->what != RECOVER_NOT)
		f->fv = 0;	/* the numbers in names are of several minds */
	if (rc->npast > 1)
		qsort(rc->past, rc->npast, sizeof(*rc->past), by_key);
	return NULL;
}

unsigned
recover_file(struct folder *f, const char *name, int *stale)
{
	struct past *p = find(&f->recovery, name);

	*stale = f->recovery.what == RECOVER_BEGIN || (p != NULL && p->name == table_hash(name));
	if (p == NULL)
		return 0;
	p->seen = 1;
	return p->archived ? LMSG_PAST | LMSG_ARCHIVED : LMSG_PAST;
}

unsigned
recover_base(const struct folder *f, const char *name, unsigned lflags)
{
	const struct past *p = find(&f->recovery, name);

	/*
	 * The file is the one of before, so a flag that it lost has been removed.  Of the server's
	 * message nobody knows which one it was: what it lacks may never have been taken over.
	 */
	return p != NULL ? p->flags & ~lflags : 0;
}

/* A message that may be one of those, which have no name and no file to be paired with. */
static int
may_be_away(const struct rmsg *m)
{
	return m->fate == FATE_OPEN && (m->bits & RMSG_LISTED) && (m->flags & FLAG_DELETED);
}

void
recover_away(struct folder *f)
{
	struct recovery *rc = &f->recovery;
	struct pairing p = { .l = rc->away, .nl = rc->naway };
	struct rmsg *m;
	uint32_t *of;
	size_t i;

	if (rc->naway == 0 || f->nr == 0)
		return;
	p.r = mem_alloc(f->nr * sizeof(*p.r));
	of = mem_alloc(f->nr * sizeof(*of));
	for (i = 0; i < f->nr; i++)
		if (may_be_away(&f->r_only[i])) {
			of[p.nr] = (uint32_t)i;
			p.r[p.nr++] = f->r_only[i];
		}
	pair_content(&p);
	for (i = 0; i < p.nr; i++) {
		m = &f->r_only[of[i]];
		m->bits = p.r[i].bits;
		if (p.r[i].fate == FATE_ADOPT)
			m->fate = FATE_AWAY;
		else if (p.r[i].fate == FATE_PROBE || p.r[i].fate == FATE_WAIT)
			m->fate = p.r[i].fate;
	}
	f->probing |= p.probes != 0;
	f->undecided |= p.probes != 0;
	free(p.r);
	free(of);
}

/* 1 if that part of all is more than may go unnoticed. */
static int
most(const struct folder *f, uint64_t part, uint64_t all)
{
	uint64_t share = f->limit.percent != 0 ? f->limit.percent : SHARE;

	return !f->limit.never && share <= 100 && part * 100 > share * all;
}

/* A file that was known before and has no equal now, as one of the archive had none before. */
static int
unmatched(const struct lmsg *m)
{
	return (m->bits & LMSG_PAST) && m->fate == FATE_OPEN &&
	    !(m->bits & (LMSG_BAD | LMSG_GONE | LMSG_ARCHIVED));
}

static int
by_date(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* How many messages without an equal are as old as such a file: they may be it, written anew. */
static uint64_t
rewritten(const struct folder *f, uint64_t files)
{
	uint64_t *dates, n = 0, date, found = 0;
	size_t i;

	if (files == 0)
		return 0;
	dates = mem_alloc((size_t)files * sizeof(*dates));
	for (i = 0; i < f->nl; i++)
		if (unmatched(&f->l_only[i]) && (f->l_only[i].c.has & HAS_DATE))
			dates[n++] = f->l_only[i].c.date;
	if (n > 1)
		qsort(dates, (size_t)n, sizeof(*dates), by_date);
	for (i = 0; i < f->nr && n != 0; i++) {
		date = f->r_only[i].c.date;
		if (f->r_only[i].fate == FATE_OPEN && (f->r_only[i].c.has & HAS_DATE))
			found += bsearch(&date, dates, (size_t)n, sizeof(*dates), by_date) != NULL;
	}
	free(dates);
	return found;
}

const char *
recover_doubt(struct folder *f)
{
	const struct recovery *rc = &f->recovery;
	uint64_t all = 0, here = 0, alone = 0, same;
	size_t i;

	if (rc->what == RECOVER_NOT || f->r.kind != KIND_FULL)
		return NULL;
	if (f->l.kind != KIND_FULL)
		return rc->what != RECOVER_BEGIN ? NULL :
		    ask(f, mem_printf("the Maildir could not be listed in full; the next run tries again"));
	if (f->rules & RULE_RECOVER)
		return NULL;
	for (i = 0; i < rc->npast; i++)
		if (!rc->past[i].archived) {
			all++;
			here += rc->past[i].seen;
		}
	for (i = 0; i < f->nl; i++)
		alone += (uint64_t)unmatched(&f->l_only[i]);
	same = rewritten(f, alone);
	if (!(f->rules & RULE_ARCHIVE) && most(f, alone, here))
		return ask(f, mem_printf("%llu of %llu files that were synced before have no equal on the "
		    "server any more, and would be uploaded to it", (unsigned long long)alone,
		    (unsigned long long)here));
	if (same != 0)
		return ask(f, mem_printf("%llu messages on the server are as old as files that were synced "
		    "before, and differ from them: if it has written them anew there would be two of each",
		    (unsigned long long)same));
	if (most(f, all - here, all))
		return ask(f, mem_printf("%llu of %llu messages that were synced before are gone from the "
		    "Maildir, and would be fetched again", (unsigned long long)(all - here),
		    (unsigned long long)all));
	return NULL;
}
