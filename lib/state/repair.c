/* Judging a state, and moving it out of the way. */
#include "state/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "state/db.h"
#include "state/intent.h"
#include "state/msg.h"

#define SECONDS		120	/* for reading all of it */
#define ASIDE_MAX	10000
#define STATUS		100	/* exit statuses of the judge: this and a health */

/* Every page that belongs to a table, LMDB's own list of free pages included. */
static int
walk_table(struct state *st, MDB_dbi db, struct err *e)
{
	unsigned last = 0;	/* a value's last byte may lie on another page */
	MDB_cursor *c;
	MDB_val k, v;
	int rc;

	if ((rc = mdb_cursor_open(st->txn, db, &c)) != 0)
		return db_fail(st, rc, "cannot read", e);
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0)
		if (v.mv_size != 0)
			last = ((const volatile unsigned char *)v.mv_data)[v.mv_size - 1];
	(void)last;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : db_fail(st, rc, "cannot read", e);
}

/* Rows and intents of one folder, as many as it counts. */
static int
walk_rows(struct state *st, const struct state_folder *f, struct err *e)
{
	struct state_intent *in;
	struct state_msg m = { 0 };
	uint64_t n = 0;
	size_t nin;
	int got;

	while ((got = state_msg_next(st, f->id, m.uid, &m, e)) == 1 && n <= f->rows)
		n++;
	if (got == -1 || state_intents(st, f->id, &in, &nin, e) == -1)
		return -1;
	state_intents_free(in, nin);
	return n == f->rows && nin == f->intents ? 0 :
	    db_broken(st, "a folder counts other messages than there are", e);
}

/* A folder that has its names, with its past. */
static int
walk_folder(struct state *st, const struct state_folder *f, struct err *e)
{
	struct state_folder found;
	uint32_t id;
	int got;

	if ((got = state_folder_find(st, f->remote, f->local, &found, e)) == -1)
		return -1;
	id = found.id;
	state_folder_free(&found);
	if (got == 0 || id != f->id)
		return db_broken(st, "a folder without its name", e);
	if (walk_rows(st, f, e) == -1)
		return -1;
	if (f->past == 0)
		return 0;
	if ((got = state_folder_get(st, f->past, &found, e)) != 1)
		return got == -1 ? -1 : db_broken(st, "a folder without its past", e);
	got = walk_rows(st, &found, e);
	state_folder_free(&found);
	return got;
}

static int
walk(struct state *st, struct err *e)
{
	struct state_folder *f;
	size_t i, n;
	int r = 0;

	/* the first two tables are LMDB's own */
	for (i = 0; i < 2 && r == 0; i++)
		r = walk_table(st, (MDB_dbi)i, e);
	for (i = 0; i < DB_COUNT && r == 0; i++)
		r = walk_table(st, st->db[i], e);
	if (r == -1 || state_folders(st, &f, &n, e) == -1)
		return -1;
	for (i = 0; i < n && r == 0; i++)
		r = walk_folder(st, &f[i], e);
	state_folders_free(f, n);
	return r;
}

/* Writes every row as it is: some damage harms only who changes a page. */
static int
rewrite(struct state *st, struct err *e)
{
	MDB_cursor *c;
	MDB_val k, v;
	int i, rc;

	for (i = 0; i < DB_COUNT; i++) {
		if ((rc = mdb_cursor_open(st->txn, st->db[i], &c)) != 0)
			return db_fail(st, rc, "cannot write", e);
		while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0 &&
		    (rc = mdb_cursor_put(c, &k, &v, MDB_CURRENT)) == 0)
			continue;
		mdb_cursor_close(c);
		if (rc != MDB_NOTFOUND)
			return db_fail(st, rc, "cannot write", e);
	}
	return 0;
}

/* What comes of reading all, and then of changing all in a transaction that is given up. */
static enum state_health
examine(const char *dir, const char *account, struct err *e)
{
	enum state_health health = STATE_UNKNOWN;
	struct state *st;
	int there;

	if (db_judge(&st, dir, account, STATE_READ, &health, e) == -1)
		return health;
	there = st->env != NULL;
	if (there && (state_begin(st, 0, e) == -1 || walk(st, e) == -1))
		return health;
	state_close(st);
	health = STATE_SOUND;
	if (there && db_judge(&st, dir, account, STATE_WRITE | STATE_NOSYNC, &health, e) == 0 &&
	    state_begin(st, 1, e) == 0)
		rewrite(st, e);
	return health;
}

