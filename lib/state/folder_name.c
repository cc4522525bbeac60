/* Names of folders: each is on one side, and leads to the number of a pair. */
#include "state/folder.h"

#include <string.h>

#include "state/db.h"

/* The id that a name has on a side: 1 and the id, 0, -1. */
static int
name_id(struct state *st, char side, const char *name, uint32_t *id, struct err *e)
{
	unsigned char key[CODEC_NAMEKEY];
	MDB_val v;
	int got;

	*id = 0;
	codec_name_key(key, side, name);
	if ((got = db_get(st, DB_NAME, key, sizeof(key), &v, e)) != 1)
		return got;
	if (v.mv_size != 4 || (*id = (uint32_t)codec_get(v.mv_data, 4)) == 0)
		return db_broken(st, "a folder's name", e);
	return 1;
}

/*
 * Says that a name of the pair stands in folder id with another partner; -1.  If it stands there with this
 * one, no rule has changed: the other name has been lost.
 */
static int
clash(struct state *st, const char *remote, const char *local, uint32_t id, struct err *e)
{
	struct state_folder f;
	int got = state_folder_get(st, id, &f, e);

	if (got == -1)
		return -1;
	if (got == 0)
		return db_broken(st, "a name without its folder", e);
	if (strcmp(f.remote, remote) == 0 && strcmp(f.local, local) == 0)
		db_broken(st, "a folder without one of its names", e);
	else
		err_conf(e, "folder %.100s with local \"%.100s\": so far %.100s went with local \"%.100s\"; "
		    "put the names' rules back as they were, or move the directory %.100s away",
		    remote, local, f.remote, f.local, st->dir);
	state_folder_free(&f);
	return -1;
}

int
db_pair_id(struct state *st, const char *remote, const char *local, uint32_t *id, struct err *e)
{
	uint32_t l;

	if (name_id(st, 'r', remote, id, e) == -1 || name_id(st, 'l', local, &l, e) == -1)
		return -1;
	if (*id != l)
		return clash(st, remote, local, *id != 0 ? *id : l, e);
	return *id != 0;
}

int
state_folder_find(struct state *st, const char *remote, const char *local,
    struct state_folder *f, struct err *e)
{
	uint32_t id;
	int got;

	memset(f, 0, sizeof(*f));
	if ((got = db_pair_id(st, remote, local, &id, e)) != 1)
		return got;
	if ((got = state_folder_get(st, id, f, e)) == 0)
		return db_broken(st, "a name without its folder", e);
	return got;
}

int
state_folder_named(struct state *st, char side, const char *name, struct state_folder *f,
    struct err *e)
{
	uint32_t id;
	int got;

	memset(f, 0, sizeof(*f));
	if ((got = name_id(st, side, name, &id, e)) == 1)
		got = state_folder_get(st, id, f, e);
	return got;
}

int
db_put_names(struct state *st, const char *remote, const char *local, uint32_t id, struct err *e)
{
	unsigned char key[CODEC_NAMEKEY], n[4];

	codec_put(n, id, 4);
	codec_name_key(key, 'r', remote);
	if (db_put(st, DB_NAME, key, sizeof(key), n, 4, 0, e) == -1)
		return -1;
	codec_name_key(key, 'l', local);
	return db_put(st, DB_NAME, key, sizeof(key), n, 4, 0, e);
}

int
db_drop_names(struct state *st, const char *remote, const char *local, struct err *e)
{
	unsigned char key[CODEC_NAMEKEY];

	codec_name_key(key, 'r', remote);
	if (db_del(st, DB_NAME, key, sizeof(key), e) == -1)
		return -1;
	codec_name_key(key, 'l', local);
	return db_del(st, DB_NAME, key, sizeof(key), e) == -1 ? -1 : 0;
}
