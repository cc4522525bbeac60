/* What is planned for each row, for what only the server has, and for what nobody saw. */
#include "plan/folder.h"

#include <string.h>

#include "base/flags.h"
#include "plan/doubt.h"

int
decide_keep(struct folder *f, const char *side, uint32_t uid, const char *name, const char *why,
    struct err *e)
{
	struct pline l;

	emit_init(f, &l, "keep", side, uid, name);
	l.why = why;
	return emit(f, &l, e);
}

int
decide_flags(struct folder *f, const struct merge *m, uint32_t uid, const char *name,
    unsigned rflags, unsigned lflags, struct err *e)
{
	struct pline l;

	if (m->lkeep && decide_keep(f, "local", uid, name, "readonly", e) == -1)
		return -1;
	if (m->rkeep && decide_keep(f, "remote", uid, name, "readonly", e) == -1)
		return -1;
	if (!m->lkeep && (m->ladd | m->ldel) != 0) {
		emit_init(f, &l, "flags", "local", uid, name);
		l.add = (int)m->ladd;
		l.del = (int)m->ldel;
		l.was = (int)lflags;
		if (emit(f, &l, e) == -1)
			return -1;
	}
	if (!m->rkeep && (m->radd | m->rdel) != 0) {
		emit_init(f, &l, "flags", "remote", uid, name);
		l.add = (int)m->radd;
		l.del = (int)m->rdel;
		l.was = (int)rflags;
		return emit(f, &l, e);
	}
	return 0;
}

static int
flags_decided(struct folder *f, const struct row *row, const struct merge *m, unsigned lflags,
    const char *name, struct err *e)
{
	struct pline l;

	/* an agree without a change says that a kept word is void */
	if (m->row != row_flags(row) || (m->settled && (row->bits & ROW_KEPT))) {
		emit_init(f, &l, "agree", "both", row->uid, NULL);
		l.flags = (int)m->row;
		l.was = (int)row_flags(row);
		if (emit(f, &l, e) == -1)
			return -1;
	}
	return decide_flags(f, m, row->uid, name, row_rflags(row), lflags, e);
}

/* A deletion, or where there is a trash the move there. */
static int
delete(struct folder *f, const char *side, uint32_t uid, const char *name, unsigned was,
    struct err *e)
{
	int local = strcmp(side, "local") == 0;
	const char *trash = local ? f->ltrash : f->rtrash;
	struct pline l;

	emit_init(f, &l, trash != NULL ? "move" : "delete", side, uid, name);
	l.to = trash;
	l.was = (int)was;
	return emit_guarded(f, local ? &f->ldeletes : &f->rdeletes, &l, e);
}

/* The rules for one message: what was put in the archive stays there. */
static unsigned
rules_for(struct folder *f, uint32_t uid)
{
	return f->rules | (uidset_has(&f->archived, uid) ? RULE_ARCHIVE : 0);
}

int
decide_row(struct folder *f, struct row *row, struct merge_view local, const char *name,
    struct err *e)
{
	struct merge_view remote = { row_where(row), row_rflags(row) };
	struct merge m;
	struct pline l;

	merge_row(&m, row_flags(row), remote, local, rules_for(f, row->uid));
	switch (m.verb) {
	case MERGE_NOTHING:
		return 0;
	case MERGE_FLAGS:
		return flags_decided(f, row, &m, local.flags, name, e);
	case MERGE_FORGET:
		emit_init(f, &l, "forget", "both", row->uid, NULL);
		return emit(f, &l, e);
	case MERGE_DELETE_LOCAL:
		return delete(f, "local", row->uid, name, local.flags, e);
	case MERGE_DELETE_REMOTE:
		return delete(f, "remote", row->uid, NULL, remote.flags, e);
	case MERGE_KEEP_LOCAL:
		return decide_keep(f, "local", row->uid, name, m.why, e);
	case MERGE_KEEP_REMOTE:
		return decide_keep(f, "remote", row->uid, NULL, m.why, e);
	case MERGE_WITHHELD:
		f->withheld++;
		return 0;
	}
	return 0;
}

/* Rows in sets whose file was not told: nothing has changed, or it would have to be. */
static void
check_untold(struct folder *f)
{
	const struct row *row;
	size_t i;

	for (i = 0; i < f->rows.n; i++) {
		row = &f->rows.rows[i];
		if (!(row->bits & ROW_SEEN) &&
		    ((row->bits & ROW_ONCE) || row_where(row) == MERGE_ABSENT))
			folder_refuse(f, "listing");
	}
}

/* Rows whose file was not listed: gone, unknown, or unchanged, by the listing's kind. */
static int
decide_unseen(struct folder *f, struct err *e)
{
	struct merge_view view;
	struct row *row;
	size_t i;

	if (f->sets) {
		check_untold(f);
		return 0;
	}
	for (i = 0; i < f->rows.n; i++) {
		row = &f->rows.rows[i];
		if (row->bits & ROW_SEEN)
			continue;
		view.flags = row_flags(row);
		view.where = MERGE_ABSENT;
		if (f->l.kind == KIND_PRESENCE)
			view.where = MERGE_UNKNOWN;
		else if (f->l.kind == KIND_DELTA)
			view.where = row->bits & ROW_KEPT ? MERGE_UNKNOWN : MERGE_PRESENT;
		if (decide_row(f, row, view, NULL, e) == -1)
			return -1;
	}
	return 0;
}

