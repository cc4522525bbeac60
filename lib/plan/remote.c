/* The remote block of a folder. */
#include "plan/folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/uidset.h"
#include "plan/doubt.h"

/* What the listing says of a row before any message of it has been read. */
static void
start_rows(struct folder *f, enum kind kind)
{
	struct row *row;
	size_t i;
	unsigned where;

	if (kind != KIND_DELTA && kind != KIND_PRESENCE)
		return;
	for (i = 0; i < f->rows.n; i++) {
		row = &f->rows.rows[i];
		/* a delta leaves out what is as the row says, or as a kept word says */
		where = kind == KIND_PRESENCE || (row->bits & ROW_KEPT) ?
		    MERGE_UNKNOWN : MERGE_PRESENT;
		row_set_remote(row, where, row_flags(row));
	}
	for (i = 0; i < f->nheld; i++)
		f->r_only[i].bits |= RMSG_UNKNOWN;
}

/* Why the listing's head cannot be what follows the state, or NULL. */
static const char *
does_not_follow(const struct folder *f, enum kind kind, const char *since)
{
	uint64_t n;

	if (f->rnow.validity == 0 || (kind == KIND_DELTA && (f->s.kind != KIND_FULL ||
	    (since != NULL && (rec_number(since, &n) == -1 || n != f->gen)))))
		return "listing";
	return f->rsaved.validity != f->rnow.validity && kind == KIND_DELTA && f->rows.n == 0 &&
	    f->nheld == 0 && f->nintents == 0 && f->recovery.what == RECOVER_NOT ? "listing" : NULL;
}

/*
 * A bound under another UIDVALIDITY than the server's bounds nothing.  The state may not know any: of
 * a folder that is new it has the intents first.
 */
static void
bound_intents(struct folder *f)
{
	struct intent *in;
	size_t i;

	for (i = 0; i < f->nintents; i++) {
		in = &f->intents[i];
		if (in->validity == 0 || in->validity == f->rnow.validity)
			continue;
		in->next = 1;
		in->foreign = 1;
	}
}

void
remote_start(struct folder *f, const struct rec *rec)
{
	const char *misfit;
	enum kind kind = f->r.kind;

	if (rhead_read(&f->rnow, rec) == -1) {
		folder_refuse(f, "listing");
		return;
	}
	if (kind == KIND_FAILED || kind == KIND_NONE)
		return;
	bound_intents(f);
	if ((misfit = does_not_follow(f, kind, rec_get(rec, "since"))) != NULL ||
	    (misfit = recover_start(f)) != NULL)
		folder_refuse(f, misfit);
	start_rows(f, kind);
}

