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
#include "imap/mailbox.h"
#include "maildir/file.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/flight.h"
#include "plan/upload.h"
#include "state/folder.h"
#include "state/intent.h"
#include "state/msg.h"

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
		return 0;
	buf_init(&b, 4096);
	same = strcmp(name, a->name) == 0 ||
	    (name_with_uid(&b, a->name, a->uid, a->f->fmd5) == 0 && strcmp(buf_cstr(&b), name) == 0);
	buf_free(&b);
	return same;
}

/* Takes the row's name in place of the plan's. */
static void
rename_action(struct action *a, const char *name)
{
	char *fields;
	size_t n;

	if (strcmp(a->name, name) == 0)
		return;
	n = strlen(name) + 1;
	fields = mem_alloc(a->len + 1 + n);
	memcpy(fields, name, n);
	free(a->fields);
	a->fields = fields;
	a->name = fields;
	a->why = a->spool = NULL;
}

static int
expect_flags(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = need_row(ap, a, &row, e);

	if (got != 1)
		return got;
	if (!same_name(a, row.name))
		action_skip(a, "the state names another file");
	else
		rename_action(a, row.name);
	return 0;
}

static int
expect_agree(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = need_row(ap, a, &row, e);

	if (got == 1 && a->haswas && row.flags != a->was)
		action_skip(a, "the state says otherwise");
	return got == -1 ? -1 : 0;
}

/* No upload of that file may have begun after the plan was made. */
static int
expect_upload(struct apply *ap, struct action *a, struct err *e)
{
	struct state_intent in;
	struct state_msg row;
	struct mdname name;
	int got = 0;

	if (a->f->validity != 0 && a->nextv != 0 && a->f->validity != a->nextv) {
		action_skip(a, "UIDVALIDITY is not the state's");
		return 0;
	}
	if (a->f->id == 0)
		return 0;
	if ((got = state_intent_get(ap->st, a->f->id, a->name, &in, e)) == -1)
		return -1;
	if (got == 1 && in.gen >= a->gen && !in.refused)
		action_skip(a, "an upload of it was begun since this plan was made");
	if (name_parse(a->name, ap->a->infosep, a->f->fmd5, &name) == -1 || name.uid == 0)
		return 0;
	if ((got = state_msg_get(ap->st, a->f->id, name.uid, &row, e)) == -1)
		return -1;
	if (got == 1 && row.name != NULL && strcmp(row.name, a->name) == 0)
		action_skip(a, "it is paired already");
	return 0;
}

static int
expect(struct apply *ap, struct action *a, struct err *e)
{
	if (afolder_load(ap, a->f, e) == -1)
		return -1;
	if (apply_barred(ap, a))
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

static int
expect_all(struct apply *ap, struct actions *as, struct err *e)
{
	size_t i;
	int r = 0;

	if (state_begin(ap->st, 0, e) == -1)
		return -1;
	for (i = 0; i < as->n && r == 0; i++)
		r = expect(ap, as->a[i], e);
	state_abort(ap->st);
	return r;
}

static int
wants_file(const struct action *a)
{
	return action_open(a) && (a->verb == VERB_FLAGS || a->verb == VERB_COPY);
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
			else if (some.a[i]->file == NULL)
				action_skip(some.a[i], "the file is gone");
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
		in.gen = a->gen;
		in.validity = a->nextv;
		in.next = a->next;
		in.size = a->size;
		in.date = a->date;
		in.has_dig = 1;
		memcpy(in.dig, a->dig, DIGEST_LEN);
		if (afolder_make(ap, a->f, 0, e) == -1 ||
		    state_intent_put(ap->st, a->f->id, &in, e) == -1) {
			state_abort(ap->st);
			return -1;
		}
		n++;
	}
	if (n == 0) {
		state_abort(ap->st);
		return 0;
	}
	return state_commit(ap->st, e);
}

static int
created(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct action *a = arg;
	struct buf b;

	(void)im;
	(void)e;
	if (r->status == IMAP_OK || imap_code(r, "ALREADYEXISTS")) {
		action_done(a, NULL);
		return 0;
	}
	buf_init(&b, 1024);
	imap_words(r, &b);
	action_fail(a, EXIT_FAIL, "the server refused to make the folder: %s", buf_cstr(&b));
	buf_free(&b);
	return 0;
}

/* CREATE, in front of the folder's SELECT. */
static void
send_create(struct flight *fl, struct afolder *f)
{
	struct imap_done done = { created, NULL };
	struct err why = { 0 };
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->f != f || a->verb != VERB_CREATE || !action_open(a))
			continue;
		if (mailbox_check(f->remote, fl->ap->a->utf8foldernames, &why) == -1) {
			action_fail(a, EXIT_FAIL, "%s", why.text);
			continue;
		}
		done.arg = a;
		imap_begin(&fl->ap->im, done);
		imap_put(&fl->ap->im, "CREATE ");
		mailbox_put(&fl->ap->im, f->remote, fl->ap->a->utf8foldernames, &why);
		imap_end(&fl->ap->im);
	}
}

