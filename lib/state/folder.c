/*
 * Folders.  In a write transaction those that are changed are held decoded in the
 * handle and written at commit, so that figures cost no write per row.
 */
#include "state/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state/db.h"
#include "state/intent.h"

void
state_folder_free(struct state_folder *f)
{
	free(f->remote);
	free(f->local);
	free(f->rules);
	free(f->mailboxid);
	memset(f, 0, sizeof(*f));
}

static void
copy(struct state_folder *to, const struct state_folder *from)
{
	*to = *from;
	to->remote = mem_dup(from->remote);
	to->local = mem_dup(from->local);
	to->rules = mem_dup(from->rules);
	to->mailboxid = mem_dup(from->mailboxid);
}

/* The folder as it is stored: 1, 0, -1. */
static int
load(struct state *st, uint32_t id, struct state_folder *f, struct err *e)
{
	unsigned char key[4];
	MDB_val v;
	int got;

	memset(f, 0, sizeof(*f));
	codec_put(key, id, 4);
	if ((got = db_get(st, DB_FOLDER, key, 4, &v, e)) != 1)
		return got;
	f->id = id;
	if (codec_folder_read(f, v.mv_data, v.mv_size) == -1) {
		memset(f, 0, sizeof(*f));
		return db_broken(st, "a folder's record", e);
	}
	return 1;
}

/* The touched folder, or NULL. */
static struct state_folder *
touched(struct state *st, uint32_t id)
{
	size_t i;

	if (st->lasttouched < st->ntouched && st->touched[st->lasttouched].id == id)
		return &st->touched[st->lasttouched];
	for (i = 0; i < st->ntouched; i++)
		if (st->touched[i].id == id) {
			st->lasttouched = i;
			return &st->touched[i];
		}
	return NULL;
}

/* Adds a folder to the touched ones, taking its strings over. */
static struct state_folder *
touch_new(struct state *st, const struct state_folder *f)
{
	if (st->ntouched == st->captouched) {
		st->captouched = st->captouched != 0 ? 2 * st->captouched : 8;
		st->touched = mem_grow(st->touched, st->captouched, sizeof(*st->touched));
	}
	st->dirty = 1;
	st->lasttouched = st->ntouched;
	st->touched[st->ntouched] = *f;
	return &st->touched[st->ntouched++];
}

struct state_folder *
db_touch(struct state *st, uint32_t id, struct err *e)
{
	struct state_folder *t, f;
	int got;

	ENSURE(st->open && st->writing);
	if ((t = touched(st, id)) != NULL)
		return t;
	if ((got = load(st, id, &f, e)) == 1)
		return touch_new(st, &f);
	if (got == 0)
		err_fail(e, "state %s: folder number %u is not there", st->dir, id);
	return NULL;
}

int
db_flush(struct state *st, uint64_t gen, struct err *e)
{
	unsigned char key[4];
	size_t i;

	for (i = 0; i < st->ntouched; i++) {
		if (gen != 0)
			st->touched[i].gen = gen;
		codec_put(key, st->touched[i].id, 4);
		buf_clear(&st->value);
		if (codec_folder(&st->value, &st->touched[i]) == -1)
			return err_fail(e, "folder %.100s: its names are too long for the state",
			    st->touched[i].remote);
		if (db_put(st, DB_FOLDER, key, 4, st->value.data, st->value.len, 0, e) == -1)
			return -1;
	}
	return 0;
}

int
state_folder_get(struct state *st, uint32_t id, struct state_folder *f, struct err *e)
{
	struct state_folder *t;

	ENSURE(st->open);
	if ((t = touched(st, id)) == NULL)
		return load(st, id, f, e);
	copy(f, t);
	return 1;
}

