/*
 * File systems that lack a call, fail in the middle, or keep coarse time: this
 * program's own renameat2, unlinkat, readdir, fstat and fstatfs stand in front
 * of libc's.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "maildir/file.h"
#include "maildir/folder.h"
#include "maildir/locate.h"
#include "maildir/scan.h"
#include "maildir/tree.h"
#include "unit.h"

static int no_rename, no_unlink;	/* errno to fail with */
static int fail_after = -1;		/* entries that readdir still gives before it fails */
static int tick_s;			/* granularity of all times */
static time_t now_at;			/* all times are this; 0: real */
static const char *hidden;		/* a name that readdir does not show */
static int stirring;			/* each reading of a directory ends with a file renamed in it */
static long fs_type;			/* what fstatfs tells; 0: the truth */

#define REAL(name)	((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int
renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	CHECK(flags == RENAME_NOREPLACE);
	if (no_rename != 0) {
		errno = no_rename;
		return -1;
	}
	return REAL(renameat2)(a, from, b, to, flags);
}

int
unlinkat(int fd, const char *path, int flags)
{
	if (no_unlink != 0) {
		errno = no_unlink;
		no_unlink = 0;
		return -1;
	}
	return REAL(unlinkat)(fd, path, flags);
}

struct dirent *
readdir(DIR *d)
{
	struct dirent *entry;

	if (fail_after == 0) {
		errno = EIO;
		return NULL;
	}
	if (fail_after > 0)
		fail_after--;
	do
		entry = REAL(readdir)(d);
	while (entry != NULL && hidden != NULL && strcmp(entry->d_name, hidden) == 0);
	if (entry == NULL && stirring) {
		stirring = -stirring;
		CHECK_NUM(stirring < 0 ? rename("F/cur/m3", "F/cur/moved") :
		    rename("F/cur/moved", "F/cur/m3"), 0);
		errno = 0;
	}
	return entry;
}

int
fstat(int fd, struct stat *st)
{
	int r = REAL(fstat)(fd, st);

	if (r == 0 && tick_s != 0) {
		st->st_mtim.tv_nsec = st->st_ctim.tv_nsec = 0;
		st->st_mtim.tv_sec -= st->st_mtim.tv_sec % tick_s;
		st->st_ctim.tv_sec -= st->st_ctim.tv_sec % tick_s;
	}
	if (r == 0 && now_at != 0) {
		st->st_mtim.tv_sec = st->st_ctim.tv_sec = now_at;
		st->st_mtim.tv_nsec = st->st_ctim.tv_nsec = 1;
	}
	return r;
}

int
fstatfs(int fd, struct statfs *fs)
{
	int r = REAL(fstatfs)(fd, fs);

	if (fs_type != 0)
		fs->f_type = fs_type;
	return r;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd == -1 || close(fd) == -1)
		die(path);
}

static int
there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
renames(int fd)
{
	static const int lacking[] = { EINVAL, ENOSYS, EOPNOTSUPP };
	size_t i;

	for (i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		unit_row("no RENAME_NOREPLACE: %s", strerror(lacking[i]));
		no_rename = lacking[i];
		touch("a");
		CHECK(md_rename(fd, "a", fd, "b") == 0 && !there("a") && there("b"));
		touch("a");
		CHECK(md_rename(fd, "a", fd, "b") == -1 && errno == EEXIST && there("a") && there("b"));
		CHECK(md_rename(fd, "x", fd, "y") == -1 && errno == ENOENT && !there("y"));
		/* one message never has two names */
		no_unlink = EACCES;
		CHECK(md_rename(fd, "a", fd, "c") == -1 && errno == EACCES && there("a") && !there("c"));
		unlink("a");
		unlink("b");
	}
	unit_row("another error");
	no_rename = EIO;
	touch("a");
	CHECK(md_rename(fd, "a", fd, "b") == -1 && errno == EIO && there("a") && !there("b"));
	no_rename = 0;
}

static int
count(void *arg, const char *file, int where)
{
	(void)file;
	(void)where;
	++*(int *)arg;
	return 0;
}

/* A directory that cannot be read to its end is an error, never a short listing. */
static void
broken(const struct mdfolder *f, int root)
{
	struct md_found w = { .base = "m3" };
	struct tree t;
	struct scan s;
	struct err e;
	int i, n = 0, proven = 1;

	for (i = 0; i < 8; i++) {
		unit_row("readdir fails after %d", i);
		scan_init(&s, f);
		fail_after = i;
		CHECK(scan_pass(&s, count, &n, &e) == -1 && !s.proven);
		CHECK(strstr(e.text, "Input/output error") != NULL);
		fail_after = i;
		CHECK(locate_files(f, ':', &w, 1, &proven, &e) == -1 && !proven);
		locate_free(&w, 1);
	}
	unit_row("tree");
	fail_after = 2;
	CHECK(tree_read(root, '/', &t, &e) == -1);
	tree_free(&t);
	fail_after = -1;
}