static int
stores_flags(const struct action *a)
{
	return a->verb == VERB_FLAGS && a->side == SIDE_REMOTE && action_open(a);
}

/* One STORE for each combination of flags to add, and to remove, in this folder. */
struct stores {
	struct flight_store *st[2 * (FLAG_ALL + 1)];
	size_t n;
};

static void
send_stores(struct flight *fl, struct afolder *f, struct stores *ss)
{
	struct flight_store *st;
	struct uidset set;
	struct action *a;
	unsigned mask;
	size_t i;
	int remove;

	uidset_init(&set);
	for (remove = 0; remove < 2; remove++)
		for (mask = 1; mask <= FLAG_ALL; mask++) {
			uidset_clear(&set);
			for (i = 0; i < fl->as->n; i++) {
				a = fl->as->a[i];
				if (a->f == f && stores_flags(a) && (remove ? a->del : a->add) == mask)
					uidset_add(&set, a->uid, a->uid);
			}
			if (set.n == 0)
				continue;
			st = ss->st[ss->n++] = mem_alloc(sizeof(*st));
			st->fl = fl;
			st->f = f;
			st->flags = mask;
			st->remove = remove;
			flight_store(fl, st, &set);
		}
	uidset_free(&set);
}

static int
has_stores(struct flight *fl, struct afolder *f)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (fl->as->a[i]->f == f && stores_flags(fl->as->a[i]))
			return 1;
	return 0;
}

/* What a refused STORE means for its actions; frees. */
static void
end_stores(struct flight *fl, struct stores *ss)
{
	struct flight_store *st;
	struct action *a;
	size_t i, j;

	for (i = 0; i < ss->n; i++) {
		st = ss->st[i];
		for (j = 0; j < fl->as->n && st->refused != NULL; j++) {
			a = fl->as->a[j];
			if (a->f == st->f && stores_flags(a) &&
			    (st->remove ? a->del : a->add) == st->flags)
				action_fail(a, EXIT_FAIL, "the server refused it: %s", st->refused);
		}
		free(st->refused);
		free(st);
	}
}

/* 1 if anything of this batch must be said to the server. */
static int
remote_work(struct flight *fl, struct uploads *us)
{
	size_t i;

	for (i = 0; i < fl->as->n; i++)
		if (action_open(fl->as->a[i]) && (stores_flags(fl->as->a[i]) ||
		    (fl->as->a[i]->verb == VERB_CREATE && fl->as->a[i]->side == SIDE_REMOTE)))
			return 1;
	for (i = 0; i < us->n; i++)
		if (action_open(us->u[i].act))
			return 1;
	return 0;
}

/* Everything that speaks to the server and is open failed for the same reason. */
static void
fail_remote(struct flight *fl, const struct err *why)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->side == SIDE_REMOTE && a->verb != VERB_KEEP && a->newuid == 0)
			action_fail(a, why->status, "%s", why->text);
	}
}

/* The flight itself; with alone, only the uploads whose group was refused. */
static int
fly(struct flight *fl, struct uploads *us, int alone)
{
	struct stores *ss = mem_alloc(fl->n * sizeof(*ss) + 1);
	size_t i, j;
	int r;

	flight_start(fl);
	for (i = 0; i < fl->n; i++) {
		if (!alone)
			send_create(fl, fl->folders[i]);
		if (!uploads_for(us, fl->folders[i]) && (alone || !has_stores(fl, fl->folders[i])))
			continue;
		if (flight_select(fl, fl->folders[i], 0) == -1)
			continue;
		if (!alone)
			send_stores(fl, fl->folders[i], &ss[i]);
		uploads_send(us, fl->folders[i], alone);
		flight_unselect(fl);
	}
	r = flight_end(fl);
	for (j = 0; j < fl->n; j++)
		end_stores(fl, &ss[j]);
	free(ss);
	return r;
}

static int
left_alone(const struct uploads *us)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		if (us->u[i].alone && action_open(us->u[i].act))
			return 1;
	return 0;
}

/* Another session, after one that ended over a group of uploads. */
static int
fresh_session(struct apply *ap, struct err *e)
{
	imap_close(&ap->im);
	ap->session = 0;
	return apply_session(ap, e);
}

static void
speak(struct flight *fl, struct uploads *us)
{
	struct apply *ap = fl->ap;
	struct err why = { 0 };
	int r;

	if (!remote_work(fl, us))
		return;
	if (apply_session(ap, &why) == -1) {
		fail_remote(fl, &why);
		return;
	}
	r = fly(fl, us, 0);
	if (left_alone(us)) {
		if (r == -1 && fresh_session(ap, &why) == -1) {
			fail_remote(fl, &why);
			return;
		}
		r = fly(fl, us, 1);
	}
	if (r == 0)
		r = uploads_find(us);
	if (r == -1)
		fail_remote(fl, &ap->im.err);
}

