/* Intents. */
#include "state/intent.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state/db.h"

int
state_intent_get(struct state *st, uint32_t folder, const char *name, struct state_intent *it,
    struct err *e)
{
	unsigned char key[CODEC_INTENTKEY];
	MDB_val v;
	int got;

	codec_intent_key(key, folder, name);
	if ((got = db_get(st, DB_INTENT, key, sizeof(key), &v, e)) != 1)
		return got;
	if (codec_intent_read(it, v.mv_data, v.mv_size) == -1)
		return db_broken(st, "an upload's record", e);
	return 1;
}

int
state_intent_put(struct state *st, uint32_t folder, const struct state_intent *it, struct err *e)
{
	struct state_folder *f;
	unsigned char key[CODEC_INTENTKEY];
	MDB_val v;
	int got;

	if ((f = db_touch(st, folder, e)) == NULL)
		return -1;
	codec_intent_key(key, folder, it->name);
	if ((got = db_get(st, DB_INTENT, key, sizeof(key), &v, e)) == -1)
		return -1;
	buf_clear(&st->value);
	if (codec_intent(&st->value, it) == -1)
		return err_fail(e, "folder %.200s: the name or the answer of an upload is too long "
		    "for the state", f->remote);
	f->intents += got == 0;
	return db_put(st, DB_INTENT, key, sizeof(key), st->value.data, st->value.len, 0, e);
}

int
state_intent_del(struct state *st, uint32_t folder, const char *name, struct err *e)
{
	struct state_folder *f;
	unsigned char key[CODEC_INTENTKEY];
	int got;

	codec_intent_key(key, folder, name);
	if ((got = db_del(st, DB_INTENT, key, sizeof(key), e)) != 1)
		return got;
	if ((f = db_touch(st, folder, e)) == NULL)
		return -1;
	f->intents--;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct state_intent *)a)->name,
	    ((const struct state_intent *)b)->name);
}

/* Reads the folder's intents one after another; LMDB's code, 0 if one does not decode. */
static int
collect(MDB_cursor *c, const unsigned char prefix[4], struct state_intent **all, size_t *n)
{
	MDB_val k = { 4, (void *)(uintptr_t)prefix }, v;
	struct state_intent *it;
	size_t cap = 0;
	int rc;

	rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && k.mv_size == CODEC_INTENTKEY && memcmp(k.mv_data, prefix, 4) == 0) {
		if (*n == cap) {
			cap = cap != 0 ? 2 * cap : 16;
			*all = mem_grow(*all, cap, sizeof(**all));
		}
		it = &(*all)[*n];
		if (codec_intent_read(it, v.mv_data, v.mv_size) == -1)
			return 0;
		it->name = mem_dup(it->name);
		it->why = mem_dup(it->why);
		(*n)++;
		rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	}
	return rc == 0 ? MDB_NOTFOUND : rc;
}

int
state_intents(struct state *st, uint32_t folder, struct state_intent **out, size_t *n,
    struct err *e)
{
	struct state_intent *all = NULL;
	unsigned char prefix[4];
	MDB_cursor *c;
	int rc;

	*out = NULL;
	*n = 0;
	ENSURE(st->open);
	if (st->txn == NULL)
		return 0;
	if ((rc = mdb_cursor_open(st->txn, st->db[DB_INTENT], &c)) != 0)
		return db_fail(st, rc, "cannot read", e);
	codec_put(prefix, folder, 4);
	rc = collect(c, prefix, &all, n);
	mdb_cursor_close(c);
	if (rc != MDB_NOTFOUND) {
		state_intents_free(all, *n);
		*n = 0;
		return rc == 0 ? db_broken(st, "an upload's record", e) :
		    db_fail(st, rc, "cannot read", e);
	}
	if (*n != 0)
		qsort(all, *n, sizeof(*all), by_name);
	*out = all;
	return 0;
}

void
state_intents_free(struct state_intent *all, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free((void *)(uintptr_t)all[i].name);
		free((void *)(uintptr_t)all[i].why);
	}
	free(all);
}
