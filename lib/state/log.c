/* The audit log. */
#include "state/log.h"

#include "base/mem.h"
#include "state/db.h"

int
state_log_put(struct state *st, const char *line, size_t len, struct err *e)
{
	unsigned char key[8];
	MDB_cursor *c;
	MDB_val k, v;
	uint64_t seq = 0;
	int rc;

	ENSURE(st->open && st->writing);
	if ((rc = mdb_cursor_open(st->txn, st->db[DB_LOG], &c)) != 0)
		return db_fail(st, rc, "cannot read", e);
	if ((rc = mdb_cursor_get(c, &k, &v, MDB_LAST)) == 0 && k.mv_size == sizeof(key))
		seq = codec_get(k.mv_data, sizeof(key));
	mdb_cursor_close(c);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return db_fail(st, rc, "cannot read", e);
	codec_put(key, seq + 1, sizeof(key));
	return db_put(st, DB_LOG, key, sizeof(key), line, len, MDB_APPEND, e);
}

int
state_log_trim(struct state *st, uint64_t keep, struct err *e)
{
	MDB_cursor *c;
	MDB_stat stat;
	MDB_val k, v;
	size_t n;
	int rc;

	ENSURE(st->open && st->writing);
	if ((rc = mdb_stat(st->txn, st->db[DB_LOG], &stat)) != 0 ||
	    (rc = mdb_cursor_open(st->txn, st->db[DB_LOG], &c)) != 0)
		return db_fail(st, rc, "cannot read", e);
	for (n = stat.ms_entries; n > keep; n--) {
		if ((rc = mdb_cursor_get(c, &k, &v, MDB_FIRST)) != 0 ||
		    (rc = mdb_cursor_del(c, 0)) != 0)
			break;
		st->dirty = 1;
	}
	mdb_cursor_close(c);
	return rc != 0 ? db_fail(st, rc, "cannot delete", e) : 0;
}

int
state_log_next(struct state *st, uint64_t after, uint64_t *seq, const char **line, size_t *len,
    struct err *e)
{
	unsigned char key[8];
	MDB_val k = { sizeof(key), key }, v;
	MDB_cursor *c;
	int rc;

	ENSURE(st->open);
	if (st->txn == NULL || after == UINT64_MAX)
		return 0;
	if ((rc = mdb_cursor_open(st->txn, st->db[DB_LOG], &c)) != 0)
		return db_fail(st, rc, "cannot read", e);
	codec_put(key, after + 1, sizeof(key));
	rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	mdb_cursor_close(c);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return db_fail(st, rc, "cannot read", e);
	if (k.mv_size != sizeof(key))
		return db_broken(st, "the log", e);
	*seq = codec_get(k.mv_data, sizeof(key));
	*line = v.mv_data;
	*len = v.mv_size;
	return 1;
}
