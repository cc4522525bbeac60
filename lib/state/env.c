/* The environment: opening it, its format and its owner. */
#include "state/env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsys.h"
#include "base/io.h"
#include "base/mem.h"
#include "state/db.h"

/* Address space reserved, halved down to the least if there is not so much. */
#if SIZE_MAX > 0xffffffffu
#define MAP_MOST	((size_t)64 << 30)
#else
#define MAP_MOST	((size_t)1 << 30)
#endif
#define MAP_LEAST	((size_t)64 << 20)

static const char *const db_names[DB_COUNT] = {
	"meta", "name", "folder", "msg", "kw", "intent", "log"
};

/* Refuses a directory on a network file system; one that is not there yet by its parent. */
static int
check_fs(const char *dir, struct err *e)
{
	char path[PATH_MAX];
	const char *fs;
	char *slash;
	int fd;

	if (strlcpy(path, dir, sizeof(path)) >= sizeof(path))
		return err_fail(e, "state %s: %s", dir, strerror(ENAMETOOLONG));
	while ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 && errno == ENOENT) {
		if ((slash = strrchr(path, '/')) == NULL)
			strlcpy(path, ".", sizeof(path));
		else if (slash == path)
			path[1] = '\0';
		else
			*slash = '\0';
	}
	if (fd == -1)
		return err_fail(e, "state %s: %s: %s", dir, path, strerror(errno));
	fs = fsys_remote(fd);
	close(fd);
	if (fs != NULL)
		return err_conf(e, "state %s: it would lie on %s, where databases break; set "
		    "\"metadata\" in [general] to a directory on a local disk", dir, fs);
	return 0;
}

/* 1 if there is a state file with something in it, 0 if not, -1. */
static int
exists(const char *dir, struct err *e)
{
	char path[PATH_MAX];
	struct stat sb;

	if (strlcpy(path, dir, sizeof(path)) >= sizeof(path) ||
	    strlcat(path, "/data.mdb", sizeof(path)) >= sizeof(path))
		return err_fail(e, "state %s: %s", dir, strerror(ENAMETOOLONG));
	if (stat(path, &sb) == 0)
		return sb.st_size != 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_fail(e, "state %s: %s", dir, strerror(errno));
}

/* LMDB has met pages that cannot be; it would abort. */
static void
impossible(MDB_env *env, const char *what)
{
	const struct state *st = mdb_env_get_userctx(env);
	struct err e;

	db_broken(st, what, &e);
	err_print(program_invocation_short_name, &e);
	_exit(EXIT_FAIL);
}

/* One try at mapping that much; LMDB's code. */
static int
try_env(struct state *st, unsigned flags, size_t map)
{
	int rc;

	if ((rc = mdb_env_create(&st->env)) != 0) {
		st->env = NULL;
		return rc;
	}
	mdb_env_set_userctx(st->env, st);
	mdb_env_set_assert(st->env, impossible);
	if ((rc = mdb_env_set_maxdbs(st->env, DB_COUNT)) == 0 &&
	    (rc = mdb_env_set_mapsize(st->env, map)) == 0)
		rc = mdb_env_open(st->env, st->dir, flags, 0600);
	if (rc != 0) {
		mdb_env_close(st->env);
		st->env = NULL;
	}
	return rc;
}

/*
 * Refuses a file that lost its end (a copy that was cut off): LMDB would map what is
 * not there and the process would die of SIGBUS.
 */
static int
check_size(const struct state *st, struct err *e)
{
	MDB_envinfo info;
	MDB_stat pages;
	struct stat sb;
	int fd, rc;

	if ((rc = mdb_env_info(st->env, &info)) != 0 || (rc = mdb_env_stat(st->env, &pages)) != 0 ||
	    (rc = mdb_env_get_fd(st->env, &fd)) != 0)
		return db_fail(st, rc, "cannot open", e);
	if (fstat(fd, &sb) == -1)
		return db_fail(st, errno, "cannot open", e);
	if ((uint64_t)sb.st_size / pages.ms_psize <= info.me_last_pgno)
		return db_broken(st, "the file is cut off", e);
	return 0;
}

static int
open_env(struct state *st, struct err *e)
{
	unsigned flags = MDB_NOTLS;
	size_t map;
	int rc;

	if (!(st->mode & STATE_WRITE))
		flags |= MDB_RDONLY;
	else if (st->mode & STATE_NOSYNC)
		flags |= MDB_NOSYNC;
	for (map = MAP_MOST; (rc = try_env(st, flags, map)) == ENOMEM && map > MAP_LEAST; )
		map /= 2;
	/*
	 * A reader that may not write the lock file reads without it.  That is
	 * sound only because such a directory's writer is elsewhere and two
	 * of its commits would have to fall into one of our short transactions.
	 */
	if (!(st->mode & STATE_WRITE) && (rc == EACCES || rc == EROFS || rc == EPERM))
		rc = try_env(st, flags | MDB_NOLOCK, map);
	if (rc != 0)
		return db_fail(st, rc, "cannot open", e);
	if (st->mode & STATE_WRITE)
		mdb_reader_check(st->env, NULL);
	return check_size(st, e);
}

/* The new state's first rows; in the transaction. */
static int
create_meta(struct state *st, const char *account, struct err *e)
{
	unsigned char n[8];

	codec_put(n, STATE_FORMAT, 4);
	if (db_put(st, DB_META, "format", 6, n, 4, 0, e) == -1 ||
	    db_put(st, DB_META, "account", 7, account, strlen(account), 0, e) == -1)
		return -1;
	codec_put(n, 0, 8);
	if (db_put(st, DB_META, "generation", 10, n, 8, 0, e) == -1)
		return -1;
	codec_put(n, 1, 4);
	return db_put(st, DB_META, "nextid", 6, n, 4, 0, e);
}

