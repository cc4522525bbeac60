/*
 * Flags, uploads, agreements, folders to make on the server: one flight over the
 * folders of a batch, then the local names, then one commit.
 *
 * An upload's intent is committed before its first byte goes out, so that a lost
 * answer is looked into and not repeated (hazard 25).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "maildir/file.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/change.h"
#include "state/intent.h"

static int
wants_file(const struct action *a)
{
	return action_open(a) && (a->verb == VERB_FLAGS || a->verb == VERB_COPY);
}

/* A change for the server comes from the file: its letters must still say it. */
static void
check_cause(struct apply *ap, struct action *a)
{
	struct mdname name;

	if (a->file == NULL)
		action_skip(a, "the file is gone");
	else if (change_stores(a) && (name_parse(a->file, ap->a->infosep, NULL, &name) == -1 ||
	    (name.flags & a->add) != a->add || (name.flags & a->del) != 0))
		action_skip(a, "the file's flags changed meanwhile");
}

/* The files of flag changes and uploads, folder by folder. */
static void
find(struct flight *fl, struct afolder *f)
{
	struct actions some = { 0 };
	struct err why = { 0 };
	int proven, r;
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (fl->as->a[i]->f == f && wants_file(fl->as->a[i]))
			actions_add(&some, fl->as->a[i]);
	if (some.n != 0) {
		r = afolder_open(fl->ap, f, &why);
		if (r == 0)
			r = apply_locate(fl->ap, &some, f, &proven, &why);
		for (i = 0; i < some.n; i++)
			if (r == -1)
				action_fail(some.a[i], why.status, "%s", why.text);
			else
				check_cause(fl->ap, some.a[i]);
	}
	free(some.a);
}

/* Intents of all uploads, one commit, before the first byte. */
static int
intend(struct apply *ap, struct uploads *us, struct err *e)
{
	struct state_intent in;
	struct action *a;
	size_t i, n = 0;

	if (us->n == 0)
		return 0;
	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < us->n; i++) {
		a = us->u[i].act;
		if (!action_open(a))
			continue;
		memset(&in, 0, sizeof(in));
		in.name = a->name;
		in.validity = a->nextv;
		in.next = a->next;
		in.size = a->size;
		in.date = a->date;
		in.has_dig = 1;
		memcpy(in.dig, a->dig, DIGEST_LEN);
		if (afolder_make(ap, a->f, 0, e) == -1)
			goto fail;
		/* known once something has changed in the transaction, and a folder just has */
		in.gen = state_generation(ap->st);
		if (state_intent_put(ap->st, a->f->id, &in, e) == -1)
			goto fail;
		n++;
	}
	if (n == 0) {
		state_abort(ap->st);
		return 0;
	}
	return state_commit(ap->st, e);
fail:
	state_abort(ap->st);
	return -1;
}

/* Letters of a file: kept ones stay, a read message moves from new to cur. */
static void
change_letters(struct apply *ap, struct action *a)
{
	int from = md_where(&a->f->md, a->where), to = from;
	struct mdname name;
	struct buf b;

	if (name_parse(a->file, ap->a->infosep, NULL, &name) == -1) {
		action_skip(a, "the file is gone");
		return;
	}
	if ((((name.flags | a->add) & ~a->del) & FLAG_SEEN) != 0)
		to = a->f->md.cur;
	buf_init(&b, 4096);
	buf_put(&b, a->file, name.base);
	name_info(&b, a->file + name.base, ap->a->infosep, a->add, a->del);
	if (md_rename(from, a->file, to, buf_cstr(&b)) == -1)
		action_skip(a, "renaming the file: %s", strerror(errno));
	else
		a->f->dirty = 1;
	buf_free(&b);
}

/* The uid of an upload into the file's name; a->file becomes the new base name. */
static void
name_upload(struct apply *ap, struct action *a)
{
	struct buf base;

	buf_init(&base, 4096);
	if (apply_rename_uid(ap, a, a->newuid, &base) == -1) {
		/* the intent stays: the next run finds both by content */
		action_skip(a, "uploaded; renaming the file: %s", strerror(errno));
	} else {
		free(a->file);
		a->file = mem_dup(buf_cstr(&base));
	}
	buf_free(&base);
}

static void
on_disk(struct flight *fl, struct uploads *us)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (fl->as->a[i]->verb == VERB_FLAGS && fl->as->a[i]->side == SIDE_LOCAL &&
		    action_open(fl->as->a[i]))
			change_letters(fl->ap, fl->as->a[i]);
	for (i = 0; i < us->n; i++) {
		a = us->u[i].act;
		if (!action_open(a))
			continue;
		if (!us->u[i].stored)
			action_fail(a, EXIT_AGAIN, "it was not uploaded");
		else if (a->newuid == 0)
			action_fail(a, EXIT_AGAIN, "uploaded, but its uid was not found; the next run looks again");
		else
			name_upload(fl->ap, a);
	}
}

static int
commit(struct apply *ap, struct actions *as, struct uploads *us, struct err *e)
{
	size_t i;
	int r = 0;

	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < as->n && r == 0; i++) {
		if (action_open(as->a[i]))
			r = change_row(ap, as->a[i], e);
		if (r == 0)
			r = apply_log(ap, as->a[i], e);
	}
	for (i = 0; i < us->n && r == 0; i++)
		r = change_refused(ap, &us->u[i], e);
	if (r == 0)
		return state_commit(ap->st, e);
	state_abort(ap->st);
	return -1;
}

int
apply_change(struct apply *ap, struct actions *as, struct err *e)
{
	struct flight fl;
	struct uploads us = { 0 };
	size_t i;
	int r;

	if (change_expect(ap, as, e) == -1)
		return -1;
	flight_init(&fl, ap, as);
	for (i = 0; i < fl.n; i++)
		find(&fl, fl.folders[i]);
	uploads_open(&us, &fl);
	if ((r = intend(ap, &us, e)) == 0) {
		change_talk(&fl, &us);
		on_disk(&fl, &us);
		if ((r = afolder_sync(ap, e)) == 0)
			r = commit(ap, as, &us, e);
	}
	uploads_close(&us);
	flight_free(&fl);
	return r;
}
