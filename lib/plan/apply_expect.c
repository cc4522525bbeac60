/* What the state must say before flags, uploads and agreements are carried out. */
#include <string.h>

#include "base/mem.h"
#include "maildir/keyset.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/change.h"
#include "state/intent.h"
#include "state/msg.h"

#define NAMED	1u	/* a mark in a keyset: a row names it */

/* The row of the action's message: 1 with it, 0 with the action decided, -1. */
static int
need_row(struct apply *ap, struct action *a, struct state_msg *row, struct err *e)
{
	int got = 0;

	if (a->f->validity != a->validity && a->f->validity != 0) {
		action_skip(a, "UIDVALIDITY is not the state's");
		return 0;
	}
	if (a->f->id != 0 && (got = state_msg_get(ap->st, a->f->id, a->uid, row, e)) == -1)
		return -1;
	if (got == 0)
		action_skip(a, "the state does not know it");
	return got;
}

/* The file that the row names now: the plan may still use the name before an adoption. */
static int
same_name(const struct action *a, const char *name)
{
	struct buf b;
	int same;

	if (name == NULL || a->name == NULL)
		return name != NULL;
	buf_init(&b, 4096);
	same = strcmp(name, a->name) == 0 ||
	    (name_with_uid(&b, a->name, a->uid, a->f->fmd5) == 0 && strcmp(buf_cstr(&b), name) == 0);
	buf_free(&b);
	return same;
}

static int
expect_flags(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = need_row(ap, a, &row, e);

	if (got != 1)
		return got;
	a->rowflags = row.flags;
	/* one that was made and perhaps taken back since must not be made again */
	if ((row.flags & a->add) != 0 || (row.flags & a->del) != a->del)
		action_skip(a, "the state says otherwise");
	else if (!same_name(a, row.name))
		action_skip(a, "the state names another file");
	else
		action_set_name(a, row.name);
	return 0;
}

static int
expect_agree(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = need_row(ap, a, &row, e);

	if (got == 1)
		a->rowflags = row.flags;
	if (got == 1 && a->haswas && ((row.flags ^ a->was) & (a->flags ^ a->was)) != 0)
		action_skip(a, "the state says otherwise");
	return got == -1 ? -1 : 0;
}

/* 1 if a row of the folder names the file, 0 or -1.  The names are collected once for a look at a batch. */
static int
named(struct apply *ap, struct afolder *f, const char *file, struct err *e)
{
	struct state_msg row;
	uint32_t uid = 0;
	int got;

	if (!f->hasnames) {
		keyset_init(&f->names);
		f->hasnames = 1;
		while ((got = state_msg_next(ap->st, f->id, uid, &row, e)) == 1) {
			uid = row.uid;
			if (row.name != NULL && row.kept != KEPT_DELETING)
				*keyset_add(&f->names, row.name, strlen(row.name)) |= NAMED;
		}
		if (got == -1)
			return -1;
	}
	return (*keyset_add(&f->names, file, strlen(file)) & NAMED) != 0;
}

static void
forget_names(struct actions *as)
{
	size_t i;

	for (i = 0; i < as->n; i++)
		if (as->a[i]->f->hasnames) {
			keyset_free(&as->a[i]->f->names);
			as->a[i]->f->hasnames = 0;
		}
}

int
expect_unpaired(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	struct mdname name;
	int got;

	if (a->f->id == 0 || name_parse(a->name, ap->a->infosep, a->f->fmd5, &name) == -1)
		return 0;
	/* files keep their names there, so that no number says which row to ask */
	if (ap->a->local.readonly) {
		if ((got = named(ap, a->f, a->name, e)) == 1)
			action_skip(a, "it is paired already");
		return got == -1 ? -1 : 0;
	}
	if (name.uid == 0)
		return 0;
	if ((got = state_msg_get(ap->st, a->f->id, name.uid, &row, e)) == -1)
		return -1;
	/* one that was being deleted on the server, and was put back here, may be new there */
	if (got == 1 && row.name != NULL && row.kept != KEPT_DELETING && strcmp(row.name, a->name) == 0)
		action_skip(a, "it is paired already");
	return 0;
}

/* No upload of that file may have begun after the plan was made. */
static int
expect_upload(struct apply *ap, struct action *a, struct err *e)
{
	struct state_intent in;
	int got = 0;

	if (a->f->validity != 0 && a->nextv != 0 && a->f->validity != a->nextv) {
		action_skip(a, "UIDVALIDITY is not the state's");
		return 0;
	}
	if (a->f->id == 0)
		return 0;
	if ((got = state_intent_get(ap->st, a->f->id, a->name, &in, e)) == -1)
		return -1;
	if (got == 1 && in.kept == KEPT_ARCHIVE)
		action_skip(a, "it is in the archive");
	else if (got == 1 && in.kept == KEPT_AMBIGUOUS && in.size == a->size && memcmp(in.dig, a->dig, DIGEST_LEN) == 0)
		action_skip(a, "the server has taken it already");
	else if (got == 1 && in.gen > a->gen && in.kept == KEPT_NO)
		action_skip(a, "an upload of it was begun since this plan was made");
	return expect_unpaired(ap, a, e);
}

int
change_expect(struct apply *ap, struct action *a, struct err *e)
{
	if (!action_open(a))
		return 0;
	switch (a->verb) {
	case VERB_FLAGS:
		return expect_flags(ap, a, e);
	case VERB_AGREE:
		return expect_agree(ap, a, e);
	case VERB_COPY:
		return expect_upload(ap, a, e);
	default:
		return 0;
	}
}

int
apply_check(struct apply *ap, struct actions *as,
    int (*expected)(struct apply *, struct action *, struct err *), struct err *e)
{
	size_t i;
	int r = 0;

	if (state_begin(ap->st, 0, e) == -1)
		return -1;
	for (i = 0; i < as->n && r == 0; i++)
		if ((r = afolder_load(ap, as->a[i]->f, e)) == 0) {
			if (as->a[i]->f->clash != NULL)
				action_fail(as->a[i], EXIT_CONF, "%s", as->a[i]->f->clash);
			else if (!apply_barred(ap, as->a[i]))
				r = expected(ap, as->a[i], e);
		}
	forget_names(as);
	state_abort(ap->st);
	return r;
}
