/* The local block of a folder: files find their rows, or wait. */
#include "plan/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "maildir/name.h"

/* Keeps a record for later, and a slot that says what is known of it. */
static struct lmsg *
later(struct folder *f, const struct rec *rec, const char *name, struct err *e)
{
	struct lmsg *m;

	if (queue_put(&f->lines, rec->line, rec->len) == -1) {
		err_again(e, "temporary file: %s; free some space", strerror(errno));
		return NULL;
	}
	if (f->nl == f->lcap) {
		f->lcap = f->lcap + f->lcap / 2 + 256;
		f->l_only = mem_grow(f->l_only, f->lcap, sizeof(*f->l_only));
	}
	m = &f->l_only[f->nl++];
	memset(m, 0, sizeof(*m));
	m->hash = table_hash(name);
	return m;
}

/* 1 + the index of the intent of that name, 0 if there is none. */
static uint32_t
intent_of(const struct folder *f, uint64_t hash, const char *name)
{
	size_t lo = 0, hi = f->nintents, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->intents[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < f->nintents && f->intents[lo].hash == hash; lo++)
		if (strcmp(f->intents[lo].name, name) == 0)
			return (uint32_t)lo + 1;
	return 0;
}

int
local_message(struct folder *f, const struct rec *rec, struct err *e)
{
	const char *name = rec_get(rec, "name"), *bad = rec_get(rec, "bad");
	struct merge_view view = { MERGE_PRESENT, 0 };
	unsigned char digs[CONTENT_DIGS];
	unsigned known = 0;
	int stale;
	uint64_t uid = 0;
	struct lmsg *m;
	struct row *row;

	if (name == NULL || *name == '\0' || flags_parse(rec_get(rec, "flags"), &view.flags) == -1 ||
	    (rec_get(rec, "uid") != NULL &&
	    (rec_getu(rec, "uid", &uid) == -1 || uid > UINT32_MAX))) {
		folder_refuse(f, "listing");
		return 0;
	}
	if (f->recovery.what != RECOVER_NOT) {
		known = recover_file(f, name, &stale);
		if (stale)
			uid = 0;
	}
	row = uid != 0 ? table_find(&f->rows, (uint32_t)uid) : NULL;
	if (row != NULL && row->hash == table_hash(name)) {
		if (row->bits & ROW_SEEN) {
			f->hold_local = 1;	/* one name in two places: look again */
			return 0;
		}
		row->bits |= ROW_SEEN;
		return decide_row(f, row, view, name, e);
	}
	if ((m = later(f, rec, name, e)) == NULL)
		return -1;
	if (content_read(&m->c, digs, rec) == -1)
		folder_refuse(f, "listing");
	/* where it can be nothing else's copy, the record is enough to upload from */
	if (f->nr != 0 || f->rows.n != 0 || f->nintents != 0)
		content_keep(&m->c, &f->digests);
	else
		m->c.has &= ~(unsigned)(HAS_DIG | HAS_FULL);
	m->uid = (uint32_t)uid;
	m->flags = (uint8_t)view.flags;
	m->intent = intent_of(f, m->hash, name);
	m->bits |= (uint8_t)known;
	if (m->intent != 0 && f->intents[m->intent - 1].archived)
		m->bits |= LMSG_ARCHIVED;
	if (bad != NULL)
		m->bits |= LMSG_BAD;
	if (bad != NULL && strcmp(bad, "empty") == 0)
		m->bits |= LMSG_EMPTY;
	return 0;
}

int
local_known(struct folder *f, const struct rec *rec, struct err *e)
{
	struct merge_view view = { MERGE_PRESENT, 0 };
	const char *name = rec_get(rec, "name");
	struct row *row;
	uint64_t uid;

	if (name == NULL || flags_parse(rec_get(rec, "flags"), &view.flags) == -1 ||
	    rec_getu(rec, "uid", &uid) == -1 || uid > UINT32_MAX ||
	    (row = table_find(&f->rows, (uint32_t)uid)) == NULL || (row->bits & ROW_SEEN)) {
		folder_refuse(f, "listing");
		return 0;
	}
	row_set_flags(row, view.flags);
	if (!(row->bits & ROW_ONCE) && row_where(row) == MERGE_PRESENT)
		row_set_remote(row, MERGE_PRESENT, view.flags);
	row->bits |= ROW_SEEN;
	return decide_row(f, row, view, name, e);
}

