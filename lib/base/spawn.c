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

#include "base/io.h"
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

/* In the child: descriptors into place, then exec; returns only on failure. */
static void
child(const char *path, char *const argv[], const struct spawn_fd *fds, int nfd, int high,
    pid_t parent)
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
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent)
		return;
	for (i = 0; i < nfd; i++)
		if ((moved[i] = fcntl(fds[i].from, F_DUPFD_CLOEXEC, high)) == -1)
			return;
	for (i = 0; i < nfd; i++)
		if (dup2(moved[i], fds[i].to) == -1)
			return;
	execvp(path, argv);
}

pid_t
spawn_tool(char *const argv[], const struct spawn_fd *fds, int nfd)
{
	int p[2], error = 0, high = 0, i;
	char *path;
	pid_t pid, parent = getpid();
	ssize_t n;

	ENSURE(nfd <= SPAWN_FDS);
	/* all are first moved above those to come, out of their way */
	for (i = 0; i < nfd; i++)
		if (fds[i].to >= high)
			high = fds[i].to + 1;
	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	path = spawn_path(argv[0]);
	if ((pid = fork()) == 0) {
		if ((error = fcntl(p[1], F_DUPFD_CLOEXEC, high)) != -1)
			child(path, argv, fds, nfd, high, parent);
		else
			error = p[1];
		n = write(error, &errno, sizeof(errno));
		_exit(n == (ssize_t)sizeof(errno) ? 127 : 126);
	}
	free(path);
	close(p[1]);
	if (pid == -1) {
		close(p[0]);
		return -1;
	}
	do
		n = read(p[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	close(p[0]);
	if (n == 0)
		return pid;
	spawn_wait(pid);
	errno = n == (ssize_t)sizeof(error) ? error : EIO;
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
