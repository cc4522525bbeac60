/* Rows of messages. */
#include "state/msg.h"

#include <string.h>

#include "base/mem.h"
#include "state/db.h"

static const char *const kept_words[KEPT_MAX] = {
	[KEPT_READONLY] = "readonly",
	[KEPT_SYNC_DELETES] = "sync_deletes",
	[KEPT_MAXDELETE] = "maxdelete",
	[KEPT_REFUSED] = "refused",
	[KEPT_EXPUNGE] = "expunge",
	[KEPT_AMBIGUOUS] = "ambiguous",
	[KEPT_WINDOW] = "window",
	[KEPT_NUL] = "nul",
	[KEPT_UNREADABLE] = "unreadable",
	[KEPT_EMPTY] = "empty",
	[KEPT_UIDVALIDITY] = "uidvalidity",
	[KEPT_VANISHED_LOCAL] = "vanished-local",
	[KEPT_VANISHED_REMOTE] = "vanished-remote",
	[KEPT_FAILED] = "failed",
	[KEPT_ARCHIVE] = "archive",
	[KEPT_LATER] = "later",
	[KEPT_DELETING] = "deleting",
};

const char *
state_kept_word(unsigned n)
{
	return n < KEPT_MAX ? kept_words[n] : NULL;
}

unsigned
state_kept_number(const char *word)
{
	unsigned n;

	if (word == NULL)
		return KEPT_NO;
	for (n = 1; n < KEPT_MAX; n++)
		if (strcmp(kept_words[n], word) == 0)
			return n;
	/* whatever it says, the row must not read as agreed (hazard 1) */
	return KEPT_FAILED;
}

/* Decodes a row and notes which part of the map it came from (not so when
 * writing: then it may lie in memory of its own). */
static int
decode(struct state *st, uint32_t uid, const MDB_val *v, struct state_msg *m, struct err *e)
{
	uintptr_t at = (uintptr_t)v->mv_data;

	if (!st->writing) {
		if (at < st->low)
			st->low = at;
		if (at + v->mv_size > st->high)
			st->high = at + v->mv_size;
	}
	m->uid = uid;
	if (codec_msg_read(m, v->mv_data, v->mv_size) == -1)
		return db_broken(st, "a message's row", e);
	return 1;
}

int
state_msg_get(struct state *st, uint32_t folder, uint32_t uid, struct state_msg *m,
    struct err *e)
{
	unsigned char key[CODEC_MSGKEY];
	MDB_val v;
	int got;

	codec_msg_key(key, folder, uid);
	if ((got = db_get(st, DB_MSG, key, sizeof(key), &v, e)) != 1)
		return got;
	return decode(st, uid, &v, m, e);
}

/* Moves the cursor to the first row behind (folder, after), of whatever folder. */
static int
step(struct state *st, uint32_t folder, uint32_t after, MDB_val *k, MDB_val *v)
{
	unsigned char key[CODEC_MSGKEY];
	int rc;

	if (st->walk == NULL &&
	    (rc = mdb_cursor_open(st->txn, st->db[DB_MSG], &st->walk)) != 0)
		return rc;
	if (st->walking && st->walkfolder == folder && st->walkuid == after)
		return mdb_cursor_get(st->walk, k, v, MDB_NEXT);
	codec_msg_key(key, folder, after + 1);
	k->mv_data = key;
	k->mv_size = sizeof(key);
	return mdb_cursor_get(st->walk, k, v, MDB_SET_RANGE);
}

int
state_msg_next(struct state *st, uint32_t folder, uint32_t after, struct state_msg *m,
    struct err *e)
{
	const unsigned char *key;
	MDB_val k, v;
	int rc;

	ENSURE(st->open);
	if (st->txn == NULL || after == UINT32_MAX)
		return 0;
	rc = step(st, folder, after, &k, &v);
	st->walking = 0;
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return db_fail(st, rc, "cannot read", e);
	if (k.mv_size != CODEC_MSGKEY)
		return db_broken(st, "a message's key", e);
	key = k.mv_data;
	if (codec_get(key, 4) != folder)
		return 0;
	st->walkuid = (uint32_t)codec_get(key + 4, 4);
	if (st->walkuid <= after)
		return db_broken(st, "a message's key", e);
	st->walking = 1;
	st->walkfolder = folder;
	return decode(st, st->walkuid, &v, m, e);
}

/* Learns the last key of all rows, once per transaction. */
static int
find_last(struct state *st, struct err *e)
{
	MDB_cursor *c;
	MDB_val k, v;
	int rc;

	if (st->haslast)
		return 0;
	if ((rc = mdb_cursor_open(st->txn, st->db[DB_MSG], &c)) != 0)
		return db_fail(st, rc, "cannot read", e);
	rc = mdb_cursor_get(c, &k, &v, MDB_LAST);
	mdb_cursor_close(c);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return db_fail(st, rc, "cannot read", e);
	st->last = rc == 0 && k.mv_size == CODEC_MSGKEY ?
	    codec_get(k.mv_data, CODEC_MSGKEY) : 0;
	st->haslast = 1;
	return 0;
}

int
state_msg_put(struct state *st, uint32_t folder, const struct state_msg *m, struct err *e)
{
	struct state_folder *f;
	struct state_msg old = { 0 };
	unsigned char key[CODEC_MSGKEY];
	unsigned flags = 0;
	int got = 0;

	ENSURE(m->uid != 0);
	if ((f = db_touch(st, folder, e)) == NULL || find_last(st, e) == -1)
		return -1;
	if (f->validity == 0)
		return err_fail(e, "folder %.200s: a message without a UIDVALIDITY", f->remote);
	buf_clear(&st->value);
	if (codec_msg(&st->value, m) == -1)
		return err_fail(e, "folder %.200s: message %u does not fit the state", f->remote,
		    m->uid);
	codec_msg_key(key, folder, m->uid);
	if (codec_get(key, sizeof(key)) > st->last) {
		flags = MDB_APPEND;
		st->last = codec_get(key, sizeof(key));
	} else if ((got = state_msg_get(st, folder, m->uid, &old, e)) == -1)
		return -1;
	f->rows += got == 0;
	f->kept += (m->kept != KEPT_NO) - (uint64_t)(old.kept != KEPT_NO);
	st->walking = 0;
	return db_put(st, DB_MSG, key, sizeof(key), st->value.data, st->value.len, flags, e);
}

int
state_msg_del(struct state *st, uint32_t folder, uint32_t uid, struct err *e)
{
	struct state_folder *f;
	struct state_msg old;
	unsigned char key[CODEC_MSGKEY];
	int got;

	ENSURE(st->open && st->writing);
	if ((got = state_msg_get(st, folder, uid, &old, e)) != 1)
		return got;
	if ((f = db_touch(st, folder, e)) == NULL)
		return -1;
	f->rows--;
	f->kept -= old.kept != KEPT_NO;
	st->walking = 0;
	codec_msg_key(key, folder, uid);
	return db_del(st, DB_MSG, key, sizeof(key), e) == -1 ? -1 : 0;
}