/* The next number for a folder; none is used twice. */
static int
new_id(struct state *st, uint32_t *id, struct err *e)
{
	unsigned char n[4];
	MDB_val v;
	int got;

	if ((got = db_get(st, DB_META, "nextid", 6, &v, e)) == -1)
		return -1;
	if (got == 0 || v.mv_size != 4)
		return db_broken(st, "no folder number", e);
	*id = (uint32_t)codec_get(v.mv_data, 4);
	if (*id == 0 || *id == UINT32_MAX)
		return db_broken(st, "folder numbers are used up", e);
	codec_put(n, *id + 1, 4);
	return db_put(st, DB_META, "nextid", 6, n, 4, 0, e);
}

int
state_folder_make(struct state *st, const char *remote, const char *local, uint32_t *id,
    struct err *e)
{
	struct state_folder f = { 0 };
	int got;

	ENSURE(st->open && st->writing);
	if ((got = db_pair_id(st, remote, local, id, e)) != 0)
		return got == 1 ? 0 : -1;
	if (new_id(st, id, e) == -1 || db_put_names(st, remote, local, *id, e) == -1)
		return -1;
	f.id = *id;
	f.remote = mem_dup(remote);
	f.local = mem_dup(local);
	touch_new(st, &f);
	return 0;
}

int
state_folder_put(struct state *st, const struct state_folder *f, struct err *e)
{
	struct state_folder *t, old;

	if ((t = db_touch(st, f->id, e)) == NULL)
		return -1;
	if (t->rows != 0 && t->validity != f->validity)
		return err_fail(e, "folder %.200s: its UIDVALIDITY changed from %u to %u while the "
		    "state has messages of the old one", t->remote, t->validity, f->validity);
	old = *t;
	*t = *f;
	t->gen = old.gen;
	t->past = old.past;
	t->was = old.was;
	t->old = old.old;
	t->rows = old.rows;
	t->kept = old.kept;
	t->intents = old.intents;
	t->remote = old.remote;
	t->local = old.local;
	t->rules = mem_dup(f->rules);
	t->mailboxid = mem_dup(f->mailboxid);
	free(old.rules);
	free(old.mailboxid);
	return 0;
}

int
state_folder_clear(struct state *st, uint32_t id, struct err *e)
{
	struct state_folder *t;
	unsigned char key[4];

	if ((t = db_touch(st, id, e)) == NULL)
		return -1;
	codec_put(key, id, 4);
	t->rows = t->kept = t->intents = 0;
	st->walking = 0;
	if (db_del_prefix(st, DB_MSG, key, 4, e) == -1 || db_del_prefix(st, DB_KW, key, 4, e) == -1)
		return -1;
	return db_del_prefix(st, DB_INTENT, key, 4, e);
}

/* Drops a folder's record with its rows and intents; its names stay. */
static int
drop_record(struct state *st, uint32_t id, struct err *e)
{
	unsigned char key[4];
	struct state_folder *t;

	codec_put(key, id, 4);
	if (state_folder_clear(st, id, e) == -1 || db_del(st, DB_FOLDER, key, 4, e) == -1)
		return -1;
	if ((t = touched(st, id)) != NULL) {
		state_folder_free(t);
		*t = st->touched[--st->ntouched];
	}
	return 0;
}

int
state_folder_settle(struct state *st, uint32_t id, struct err *e)
{
	struct state_folder *t = db_touch(st, id, e);
	uint32_t past;

	if (t == NULL)
		return -1;
	past = t->past;
	t->past = 0;
	t->was = 0;
	return past != 0 ? drop_record(st, past, e) : 0;
}

/* Uploads that are open stay so, and the archive; what a server refused that numbered otherwise is of no interest. */
static int
take_intents(struct state *st, uint32_t from, uint32_t to, struct err *e)
{
	struct state_intent *in;
	size_t i, n;
	int r = 0, refused;

	if (state_intents(st, from, &in, &n, e) == -1)
		return -1;
	for (i = 0; i < n && r == 0; i++) {
		refused = in[i].kept == KEPT_REFUSED || in[i].kept == KEPT_LATER;
		if (from != to || refused)
			r = state_intent_del(st, from, in[i].name, e);
		if (r == 0 && from != to && !refused)
			r = state_intent_put(st, to, &in[i], e);
	}
	state_intents_free(in, n);
	return r;
}

