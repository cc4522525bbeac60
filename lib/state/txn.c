/* Transactions, and the memory that they map in. */
#include "state/txn.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "state/db.h"

static int
read_generation(struct state *st, struct err *e)
{
	MDB_val v;
	int got = db_get(st, DB_META, "generation", 10, &v, e);

	if (got == -1)
		return -1;
	if (got == 0 || v.mv_size != 8)
		return db_broken(st, "no generation", e);
	st->gen = codec_get(v.mv_data, 8);
	return 0;
}

int
state_begin(struct state *st, int write, struct err *e)
{
	unsigned flags = write ? 0 : MDB_RDONLY;
	int rc;

	ENSURE(!st->open && (!write || st->mode & STATE_WRITE));
	st->open = 1;
	st->writing = write;
	st->gen = 0;
	if (st->env == NULL)
		return 0;
	rc = mdb_txn_begin(st->env, NULL, flags, &st->txn);
	if (rc == MDB_READERS_FULL && mdb_reader_check(st->env, NULL) == 0)
		rc = mdb_txn_begin(st->env, NULL, flags, &st->txn);
	if (rc != 0) {
		st->txn = NULL;
		st->open = 0;
		return db_fail(st, rc, "cannot begin", e);
	}
	if (read_generation(st, e) == -1) {
		state_abort(st);
		return -1;
	}
	return 0;
}

/* Forgets all that belongs to the transaction but the transaction. */
static void
forget(struct state *st)
{
	size_t i;

	if (st->walk != NULL)
		mdb_cursor_close(st->walk);
	st->walk = NULL;
	st->walking = st->haslast = 0;
	for (i = 0; i < st->ntouched; i++)
		state_folder_free(&st->touched[i]);
	st->ntouched = st->lasttouched = 0;
	st->open = st->dirty = st->writing = 0;
}

void
state_abort(struct state *st)
{
	ENSURE(st->open);
	forget(st);
	if (st->txn != NULL)
		mdb_txn_abort(st->txn);
	st->txn = NULL;
}

int
state_commit(struct state *st, struct err *e)
{
	unsigned char gen[8];
	int rc;

	ENSURE(st->open);
	if (!st->dirty) {
		state_abort(st);
		return 0;
	}
	codec_put(gen, st->gen + 1, 8);
	if (db_flush(st, st->gen + 1, e) == -1 ||
	    db_put(st, DB_META, "generation", 10, gen, 8, 0, e) == -1) {
		state_abort(st);
		return -1;
	}
	forget(st);
	rc = mdb_txn_commit(st->txn);
	st->txn = NULL;
	return rc != 0 ? db_fail(st, rc, "cannot commit", e) : 0;
}

uint64_t
state_generation(const struct state *st)
{
	ENSURE(st->open);
	return st->gen + (st->dirty != 0);
}

void
state_relax(struct state *st)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = st->low & ~(page - 1);

	ENSURE(!st->open);
	/*
	 * Only a hint: what is needed again is mapped again.  The whole range each time,
	 * for a few far pages of the tree come back with every step.
	 */
	if (st->high > from)
		madvise((void *)from, st->high - from, MADV_DONTNEED);
}
