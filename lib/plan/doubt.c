/* Believing that much is gone. */
#include "plan/doubt.h"

#include "plan/folder.h"

#define FEW		10	/* messages that may go unasked, */
#define SHARE		20	/* if they are no more than one in so many */
#define SET_LINE	4000	/* bytes of a set of uids in one record */

int
doubt_mass(uint64_t gone, uint64_t rows)
{
	return gone != 0 && (gone == rows || (gone > FEW && gone > rows / SHARE));
}

void
doubt_asked(struct folder *f, const struct rec *rec)
{
	struct uidset set;
	uint32_t validity;

	uidset_init(&set);
	if (uidset_parse_id(&set, rec->pos[3], &validity) == 0) {
		if (validity != f->askedof)
			uidset_clear(&f->asked);
		f->askedof = validity;
		uidset_part(&f->asked, &set, 1, UINT32_MAX);
	}
	uidset_free(&set);
}

static int
missed(const struct row *row)
{
	return row_where(row) == MERGE_ABSENT;
}

/* 1 if the server was asked for that message by itself. */
static int
answered(struct folder *f, const struct row *row)
{
	return f->askedof == f->rnow.validity && uidset_has(&f->asked, row->uid);
}

/* 1 if the state says already that it is gone there, and stays here. */
static int
known(const struct folder *f, const struct row *row)
{
	return uidset_has(&f->archived, row->uid) || ((row->bits & ROW_KEPT) &&
	    (f->rules & (RULE_LREADONLY | RULE_RNODELETE | RULE_ARCHIVE)));
}

/* 1 if that it is missed is not believed as yet. */
static int
doubtful(struct folder *f, const struct row *row)
{
	return missed(row) && !answered(f, row) && !known(f, row);
}

void
doubt_remote(struct folder *f)
{
	uint64_t n = 0;
	struct row *row;
	size_t i;

	/* also where the files stay: what was deleted here meanwhile would be forgotten, and come again */
	if (f->r.kind != KIND_FULL && f->r.kind != KIND_DELTA)
		return;
	for (i = 0; i < f->rows.n; i++)
		n += (uint64_t)doubtful(f, &f->rows.rows[i]);
	if (!doubt_mass(n, f->rows.n))
		return;
	for (i = 0; i < f->rows.n; i++) {
		row = &f->rows.rows[i];
		if (!doubtful(f, row))
			continue;
		uidset_add(&f->doubted, row->uid, row->uid);
		row_set_remote(row, MERGE_UNKNOWN, 0);
	}
	f->undecided = 1;
}

void
doubt_local(struct folder *f)
{
	uint64_t n = 0;
	size_t i;

	if (!f->elsewhere || f->l.kind != KIND_FULL ||
	    (f->rules & (RULE_ALLOWDELETE | RULE_RREADONLY | RULE_LNODELETE)))
		return;
	for (i = 0; i < f->rows.n; i++)
		n += !(f->rows.rows[i].bits & ROW_SEEN);
	if (doubt_mass(n, f->rows.n))
		folder_refuse(f, "replaced");
}

/* While something else is asked, what was asked before is asked along, or the next answer would lack it. */
static void
along(struct folder *f, struct uidset *to)
{
	const struct row *row;
	size_t i;

	for (i = 0; i < f->rows.n && f->asked.n != 0; i++) {
		row = &f->rows.rows[i];
		if (missed(row) && answered(f, row))
			uidset_add(to, row->uid, row->uid);
	}
}

int
doubt_probes(struct folder *f, struct err *e)
{
	struct uidset set;
	struct pline l;
	struct buf b;
	size_t at = 0;
	int r = 0;

	uidset_init(&set);
	buf_init(&b, 2 * SET_LINE);
	uidset_part(&set, &f->doubted, 1, UINT32_MAX);
	if (f->probing)
		along(f, &set);
	uidset_sort(&set);
	while (r == 0 && at < set.n) {
		emit_init(f, &l, "probe", "remote", set.r[at].lo, NULL);
		buf_clear(&b);
		uidset_text(&set, &at, SET_LINE, &b);
		l.gone = buf_cstr(&b);
		r = emit(f, &l, e);
	}
	buf_free(&b);
	uidset_free(&set);
	return r;
}