/* 1 if all bytes of the file can be read: what fails here is the disk, or our rights. */
static int
readable(const char *dir, struct err *e)
{
	char *path = mem_printf("%s/data.mdb", dir), some[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	while (fd != -1 && (n = read(fd, some, sizeof(some))) > 0)
		continue;
	if (n == -1)
		err_fail(e, "%.300s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	free(path);
	return n == 0;
}

/* The child: never returns. */
static void
judge(const char *dir, const char *account, int out)
{
	struct rlimit none = { 0, 0 };
	enum state_health health = STATE_UNKNOWN;
	struct err e = { 0 };
	int null = open("/dev/null", O_WRONLY);

	setrlimit(RLIMIT_CORE, &none);
	if (null != -1)
		dup2(null, 2);	/* LMDB speaks when it ends us */
	alarm(SECONDS);
	if (readable(dir, &e))
		health = examine(dir, account, &e);
	io_write(out, e.text, strlen(e.text));
	_exit(STATUS + (int)health);
}

/* What its end means: signals that damage can raise, ours apart. */
static enum state_health
verdict(int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) >= STATUS)
		return (enum state_health)(WEXITSTATUS(status) - STATUS);
	if (WIFEXITED(status))	/* LMDB has found what cannot be */
		return WEXITSTATUS(status) == EXIT_FAIL ? STATE_BROKEN : STATE_UNKNOWN;
	return sig == SIGBUS || sig == SIGSEGV || sig == SIGABRT || sig == SIGFPE || sig == SIGILL ?
	    STATE_BROKEN : STATE_UNKNOWN;
}

enum state_health
state_judge(const char *dir, const char *account, struct err *e)
{
	enum state_health health = STATE_UNKNOWN;
	char text[sizeof(e->text)] = "";
	int p[2], status = 0;
	ssize_t n;
	pid_t pid;

	e->status = 0;
	if (db_no_room(dir) || pipe2(p, O_CLOEXEC) == -1)
		return STATE_UNKNOWN;
	if ((pid = fork()) == 0)
		judge(dir, account, p[1]);
	close(p[1]);
	if (pid != -1) {
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			continue;
		health = verdict(status);
	}
	if ((n = read(p[0], text, sizeof(text) - 1)) > 0)
		text[n] = '\0';
	close(p[0]);
	if (health != STATE_SOUND)
		err_fail(e, "%s", *text != '\0' ? text : "reading it ends the program");
	return health;
}

/* Makes DIR.broken-N; its path, or NULL with errno. */
static char *
make_aside(const char *dir)
{
	char *path = NULL;
	int i;

	for (i = 1; i < ASIDE_MAX; i++) {
		path = mem_printf("%s.broken-%d", dir, i);
		if (mkdir(path, 0700) == 0)
			return path;
		free(path);
		if (errno != EEXIST)
			break;
	}
	return NULL;
}

/* Moves one file; 0, also if it is not there. */
static int
move(const char *dir, const char *to, const char *name)
{
	char *a = mem_printf("%s/%s", dir, name), *b = mem_printf("%s/%s", to, name);
	int r = rename(a, b);

	if (r == -1 && errno == ENOENT)
		r = 0;
	free(a);
	free(b);
	return r;
}

/* What was renamed out of it and into it must stay so. */
static int
sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd == -1)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

int
state_move_aside(const char *dir, char **to, struct err *e)
{
	if ((*to = make_aside(dir)) == NULL)
		return err_fail(e, "state %.200s: no directory beside it for what is broken: %s", dir,
		    strerror(errno));
	/* the data first: without it there is no state, whatever else is there */
	if (move(dir, *to, "data.mdb") == 0 && move(dir, *to, "lock.mdb") == 0 &&
	    sync_path(*to) == 0 && sync_path(dir) == 0)
		return 0;
	err_fail(e, "state %.200s: cannot be moved to %.200s: %s", dir, *to, strerror(errno));
	rmdir(*to);
	free(*to);
	*to = NULL;
	return -1;
}
