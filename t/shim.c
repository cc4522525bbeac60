/*
 * Counts the steps of all of our programs in one run, and kills the run at one
 * of them, or has calls fail, or keeps what the run does to the disk.  A step is a
 * call after which the disk, the state or the server may
 * be another: a file made, written, synced, renamed, linked or removed, bytes
 * sent to or come from a socket.  Loaded with LD_PRELOAD; other programs are
 * left alone.
 *
 *   SHIM_FILE   the counters, shared by all processes of the run (made if need be): steps, and
 *               calls that could have failed with SHIM_ERROR; 8 bytes each
 *   SHIM_KILL   at this step every process of the run gets SIGKILL; or at the first call of this name
 *   SHIM_ONLY   only this program's steps and calls count, and it alone is killed, once
 *   SHIM_WHEN   "before" (the default) or "after" the call itself
 *   SHIM_ERROR  ENOSPC, EIO, EMFILE, ECONNRESET or EINVAL: calls that can fail so are counted
 *   SHIM_CALL   only those of that name
 *   SHIM_FAIL   that one of them is not made, and fails
 *   SHIM_ON     and so do all later ones
 *   SHIM_LOG    a line per step: number, process, program, call, object; "!" behind the call: it failed so
 *   SHIM_DISK   all changes to the disk and what made them durable, with their data (t/disk.py)
 *
 * The run must be a process group of its own that the first program leads
 * (setsid): it dies at once then, as in a power cut.
 *
 * A tool that has shut itself in can neither open the log nor kill: both are prepared
 * before its main.  Objects that are descriptors have no name in its lines.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

struct shared {
	atomic_ulong	steps;
	atomic_ulong	failable;
	atomic_int	leader;		/* the first program, and its process group */
	atomic_int	dying;
	atomic_int	busy;		/* a change to the disk is being made and kept: 1, 2 if others wait */
};

/* What a call is, for the errors that it can have. */
enum {
	MAKES	= 1,		/* a name in a directory */
	WRITES	= 2,		/* to a file */
	SYNCS	= 4,
	REMOVES	= 8,
	ALTERS	= 16,		/* a file's size or time */
	READS	= 32,		/* a file */
	OPENS	= 64,		/* a descriptor */
	TALKS	= 128		/* on a socket */
};

static const struct {
	const char	*name;
	int		 error;
	int		 calls;
} errors[] = {
	{ "ENOSPC", ENOSPC, MAKES | WRITES | SYNCS },
	{ "EIO", EIO, MAKES | WRITES | SYNCS | REMOVES | ALTERS | READS },
	{ "EMFILE", EMFILE, OPENS },
	{ "ECONNRESET", ECONNRESET, TALKS },
	{ "EINVAL", EINVAL, MAKES },	/* to renameat2: a file system that has no such rename */
};

static const char *const tools[] = {
	"offlineimap", "imap-connect", "imap-list", "imap-fetch", "maildir-scan",
	"sync-state", "sync-pair", "sync-plan", "sync-apply", "sync-verify", "localstatus", NULL
};

static struct shared *shared;		/* NULL: not one of our programs */
static unsigned long kill_at;
static const char *kill_call;		/* NULL: any */
static int kill_after;
static unsigned long fail_at;
static int fail_on;
static int fail_calls;			/* 0: none are counted */
static int fail_error;
static const char *fail_only;		/* calls of this name alone are counted; NULL: all */
static int logfile = -1;
static int diskfile = -1;
static _Thread_local int busy;		/* we hold shared->busy */
static int alone;			/* nobody else is to die with us */
static int deadly = -1;			/* a byte written there is SIGKILL for the run */

static void
die(void)
{
	if (!alone)
		atomic_store(&shared->dying, 1);
	syscall(SYS_write, deadly, "", 1);
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

/* Out of the way of the descriptors that the program counts on. */
static int
aside(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 200);

	if (high == -1)
		abort();
	syscall(SYS_close, fd);
	return high;
}

/*
 * A pipe whose reader has asked for SIGKILL as the sign that there is something to read.  Both
 * ends are one file: the end of either alone would be such a sign.
 */