/* Times too coarse to tell one change from the next prove nothing while they are young. */
static void
coarse(const struct mdfolder *f)
{
	struct timespec start, end;
	struct scan s;
	struct err e;
	int n = 0;

	unit_row("always just changed");
	now_at = time(NULL) + 1000;
	scan_init(&s, f);
	CHECK(scan_pass(&s, count, &n, &e) == 0 && s.proven);	/* the future is not now */
	CHECK(!s.cur.valid);
	now_at = 0;
	unit_row("seconds");
	/* a fresh change, its time rounded down: the pass must wait it out or prove nothing */
	tick_s = 2;
	touch("F/cur/late");
	scan_init(&s, f);
	clock_gettime(CLOCK_MONOTONIC, &start);
	CHECK(scan_pass(&s, count, &n, &e) == 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK(s.proven && (double)(end.tv_sec - start.tv_sec) +
	    (double)(end.tv_nsec - start.tv_nsec) / 1e9 > 0.05);
	tick_s = 0;
	unlink("F/cur/late");
}

/* On a network file system two passes must agree, and heads are not kept. */
static void
afar(const struct mdfolder *f)
{
	struct timespec wait = { 2, 100000000 };
	struct scan s;
	struct err e;
	int n = 0;

	nanosleep(&wait, NULL);
	unit_row("near");
	scan_init(&s, f);
	CHECK(scan_pass(&s, count, &n, &e) == 0 && s.proven && s.cur.valid && s.new.valid);
	unit_row("afar");
	fs_type = 0x6969;	/* NFS */
	scan_init(&s, f);
	CHECK(scan_pass(&s, count, &n, &e) == 0 && !s.proven && scan_again(&s));
	CHECK(scan_pass(&s, count, &n, &e) == 0 && s.proven && !s.cur.valid && !s.new.valid);
	/* a name that the second pass does not see */
	scan_init(&s, f);
	CHECK(scan_pass(&s, count, &n, &e) == 0 && !s.proven);
	unlink("F/cur/m3");
	CHECK(scan_pass(&s, count, &n, &e) == 0 && !s.proven);
	CHECK(scan_pass(&s, count, &n, &e) == 0 && s.proven);
	fs_type = 0;
}

/* What is looked for in a folder that moves is not proven absent (hazard 9); what was seen is there. */
static void
moving(const struct mdfolder *f)
{
	static const struct {
		const char *hidden;
		int stirring, found, proven;
	} rows[] = {
		{ NULL, 0, 1, 1 }, { "m1", 0, 0, 1 }, { "m1", 1, 0, 0 }, { NULL, 1, 1, -1 },
	};
	struct md_found want = { .base = "m1" };
	struct err e = { 0 };
	size_t i;
	int proven;

	touch("F/cur/m3");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("moving %zu", i);
		hidden = rows[i].hidden;
		stirring = rows[i].stirring;
		CHECK_NUM(locate_files(f, ':', &want, 1, &proven, &e), 0);
		CHECK_NUM(want.file != NULL, rows[i].found);
		if (rows[i].proven != -1)
			CHECK_NUM(proven, rows[i].proven);
		if (stirring < 0)
			CHECK_NUM(rename("F/cur/moved", "F/cur/m3"), 0);
		hidden = NULL;
		stirring = 0;
		locate_free(&want, 1);
	}
}

int
main(void)
{
	char top[] = "/tmp/maildir_fault.XXXXXX", name[40];
	struct mdfolder f;
	struct err e;
	int root, i;

	if (mkdtemp(top) == NULL || chdir(top) == -1 ||
	    (root = open(".", O_RDONLY | O_DIRECTORY)) == -1)
		die(top);
	renames(root);
	if (md_create(root, "F", '.', &f, &e) == -1)
		die(e.text);
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "F/cur/m%d", i);
		touch(name);
	}
	broken(&f, root);
	coarse(&f);
	afar(&f);
	moving(&f);
	md_close(&f);
	close(root);
	snprintf(name, sizeof(name), "rm -rf %s", top);
	if (chdir("/") == -1 || system(name) != 0)
		die(name);
	return unit_end("maildir_fault");
}
