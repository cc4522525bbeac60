/*
 * Opening: what is made, what is refused and what the refusal says.  This program's own fstatfs stands in
 * front of libc's.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dirhead.h"
#include "base/flags.h"
#include "base/fsys.h"
#include "base/io.h"
#include "state/validity.h"
#include "unit.h"
#include "state.h"

static long fs_type;	/* what fstatfs tells; 0: the truth */

int
fstatfs(int fd, struct statfs *fs)
{
	int r = ((__typeof__(&fstatfs))dlsym(RTLD_NEXT, "fstatfs"))(fd, fs);

	if (fs_type != 0)
		fs->f_type = fs_type;
	return r;
}

static const char remedy[] = "move the directory away";

/* A state with a folder and a row; its directory. */
static char *
some_state(void)
{
	char *dir = state_temp();
	struct state *st = state_must_open(dir, STATE_WRITE);
	struct state_folder f = { .id = 1, .validity = 1 };
	struct state_msg m = { .uid = 1, .name = "n" };
	uint32_t id;

	MUST(state_begin(st, 1, &unit_err));
	MUST(state_folder_make(st, "r", "l", &id, &unit_err));
	MUST(state_folder_put(st, &f, &unit_err));
	MUST(state_msg_put(st, id, &m, &unit_err));
	MUST(state_commit(st, &unit_err));
	state_close(st);
	return dir;
}

/* 1 if the state in it has its one row. */
static int
has_row(const char *dir)
{
	struct state *st;
	struct state_msg m;
	int got;

	MUST(state_open(&st, dir, "A", STATE_READ, &unit_err));
	MUST(state_begin(st, 0, &unit_err));
	got = state_msg_next(st, 1, 0, &m, &unit_err);
	state_close(st);
	return got;
}

static void
refused(const char *dir, const char *account, int mode, int status, const char *text)
{
	struct state *st = (struct state *)1;
	struct err e = { 0, "" };

	CHECK(state_open(&st, dir, account, mode, &e) == -1);
	CHECK(st == NULL);
	CHECK_NUM(e.status, status);
	if (!CHECK(strstr(e.text, text) != NULL))
		printf("  %s\n", e.text);
}

static void
test_missing(void)
{
	char *top = state_temp(), *dir = mem_printf("%s/a/b/state", top);
	char *a = mem_printf("%s/a", top);
	struct state *st;
	struct state_folder *all, f;
	struct state_intent *it;
	struct state_msg m;
	struct stat sb;
	size_t n;

	unit_row("missing, to read");
	CHECK(state_open(&st, dir, "A", STATE_READ, &unit_err) == 0);
	CHECK(state_begin(st, 0, &unit_err) == 0 && state_generation(st) == 0);
	CHECK(state_folders(st, &all, &n, &unit_err) == 0 && n == 0);
	CHECK(state_folder_find(st, "r", "l", &f, &unit_err) == 0);
	CHECK(state_msg_next(st, 1, 0, &m, &unit_err) == 0);
	CHECK(state_msg_get(st, 1, 1, &m, &unit_err) == 0);
	CHECK(state_intents(st, 1, &it, &n, &unit_err) == 0 && n == 0);
	state_abort(st);
	state_relax(st);
	state_close(st);
	CHECK(access(a, F_OK) == -1 && errno == ENOENT);
	unit_row("missing, to write");
	CHECK(state_open(&st, dir, "A", STATE_WRITE, &unit_err) == 0);
	state_close(st);
	CHECK(stat(a, &sb) == 0 && (sb.st_mode & 0777) == 0700);
	CHECK(stat(dir, &sb) == 0 && (sb.st_mode & 0777) == 0700);
	state_close(NULL);
	unit_row("a file in the way");
	free(dir);
	dir = mem_printf("%s/file/state", top);
	free(a);
	a = mem_printf("%s/file", top);
	close(open(a, O_WRONLY | O_CREAT, 0600));
	refused(dir, "A", STATE_WRITE, EXIT_FAIL, "Not a directory");
	free(a);
	free(dir);
	state_untemp(top);
}

/* Stores a value in a table by LMDB alone. */
static void
poke(const char *dir, const char *db, const char *key, const void *p, size_t n)
{
	MDB_val k = { strlen(key), (void *)(uintptr_t)key }, v = { n, (void *)(uintptr_t)p };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	if (mdb_env_create(&env) != 0 || mdb_env_set_maxdbs(env, 8) != 0 ||
	    mdb_env_open(env, dir, 0, 0600) != 0 || mdb_txn_begin(env, NULL, 0, &txn) != 0 ||
	    mdb_dbi_open(txn, db, MDB_CREATE, &dbi) != 0 ||
	    (p != NULL ? mdb_put(txn, dbi, &k, &v, 0) : mdb_drop(txn, dbi, 1)) != 0 ||
	    mdb_txn_commit(txn) != 0) {
		printf("poke failed\n");
		exit(1);
	}
	mdb_env_close(env);
}