/* What SELECT told decides over flag changes on the server. */
static void
judge(struct flight *fl)
{
	struct action *a;
	char room[600];
	const char *no;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (!stores_flags(a))
			continue;
		if ((no = flight_obstacle(a->f, a->validity, room, sizeof(room))) != NULL)
			action_fail(a, EXIT_FAIL, "%s", no);
		else if (a->f->readonly)
			action_fail(a, EXIT_FAIL, "the folder is read-only on the server");
	}
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
row_upload(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;

	if (a->f->validity != 0 && a->f->validity != a->newvalidity) {
		action_fail(a, EXIT_FAIL, "uploaded, but UIDVALIDITY changed meanwhile");
		return 0;
	}
	memset(&m, 0, sizeof(m));
	m.uid = a->newuid;
	m.flags = a->flags;
	m.size = a->size;
	m.date = a->date >= 0 ? a->date : 0;
	m.has_dig = 1;
	memcpy(m.dig, a->dig, DIGEST_LEN);
	m.name = a->file;
	if (afolder_make(ap, a->f, a->newvalidity, e) == -1 ||
	    state_msg_put(ap->st, a->f->id, &m, e) == -1 ||
	    state_intent_del(ap->st, a->f->id, a->name, e) == -1)
		return -1;
	action_done(a, "%u:%u", a->newvalidity, a->newuid);
	return 0;
}

/* A row's flags, with what this line changed. */
static int
row_flags(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;
	int got = state_msg_get(ap->st, a->f->id, a->uid, &m, e);

	if (got != 1) {
		action_skip(a, "the state does not know it");
		return got;
	}
	if (a->verb == VERB_AGREE)
		m.flags = a->flags;
	else
		m.flags = (m.flags | a->add) & ~a->del;
	m.kept = 0;
	if (state_msg_put(ap->st, a->f->id, &m, e) == -1)
		return -1;
	action_done(a, NULL);
	return 0;
}

/* A difference that stays: the row says why, or is made to say it. */
static int
row_keep(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;
	int got;

	if (a->uid != 0 && (a->f->validity == 0 || a->f->validity == a->validity)) {
		if (afolder_make(ap, a->f, a->validity, e) == -1 ||
		    (got = state_msg_get(ap->st, a->f->id, a->uid, &m, e)) == -1)
			return -1;
		if (got == 0) {
			memset(&m, 0, sizeof(m));
			m.uid = a->uid;
			m.flags = a->flags;
		}
		m.kept = state_kept_number(a->why);
		if (state_msg_put(ap->st, a->f->id, &m, e) == -1)
			return -1;
	}
	action_done(a, NULL);
	return 0;
}

/* A message gone on both sides, an intent that came to nothing, a whole folder. */
static int
row_forget(struct apply *ap, struct action *a, struct err *e)
{
	int r = 0;

	if (a->f->id == 0 || (a->uid != 0 && a->f->validity != a->validity)) {
		action_skip(a, "the state does not know it");
		return 0;
	}
	if (a->uid != 0)
		r = state_msg_del(ap->st, a->f->id, a->uid, e);
	else if (a->name != NULL)
		r = state_intent_del(ap->st, a->f->id, a->name, e);
	else {
		r = state_folder_drop(ap->st, a->f->id, e);
		a->f->id = 0;
		a->f->validity = 0;
	}
	if (r == 0)
		action_done(a, NULL);
	return r;
}

/* What the server refused for good is remembered; what it refused for now is forgotten. */
static int
row_refused(struct apply *ap, const struct upload *u, struct err *e)
{
	struct action *a = u->act;
	struct state_intent in;
	int got;

	if (a->f->id == 0 || a->outcome == NULL || strcmp(a->outcome, "fail") != 0 || u->stored ||
	    !u->sent)
		return 0;
	if (!u->refused)
		return ap->im.err.status != 0 ? 0 : state_intent_del(ap->st, a->f->id, a->name, e);
	if ((got = state_intent_get(ap->st, a->f->id, a->name, &in, e)) != 1)
		return got;
	in.refused = 1;
	in.why = a->detail;
	return state_intent_put(ap->st, a->f->id, &in, e);
}

static int
row(struct apply *ap, struct action *a, struct err *e)
{
	switch (a->verb) {
	case VERB_COPY:
		return row_upload(ap, a, e);
	case VERB_FLAGS:
	case VERB_AGREE:
		return row_flags(ap, a, e);
	case VERB_KEEP:
		return row_keep(ap, a, e);
	case VERB_FORGET:
		return row_forget(ap, a, e);
	default:
		action_skip(a, "no such change");
		return 0;
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
			r = row(ap, as->a[i], e);
		if (r == 0)
			r = apply_log(ap, as->a[i], e);
	}
	for (i = 0; i < us->n && r == 0; i++)
		r = row_refused(ap, &us->u[i], e);
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

	if (expect_all(ap, as, e) == -1)
		return -1;
	flight_init(&fl, ap, as);
	for (i = 0; i < fl.n; i++)
		find(&fl, fl.folders[i]);
	uploads_open(&us, &fl);
	if ((r = intend(ap, &us, e)) == 0) {
		speak(&fl, &us);
		judge(&fl);
		on_disk(&fl, &us);
		if ((r = afolder_sync(ap, e)) == 0)
			r = commit(ap, as, &us, e);
	}
	uploads_close(&us);
	flight_free(&fl);
	return r;
}
