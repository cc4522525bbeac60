/* Child processes that die with their parent and report a failed exec. */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

#define SPAWN_FDS	16	/* descriptors that a child may be given */

char *
spawn_path(const char *tool)
{
	char self[PATH_MAX], *slash, *path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (strchr(tool, '/') == NULL && n > 0) {
		self[n] = '\0';
		if ((slash = strrchr(self, '/')) != NULL) {
			*slash = '\0';
			path = mem_printf("%s/%s", self, tool);
			if (access(path, X_OK) == 0)
				return path;
			free(path);
		}
	}
	return mem_dup(tool);
}

/* What a child is given; it sees this process's memory until the exec. */
struct start {
	const char	*path;
	char *const	*argv;
	const struct spawn_fd *fds;
	int		 nfd, high;	/* "high" is above all descriptors to come */
	pid_t		 parent;
	int		 error;		/* errno of what failed, 0 if nothing did */
};

/* In the child: descriptors into place, then exec; returns only on failure. */
static void
run(const struct start *s)
{
	struct sigaction sa;
	sigset_t none;
	int i, moved[SPAWN_FDS];

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	for (i = 1; i < 32; i++)
		sigaction(i, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != s->parent)
		return;
	/* what the user's shell had open is nothing that a tool was given; a kernel before 5.11 leaves it */
	close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	/* all are first moved above those to come, out of their way */
	for (i = 0; i < s->nfd; i++)
		if ((moved[i] = fcntl(s->fds[i].from, F_DUPFD_CLOEXEC, s->high)) == -1)
			return;
	for (i = 0; i < s->nfd; i++)
		if (dup2(moved[i], s->fds[i].to) == -1)
			return;
	execvp(s->path, s->argv);
}

/*
 * The child borrows this process's memory while this one stands still: no page
 * tables are copied, and a failed exec leaves its errno here.  No handler may run in it.
 */
static pid_t
start(struct start *s)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	/* posix_spawn knows no death signal; what run calls touches nothing of the parent's but errno */
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	if ((pid = vfork()) == 0) {
		run(s); /* NOLINT(clang-analyzer-unix.Vfork) */
		s->error = errno != 0 ? errno : EIO;
		_exit(127);
	}
	if (pid == -1)
		s->error = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

pid_t
spawn_tool(char *const argv[], const struct spawn_fd *fds, int nfd)
{
	struct start s = { NULL, argv, fds, nfd, 0, getpid(), 0 };
	char *path;
	pid_t pid;
	int i;

	ENSURE(nfd <= SPAWN_FDS);
	for (i = 0; i < nfd; i++)
		if (fds[i].to >= s.high)
			s.high = fds[i].to + 1;
	s.path = path = spawn_path(argv[0]);
	pid = start(&s);
	free(path);
	if (s.error == 0)
		return pid;
	if (pid != -1)
		spawn_wait(pid);
	errno = s.error;
	return -1;
}

int
spawn_status(int st)
{
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

int
spawn_wait(pid_t pid)
{
	int st;

	while (waitpid(pid, &st, 0) == -1)
		if (errno != EINTR)
			return -1;
	return spawn_status(st);
}