static void
test_format(void)
{
	static const struct {
		const char *title, *db, *key, *value;
		size_t len;
		const char *text;
	} rows[] = {
		{ "newer", "meta", "format", "\0\0\0\2", 4, "newer offlineimap (format 2" },
		{ "bad format", "meta", "format", "\1", 1, "broken" },
		{ "account", "meta", "account", "Other", 5, "belongs to account Other" },
		{ "table", "intent", "", NULL, 0, "a table is missing" },
	};
	size_t i;
	char *dir;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("format: %s", rows[i].title);
		dir = some_state();
		poke(dir, rows[i].db, rows[i].key, rows[i].value, rows[i].len);
		refused(dir, "A", STATE_READ, EXIT_FAIL, rows[i].text);
		refused(dir, "A", STATE_READ, EXIT_FAIL, remedy);
		refused(dir, "A", STATE_WRITE, EXIT_FAIL, rows[i].text);
		state_untemp(dir);
	}
	unit_row("format: no generation");
	dir = some_state();
	poke(dir, "meta", "generation", "", 0);
	{
		struct state *st = state_must_open(dir, STATE_READ);
		struct err e;

		CHECK(state_begin(st, 0, &e) == -1 && strstr(e.text, "no generation") != NULL);
		state_close(st);
	}
	state_untemp(dir);
}

/* Writes n bytes of value c over the data file from a place on, or cuts it there (c < 0). */
static void
damage(const char *dir, off_t at, size_t n, int c)
{
	char *path = mem_printf("%s/data.mdb", dir), *p = mem_alloc(n);
	int fd = open(path, O_RDWR);

	memset(p, c, n);
	if (fd == -1 || (c < 0 ? ftruncate(fd, at) == -1 : pwrite(fd, p, n, at) != (ssize_t)n)) {
		perror(path);
		exit(1);
	}
	close(fd);
	free(p);
	free(path);
}

static void
test_damaged(void)
{
	static const struct {
		const char *title;
		off_t at;
		size_t n;
		int c;
	} rows[] = {
		{ "both heads overwritten", 0, 8192, 'x' },
		{ "zeros", 0, 8192, 0 },
		{ "cut after the heads", 8192, 1, -1 },
		{ "cut inside", 3 * 4096, 1, -1 },
		{ "cut in the first head", 100, 1, -1 },
	};
	size_t i;
	char *dir;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("damaged: %s", rows[i].title);
		dir = some_state();
		CHECK(has_row(dir));
		damage(dir, rows[i].at, rows[i].n, rows[i].c);
		refused(dir, "A", STATE_READ, EXIT_FAIL, remedy);
		refused(dir, "A", STATE_WRITE, EXIT_FAIL, remedy);
		state_untemp(dir);
	}
	/* its writer was stopped before the first commit */
	unit_row("damaged: empty file");
	dir = some_state();
	damage(dir, 0, 1, -1);
	CHECK(!has_row(dir));
	state_close(state_must_open(dir, STATE_WRITE));
	CHECK(!has_row(dir));
	state_untemp(dir);
}

/* A row whose value does not decode is an error, not a row. */
static void
test_bad_row(void)
{
	char *dir = some_state();
	struct state *st = state_must_open(dir, STATE_READ);
	struct state_msg m;
	struct err e;
	unsigned char *p;
	size_t n;
	char *path = mem_printf("%s/data.mdb", dir);
	FILE *fp = fopen(path, "r+");
	struct stat sb;

	unit_row("bad row");
	state_close(st);
	CHECK(fp != NULL && fstat(fileno(fp), &sb) == 0);
	p = mem_alloc((size_t)sb.st_size);
	CHECK(fread(p, 1, (size_t)sb.st_size, fp) == (size_t)sb.st_size);
	/* the row's value: version, flags, kept, bits 2, size, date, length 1, "n" */
	for (n = 0; n + 24 < (size_t)sb.st_size; n++)
		if (memcmp(p + n, "\1\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1n", 24) == 0)
			p[n] = 9;
	rewind(fp);
	CHECK(fwrite(p, 1, (size_t)sb.st_size, fp) == (size_t)sb.st_size && fclose(fp) == 0);
	st = state_must_open(dir, STATE_READ);
	MUST(state_begin(st, 0, &unit_err));
	CHECK(state_msg_next(st, 1, 0, &m, &e) == -1 && strstr(e.text, remedy) != NULL);
	CHECK(state_msg_get(st, 1, 1, &m, &e) == -1);
	state_close(st);
	free(p);
	free(path);
	state_untemp(dir);
}

