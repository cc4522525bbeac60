/* The folder's lines: built, counted, summed, put where they are sorted. */
#include "plan/folder.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

void
emit_init(const struct folder *f, struct pline *l, const char *verb, const char *side,
    uint32_t uid, const char *name)
{
	pline_init(l, verb, side, f->remote, f->local);
	l->validity = f->rnow.validity;
	l->uid = uid;
	l->name = name;
}

/* Builds "key TAB line". */
static void
build(struct folder *f, struct buf *to, const struct pline *l)
{
	buf_clear(to);
	pline_key(to, l);
	buf_byte(to, '\t');
	buf_clear(&f->out.out);
	pline_write(&f->out, l);
	buf_put(to, f->out.out.data, f->out.out.len - 1);
	buf_clear(&f->out.out);
	ENSURE(!buf_bad(to));
}

static int
add(struct folder *f, const struct buf *text, struct err *e)
{
	const char *tab = memchr(text->data, '\t', text->len);
	size_t key = (size_t)(tab - text->data), len = text->len - key - 1;

	f->count++;
	f->acts |= strncmp(tab + 1, "keep\t", 5) != 0;
	f->sum += rec_hash(tab + 1, len);
	if (sort_add(&f->sorted, text->data, key, tab + 1, len) == -1)
		return err_again(e, "temporary file: %s; free some space", strerror(errno));
	return 0;
}

int
emit(struct folder *f, const struct pline *l, struct err *e)
{
	build(f, &f->text, l);
	return add(f, &f->text, e);
}

int
emit_guarded(struct folder *f, struct guard *g, const struct pline *act, struct err *e)
{
	struct pline keep;

	emit_init(f, &keep, "keep", act->side, act->uid, act->name);
	keep.why = "maxdelete";
	build(f, &f->text, act);
	build(f, &f->other, &keep);
	if (guard_put(g, &f->text, &f->other) == -1)
		return err_again(e, "temporary file: %s; free some space", strerror(errno));
	return 0;
}

int
emit_released(struct folder *f, struct guard *g, struct err *e)
{
	int got, keep = !(f->rules & RULE_ALLOWDELETE) &&
	    maxdelete_holds(&f->limit, g->n, f->rows.n);

	if (keep)
		f->undecided = 1;
	while ((got = guard_take(g, keep, &f->text)) == 1)
		if (add(f, &f->text, e) == -1)
			return -1;
	if (got == -1)
		return err_again(e, "temporary file: %s", strerror(errno));
	return 0;
}
