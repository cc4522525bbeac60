/*
 * Flags, uploads, agreements, folders to make on the server: what is checked before
 * they are sent, and what becomes of them on disk and in the state.
 *
 * An upload's intent is committed before its first byte goes out, so that a lost
 * answer is looked into and not repeated (hazard 25); and so is that of a deletion on the server, so
 * that what it took away is not taken for another client's deletion.
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
#include "state/msg.h"

int
change_wants_file(const struct action *a)
{
	return action_open(a) && (a->verb == VERB_FLAGS || a->verb == VERB_COPY);
}

/* A change for the server comes from the file: its letters must still say it. */
void
change_cause(struct apply *ap, struct action *a)
{
	struct mdname name;

	if (a->file == NULL)
		action_skip(a, "the file is gone");
	else if (change_stores(a) && (name_parse(a->file, ap->a->infosep, NULL, &name) == -1 ||
	    (name.flags & a->add) != a->add || (name.flags & a->del) != 0))
		action_skip(a, "the file's flags changed meanwhile");
	else
		/* what a mail reader renamed must be durable before the state calls it agreed */
		a->f->dirty = 1;
}

/* One upload's; in a write transaction. */
static int
intend(struct apply *ap, struct action *a, struct err *e)
{
	struct state_intent in, was;
	int got;

	memset(&in, 0, sizeof(in));
	in.name = a->name;
	in.validity = a->nextv;
	in.next = a->next;
	in.size = a->size;
	in.date = a->date;
	in.has_dig = 1;
	memcpy(in.dig, a->dig, DIGEST_LEN);
	if (afolder_make(ap, a->f, 0, e) == -1 ||
	    (got = state_intent_get(ap->st, a->f->id, a->name, &was, e)) == -1)
		return -1;
	a->f->wary |= got && was.kept == KEPT_LATER;
	a->f->again |= got && was.kept == KEPT_NO;
	/* known once something has changed in the transaction, and a folder just has */
	in.gen = state_generation(ap->st);
	return state_intent_put(ap->st, a->f->id, &in, e);
}

int
change_intend(struct apply *ap, const struct actions *as, struct uploads *us, struct err *e)
{
	size_t i, n = 0;
	int r = 0;

	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < us->n && r != -1; i++)
		if (action_open(us->u[i].act)) {
			r = intend(ap, us->u[i].act, e);
			n++;
		}
	for (i = 0; i < as->n && r != -1; i++)
		if ((r = delete_begin(ap, as->a[i], e)) == 1)
			n++;
	if (r != -1 && n != 0)
		return state_commit(ap->st, e);
	state_abort(ap->st);
	return r == -1 ? -1 : 0;
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
		action_unable(a, "renaming the file");
	else
		a->f->dirty = 1;
	buf_free(&b);
}

/* 1 if the file is provably in the folder no more. */
static int
left(struct uploads *us, struct part *p, struct upload *u)
{
	return uploads_look_again(us, p, u) && u->act->file == NULL;
}

/* The name that the file would have got. */
static void
name_left(const struct apply *ap, const struct action *a, struct buf *base)
{
	buf_clear(base);
	if (ap->a->local.readonly || name_with_uid(base, a->name, a->newuid, a->f->fmd5) == -1)
		buf_str(base, a->name);
}

/*
 * The uid of an upload into the file's name; a->file becomes the new base name.  A file that was moved away or
 * deleted meanwhile is one that both sides had: the next run passes on that it went, and does not fetch it back.
 */
static void
name_upload(struct uploads *us, struct part *p, struct upload *u)
{
	struct apply *ap = us->fl->ap;
	struct action *a = u->act;
	struct buf base;
	int r = 0;

	buf_init(&base, 4096);
	if (a->file == NULL)
		name_left(ap, a, &base);
	else if ((r = apply_rename_uid(ap, a, a->newuid, &base)) == -1 && errno == ENOENT) {
		if (left(us, p, u)) {
			name_left(ap, a, &base);
			r = 0;
		} else
			errno = ENOENT;
	}
	if (r == -1) {
		/* the intent stays: the next run finds both by content */
		action_unable(a, "uploaded; renaming the file");
	} else {
		free(a->file);
		a->file = mem_dup(buf_cstr(&base));
	}
	buf_free(&base);
}