/* In a child: as another user (root is stopped by no mode), with this directory. */
static int
as_user(const char *dir, int (*fn)(const char *))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (getuid() == 0 && (setgroups(0, NULL) == -1 || setgid(65534) == -1 ||
		    setuid(65534) == -1))
			_exit(99);
		_exit(fn(dir));
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
		return 98;
	return WEXITSTATUS(status);
}

static int
read_it(const char *dir)
{
	return has_row(dir) == 1 ? 0 : 1;
}

static int
refused_it(const char *dir)
{
	struct state *st;
	struct err e;

	if (state_open(&st, dir, "A", STATE_READ, &e) == 0)
		return 2;
	return strstr(e.text, "Permission denied") != NULL ? 0 : 3;
}

/* A reader that cannot write the lock file reads without; with no right to read it says so. */
static void
test_readonly(void)
{
	char *dir = some_state(), *data = mem_printf("%s/data.mdb", dir),
	    *lock = mem_printf("%s/lock.mdb", dir);

	unit_row("read-only");
	CHECK(chmod(data, 0444) == 0 && unlink(lock) == 0 && chmod(dir, 0555) == 0);
	CHECK_NUM(as_user(dir, read_it), 0);
	CHECK(access(lock, F_OK) == -1);
	CHECK(chmod(data, 0) == 0);
	CHECK_NUM(as_user(dir, refused_it), 0);
	CHECK(chmod(dir, 0755) == 0);
	free(data);
	free(lock);
	state_untemp(dir);
}

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer needs all of the address space itself. */
static void
test_map(void)
{
}
#else
static int
small_space(const char *dir)
{
	struct rlimit lim = { (rlim_t)2 << 30, (rlim_t)2 << 30 };

	return setrlimit(RLIMIT_AS, &lim) == -1 ? 97 : read_it(dir);
}

/* Less address space than the map wants gets a smaller map. */
static void
test_map(void)
{
	char *dir = some_state();
	pid_t pid;
	int status;

	unit_row("address space");
	if ((pid = fork()) == 0)
		_exit(small_space(dir));
	CHECK(pid != -1 && waitpid(pid, &status, 0) == pid && status == 0);
	state_untemp(dir);
}
#endif

static void
test_file_systems(void)
{
	unit_row("file systems");
	CHECK_STR(fsys_name(0x6969), "NFS");
	CHECK_STR(fsys_name(0xff534d42), "SMB");
	CHECK_STR(fsys_name(0xffffffffff534d42), "SMB");	/* sign-extended */
	CHECK_STR(fsys_name(0x65735546), "FUSE");
	CHECK_STR(fsys_name(0xef53), NULL);		/* ext4 */
	CHECK_STR(fsys_name(0x01021994), NULL);		/* tmpfs */
	CHECK_STR(fsys_remote(-1), NULL);
}

/* No state on a network file system: there memory that two processes map is not one. */
static void
test_far_away(void)
{
	char *top = state_temp(), *none = mem_printf("%s/a/state", top), *a = mem_printf("%s/a", top);
	char *some = some_state();
	size_t i;
	const struct {
		long type;
		const char *name;
	} rows[] = { { 0x6969, "NFS" }, { 0x65735546, "FUSE" } };

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("state on %s", rows[i].name);
		fs_type = rows[i].type;
		refused(some, "A", STATE_READ, EXIT_CONF, rows[i].name);
		refused(some, "A", STATE_WRITE, EXIT_CONF, "set \"metadata\"");
		refused(none, "A", STATE_WRITE, EXIT_CONF, rows[i].name);
		CHECK(access(a, F_OK) == -1 && errno == ENOENT);
		fs_type = 0;
		CHECK(has_row(some));
	}
	free(none);
	free(a);
	state_untemp(some);
	state_untemp(top);
}

static void
test_dirhead(void)
{
	static const struct {
		const char *text;
		int ok;
	} rows[] = {
		{ "1:2:3:4", 1 }, { "18446744073709551615:0:-5:9223372036854775807", 1 },
		{ "", 0 }, { "1:2:3", 0 }, { "1:2:3:4:5", 0 }, { "1:2:3:", 0 }, { ":2:3:4", 0 },
		{ "1:-2:3:4", 0 }, { "1:2:3:9223372036854775808", 0 }, { "1:2:--3:4", 0 },
		{ "1:2:3:4 ", 0 }, { "x:2:3:4", 0 }, { "18446744073709551616:2:3:4", 0 },
		{ "00000000000000000000000000000000000000000000000000000000000000000000000000000"
		  "000000000000001:2:3:4", 0 },
	};
	struct dirhead h, h2;
	char text[DIRHEAD_LEN];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("dirhead %s", rows[i].text);
		CHECK_NUM(dirhead_parse(&h, rows[i].text), rows[i].ok - 1);
		CHECK(h.valid == rows[i].ok);
		if (rows[i].ok)
			CHECK_STR(dirhead_format(&h, text), rows[i].text);
	}
	unit_row("dirhead none");
	CHECK(dirhead_parse(&h, NULL) == 0 && !h.valid && dirhead_format(&h, text) == NULL);
	CHECK(!dirhead_equal(&h, &h));
	CHECK(dirhead_parse(&h, "1:2:3:4") == 0 && dirhead_parse(&h2, "1:2:3:5") == 0);
	CHECK(dirhead_equal(&h, &h) && !dirhead_equal(&h, &h2));
}