/* A slot for a message that no row names a file for. */
static struct rmsg *
slot(struct folder *f, uint32_t uid)
{
	size_t lo = 0, hi = f->nheld, mid;
	struct rmsg *m;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->r_only[mid].uid == uid)
			return &f->r_only[mid];
		if (f->r_only[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (f->nr == f->rcap) {
		f->rcap = f->rcap + f->rcap / 2 + 256;
		f->r_only = mem_grow(f->r_only, f->rcap, sizeof(*f->r_only));
	}
	m = &f->r_only[f->nr++];
	memset(m, 0, sizeof(*m));
	m->uid = uid;
	return m;
}

static void
unnamed(struct folder *f, const struct rec *rec, uint32_t uid, unsigned flags)
{
	const char *kw = rec_get(rec, "kw");
	unsigned char digs[CONTENT_DIGS];
	struct content c;
	struct rmsg *m;

	if (content_read(&c, digs, rec) == -1) {
		folder_refuse(f, "listing");
		return;
	}
	m = slot(f, uid);
	if (m->bits & RMSG_LISTED) {
		folder_refuse(f, "listing");
		return;
	}
	/* what the listing says goes before what the row remembers */
	content_merge(&m->c, &c, &f->digests);
	m->flags = (uint8_t)flags;
	m->bits = (uint8_t)((m->bits & ~RMSG_UNKNOWN) | RMSG_LISTED);
	if (kw != NULL && *kw != '\0') {
		if (f->kw.len == 0)
			buf_byte(&f->kw, '\0');
		m->kw = (uint32_t)f->kw.len;
		buf_put(&f->kw, kw, strlen(kw) + 1);
		if (buf_bad(&f->kw))
			folder_refuse(f, "listing");
	}
}

void
remote_message(struct folder *f, const struct rec *rec)
{
	uint32_t validity, uid;
	unsigned flags;
	struct row *row;

	if (rec_id(rec->pos[1], &validity, &uid, 0) == -1 || validity != f->rnow.validity ||
	    flags_parse(rec_get(rec, "flags"), &flags) == -1) {
		folder_refuse(f, "listing");
		return;
	}
	if (uid > f->maxuid)
		f->maxuid = uid;
	if ((row = table_find(&f->rows, uid)) == NULL) {
		unnamed(f, rec, uid, flags);
	} else if (row->bits & ROW_ONCE) {
		folder_refuse(f, "listing");
	} else {
		row->bits |= ROW_ONCE;
		row_set_remote(row, MERGE_PRESENT, flags);
	}
}

void
remote_gone(struct folder *f, const struct rec *rec)
{
	uint32_t validity;

	if (f->r.kind != KIND_DELTA || uidset_parse_id(&f->gone, rec->pos[1], &validity) == -1 ||
	    validity != f->rnow.validity)
		folder_refuse(f, "listing");
}

/* Rows of a range of uids are gone; -1 if one of them was listed, too. */
static int
gone_rows(struct folder *f, const struct uidrange *gone)
{
	struct row *row;
	size_t i;

	for (i = table_from(&f->rows, gone->lo); i < f->rows.n && f->rows.rows[i].uid <= gone->hi; i++) {
		row = &f->rows.rows[i];
		if (row->bits & ROW_ONCE)
			return -1;
		row_set_remote(row, MERGE_ABSENT, 0);
	}
	return 0;
}

/* All that a delta says is gone, once all that it lists is known; -1 if both have a message. */
static int
take_gone(struct folder *f)
{
	size_t i;

	uidset_sort(&f->gone);
	for (i = 0; i < f->gone.n; i++)
		if (gone_rows(f, &f->gone.r[i]) == -1)
			return -1;
	for (i = 0; i < f->nr && f->gone.n != 0; i++) {
		if (!uidset_has(&f->gone, f->r_only[i].uid))
			continue;
		if (f->r_only[i].bits & RMSG_LISTED)
			return -1;
		f->r_only[i].bits &= (uint8_t)~RMSG_UNKNOWN;
	}
	uidset_free(&f->gone);
	return 0;
}

static int
by_uid(const void *a, const void *b)
{
	const struct rmsg *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

/* 1 if what a delta leaves is not as many messages as it counts (hazard 23). */
static int
miscounted(const struct folder *f)
{
	uint64_t least = 0, most;
	size_t i;

	if (f->r.kind != KIND_DELTA || !f->rnow.has_count)
		return 0;
	for (i = 0; i < f->nr; i++)
		least += (f->r_only[i].bits & RMSG_LISTED) != 0;
	for (most = least, i = 0; i < f->nr; i++)
		most += (f->r_only[i].bits & RMSG_UNKNOWN) != 0;
	for (i = 0; i < f->rows.n; i++) {
		least += row_where(&f->rows.rows[i]) == MERGE_PRESENT;
		most += row_where(&f->rows.rows[i]) != MERGE_ABSENT;
	}
	return f->rnow.count < least || f->rnow.count > most;
}

/*
 * Deletions that a stopped run began, and that came to their end: no file is theirs any more.  One of that
 * name has been put back since, and is new; nothing says that the server lost it.
 */
static void
let_go(struct folder *f)
{
	struct row *row;
	size_t i;

	for (i = 0; i < f->rows.n && f->deleting.n != 0; i++) {
		row = &f->rows.rows[i];
		if (row_where(row) == MERGE_ABSENT && uidset_has(&f->deleting, row->uid))
			row->hash = 0;
	}
}

void
remote_end(struct folder *f)
{
	struct rmsg *m;
	size_t i;

	if (take_gone(f) == -1) {
		folder_refuse(f, "listing");
		return;
	}
	if (miscounted(f)) {
		folder_refuse(f, "failed");
		return;
	}
	if (f->r.kind == KIND_FULL && f->rnow.has_count && f->rnow.count != f->r.n) {
		folder_refuse(f, "failed");
		return;
	}
	for (i = 1; i < f->nr && f->r_only[i - 1].uid < f->r_only[i].uid; i++)
		;
	if (i < f->nr)
		qsort(f->r_only, f->nr, sizeof(*f->r_only), by_uid);
	for (i = 0; i < f->nr; i++) {
		if (i > 0 && f->r_only[i - 1].uid == f->r_only[i].uid)
			folder_refuse(f, "listing");
	}
	for (i = 0; i < f->nprobed && f->nr != 0; i++) {
		m = bsearch(&(struct rmsg){ .uid = f->probed[i].uid }, f->r_only, f->nr,
		    sizeof(*f->r_only), by_uid);
		if (m != NULL)
			m->bits |= f->probed[i].bit | RMSG_PROBED;
	}
	/* the bit counts claims of file names from here on, of which there are none for sets */
	for (i = 0; i < f->rows.n; i++) {
		if (!f->sets)
			f->rows.rows[i].bits &= (uint16_t)~ROW_ONCE;
		if (row_where(&f->rows.rows[i]) == MERGE_PRESENT &&
		    f->rows.rows[i].uid > f->maxuid)
			f->maxuid = f->rows.rows[i].uid;
	}
	doubt_remote(f);
	let_go(f);
}

struct rmsg *
remote_find(const struct folder *f, uint32_t uid)
{
	const struct rmsg key = { .uid = uid };

	if (f->nr == 0)
		return NULL;
	return bsearch(&key, f->r_only, f->nr, sizeof(key), by_uid);
}

int
remote_alive(const struct rmsg *m)
{
	if (!(m->bits & RMSG_LISTED))
		return 0;
	return !(m->bits & RMSG_EXPUNGE) || !(m->flags & FLAG_DELETED);
}