static void
arm(int leader)
{
	char name[64];
	int p[2];

	if (syscall(SYS_pipe2, p, O_CLOEXEC) == -1 || snprintf(name, sizeof name, "/proc/self/fd/%d", p[0]) < 0 ||
	    (deadly = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC)) == -1)
		abort();
	syscall(SYS_close, p[0]);
	syscall(SYS_close, p[1]);
	deadly = aside(deadly);
	if (fcntl(deadly, F_SETOWN, getpgrp() == leader ? -leader : getpid()) == -1 ||
	    fcntl(deadly, F_SETSIG, SIGKILL) == -1 || fcntl(deadly, F_SETFL, O_ASYNC) == -1)
		abort();
}

/* A file that is written at its end, out of the way; -1 if none is wanted. */
static int
journal(const char *var)
{
	const char *file = getenv(var);
	int fd;

	if (file == NULL)
		return -1;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd == -1)
		abort();
	return aside(fd);
}

static void
setup_failure(void)
{
	const char *error = getenv("SHIM_ERROR"), *k = getenv("SHIM_FAIL");
	size_t i;

	if (error == NULL)
		return;
	for (i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (strcmp(error, errors[i].name) == 0) {
			fail_calls = errors[i].calls;
			fail_error = errors[i].error;
		}
	if (fail_calls == 0)
		abort();
	fail_at = k != NULL ? strtoul(k, NULL, 10) : 0;
	fail_on = getenv("SHIM_ON") != NULL;
	fail_only = getenv("SHIM_CALL");
}

static void __attribute__((constructor))
setup(void)
{
	const char *file = getenv("SHIM_FILE"), *k = getenv("SHIM_KILL"), *when = getenv("SHIM_WHEN");
	const char *only = getenv("SHIM_ONLY");
	int i, fd, none = 0;
	void *map;

	for (i = 0; tools[i] != NULL; i++)
		if (strcmp(program_invocation_short_name, tools[i]) == 0)
			break;
	if (file == NULL || tools[i] == NULL || (only != NULL && strcmp(only, tools[i]) != 0))
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || syscall(SYS_ftruncate, fd, sizeof *shared) != 0)
		abort();
	map = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	syscall(SYS_close, fd);
	kill_at = k != NULL ? strtoul(k, NULL, 10) : 0;
	kill_call = kill_at == 0 ? k : NULL;
	kill_after = when != NULL && strcmp(when, "after") == 0;
	logfile = journal("SHIM_LOG");
	diskfile = journal("SHIM_DISK");
	setup_failure();
	shared = map;
	atomic_compare_exchange_strong(&shared->leader, &none, getpid());
	alone = only != NULL;
	arm(alone ? 0 : atomic_load(&shared->leader));
	if (atomic_load(&shared->dying))
		die();
}

/* What a descriptor is, for the log. */
static void
object(int fd, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	if (snprintf(link, sizeof link, "/proc/self/fd/%d", fd) < 0 ||
	    (n = readlink(link, buf, size - 1)) < 0)
		n = 0;
	buf[n] = '\0';
}

static void
note(unsigned long n, const char *call, const char *mark, int fd, const char *path)
{
	char line[1200], name[1024];
	int len;

	if (path == NULL)
		object(fd, name, sizeof name);
	len = snprintf(line, sizeof line, "%lu %d %s %s%s %s\n", n, (int)getpid(),
	    program_invocation_short_name, call, mark, path != NULL ? path : name);
	if (len > 0)
		syscall(SYS_write, logfile, line, len < (int)sizeof line ? (size_t)len : sizeof line - 1);
}

/* One change to the disk after the other: what is kept has the order of what was done. */
static void
take_turn(void)
{
	int idle = 0;

	busy = 1;
	if (atomic_compare_exchange_strong(&shared->busy, &idle, 1))
		return;
	while (atomic_exchange(&shared->busy, 2) != 0)
		syscall(SYS_futex, &shared->busy, FUTEX_WAIT, 2, NULL, NULL, 0);
}