int
local_gone(struct folder *f, const struct rec *rec, struct err *e)
{
	const char *name = rec_get(rec, "name");
	struct lmsg *m;

	if (f->l.kind != KIND_DELTA || name == NULL) {
		folder_refuse(f, "listing");
		return 0;
	}
	if ((m = later(f, rec, name, e)) == NULL)
		return -1;
	m->bits = LMSG_GONE;
	m->fate = FATE_DONE;
	m->intent = intent_of(f, m->hash, name);
	if (m->intent != 0)
		f->intents[m->intent - 1].gone = 1;
	return 0;
}

/* Indexes of files, by the hashes of their names. */
static int
by_hash(const void *a, const void *b, void *files)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct lmsg *l = files;

	if (l[x].hash != l[y].hash)
		return l[x].hash < l[y].hash ? -1 : 1;
	return (x > y) - (x < y);
}

/* The first file of that hash, or NULL. */
static struct lmsg *
first_hashed(struct folder *f, const uint32_t *index, uint64_t hash)
{
	size_t lo = 0, hi = f->nl, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->l_only[index[mid]].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < f->nl && f->l_only[index[lo]].hash == hash ? &f->l_only[index[lo]] : NULL;
}

/* The state's names go before all other evidence: whoever has a row's name is its file. */
static void
find_rows(struct folder *f)
{
	uint32_t *index = mem_grow(NULL, f->nl, sizeof(*index));
	struct row *row;
	struct lmsg *m;
	size_t i;

	for (i = 0; i < f->nl; i++)
		index[i] = (uint32_t)i;
	qsort_r(index, f->nl, sizeof(*index), by_hash, f->l_only);
	/* a second file of one name is the same message in two places */
	for (i = 1; i < f->nl; i++)
		if (f->l_only[index[i]].hash == f->l_only[index[i - 1]].hash) {
			f->l_only[index[i]].fate = FATE_DONE;
			f->hold_local = 1;
		}
	for (i = 0; i < f->rows.n; i++) {
		row = &f->rows.rows[i];
		if ((m = first_hashed(f, index, row->hash)) == NULL)
			continue;
		if (row->bits & ROW_SEEN) {
			m->fate = FATE_DONE;
			f->hold_local = 1;
		} else if (!(m->bits & LMSG_ROW)) {
			m->bits |= LMSG_ROW;
			m->match = (uint32_t)i;
			m->fate = FATE_DONE;
			row->bits |= ROW_SEEN;
		}
	}
	free(index);
}

/*
 * 1 if the file names speak of this very remote folder.  That the state does is
 * not enough: a state that was lost and begun anew says nothing of the names that
 * were there before, and under another UIDVALIDITY their numbers are strangers'.
 */
static int
confirmed(const struct folder *f)
{
	return f->fv != 0 && f->fv == f->rnow.validity;
}

/* 1 if the row's file is gone and this one may be it under another name. */
static int
renamed(const struct folder *f, const struct row *row, const struct lmsg *m)
{
	if (row == NULL || f->l.kind != KIND_FULL || (row->bits & ROW_SEEN) ||
	    row_where(row) != MERGE_PRESENT)
		return 0;
	if (row->content == 0)
		return confirmed(f);
	return (m->c.has & HAS_SIZE) && (m->c.has & HAS_DIG) &&
	    row->content == table_content(m->c.size, m->c.dig);
}

/*
 * 1 if an upload of this state gave the file its name, and then did not come to commit
 * it.  Such an intent is evidence, and outlives the adoption that rests on it.  A name that had this uid
 * before the upload, under a UIDVALIDITY that a lost state knew, is none.
 */
static int
from_intent(struct folder *f, const struct lmsg *m)
{
	struct intent *in;
	struct buf b;
	size_t i;
	int is = 0;

	buf_init(&b, REC_LINE_MAX);
	for (i = 0; i < f->nintents && !is && f->fmd5 != NULL; i++) {
		in = &f->intents[i];
		buf_clear(&b);
		if (!in->refused && !in->foreign && m->uid >= in->next && in->hash != m->hash &&
		    name_with_uid(&b, in->name, m->uid, f->fmd5) == 0)
			is = in->evidence = table_hash(buf_cstr(&b)) == m->hash;
	}
	buf_free(&b);
	return is;
}