/* A new record whose past is that one: its number, 0 on error. */
static uint32_t
succeed(struct state *st, uint32_t id, struct err *e)
{
	struct state_folder *t, f = { 0 };
	uint32_t now = 0;

	if (new_id(st, &now, e) == -1 || (t = db_touch(st, id, e)) == NULL)
		return 0;
	t->old = 1;
	f.id = now;
	f.remote = mem_dup(t->remote);
	f.local = mem_dup(t->local);
	f.rung = t->rung;
	f.distrust = t->distrust;
	f.past = id;
	f.was = t->rows;
	t = touch_new(st, &f);
	return db_put_names(st, t->remote, t->local, now, e) == -1 ? 0 : now;
}

int
state_folder_renew(struct state *st, uint32_t id, uint32_t validity, uint32_t *now, struct err *e)
{
	struct state_folder *t;

	*now = id;
	if ((t = db_touch(st, id, e)) == NULL || (t->rows != 0 &&
	    (state_folder_settle(st, id, e) == -1 || (*now = succeed(st, id, e)) == 0)) ||
	    take_intents(st, id, *now, e) == -1 || (t = db_touch(st, *now, e)) == NULL)
		return -1;
	t->validity = validity;
	t->renewed = 1;
	memset(&t->rhead, 0, sizeof(t->rhead));
	memset(&t->cur, 0, sizeof(t->cur));
	memset(&t->new, 0, sizeof(t->new));
	st->dirty = 1;
	return 0;
}

int
state_folder_drop(struct state *st, uint32_t id, struct err *e)
{
	struct state_folder f;
	int got, r = -1;

	if ((got = state_folder_get(st, id, &f, e)) != 1)
		return got;
	if (state_folder_settle(st, id, e) == 0 && drop_record(st, id, e) == 0)
		r = db_drop_names(st, f.remote, f.local, e);
	state_folder_free(&f);
	return r;
}

static int
by_remote(const void *a, const void *b)
{
	return strcmp(((const struct state_folder *)a)->remote,
	    ((const struct state_folder *)b)->remote);
}

int
state_folders(struct state *st, struct state_folder **out, size_t *n, struct err *e)
{
	struct state_folder *f = NULL;
	size_t cap = 0;
	MDB_cursor *c;
	MDB_val k, v;
	int rc;

	*out = NULL;
	*n = 0;
	ENSURE(st->open);
	if (st->txn == NULL)
		return 0;
	if (st->writing && db_flush(st, 0, e) == -1)
		return -1;
	if ((rc = mdb_cursor_open(st->txn, st->db[DB_FOLDER], &c)) != 0)
		return db_fail(st, rc, "cannot read", e);
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		if (*n == cap) {
			cap = cap != 0 ? 2 * cap : 64;
			f = mem_grow(f, cap, sizeof(*f));
		}
		memset(&f[*n], 0, sizeof(*f));
		if (k.mv_size != 4 || codec_folder_read(&f[*n], v.mv_data, v.mv_size) == -1)
			break;
		if (f[*n].old)
			state_folder_free(&f[*n]);
		else
			f[(*n)++].id = (uint32_t)codec_get(k.mv_data, 4);
	}
	mdb_cursor_close(c);
	if (rc != MDB_NOTFOUND) {
		state_folders_free(f, *n);
		*n = 0;
		return rc == 0 ? db_broken(st, "a folder's record", e) :
		    db_fail(st, rc, "cannot read", e);
	}
	if (*n != 0)
		qsort(f, *n, sizeof(*f), by_remote);
	*out = f;
	return 0;
}

void
state_folders_free(struct state_folder *f, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		state_folder_free(&f[i]);
	free(f);
}