static void
end_turn(void)
{
	busy = 0;
	if (atomic_exchange(&shared->busy, 0) == 2)
		syscall(SYS_futex, &shared->busy, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Counts a step about to be made; its number, 0 where nothing is counted. */
static unsigned long
begin(int what, const char *call, int fd, const char *path)
{
	unsigned long n;
	int saved = errno;

	if (shared == NULL)
		return 0;
	if (atomic_load(&shared->dying))
		die();
	if (diskfile != -1 && what != TALKS)
		take_turn();
	n = atomic_fetch_add(&shared->steps, 1) + 1;
	if (logfile != -1)
		note(n, call, "", fd, path);
	if (kill_call != NULL && strcmp(kill_call, call) == 0)
		kill_at = n;
	if (n == kill_at && !kill_after)
		die();
	errno = saved;
	return n;
}

/* The step has been made. */
static void
end(unsigned long n)
{
	int saved = errno;

	if (n != 0 && (atomic_load(&shared->dying) || (n == kill_at && kill_after)))
		die();
	if (busy)
		end_turn();
	errno = saved;
}

/* 1, with errno, if the call must not be made. */
static int
fails(int what, const char *call, int fd, const char *path)
{
	unsigned long n;

	if (shared == NULL || !(fail_calls & what) || (fail_only != NULL && strcmp(fail_only, call) != 0))
		return 0;
	n = atomic_fetch_add(&shared->failable, 1) + 1;
	if (fail_at == 0 || (fail_on ? n < fail_at : n != fail_at))
		return 0;
	if (logfile != -1)
		note(n, call, "!", fd, path);
	/* a connection that was reset carries nothing more either way */
	if (fail_error == ECONNRESET)
		syscall(SYS_shutdown, fd, SHUT_RDWR);
	errno = fail_error;
	return 1;
}

/* What bytes read or written there are: 0 where they do not count, as in pipes and our output. */
static int
kind(int fd, int file)
{
	struct stat st;
	int saved = errno, what = 0;

	if (shared != NULL && fstat(fd, &st) == 0)
		what = S_ISSOCK(st.st_mode) ? TALKS : S_ISREG(st.st_mode) && fd > 2 ? file : 0;
	errno = saved;
	return what;
}

/*
 * What is kept of the disk: a line "WHAT STEP DIR DIR2 OBJECT NUMBER LENGTH LENGTH2", the so
 * many bytes, a line feed.  Directories and objects are DEVICE:INODE; paths count from there, 0:0 is
 * the root.
 *
 *   C M L R D     PATH in DIR made as a file or directory, linked or renamed to PATH2 in DIR2, removed
 *   F             a file without a name
 *   W w           bytes written at NUMBER; with w they are synced
 *   T U           cut to NUMBER; its time is now NUMBER
 *   S A           synced, with all of its file system
 *   ?             what t/disk.py cannot do again
 */
static void
keep(char what, unsigned long step, const struct stat st[3], long long number, const struct iovec *part,
    int parts, size_t len, size_t len2)
{
	struct iovec v[64];
	char head[300];
	size_t left = len + len2, take;
	int i, n = 1;

	v[0].iov_base = head;
	v[0].iov_len = (size_t)snprintf(head, sizeof head, "%c %lu %lx:%lx %lx:%lx %lx:%lx %lld %zu %zu\n", what,
	    step, (long)st[0].st_dev, (long)st[0].st_ino, (long)st[1].st_dev, (long)st[1].st_ino,
	    (long)st[2].st_dev, (long)st[2].st_ino, number, len, len2);
	for (i = 0; i < parts && left != 0; i++) {
		if (n == 63)
			abort();
		take = part[i].iov_len < left ? part[i].iov_len : left;
		v[n].iov_base = part[i].iov_base;
		v[n++].iov_len = take;
		left -= take;
	}
	v[n].iov_base = (char *)"\n";
	v[n++].iov_len = 1;
	if (syscall(SYS_writev, diskfile, v, n) == -1)
		abort();
}

/* Where a path counts from. */
static void
base(int dir, const char *path, struct stat *st)
{
	if (path == NULL || *path == '/')
		return;
	if (dir == AT_FDCWD ? stat(".", st) == -1 : fstat(dir, st) == -1)
		abort();
}

/* Names have changed; fd is what they mean now, if it is open. */
static void
names(char what, unsigned long step, int dir, const char *path, int dir2, const char *path2, int fd)
{
	struct iovec v[2] = { { (char *)path, strlen(path) }, { (char *)path2, path2 != NULL ? strlen(path2) : 0 } };
	struct stat st[3];
	int saved = errno;

	if (step == 0 || diskfile == -1)
		return;
	memset(st, 0, sizeof st);
	base(dir, path, &st[0]);
	base(dir2, path2, &st[1]);
	if (what == 'M' ? fstatat(dir, path, &st[2], 0) == -1 : fd != -1 && fstat(fd, &st[2]) == -1)
		abort();
	keep(what, step, st, 0, v, 2, v[0].iov_len, v[1].iov_len);
	errno = saved;
}

/* Something has happened to an open file. */
static void
data(char what, unsigned long step, int fd, long long number, const struct iovec *v, int parts, size_t len)
{
	struct stat st[3];
	int saved = errno;

	if (step == 0 || diskfile == -1)
		return;
	memset(st, 0, sizeof st);
	if (fstat(fd, &st[2]) == -1)
		abort();
	if (what == 'U')
		number = (long long)st[2].st_mtim.tv_sec * 1000000000 + st[2].st_mtim.tv_nsec;
	keep(what, step, st, number, v, parts, len, 0);
	errno = saved;
}

/* Bytes have been written; at -1 is where the file stands now. */
static void
written(unsigned long step, int fd, ssize_t n, long long at, const struct iovec *v, int parts)
{
	int saved = errno;
	long fl;

	if (step == 0 || diskfile == -1 || n <= 0 || kind(fd, WRITES) != WRITES)
		return;
	if (at == -1)
		at = syscall(SYS_lseek, fd, 0, SEEK_CUR) - n;
	fl = syscall(SYS_fcntl, fd, F_GETFL);
	errno = saved;
	data(fl != -1 && (fl & O_DSYNC) ? 'w' : 'W', step, fd, at, v, parts, (size_t)n);
}

/* A file was opened that may have been made, or emptied. */
static void
opened(unsigned long step, int dir, const char *path, int flags, int fd)
{
	if (step == 0 || diskfile == -1)
		return;
	if ((flags & __O_TMPFILE) == __O_TMPFILE)
		data('F', step, fd, 0, NULL, 0, 0);
	else if (flags & O_CREAT)
		names('C', step, dir, path, -1, NULL, fd);
	if (flags & O_TRUNC)
		data('T', step, fd, 0, NULL, 0, 0);
}

static void
retimed(unsigned long step, int dir, const char *path, int flags)
{
	struct stat st[3];
	int saved = errno;

	if (step == 0 || diskfile == -1)
		return;
	memset(st, 0, sizeof st);
	if (fstatat(dir, path, &st[2], flags) == -1)
		abort();
	keep('U', step, st, (long long)st[2].st_mtim.tv_sec * 1000000000 + st[2].st_mtim.tv_nsec, NULL, 0, 0, 0);
	errno = saved;
}

/* Names that the headers hide from us. */
ssize_t	 __read_chk(int, void *, size_t, size_t);
ssize_t	 __recv_chk(int, void *, size_t, size_t, int);

/* A call that is always a step; "then" keeps what it did. */
#define STEP(type, name, what, fd, path, params, args, then)		\
EXPORT type name params							\
{									\
	unsigned long n;						\
	type r;								\
									\
	static type (*real) params;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	n = begin(what, #name, fd, path);				\
	r = fails(what, #name, fd, path) ? -1 : real args;		\
	if (r != -1)							\
		then;							\
	end(n);								\
	return r;							\
}

#define HERE	AT_FDCWD

STEP(int, fsync, SYNCS, fd, NULL, (int fd), (fd), data('S', n, fd, 0, NULL, 0, 0))
STEP(int, fdatasync, SYNCS, fd, NULL, (int fd), (fd), data('S', n, fd, 0, NULL, 0, 0))
STEP(int, syncfs, SYNCS, fd, NULL, (int fd), (fd), data('A', n, fd, 0, NULL, 0, 0))
STEP(int, msync, SYNCS, -1, "map", (void *p, size_t len, int flags), (p, len, flags), (void)n)
STEP(int, rename, MAKES, -1, to, (const char *from, const char *to), (from, to),
    names('R', n, HERE, from, HERE, to, -1))
STEP(int, renameat, MAKES, -1, to, (int fd, const char *from, int fd2, const char *to), (fd, from, fd2, to),
    names('R', n, fd, from, fd2, to, -1))
STEP(int, renameat2, MAKES, -1, to, (int fd, const char *from, int fd2, const char *to, unsigned int f), (fd, from, fd2, to, f),
    names(f & RENAME_EXCHANGE ? '?' : 'R', n, fd, from, fd2, to, -1))
STEP(int, link, MAKES, -1, to, (const char *from, const char *to), (from, to),
    names('L', n, HERE, from, HERE, to, -1))
STEP(int, linkat, MAKES, -1, to, (int fd, const char *from, int fd2, const char *to, int f), (fd, from, fd2, to, f),
    names('L', n, fd, from, fd2, to, -1))
STEP(int, symlink, MAKES, -1, to, (const char *from, const char *to), (from, to),
    names('?', n, HERE, to, -1, NULL, -1))
STEP(int, unlink, REMOVES, -1, path, (const char *path), (path), names('D', n, HERE, path, -1, NULL, -1))
STEP(int, unlinkat, REMOVES, -1, path, (int fd, const char *path, int f), (fd, path, f),
    names('D', n, fd, path, -1, NULL, -1))
STEP(int, rmdir, REMOVES, -1, path, (const char *path), (path), names('D', n, HERE, path, -1, NULL, -1))
STEP(int, mkdir, MAKES, -1, path, (const char *path, mode_t m), (path, m), names('M', n, HERE, path, -1, NULL, -1))
STEP(int, mkdirat, MAKES, -1, path, (int fd, const char *path, mode_t m), (fd, path, m),
    names('M', n, fd, path, -1, NULL, -1))
STEP(int, ftruncate, ALTERS, fd, NULL, (int fd, off_t len), (fd, len), data('T', n, fd, len, NULL, 0, 0))
STEP(int, ftruncate64, ALTERS, fd, NULL, (int fd, off64_t len), (fd, len), data('T', n, fd, len, NULL, 0, 0))
STEP(int, futimens, ALTERS, fd, NULL, (int fd, const struct timespec ts[2]), (fd, ts), data('U', n, fd, 0, NULL, 0, 0))
STEP(int, utimensat, ALTERS, -1, path, (int fd, const char *path, const struct timespec ts[2], int f), (fd, path, ts, f),
    retimed(n, fd, path, f))
STEP(int, mkstemp, MAKES | OPENS, -1, t, (char *t), (t), opened(n, HERE, t, O_CREAT, r))
STEP(int, mkostemp, MAKES | OPENS, -1, t, (char *t, int f), (t, f), opened(n, HERE, t, O_CREAT, r))
STEP(int, mkstemp64, MAKES | OPENS, -1, t, (char *t), (t), opened(n, HERE, t, O_CREAT, r))
STEP(int, mkostemp64, MAKES | OPENS, -1, t, (char *t, int f), (t, f), opened(n, HERE, t, O_CREAT, r))

/* Bytes that leave: a step if the descriptor counts. */
#define OUT(name, params, args, then)					\
EXPORT ssize_t name params						\
{									\
	unsigned long n = 0;						\
	ssize_t r;							\
	int what = kind(fd, WRITES);					\
									\
	static ssize_t (*real) params;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	if (what != 0)							\
		n = begin(what, #name, fd, NULL);			\
	r = what != 0 && fails(what, #name, fd, NULL) ? -1 : real args;	\
	then;								\
	end(n);								\
	return r;							\
}

#define ONE(at)	written(n, fd, r, at, &(const struct iovec){ (void *)p, len }, 1)

OUT(write, (int fd, const void *p, size_t len), (fd, p, len), ONE(-1))
OUT(writev, (int fd, const struct iovec *v, int c), (fd, v, c), written(n, fd, r, -1, v, c))
OUT(pwrite, (int fd, const void *p, size_t len, off_t o), (fd, p, len, o), ONE(o))
OUT(pwrite64, (int fd, const void *p, size_t len, off64_t o), (fd, p, len, o), ONE(o))
OUT(pwritev, (int fd, const struct iovec *v, int c, off_t o), (fd, v, c, o), written(n, fd, r, o, v, c))
OUT(pwritev64, (int fd, const struct iovec *v, int c, off64_t o), (fd, v, c, o), written(n, fd, r, o, v, c))
OUT(send, (int fd, const void *p, size_t len, int f), (fd, p, len, f), (void)n)
OUT(sendto, (int fd, const void *p, size_t len, int f, const struct sockaddr *a, socklen_t al), (fd, p, len, f, a, al), (void)n)
OUT(sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f), (void)n)

/* Bytes that pass from file to file: their data is not kept. */
#define PASSED	if (what == WRITES && r > 0) data('?', n, fd, 0, NULL, 0, 0)

OUT(sendfile, (int fd, int from, off_t *o, size_t len), (fd, from, o, len), PASSED)
OUT(copy_file_range, (int from, off64_t *o, int fd, off64_t *o2, size_t len, unsigned f), (from, o, fd, o2, len, f), PASSED)
OUT(sendfile64, (int fd, int from, off64_t *o, size_t len), (fd, from, o, len), PASSED)

/* Bytes that come: a step once some have come from a socket. */
#define IN(name, params, args)						\
EXPORT ssize_t name params						\
{									\
	int what = kind(fd, READS);					\
	ssize_t r;							\
									\
	static ssize_t (*real) params;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	if (what != 0 && fails(what, #name, fd, NULL))			\
		return -1;						\
	r = real args;							\
	if (r > 0 && what == TALKS)					\
		end(begin(what, #name, fd, NULL));			\
	return r;							\
}

IN(read, (int fd, void *p, size_t len), (fd, p, len))
IN(__read_chk, (int fd, void *p, size_t len, size_t size), (fd, p, len, size))
IN(readv, (int fd, const struct iovec *v, int c), (fd, v, c))
IN(pread, (int fd, void *p, size_t len, off_t o), (fd, p, len, o))
IN(pread64, (int fd, void *p, size_t len, off64_t o), (fd, p, len, o))
IN(recv, (int fd, void *p, size_t len, int f), (fd, p, len, f))
IN(__recv_chk, (int fd, void *p, size_t len, size_t size, int f), (fd, p, len, size, f))
IN(recvmsg, (int fd, struct msghdr *m, int f), (fd, m, f))

/* Opening is a step where a file may be made or emptied. */
#define OPEN(name, params, args, dir, last)				\
EXPORT int name params							\
{									\
	unsigned long n = 0;						\
	mode_t mode = 0;						\
	va_list ap;							\
	int r, what = OPENS;						\
									\
	static int (*real) last;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	if (flags & (O_CREAT | __O_TMPFILE)) {				\
		va_start(ap, flags);					\
		mode = (mode_t)va_arg(ap, int);				\
		va_end(ap);						\
		what |= MAKES;						\
	}								\
	if (flags & (O_CREAT | __O_TMPFILE | O_TRUNC))			\
		n = begin(what, #name, -1, path);			\
	r = fails(what, #name, -1, path) ? -1 : real args;		\
	if (r != -1)							\
		opened(n, dir, path, flags, r);				\
	end(n);								\
	return r;							\
}

OPEN(open, (const char *path, int flags, ...), (path, flags, mode), HERE, (const char *, int, ...))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode), HERE, (const char *, int, ...))
OPEN(openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode), fd, (int, const char *, int, ...))
OPEN(openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode), fd, (int, const char *, int, ...))

/* The fortified forms take no mode, so they make no file. */
#define OPEN_2(name, params, args)					\
int	 name params;							\
EXPORT int name params							\
{									\
	static int (*real) params;					\
									\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	return fails(OPENS, #name, -1, path) ? -1 : real args;		\
}

OPEN_2(__open_2, (const char *path, int flags), (path, flags))
OPEN_2(__open64_2, (const char *path, int flags), (path, flags))
OPEN_2(__openat_2, (int fd, const char *path, int flags), (fd, path, flags))
OPEN_2(__openat64_2, (int fd, const char *path, int flags), (fd, path, flags))

STEP(int, creat, MAKES | OPENS, -1, path, (const char *path, mode_t m), (path, m),
    opened(n, HERE, path, O_CREAT | O_TRUNC, r))
STEP(int, creat64, MAKES | OPENS, -1, path, (const char *path, mode_t m), (path, m),
    opened(n, HERE, path, O_CREAT | O_TRUNC, r))

/* Other descriptors: no step, but there may be too many. */
#define MORE(name, params, args)					\
EXPORT int name params							\
{									\
	static int (*real) params;					\
									\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	return fails(OPENS, #name, -1, "") ? -1 : real args;		\
}

MORE(socket, (int d, int t, int p), (d, t, p))
MORE(socketpair, (int d, int t, int p, int v[2]), (d, t, p, v))
MORE(pipe, (int v[2]), (v))
MORE(pipe2, (int v[2], int f), (v, f))
MORE(signalfd, (int fd, const sigset_t *s, int f), (fd, s, f))

#define FOPEN(name)							\
EXPORT FILE *name(const char *path, const char *mode)			\
{									\
	int writes = mode[0] != 'r', what = OPENS | (writes ? MAKES : 0);	\
	unsigned long n = 0;						\
	FILE *r;							\
									\
	static FILE *(*real)(const char *, const char *);		\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	if (writes)							\
		n = begin(what, #name, -1, path);			\
	r = fails(what, #name, -1, path) ? NULL : real(path, mode);	\
	if (r != NULL && writes)					\
		opened(n, HERE, path, O_CREAT | (mode[0] == 'w' ? O_TRUNC : 0), fileno(r));	\
	end(n);								\
	return r;							\
}

FOPEN(fopen)
FOPEN(fopen64)
