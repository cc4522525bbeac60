/* LMDB calls with errors in words. */
#include "state/db.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"

int
db_broken(const struct state *st, const char *what, struct err *e)
{
	if (st->health != NULL)
		*st->health = STATE_BROKEN;
	return err_fail(e, "state %s: broken (%s); " DB_REMEDY, st->dir, what);
}

#define ROOM_LEAST	65536u	/* bytes free below which a failed write means a full disk */

int
db_no_room(const char *dir)
{
	struct statvfs fs;

	return statvfs(dir, &fs) == 0 && fs.f_frsize != 0 &&
	    fs.f_bavail <= ROOM_LEAST / fs.f_frsize;
}

int
db_fail(const struct state *st, int rc, const char *what, struct err *e)
{
	if (rc == EIO && db_no_room(st->dir))
		rc = ENOSPC;
	switch (rc) {
	case MDB_CORRUPTED:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_PANIC:
	case MDB_PAGE_NOTFOUND:
	case MDB_INCOMPATIBLE:
	case MDB_BAD_TXN:	/* opening a cursor met one of these, and did not say so */
		return db_broken(st, mdb_strerror(rc), e);
	case ENOSPC:
	case EDQUOT:
		return err_again(e, "state %s: %s: %s; make room and run again", st->dir, what,
		    strerror(rc));
	case MDB_MAP_FULL:
		return err_fail(e, "state %s: %s: full", st->dir, what);
	case MDB_READERS_FULL:
		return err_again(e, "state %s: %s: too many readers; run again when some have "
		    "ended", st->dir, what);
	default:
		return err_fail(e, "state %s: %s: %s", st->dir, what, mdb_strerror(rc));
	}
}

int
db_get(struct state *st, int db, const void *key, size_t len, MDB_val *v, struct err *e)
{
	MDB_val k = { len, (void *)(uintptr_t)key };
	int rc;

	ENSURE(st->open);
	if (st->txn == NULL)
		return 0;
	rc = mdb_get(st->txn, st->db[db], &k, v);
	if (rc == MDB_NOTFOUND)
		return 0;
	return rc != 0 ? db_fail(st, rc, "cannot read", e) : 1;
}

int
db_put(struct state *st, int db, const void *key, size_t len, const void *p, size_t n,
    unsigned flags, struct err *e)
{
	MDB_val k = { len, (void *)(uintptr_t)key }, v = { n, (void *)(uintptr_t)p };
	int rc;

	ENSURE(st->open && st->writing);
	st->dirty = 1;
	rc = mdb_put(st->txn, st->db[db], &k, &v, flags);
	return rc != 0 ? db_fail(st, rc, "cannot write", e) : 0;
}

int
db_del(struct state *st, int db, const void *key, size_t len, struct err *e)
{
	MDB_val k = { len, (void *)(uintptr_t)key };
	int rc;

	ENSURE(st->open && st->writing);
	rc = mdb_del(st->txn, st->db[db], &k, NULL);
	if (rc == MDB_NOTFOUND)
		return 0;
	st->dirty = 1;
	return rc != 0 ? db_fail(st, rc, "cannot delete", e) : 1;
}

int
db_del_prefix(struct state *st, int db, const void *key, size_t len, struct err *e)
{
	MDB_val k = { len, (void *)(uintptr_t)key }, v;
	MDB_cursor *c;
	int rc;

	ENSURE(st->open && st->writing);
	if ((rc = mdb_cursor_open(st->txn, st->db[db], &c)) != 0)
		return db_fail(st, rc, "cannot delete", e);
	rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && k.mv_size >= len && memcmp(k.mv_data, key, len) == 0) {
		st->dirty = 1;
		if ((rc = mdb_cursor_del(c, 0)) == 0)
			rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	}
	mdb_cursor_close(c);
	return rc != 0 && rc != MDB_NOTFOUND ? db_fail(st, rc, "cannot delete", e) : 0;
}
