/*
 * Counts the steps of all of our programs in one run, and kills the run at one
 * of them.  A step is a call after which the disk, the state or the server may
 * be another: a file made, written, synced, renamed, linked or removed, bytes
 * sent to or come from a socket.  Loaded with LD_PRELOAD; other programs are
 * left alone.
 *
 *   SHIM_FILE   the counter, shared by all processes of the run (made if need be)
 *   SHIM_KILL   at this step every process of the run gets SIGKILL
 *   SHIM_WHEN   "before" (the default) or "after" the call itself
 *   SHIM_LOG    a line per step: number, process, program, call, object
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
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

struct shared {
	atomic_ulong	steps;
	atomic_int	leader;		/* the first program, and its process group */
	atomic_int	dying;
};

static const char *const tools[] = {
	"offlineimap", "imap-connect", "imap-list", "imap-fetch", "maildir-scan",
	"sync-state", "sync-pair", "sync-plan", "sync-apply", NULL
};

static struct shared *shared;		/* NULL: not one of our programs */
static unsigned long kill_at;
static int kill_after;
static int logfile = -1;
static int deadly = -1;			/* a byte written there is SIGKILL for the run */

static void
die(void)
{
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

	if (pipe2(p, O_CLOEXEC) == -1 || snprintf(name, sizeof name, "/proc/self/fd/%d", p[0]) < 0 ||
	    (deadly = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC)) == -1)
		abort();
	syscall(SYS_close, p[0]);
	syscall(SYS_close, p[1]);
	deadly = aside(deadly);
	if (fcntl(deadly, F_SETOWN, getpgrp() == leader ? -leader : getpid()) == -1 ||
	    fcntl(deadly, F_SETSIG, SIGKILL) == -1 || fcntl(deadly, F_SETFL, O_ASYNC) == -1)
		abort();
}

