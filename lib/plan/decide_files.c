/* What is planned for files that no row was found for while they passed. */
#include "plan/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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
	return decide_flags(f, &fl, uid, name, rflags, m->flags, e);
}

/* A file that is not uploaded; no row can remember that, so the folder is scanned again. */
static int
keep_file(struct folder *f, const char *name, const char *why, struct err *e)
{
	f->hold_local = 1;
	return decide_keep(f, "remote", 0, name, why, e);
}

/* The server has refused exactly this before. */
static int
refused_before(const struct folder *f, const struct lmsg *m, const struct content *c)
{
	const struct intent *in = m->intent != 0 ? &f->intents[m->intent - 1] : NULL;
	unsigned both = HAS_SIZE | HAS_DIG;

	return in != NULL && in->refused && !in->later && (in->c.has & c->has & both) == both &&
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
 * 1 if the server had that file once and has lost it: it was in the archive, or goes there by the rules.  That is so
 * if a row of another UIDVALIDITY named it; or if its name has a uid that neither the server nor the state
 * knows, where the state was lost.  Of uids below the head's next the state knew all that there were: what has no
 * row then was deleted here, and is put back.
 */
static int
had_once(struct folder *f, const struct lmsg *m)
{
	if (m->bits & LMSG_ARCHIVED)
		return 1;
	if (!(f->rules & RULE_ARCHIVE) || m->intent != 0 || f->r.kind == KIND_PRESENCE)
		return 0;
	return (m->bits & LMSG_PAST) || (m->uid != 0 && m->uid >= f->rsaved.next &&
	    remote_find(f, m->uid) == NULL && table_find(&f->rows, m->uid) == NULL);
}

/*
 * Under a UIDVALIDITY that is confirmed it gets the row of its uid; else the state knows it by its name, and
 * it is found anew each time.
 */
static int
archived(struct folder *f, const struct lmsg *m, const char *name, struct err *e)
{
	struct pline l;

	if ((m->bits & (LMSG_ARCHIVED | LMSG_PAST)) || f->fv == 0 || f->fv != f->rnow.validity || m->uid >= f->rnow.next)
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

	if (had_once(f, m))
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

int
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