/* A remote message that stays without a file. */
static int
keep_message(struct folder *f, const struct rmsg *m, const char *why, struct err *e)
{
	struct pline l;

	/* from "next" on the server is asked for size and date: the head must not pass it */
	f->hold_remote = 1;
	emit_init(f, &l, "keep", "local", m->uid, NULL);
	l.flags = m->flags;
	l.has_size = (m->c.has & HAS_SIZE) != 0;
	l.size = m->c.size;
	l.why = why;
	return emit(f, &l, e);
}

/* The row says so from then on: the head may pass it. */
static int
keep_away(struct folder *f, const struct rmsg *m, struct err *e)
{
	int held = f->hold_remote, r = keep_message(f, m, "expunge", e);

	f->hold_remote = held;
	return r;
}

static int
new_message(struct folder *f, const struct rmsg *m, struct err *e)
{
	struct pline l;

	if (f->rules & RULE_LREADONLY)
		return keep_message(f, m, "readonly", e);
	if (f->l.kind == KIND_PRESENCE) {
		f->withheld++;
		return 0;
	}
	f->recovery.down++;
	emit_init(f, &l, "copy", "local", m->uid, NULL);
	l.flags = m->flags;
	l.has_size = (m->c.has & HAS_SIZE) != 0;
	l.size = m->c.size;
	l.has_date = (m->c.has & HAS_DATE) != 0;
	l.date = m->c.date;
	l.kw = m->kw != 0 ? f->kw.data + m->kw : NULL;
	return emit(f, &l, e);
}

/* What was asked before is asked along, or the next answer would lack it. */
static int
decide_probe(struct folder *f, const struct rmsg *m, struct err *e)
{
	struct pline l;

	if (m->fate != FATE_PROBE && !(f->probing && (m->bits & RMSG_PROBED) && remote_alive(m)))
		return 0;
	emit_init(f, &l, "probe", "remote", m->uid, NULL);
	l.full = (m->bits & (RMSG_TWIN | RMSG_WHOLE)) != 0;
	return emit(f, &l, e);
}

static int
decide_message(struct folder *f, const struct rmsg *m, struct err *e)
{
	struct pline l;

	if (decide_probe(f, m, e) == -1)
		return -1;
	if (m->bits & RMSG_UNKNOWN)
		return 0;
	if (!(m->bits & RMSG_LISTED)) {
		emit_init(f, &l, "forget", "both", m->uid, NULL);
		return emit(f, &l, e);
	}
	switch (m->fate) {
	case FATE_OPEN:
		return new_message(f, m, e);
	case FATE_AWAY:
		return keep_away(f, m, e);
	case FATE_AMBIGUOUS:
		return keep_message(f, m, "ambiguous", e);
	}
	return 0;
}

/* An intent ends when its file is gone: nothing is left to upload again. */
static int
decide_intents(struct folder *f, struct err *e)
{
	const struct intent *in;
	struct pline l;
	size_t i;

	for (i = 0; i < f->nintents; i++) {
		in = &f->intents[i];
		if (in->found || in->evidence)
			continue;
		if (!in->gone && f->l.kind != KIND_FULL && f->l.kind != KIND_NONE) {
			f->hold_local = 1;
			continue;
		}
		emit_init(f, &l, "forget", "both", 0, in->name);
		if (emit(f, &l, e) == -1)
			return -1;
	}
	return 0;
}

/* What waits for a better listing of that side is announced. */
static int
keep_waiting(struct folder *f, const struct block *b, const char *side, struct err *e)
{
	struct pline l;

	if (b->kind != KIND_PRESENCE)
		return 0;
	emit_init(f, &l, "keep", side, 0, NULL);
	l.text = b == &f->r ? f->failure : NULL;
	l.why = "presence";
	return emit(f, &l, e);
}

/* The line that begins a recovery, with what the others come to. */
static int
renew(struct folder *f, struct err *e)
{
	struct pline l;

	if (f->recovery.what != RECOVER_BEGIN)
		return 0;
	emit_init(f, &l, "renew", "both", 0, NULL);
	l.has_gen = l.has_counts = 1;
	l.gen = f->gen;
	l.now = f->rnow.validity;
	l.saved = f->recovery.from;
	l.paired = f->recovery.paired;
	l.up = f->recovery.up;
	l.down = f->recovery.down;
	return emit(f, &l, e);
}

/* All that must be known first, and nothing else: whether to begin depends on the answers. */
static int
only_probes(struct folder *f, struct err *e)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		if (decide_probe(f, &f->r_only[i], e) == -1)
			return -1;
	return 0;
}

int
decide_rest(struct folder *f, struct err *e)
{
	const char *why;
	size_t i;

	local_resolve(f);
	recover_away(f);
	if (f->recovery.what == RECOVER_BEGIN && f->probing)
		return only_probes(f, e);
	if ((why = recover_doubt(f)) != NULL) {
		folder_refuse(f, why);
		return 0;
	}
	doubt_local(f);
	if (f->refused != NULL)
		return 0;
	if (decide_files(f, e) == -1 || decide_unseen(f, e) == -1 || doubt_probes(f, e) == -1)
		return -1;
	for (i = 0; i < f->nr; i++)
		if (decide_message(f, &f->r_only[i], e) == -1)
			return -1;
	if (renew(f, e) == -1 || decide_intents(f, e) == -1 || emit_released(f, &f->rdeletes, e) == -1 ||
	    emit_released(f, &f->ldeletes, e) == -1)
		return -1;
	if (f->withheld == 0 && f->failure == NULL)
		return 0;
	f->undecided = 1;
	return keep_waiting(f, &f->r, "remote", e) == -1 ? -1 : keep_waiting(f, &f->l, "local", e);
}
