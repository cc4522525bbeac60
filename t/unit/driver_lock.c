/*
 * Locks: taken once, passed on, and what another program makes of them: this program's own fcntl stands
 * in front of libc's.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "driver/lock.h"

#include "unit.h"

static struct account account;
static int swaps;	/* how often the lock file is made anew between its opening and its locking */

int
fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (cmd == F_OFD_SETLK && swaps > 0) {
		swaps--;
		CHECK_NUM(unlink(account.lockfile), 0);
		close(open(account.lockfile, O_WRONLY | O_CREAT | O_EXCL, 0600));
	}
	return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl"))(fd, cmd, arg);
}

/* As OfflineIMAP locks: a POSIX lock of the whole file, in a process of its own. */
static int
lockf_elsewhere(const char *path)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	pid_t pid = fork();
	int st, fd;

	if (pid == 0) {
		fd = open(path, O_RDWR | O_CREAT, 0600);
		_exit(fd == -1 ? 2 : fcntl(fd, F_SETLK, &whole) == -1);
	}
	return waitpid(pid, &st, 0) == pid && WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void
inherit(const char *value, int want)
{
	struct lock l;
	struct err e = { 0 };

	unit_row("%s=%s", LOCK_ENV, value);
	setenv(LOCK_ENV, value, 1);
	CHECK_NUM(lock_take(&account, &l, &e), want);
	if (want == -1) {
		CHECK(e.status == EXIT_CONF || e.status == EXIT_AGAIN);
		CHECK_NUM(l.account, -1);
		CHECK_NUM(l.state, -1);
	}
	unsetenv(LOCK_ENV);
}

int
main(void)
{
	char dir[] = "/tmp/driver_lock.XXXXXX", text[64];
	char name[] = "a", *rm;
	struct lock one, two;
	struct err e = { 0 };
	struct stat st;

	if (mkdtemp(dir) == NULL)
		return 1;
	account.name = name;
	account.metadata = mem_printf("%s/meta", dir);
	account.lockfile = mem_printf("%s/meta/a.lock", dir);
	account.statedir = mem_printf("%s/meta/Account-a/state", dir);

	unit_row("the first");
	CHECK_NUM(lock_take(&account, &one, &e), 0);
	CHECK_NUM(stat(account.metadata, &st) == 0 ? st.st_mode & 0777 : 0, 0700);
	unit_row("OfflineIMAP");
	CHECK_NUM(lockf_elsewhere(account.lockfile), 1);
	unit_row("the second");
	CHECK_NUM(lock_take(&account, &two, &e), -1);
	CHECK_NUM(e.status, EXIT_AGAIN);
	CHECK_STR(e.text, "Could not lock account a. Is another instance using this account?");
	unit_row("the second, after OfflineIMAP unlinked the file");
	CHECK_NUM(unlink(account.lockfile), 0);
	CHECK_NUM(lock_take(&account, &two, &e), -1);

	/* descriptors that a child would have */
	snprintf(text, sizeof(text), "%d,%d", one.account, one.state);
	inherit(text, 0);
	snprintf(text, sizeof(text), "%d,%d", one.state, one.account);
	inherit(text, -1);
	inherit("0,1", -1);
	inherit("7", -1);
	inherit("x,y", -1);
	inherit("99999999,3", -1);

	unit_row("released");
	lock_release(&one);
	CHECK_NUM(one.account, -1);
	CHECK_NUM(lock_take(&account, &two, &e), 0);
	CHECK_NUM(access(account.lockfile, F_OK), 0);
	lock_release(&two);
	unit_row("made anew by OfflineIMAP between opening and locking");
	swaps = 2;
	CHECK_NUM(lock_take(&account, &two, &e), 0);
	CHECK_NUM(swaps, 0);
	CHECK(fstat(two.account, &st) == 0 && st.st_nlink == 1);
	CHECK_NUM(lockf_elsewhere(account.lockfile), 1);
	lock_release(&two);
	unit_row("no directory");
	free(account.statedir);
	account.statedir = mem_dup("/dev/null/state");
	CHECK_NUM(lock_take(&account, &two, &e), -1);
	CHECK_NUM(e.status, EXIT_FAIL);

	rm = mem_printf("rm -r '%s'", dir);
	CHECK_NUM(system(rm), 0);
	free(rm);
	free(account.metadata);
	free(account.lockfile);
	free(account.statedir);
	return unit_end("driver_lock");
}