static void
test_flags(void)
{
	static const struct {
		const char *text;
		int flags;
	} rows[] = {
		{ "", 0 }, { "DFRST", FLAG_ALL }, { "S", FLAG_SEEN },
		{ "FT", FLAG_FLAGGED | FLAG_DELETED }, { "SF", -1 }, { "SS", -1 }, { "P", -1 },
		{ "s", -1 }, { "S ", -1 },
	};
	char text[FLAGS_LEN];
	unsigned flags;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("flags \"%s\"", rows[i].text);
		CHECK((flags_parse(rows[i].text, &flags) == 0) == (rows[i].flags >= 0));
		if (rows[i].flags >= 0) {
			CHECK_NUM(flags, rows[i].flags);
			CHECK_STR(flags_format(flags, text), rows[i].text);
		}
	}
	CHECK(flags_parse(NULL, &flags) == -1);
}

/* A FolderValidity file as someone else left it. */
static void
put_validity(const char *meta, const char *name, const char *text)
{
	char *path = mem_printf("%s/Repository-R/FolderValidity/%s", meta, name);
	FILE *fp = fopen(path, "w");

	if (fp == NULL || fputs(text, fp) == EOF || fclose(fp) == EOF) {
		perror(path);
		exit(1);
	}
	free(path);
}

static void
test_validity(void)
{
	static const struct {
		const char *text;
		long long value;	/* 0: none */
	} rows[] = {
		{ "42\n", 42 }, { "42", 42 }, { "42\n43\n", 42 }, { "4294967295\n", 4294967295 },
		{ "42\r\n", 42 }, { "", 0 }, { "\n42\n", 0 }, { "0\n", 0 }, { "4294967296\n", 0 },
		{ "-1\n", 0 }, { "forty-two\n", 0 }, { "42 x\n", 0 },
	};
	static const struct {
		const char *folder, *file;
	} names[] = {
		{ "INBOX", "INBOX" }, { "a/b/c", "a.b.c" }, { "", "dot" }, { ".", "dot" },
		{ "/", "dot" }, { ".x", ".x" }, { "..", NULL }, { "./", NULL }, { "//", NULL },
	};
	char *meta = state_temp(), *path, *gone = mem_printf("%s/no/such", meta), longname[300];
	struct err e;
	uint32_t v;
	size_t i;

	unit_row("validity");
	CHECK(validity_read(gone, "R", "INBOX", &v) == 0 && access(gone, F_OK) == -1);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unit_row("validity of \"%s\"", names[i].folder);
		CHECK_NUM(validity_write(meta, "R", names[i].folder, 7, &e), 0);
		v = 0;
		CHECK_NUM(validity_read(meta, "R", names[i].folder, &v), names[i].file != NULL);
		path = mem_printf("%s/Repository-R/FolderValidity/%s", meta,
		    names[i].file != NULL ? names[i].file : "nothing");
		CHECK((v == 7 && access(path, F_OK) == 0) == (names[i].file != NULL));
		free(path);
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("validity text %zu", i);
		put_validity(meta, "INBOX", rows[i].text);
		v = 0;
		CHECK_NUM(validity_read(meta, "R", "INBOX", &v), rows[i].value != 0);
		CHECK_NUM(v, rows[i].value);
	}
	unit_row("validity name too long");
	memset(longname, 'x', sizeof(longname) - 1);
	for (i = 250; i < sizeof(longname); i++) {
		longname[i] = '\0';
		unit_row("validity of a name of %zu bytes", i);
		CHECK_NUM(validity_write(meta, "R", longname, 1, &e), 0);
		CHECK_NUM(validity_read(meta, "R", longname, &v), i <= IO_REPLACE_MAX);
		CHECK_NUM(validity_forget(meta, "R", longname, &e), 0);
		longname[i] = 'x';
	}
	free(gone);
	state_untemp(meta);
}

int
main(void)
{
	test_missing();
	test_format();
	test_damaged();
	test_bad_row();
	test_readonly();
	test_map();
	test_file_systems();
	test_far_away();
	test_dirhead();
	test_flags();
	test_validity();
	return unit_end("state_open");
}
