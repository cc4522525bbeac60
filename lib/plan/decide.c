/* What is planned for each message, and for what nobody saw. */
#include "plan/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "plan/doubt.h"

/* A difference that stays. */
static int
keep(struct folder *f, const char *side, uint32_t uid, const char *name, const char *why,
    struct err *e)
{
	struct pline l;

	emit_init(f, &l, "keep", side, uid, name);
	l.why = why;
	return emit(f, &l, e);
}

/* The flags lines of a message that both sides have, and that the state will know. */
static int
flags_lines(struct folder *f, const struct merge *m, uint32_t uid, const char *name,
    unsigned rflags, unsigned lflags, struct err *e)
{
	struct pline l;

	if (m->lkeep && keep(f, "local", uid, name, "readonly", e) == -1)
		return -1;
	if (m->rkeep && keep(f, "remote", uid, name, "readonly", e) == -1)
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
	return flags_lines(f, m, row->uid, name, row_rflags(row), lflags, e);
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
		return keep(f, "local", row->uid, name, m.why, e);
	case MERGE_KEEP_REMOTE:
		return keep(f, "remote", row->uid, NULL, m.why, e);
	case MERGE_WITHHELD:
		f->withheld++;
		return 0;
	}
	return 0;
}

/* Pairs a file with a remote message; "base" is what both had agreed on, if ever. */
static int
adopt(struct folder *f, const struct lmsg *m, const char *name, uint32_t uid, unsigned base,
    unsigned rflags, struct err *e)
{
	struct merge fl;
	struct pline l;

	f->recovery.paired++;
	merge_flags(&fl, base, rflags, m->flags, f->rules);
	emit_init(f, &l, "adopt", "both", uid, name);
	l.flags = (int)fl.row;
	l.has_size = (m->c.has & HAS_SIZE) != 0;
	l.size = m->c.size;
	if (emit(f, &l, e) == -1)
		return -1;
	return flags_lines(f, &fl, uid, name, rflags, m->flags, e);
}

/* A file that is not uploaded; no row can remember that, so the folder is scanned again. */
static int
keep_file(struct folder *f, const char *name, const char *why, struct err *e)
{
	f->hold_local = 1;
	return keep(f, "remote", 0, name, why, e);
}

/* The server has refused exactly this before. */
static int
refused_before(const struct folder *f, const struct lmsg *m, const struct content *c)
{
	const struct intent *in = m->intent != 0 ? &f->intents[m->intent - 1] : NULL;
	unsigned both = HAS_SIZE | HAS_DIG;

	return in != NULL && in->refused && (in->c.has & c->has & both) == both &&
	    in->c.size == c->size && memcmp(in->c.dig, c->dig, DIGEST_LEN) == 0;
}

static int
upload(struct folder *f, const struct lmsg *m, const struct content *c, const char *name,
    struct err *e)
{
	char dig[DIGEST_HEX];
	struct pline l;

	f->recovery.up++;
	emit_init(f, &l, "copy", "remote", 0, name);
	digest_hex(c->dig, dig);
	l.dig = dig;
	l.flags = m->flags;
	l.has_size = l.has_gen = 1;
	l.has_date = (c->has & HAS_DATE) != 0;
	l.size = c->size;
	l.date = c->date;
	l.gen = f->gen;
	l.next_validity = f->rnow.validity;
	if (f->r.kind != KIND_NONE) {
		/* a lower bound of the uid to come; an answer that contradicts itself gives the lower */
		l.next = f->rnow.next;
		if (l.next == 0)
			l.next = f->r.kind == KIND_FULL && f->maxuid < UINT32_MAX ?
			    f->maxuid + 1 : 1;
	}
	return emit(f, &l, e);
}

/*
 * A file that was on this server once, as its name says, and that neither the server nor the state knows
 * any more: the state was lost.  Under a UIDVALIDITY that is confirmed it gets its row again, else it
 * is found anew each time.
 */
static int
archived(struct folder *f, const struct lmsg *m, const char *name, struct err *e)
{
	struct pline l;

	if (f->fv == 0 || f->fv != f->rnow.validity || m->uid >= f->rnow.next)
		return keep_file(f, name, "archive", e);
	emit_init(f, &l, "keep", "local", m->uid, name);
	l.flags = m->flags;
	l.why = "archive";
	return emit(f, &l, e);
}

/* A file that has no counterpart. */
static int
new_file(struct folder *f, const struct lmsg *m, const struct rec *rec, const char *name,
    struct err *e)
{
	unsigned char digs[CONTENT_DIGS];
	struct content c;

	if ((f->rules & RULE_ARCHIVE) && m->uid != 0 && m->intent == 0 && f->r.kind != KIND_PRESENCE &&
	    remote_find(f, m->uid) == NULL && table_find(&f->rows, m->uid) == NULL)
		return archived(f, m, name, e);
	if (f->rules & RULE_RREADONLY)
		return keep_file(f, name, "readonly", e);
	if (m->bits & LMSG_BAD)
		return keep_file(f, name, rec_get(rec, "bad"), e);
	if (content_read(&c, digs, rec) == -1 || (c.has & HAS_START) != HAS_START)
		return keep_file(f, name, "unreadable", e);
	if (refused_before(f, m, &c))
		return keep_file(f, name, "refused", e);
	/* among what is not shown may be what an upload has brought there */
	if (f->r.kind == KIND_PRESENCE || f->doubted.n != 0) {
		f->withheld++;
		return 0;
	}
	return upload(f, m, &c, name, e);
}

static int
decide_file(struct folder *f, const struct lmsg *m, const struct rec *rec, struct err *e)
{
	const char *name = rec_get(rec, "name");
	struct merge_view view = { m->bits & LMSG_GONE ? MERGE_ABSENT : MERGE_PRESENT, m->flags };
	const struct row *row;
	const struct rmsg *r;

	if (m->bits & LMSG_ROW)
		return decide_row(f, &f->rows.rows[m->match], view, name, e);
	switch (m->fate) {
	case FATE_ADOPT:
		if (m->bits & LMSG_BYNAME) {
			row = &f->rows.rows[m->match];
			return adopt(f, m, name, row->uid, row_flags(row), row_rflags(row), e);
		}
		r = &f->r_only[m->match];
		return adopt(f, m, name, r->uid, recover_base(f, name, m->flags), r->flags, e);
	case FATE_AMBIGUOUS:
		return keep_file(f, name, "ambiguous", e);
	case FATE_OPEN:
		return new_file(f, m, rec, name, e);
	}
	return 0;
}

/* All files that found no row while they passed. */
static int
decide_files(struct folder *f, struct err *e)
{
	char *line, *scratch = NULL;
	size_t len, cap = 0, i;
	struct rec rec;
	int got, r = 0;

	for (i = 0; r == 0 && i < f->nl; i++) {
		if ((got = queue_get(&f->lines, &line, &len)) != 1) {
			r = err_again(e, "temporary file: %s", got == 0 ? "cut off" : strerror(errno));
			break;
		}
		if (len + 1 > cap) {
			cap = 2 * len + 256;
			scratch = mem_grow(scratch, cap, 1);
		}
		r = rec_parse(&rec, line, len, scratch, e);
		if (r == 0)
			r = decide_file(f, &f->l_only[i], &rec, e);
	}
	free(scratch);
	return r;
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
