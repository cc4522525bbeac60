/*
 * Tries what a tool that has shut itself in must not do.  Loaded with LD_PRELOAD; the
 * attempts are made in the tool's own process, when it is about to read, and are told in
 * PROBE_LOG: a line each, what and how it went.
 *
 *   PROBE_LOG    the file, made anew
 *   PROBE_TOOL   the program to do it in
 *   PROBE_AT     "read": its standard input for the first time; "recv": a socket
 *   PROBE_DIR    a folder with a file cur/a
 *
 * PROBE_KERNEL=old makes the kernel one without Landlock and seccomp, before the main.
 *
 * PROBE_CLOCK=FILE lets the time of PROBE_TOOL pass only with the milliseconds in FILE.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static int out = -1;			/* -1 once done */
static int at_recv;
static pid_t self, parent;		/* what it forks is another process */
static char dir[1024];
static const char *clockfile;		/* NULL: the clock is the system's */

static void
old_kernel(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

	if (f == NULL || seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), 444, 0) != 0 ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) != 0 ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
	    SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) != 0 || seccomp_load(f) != 0)
		abort();
	seccomp_release(f);
}

static void __attribute__((constructor))
setup(void)
{
	const char *tool = getenv("PROBE_TOOL"), *file = getenv("PROBE_LOG"), *at = getenv("PROBE_AT"),
	    *kernel = getenv("PROBE_KERNEL"), *in = getenv("PROBE_DIR");
	int fd;

	if (tool == NULL || strcmp(program_invocation_short_name, tool) != 0)
		return;
	if (kernel != NULL && strcmp(kernel, "old") == 0)
		old_kernel();
	clockfile = getenv("PROBE_CLOCK");
	if (file == NULL)
		return;
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || (out = fcntl(fd, F_DUPFD_CLOEXEC, 200)) == -1)
		abort();
	close(fd);
	at_recv = at != NULL && strcmp(at, "recv") == 0;
	self = getpid();
	parent = getppid();
	if (in == NULL || snprintf(dir, sizeof dir, "%s", in) >= (int)sizeof dir)
		abort();
}

static const char *
path(const char *in)
{
	static char b[2][2048];
	static int i;

	i = !i;
	if (snprintf(b[i], sizeof b[i], "%s/%s", dir, in) < 0)
		abort();
	return b[i];
}

static void
told(const char *what, long r)
{
	const char *how = r == -1 ? strerrorname_np(errno) : "done";
	char line[100];
	int n = snprintf(line, sizeof line, "%s %s\n", what, how != NULL ? how : "?");

	if (write(out, line, (size_t)n) != n)
		abort();
}

/* Opens: done only if it can be; what it made is closed again. */
static void
opens(const char *what, const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0666);

	told(what, fd);
	if (fd != -1)
		close(fd);
}

static long
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 ? -1 : waitpid(pid, NULL, 0);
}

static void
attempt(void)
{
	char *none[] = { NULL };
	void *p;

	told("socket", socket(AF_INET, SOCK_STREAM, 0));
	told("local-socket", socket(AF_UNIX, SOCK_STREAM, 0));
	opens("read", "/etc/passwd", O_RDONLY);
	opens("read-mail", path("cur/a"), O_RDONLY);
	opens("write-mail", path("cur/a"), O_WRONLY);
	opens("list", "/etc", O_RDONLY | O_DIRECTORY);
	opens("make", path("../../elsewhere"), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
	opens("make-in-tmp", path("tmp/b"), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
	told("remove-in-tmp", unlinkat(AT_FDCWD, path("tmp/b"), 0));
	told("make-dir", mkdirat(AT_FDCWD, path("../../newdir"), 0700));
	told("rename", rename(path("cur/a"), path("cur/b")));
	told("rename-back", rename(path("cur/b"), path("cur/a")));
	told("remove-mail", unlinkat(AT_FDCWD, path("cur/a"), 0));
	told("fork", forks());
	/* what is not there is not found, unless one may not even look */
	told("exec", execve("/nowhere/program", none, none) == -1 && errno == ENOENT ? 0 : -1);
	told("signal", kill(parent, SIGURG));
	told("trace", ptrace(PTRACE_PEEKUSER, 1, NULL, NULL) == -1 && errno == ESRCH ? 0 : -1);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	told("code", p == MAP_FAILED ? -1 : 0);
}

static void
probe(void)
{
	int fd = out, saved = errno;

	if (getpid() != self)
		return;
	attempt();
	out = -1;
	close(fd);
	errno = saved;
}

EXPORT ssize_t
read(int fd, void *p, size_t n)
{
	static ssize_t (*real)(int, void *, size_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "read");
	if (out != -1 && fd == STDIN_FILENO && !at_recv)
		probe();
	return real(fd, p, n);
}

EXPORT ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	static ssize_t (*real)(int, void *, size_t, int);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "recv");
	if (out != -1 && at_recv)
		probe();
	return real(fd, p, n, flags);
}

EXPORT int
clock_gettime(clockid_t id, struct timespec *ts)
{
	long ms;
	FILE *f;

	if (clockfile == NULL || id != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, id, ts);
	if ((f = fopen(clockfile, "re")) == NULL || fscanf(f, "%ld", &ms) != 1)
		abort();
	fclose(f);
	ts->tv_sec = ms / 1000;
	ts->tv_nsec = ms % 1000 * 1000000;
	return 0;
}