/* Whether an upload is done, and where its file is: it may have been renamed while it went up, or have left. */
static void
upload_done(struct uploads *us, struct part *p, struct upload *u, int *again)
{
	struct action *a = u->act;

	if (!u->stored)
		action_fail(a, EXIT_AGAIN, "it was not uploaded");
	else if (a->newuid == 0)
		action_fail(a, EXIT_AGAIN, "uploaded, but its uid was not found; the next run looks again");
	else if (!uploads_same(u)) {
		/* one more look is enough for all of a folder; 2: what it did not find is not there */
		if (*again == 0)
			*again = 1 + uploads_look_again(us, p, u);
		if (!uploads_same(u) && (a->file != NULL || *again != 2))
			action_skip(a, "the file changed while it was uploaded");
	}
}

void
change_sync(const struct uploads *us)
{
	struct apply *ap = us->fl->ap;
	size_t i, n = 0;
	int here = 1;

	for (i = 0; i < us->n; i++)
		if (action_open(us->u[i].act)) {
			here &= us->u[i].st.st_dev == ap->syncdev;
			n++;
		}
	apply_sync_begin(ap, here ? n : 0);
}

/* A folder's uploads that are done: whoever wrote them may not have made them durable. */
static void
sync_each(const struct uploads *us, const struct part *p)
{
	struct action **a = mem_alloc((p->nup + 1) * sizeof(struct action *));
	size_t i, n = 0;

	for (i = p->up; i < p->up + p->nup; i++)
		if (us->u[i].act->file != NULL)
			a[n++] = us->u[i].act;
	apply_sync_files(us->fl->ap, a, n, apply_file_at);
	free(a);
}

static void
folder_on_disk(struct flight *fl, struct uploads *us, struct part *p, int synced)
{
	struct err why = { 0 };
	struct action *a;
	size_t i;
	int again = 0, r = 0;

	for (i = 0; i < p->n && r == 0; i++) {
		a = p->a[i];
		if (a->verb == VERB_FLAGS && a->side == SIDE_LOCAL && action_open(a) &&
		    (r = afolder_open(fl->ap, p->f, &why)) == 0)
			change_letters(fl->ap, a);
	}
	for (i = p->up; i < p->up + p->nup && r == 0; i++)
		if (action_open(us->u[i].act) && (r = afolder_open(fl->ap, p->f, &why)) == 0)
			upload_done(us, p, &us->u[i], &again);
	if (r == 0 && !synced)
		sync_each(us, p);
	for (i = p->up; i < p->up + p->nup && r == 0; i++)
		if (action_open(us->u[i].act))
			name_upload(us, p, &us->u[i]);
	/* what is not on disk must not get into the state */
	for (i = 0; i < p->n && r == -1; i++)
		if (change_wants_file(p->a[i]))
			action_fail(p->a[i], why.status, "%s", why.text);
}

void
change_disk(struct flight *fl, struct uploads *us)
{
	int synced = apply_sync_end(fl->ap);
	size_t i;

	for (i = 0; i < fl->n; i++)
		folder_on_disk(fl, us, &fl->part[i], synced);
}

int
change_commit(struct apply *ap, struct actions *as, struct uploads *us, struct err *e)
{
	size_t i;
	int r = 0;

	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < as->n && r == 0; i++) {
		if (action_deletes(as->a[i]))
			continue;
		if (action_open(as->a[i]))
			r = change_row(ap, as->a[i], e);
		if (r == 0)
			r = apply_log(ap, as->a[i], e);
	}
	for (i = 0; i < us->n && r == 0; i++)
		r = change_refused(ap, &us->u[i], e);
	for (i = 0; i < us->fl->n && r == 0; i++)
		r = change_unfound(ap, us, &us->fl->part[i], e);
	if (r == 0)
		return state_commit(ap->st, e);
	state_abort(ap->st);
	return -1;
}