static void __attribute__((constructor))
setup(void)
{
	const char *file = getenv("SHIM_FILE"), *k = getenv("SHIM_KILL"), *when = getenv("SHIM_WHEN");
	int i, fd, none = 0;
	void *map;

	for (i = 0; tools[i] != NULL; i++)
		if (strcmp(program_invocation_short_name, tools[i]) == 0)
			break;
	if (file == NULL || tools[i] == NULL)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || syscall(SYS_ftruncate, fd, sizeof *shared) != 0)
		abort();
	map = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	syscall(SYS_close, fd);
	kill_at = k != NULL ? strtoul(k, NULL, 10) : 0;
	kill_after = when != NULL && strcmp(when, "after") == 0;
	if ((file = getenv("SHIM_LOG")) != NULL && (fd = (int)syscall(SYS_openat, AT_FDCWD, file,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) != -1)
		logfile = aside(fd);
	shared = map;
	atomic_compare_exchange_strong(&shared->leader, &none, getpid());
	arm(atomic_load(&shared->leader));
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
note(unsigned long n, const char *call, int fd, const char *path)
{
	char line[1200], name[1024];
	int len;

	if (path == NULL)
		object(fd, name, sizeof name);
	len = snprintf(line, sizeof line, "%lu %d %s %s %s\n", n, (int)getpid(),
	    program_invocation_short_name, call, path != NULL ? path : name);
	if (len > 0)
		syscall(SYS_write, logfile, line, len < (int)sizeof line ? (size_t)len : sizeof line - 1);
}

/* Counts a step about to be made; its number, 0 where nothing is counted. */
static unsigned long
begin(const char *call, int fd, const char *path)
{
	unsigned long n;
	int saved = errno;

	if (shared == NULL)
		return 0;
	if (atomic_load(&shared->dying))
		die();
	n = atomic_fetch_add(&shared->steps, 1) + 1;
	if (logfile != -1)
		note(n, call, fd, path);
	if (n == kill_at && !kill_after)
		die();
	errno = saved;
	return n;
}

/* The step has been made. */
static void
end(unsigned long n)
{
	if (n != 0 && (atomic_load(&shared->dying) || (n == kill_at && kill_after)))
		die();
}

/* Whether bytes written there count: files (not our output) and sockets do, pipes do not. */
static int
counts(int fd)
{
	struct stat st;
	int saved = errno, yes;

	if (shared == NULL)
		return 0;
	yes = fstat(fd, &st) == 0 && (S_ISSOCK(st.st_mode) || (S_ISREG(st.st_mode) && fd > 2));
	errno = saved;
	return yes;
}

static int
is_socket(int fd)
{
	struct stat st;
	int saved = errno, yes;

	yes = shared != NULL && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	errno = saved;
	return yes;
}

/* Names that the headers hide from us. */
ssize_t	 __read_chk(int, void *, size_t, size_t);
ssize_t	 __recv_chk(int, void *, size_t, size_t, int);

/* A call that is always a step. */
#define STEP(type, name, fd, path, params, args)			\
EXPORT type name params							\
{									\
	unsigned long n;						\
	type r;								\
									\
	static type (*real) params;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	n = begin(#name, fd, path);					\
	r = real args;							\
	end(n);								\
	return r;							\
}

STEP(int, fsync, fd, NULL, (int fd), (fd))
STEP(int, fdatasync, fd, NULL, (int fd), (fd))
STEP(int, syncfs, fd, NULL, (int fd), (fd))
STEP(int, msync, -1, "map", (void *p, size_t len, int flags), (p, len, flags))
STEP(int, rename, -1, to, (const char *from, const char *to), (from, to))
STEP(int, renameat, -1, to, (int fd, const char *from, int fd2, const char *to), (fd, from, fd2, to))
STEP(int, renameat2, -1, to, (int fd, const char *from, int fd2, const char *to, unsigned int f), (fd, from, fd2, to, f))
STEP(int, link, -1, to, (const char *from, const char *to), (from, to))
STEP(int, linkat, -1, to, (int fd, const char *from, int fd2, const char *to, int f), (fd, from, fd2, to, f))
STEP(int, symlink, -1, to, (const char *from, const char *to), (from, to))
STEP(int, unlink, -1, path, (const char *path), (path))
STEP(int, unlinkat, -1, path, (int fd, const char *path, int f), (fd, path, f))
STEP(int, rmdir, -1, path, (const char *path), (path))
STEP(int, mkdir, -1, path, (const char *path, mode_t m), (path, m))
STEP(int, mkdirat, -1, path, (int fd, const char *path, mode_t m), (fd, path, m))
STEP(int, ftruncate, fd, NULL, (int fd, off_t len), (fd, len))
STEP(int, ftruncate64, fd, NULL, (int fd, off64_t len), (fd, len))
STEP(int, futimens, fd, NULL, (int fd, const struct timespec ts[2]), (fd, ts))
STEP(int, utimensat, -1, path, (int fd, const char *path, const struct timespec ts[2], int f), (fd, path, ts, f))
STEP(int, mkstemp, -1, t, (char *t), (t))
STEP(int, mkostemp, -1, t, (char *t, int f), (t, f))
STEP(int, mkstemp64, -1, t, (char *t), (t))
STEP(int, mkostemp64, -1, t, (char *t, int f), (t, f))

/* Bytes that leave: a step if the descriptor counts. */
#define OUT(name, params, args)						\
EXPORT ssize_t name params						\
{									\
	unsigned long n = 0;						\
	ssize_t r;							\
									\
	static ssize_t (*real) params;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	if (counts(fd))							\
		n = begin(#name, fd, NULL);				\
	r = real args;							\
	end(n);								\
	return r;							\
}

OUT(write, (int fd, const void *p, size_t len), (fd, p, len))
OUT(writev, (int fd, const struct iovec *v, int c), (fd, v, c))
OUT(pwrite, (int fd, const void *p, size_t len, off_t o), (fd, p, len, o))
OUT(pwrite64, (int fd, const void *p, size_t len, off64_t o), (fd, p, len, o))
OUT(pwritev, (int fd, const struct iovec *v, int c, off_t o), (fd, v, c, o))
OUT(pwritev64, (int fd, const struct iovec *v, int c, off64_t o), (fd, v, c, o))
OUT(send, (int fd, const void *p, size_t len, int f), (fd, p, len, f))
OUT(sendto, (int fd, const void *p, size_t len, int f, const struct sockaddr *a, socklen_t al), (fd, p, len, f, a, al))
OUT(sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f))
OUT(sendfile, (int fd, int from, off_t *o, size_t len), (fd, from, o, len))
OUT(copy_file_range, (int from, off64_t *o, int fd, off64_t *o2, size_t len, unsigned f), (from, o, fd, o2, len, f))
OUT(sendfile64, (int fd, int from, off64_t *o, size_t len), (fd, from, o, len))

/* Bytes that come: a step once some have come from a socket. */
#define IN(name, params, args)						\
EXPORT ssize_t name params						\
{									\
	ssize_t r;							\
									\
	static ssize_t (*real) params;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	r = real args;							\
	if (r > 0 && is_socket(fd))					\
		end(begin(#name, fd, NULL));				\
	return r;							\
}

IN(read, (int fd, void *p, size_t len), (fd, p, len))
IN(__read_chk, (int fd, void *p, size_t len, size_t size), (fd, p, len, size))
IN(readv, (int fd, const struct iovec *v, int c), (fd, v, c))
IN(recv, (int fd, void *p, size_t len, int f), (fd, p, len, f))
IN(__recv_chk, (int fd, void *p, size_t len, size_t size, int f), (fd, p, len, size, f))
IN(recvmsg, (int fd, struct msghdr *m, int f), (fd, m, f))

/* Opening is a step where a file may be made. */
#define OPEN(name, params, args, last)					\
EXPORT int name params							\
{									\
	unsigned long n = 0;						\
	mode_t mode = 0;						\
	va_list ap;							\
	int r;								\
									\
	static int (*real) last;					\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	if (flags & (O_CREAT | __O_TMPFILE)) {				\
		va_start(ap, flags);					\
		mode = (mode_t)va_arg(ap, int);				\
		va_end(ap);						\
		n = begin(#name, -1, path);				\
	}								\
	r = real args;							\
	end(n);								\
	return r;							\
}

OPEN(open, (const char *path, int flags, ...), (path, flags, mode), (const char *, int, ...))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode), (const char *, int, ...))
OPEN(openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode), (int, const char *, int, ...))
OPEN(openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode), (int, const char *, int, ...))

/* The fortified forms take no mode, so they make no file: nothing to count. */

STEP(int, creat, -1, path, (const char *path, mode_t m), (path, m))
STEP(int, creat64, -1, path, (const char *path, mode_t m), (path, m))

#define FOPEN(name)							\
EXPORT FILE *name(const char *path, const char *mode)			\
{									\
	unsigned long n = 0;						\
	FILE *r;							\
									\
	static FILE *(*real)(const char *, const char *);		\
	if (real == NULL)						\
		*(void **)&real = dlsym(RTLD_NEXT, #name);		\
	if (mode[0] != 'r')						\
		n = begin(#name, -1, path);				\
	r = real(path, mode);						\
	end(n);								\
	return r;							\
}

FOPEN(fopen)
FOPEN(fopen64)