/* Format and account of a state; 1 if it is ours, 0 if it has none yet, -1. */
static int
check_meta(struct state *st, const char *account, struct err *e)
{
	MDB_val v;
	uint64_t format;
	int got;

	if ((got = db_get(st, DB_META, "format", 6, &v, e)) != 1)
		return got;
	if (v.mv_size != 4)
		return db_broken(st, "no format number", e);
	format = codec_get(v.mv_data, 4);
	if (format < STATE_FORMAT)
		return db_broken(st, "no format number", e);
	if (format != STATE_FORMAT && st->health != NULL)
		*st->health = STATE_NEWER;
	if (format != STATE_FORMAT)
		return err_fail(e, "state %s: written by a newer offlineimap (format %llu, this "
		    "one knows %u); update it, or " DB_REMEDY, st->dir, (unsigned long long)format,
		    STATE_FORMAT);
	if ((got = db_get(st, DB_META, "account", 7, &v, e)) != 1)
		return got == 0 ? db_broken(st, "no account name", e) : -1;
	if (v.mv_size != strlen(account) || memcmp(v.mv_data, account, v.mv_size) != 0)
		return err_fail(e, "state %s: belongs to account %.*s, not to %s; move the "
		    "directory away", st->dir, (int)v.mv_size, (const char *)v.mv_data, account);
	return 1;
}

/*
 * Opens the databases; 1, 0 if the environment has none yet (reading), -1.  They are
 * made together: one alone that is missing has been lost with its rows.
 */
static int
open_dbs(struct state *st, struct err *e)
{
	unsigned create = 0;
	int i, rc;

	for (i = 0; i < DB_COUNT; i++) {
		rc = mdb_dbi_open(st->txn, db_names[i], create, &st->db[i]);
		if (rc == MDB_NOTFOUND && i == 0) {
			if (!(st->mode & STATE_WRITE))
				return 0;
			create = MDB_CREATE;
			rc = mdb_dbi_open(st->txn, db_names[i], create, &st->db[i]);
		}
		if (rc == MDB_NOTFOUND)
			return db_broken(st, "a table is missing", e);
		if (rc != 0)
			return db_fail(st, rc, "cannot open", e);
	}
	return 1;
}

/* The first transaction: databases, format, account.  1, 0 (nothing there), -1. */
static int
open_state(struct state *st, const char *account, struct err *e)
{
	int got, rc, write = st->mode & STATE_WRITE;

	if ((rc = mdb_txn_begin(st->env, NULL, write ? 0 : MDB_RDONLY, &st->txn)) != 0)
		return db_fail(st, rc, "cannot begin", e);
	st->open = 1;
	st->writing = write;
	if ((got = open_dbs(st, e)) == 1 && (got = check_meta(st, account, e)) == 0 && write)
		got = create_meta(st, account, e) == -1 ? -1 : 1;
	if (got != 1) {
		state_abort(st);
		return got;
	}
	/* a commit keeps the handles of the databases, of a reader's too */
	rc = mdb_txn_commit(st->txn);
	st->txn = NULL;
	st->open = st->dirty = 0;
	return rc != 0 ? db_fail(st, rc, "cannot commit", e) : 1;
}

/* A new state's directory entry must survive a power loss as its commits do. */
static int
sync_dir(const struct state *st, struct err *e)
{
	int fd, r;

	if (st->mode & STATE_NOSYNC)
		return 0;
	fd = open(st->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd == -1 ? -1 : fsync(fd);
	if (r == -1)
		err_fail(e, "state %s: %s", st->dir, strerror(errno));
	if (fd != -1)
		close(fd);
	return r;
}

/* Opens the handle's state; 0 (perhaps without an environment) or -1. */
static int
open_all(struct state *st, const char *account, struct err *e)
{
	int write = st->mode & STATE_WRITE, there, got;

	if ((there = exists(st->dir, e)) == -1)
		return -1;
	if (!there && !write)
		return 0;
	if (check_fs(st->dir, e) == -1)
		return -1;
	if (write && io_mkdirs(st->dir) == -1)
		return db_fail(st, errno, "cannot make it", e);
	if (open_env(st, e) == -1 || (got = open_state(st, account, e)) == -1)
		return -1;
	if (got == 0) {
		/* its writer was stopped before the first commit */
		mdb_env_close(st->env);
		st->env = NULL;
	}
	return there ? 0 : sync_dir(st, e);
}

static int
open_handle(struct state **out, const char *dir, const char *account, int mode,
    enum state_health *health, struct err *e)
{
	struct state *st = mem_alloc(sizeof(*st));

	st->dir = mem_dup(dir);
	st->mode = mode;
	st->health = health;
	st->low = UINTPTR_MAX;
	buf_init(&st->value, CODEC_VALUE_MAX);
	if (open_all(st, account, e) == -1) {
		state_close(st);
		*out = NULL;
		return -1;
	}
	*out = st;
	return 0;
}

int
state_open(struct state **out, const char *dir, const char *account, int mode, struct err *e)
{
	return open_handle(out, dir, account, mode, NULL, e);
}

int
db_judge(struct state **out, const char *dir, const char *account, int mode,
    enum state_health *health, struct err *e)
{
	return open_handle(out, dir, account, mode, health, e);
}

void
state_close(struct state *st)
{
	if (st == NULL)
		return;
	if (st->open)
		state_abort(st);
	if (st->env != NULL) {
		if (st->mode & STATE_NOSYNC)
			mdb_env_sync(st->env, 1);
		mdb_env_close(st->env);
	}
	buf_free(&st->value);
	free(st->touched);
	free(st->dir);
	free(st);
}
