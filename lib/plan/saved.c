/* The state's block of a folder: rows, as lines or as sets, and intents. */
#include "plan/folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/uidset.h"

void
saved_start(struct folder *f, const struct rec *rec)
{
	uint64_t n;

	if ((f->s.kind != KIND_FULL && f->s.kind != KIND_NONE) ||
	    rhead_read(&f->rsaved, rec) == -1)
		folder_refuse(f, "listing");
	lhead_read(&f->lsaved, rec);
	f->rules_saved = mem_dup(rec_get(rec, "rules"));
	if (rec_getu(rec, "gen", &f->gen) == -1)
		f->gen = 0;
	if (rec_getu(rec, "fv", &n) == 0 && n <= UINT32_MAX)
		f->fv = (uint32_t)n;
	f->renewed = rec_get(rec, "renewed") != NULL;
	if (rec_get(rec, "was") != NULL)
		f->recovery.what = RECOVER_GO;
	if (rec_getu(rec, "rows", &f->rowmax) == -1)
		f->rowmax = 0;
	table_reserve(&f->rows, f->rowmax);
}

/* A kept row without a file waits among the remote messages. */
static void
held(struct folder *f, uint32_t uid, unsigned flags, const struct content *c, const char *kept)
{
	struct rmsg *m;

	if (f->nr == f->rcap) {
		f->rcap = f->rcap + f->rcap / 2 + 256;
		f->r_only = mem_grow(f->r_only, f->rcap, sizeof(*f->r_only));
	}
	if (f->nr > 0 && f->r_only[f->nr - 1].uid >= uid)
		folder_refuse(f, "listing");
	m = &f->r_only[f->nr++];
	f->nheld = f->nr;
	memset(m, 0, sizeof(*m));
	m->uid = uid;
	m->c = *c;
	content_keep(&m->c, &f->digests);
	m->flags = (uint8_t)flags;	/* until the server tells */
	m->bits = RMSG_ROW;
	if (strcmp(kept, "expunge") == 0)
		m->bits |= RMSG_EXPUNGE;
	if (strcmp(kept, "ambiguous") == 0)
		m->bits |= RMSG_MAYBE;
}

void
saved_message(struct folder *f, const struct rec *rec)
{
	const char *name = rec_get(rec, "name"), *kept = rec_get(rec, "kept");
	uint32_t validity, uid;
	unsigned char digs[CONTENT_DIGS];
	struct content c;
	unsigned flags;
	uint16_t content = 0;

	if (rec_id(rec->pos[1], &validity, &uid, 0) == -1 ||
	    flags_parse(rec_get(rec, "flags"), &flags) == -1 || content_read(&c, digs, rec) == -1 ||
	    (f->rsaved.validity != 0 && validity != f->rsaved.validity) ||
	    (name == NULL && kept == NULL) || (name != NULL && f->sets)) {
		folder_refuse(f, "listing");
		return;
	}
	f->rsaved.validity = validity;
	if (name == NULL) {
		held(f, uid, flags, &c, kept);
		return;
	}
	if ((c.has & HAS_SIZE) && (c.has & HAS_DIG))
		content = table_content(c.size, c.dig);
	if (table_add(&f->rows, uid, table_hash(name), flags, kept != NULL, content) == -1)
		folder_refuse(f, "listing");
	if (rec_same(kept, "archive"))
		uidset_add(&f->archived, uid, uid);
	if (rec_same(kept, "deleting"))
		uidset_add(&f->deleting, uid, uid);
}

/*
 * Rows whose files are as the rows say; flags and names follow in the local block, of those that
 * matter.  How many there are is checked first: a short line can speak of 2^32.
 */
void
saved_rows(struct folder *f, const struct rec *rec)
{
	struct uidset set;
	uint32_t validity, uid;
	uint64_t n;
	size_t i;

	uidset_init(&set);
	if (!f->sets || uidset_parse_id(&set, rec->pos[1], &validity) == -1 ||
	    validity != f->rsaved.validity || (n = uidset_count(&set)) > f->rowmax ||
	    f->s.n > f->rowmax - n) {
		folder_refuse(f, "listing");
		set.n = 0;
	} else
		f->s.n += n;
	for (i = 0; i < set.n; i++)
		for (uid = set.r[i].lo; uid != 0 && uid <= set.r[i].hi; uid++)
			if (table_add(&f->rows, uid, 0, 0, 0, 0) == -1)
				folder_refuse(f, "listing");
	uidset_free(&set);
}

void
saved_intent(struct folder *f, const struct rec *rec)
{
	const char *name = rec_get(rec, "name"), *kept = rec_get(rec, "kept");
	unsigned char digs[CONTENT_DIGS];
	uint32_t validity, next;
	struct intent *in;

	if (name == NULL) {
		folder_refuse(f, "listing");
		return;
	}
	f->intents = mem_grow(f->intents, f->nintents + 1, sizeof(*f->intents));
	in = &f->intents[f->nintents++];
	memset(in, 0, sizeof(*in));
	in->name = mem_dup(name);
	in->hash = table_hash(name);
	if (content_read(&in->c, digs, rec) == -1)
		folder_refuse(f, "listing");
	content_keep(&in->c, &f->digests);
	in->stored = rec_same(kept, "ambiguous");
	in->refused = kept != NULL && !in->stored;
	in->archived = rec_same(kept, "archive");
	in->later = rec_same(kept, "later");
	in->next = 1;
	if (rec_id(rec_get(rec, "next"), &validity, &next, 0) == -1)
		return;
	in->next = next;
	in->validity = validity;
}

static int
by_hash(const void *a, const void *b)
{
	const struct intent *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

void
saved_end(struct folder *f)
{
	uidset_sort(&f->archived);
	uidset_sort(&f->deleting);
	if (f->nintents > 1)
		qsort(f->intents, f->nintents, sizeof(*f->intents), by_hash);
}