/*
 * 1 if a file can be the message of its number.  It may have been written anew by the program that
 * fetched it; but once a sync has come to its end all new ones are ours, of the server's very bytes.  Where
 * sizes differ then the message is asked for: either the server counts them wrong, or the file is
 * of a backup from before the folder was renumbered.
 */
static int
fits(struct folder *f, struct lmsg *m, struct rmsg *r)
{
	unsigned both = m->c.has & r->c.has;

	if (f->rules_saved == NULL || !(both & HAS_SIZE) || m->c.size == r->c.size)
		return 1;
	if (both & HAS_DIG)
		return memcmp(m->c.dig, r->c.dig, DIGEST_LEN) == 0;
	if (r->fate == FATE_OPEN && !(r->bits & RMSG_PROBED)) {
		r->fate = FATE_PROBE;
		m->fate = FATE_WAIT;
		f->probing = 1;
	}
	return 0;
}

/* 1 if a file's name may say which message it is. */
static int
claims(struct folder *f, struct lmsg *m, struct rmsg *r, const struct row *row)
{
	if (m->fate != FATE_OPEN || m->uid == 0 || (m->bits & LMSG_EMPTY))
		return 0;
	if (r != NULL && remote_alive(r))
		return from_intent(f, m) || (confirmed(f) && fits(f, m, r));
	return renamed(f, row, m);
}

/* First all claims are counted; then each that is the only one is believed. */
static void
pair_names(struct folder *f)
{
	struct lmsg *m;
	struct rmsg *r;
	struct row *row;
	size_t i;

	for (i = 0; i < f->nl; i++) {
		m = &f->l_only[i];
		r = m->uid != 0 ? remote_find(f, m->uid) : NULL;
		row = m->uid != 0 ? table_find(&f->rows, m->uid) : NULL;
		if (!claims(f, m, r, row))
			continue;
		m->bits |= LMSG_CLAIM;
		if (r != NULL)
			r->claims += r->claims < 2;
		else
			row->bits |= row->bits & ROW_ONCE ? ROW_TWICE : ROW_ONCE;
	}
	for (i = 0; i < f->nl; i++) {
		m = &f->l_only[i];
		if (!(m->bits & LMSG_CLAIM))
			continue;
		if ((r = remote_find(f, m->uid)) != NULL) {
			if (r->claims != 1)
				continue;
			m->match = (uint32_t)(r - f->r_only);
			r->match = (uint32_t)i;
			m->fate = r->fate = FATE_ADOPT;
			continue;
		}
		row = table_find(&f->rows, m->uid);
		if (row->bits & ROW_TWICE)
			continue;
		m->match = (uint32_t)(row - f->rows.rows);
		m->fate = FATE_ADOPT;
		m->bits |= LMSG_BYNAME;
		row->bits |= ROW_SEEN;
	}
}

void
local_resolve(struct folder *f)
{
	struct pairing p;
	struct lmsg *m;
	size_t i;

	if (f->nl > 0)
		find_rows(f);
	for (i = 0; i < f->nr; i++)
		if (!remote_alive(&f->r_only[i]))
			f->r_only[i].fate = FATE_DONE;
	pair_names(f);
	for (i = 0; i < f->nl; i++) {
		m = &f->l_only[i];
		if (m->intent != 0 && !(m->bits & (LMSG_GONE | LMSG_ROW)))
			f->intents[m->intent - 1].found = 1;
		if (m->bits & LMSG_EMPTY)
			m->c.has = 0;	/* there is nothing to compare */
	}
	p.r = f->r_only;
	p.nr = f->nr;
	p.l = f->l_only;
	p.nl = f->nl;
	p.intents = f->intents;
	pair_content(&p);
	f->probing |= p.probes != 0;
	f->undecided |= f->probing || p.ambiguous != 0;
	f->probing |= f->doubted.n != 0;
}
