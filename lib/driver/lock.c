/* Locking an account; fcntl(2), open file description locks. */
#include "driver/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/rec.h"

#define TRIES	20	/* the file may be unlinked under us by an OfflineIMAP that gives up */

/* 1 if the descriptor is the file that has this name now. */
static int
same(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* 0, or -1 with errno; EAGAIN or EACCES when another has it. */
static int
lock_fd(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole);
}

static int
failed(struct err *e, const struct account *a, const char *path)
{
	if (errno == EAGAIN || errno == EACCES)
		return err_again(e, "Could not lock account %s. "
		    "Is another instance using this account?", a->name);
	if (errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL)
		return err_fail(e, "%s: this file system has no locks; "
		    "put \"metadata\" on a local one", path);
	return err_fail(e, "%s: %s", path, strerror(errno));
}

/* Opens and locks one file, anew while its name comes to mean another file. */
static int
take(const struct account *a, const char *path, int *fd, struct err *e)
{
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (*fd == -1) {
			if (errno == EACCES)
				return err_fail(e, "%s: %s", path, strerror(errno));
			return failed(e, a, path);
		}
		if (lock_fd(*fd) == -1)
			return failed(e, a, path);
		if (same(*fd, path))
			return 0;
		close(*fd);
		*fd = -1;
	}
	errno = EAGAIN;
	return failed(e, a, path);
}

/* One inherited descriptor: locking it again is granted only if the lock is its own. */
static int
inherit(const struct account *a, const char *path, const char *number, int *fd, struct err *e)
{
	struct stat st;
	uint64_t n;

	if (rec_number(number, &n) == -1 || n > 65535)
		return err_conf(e, "%s: not two descriptor numbers", LOCK_ENV);
	/* OfflineIMAP may have unlinked it meanwhile; it is no other file then */
	if (!same((int)n, path) && (fstat((int)n, &st) == -1 || st.st_nlink != 0))
		return err_conf(e, "%s: descriptor %s is not %s", LOCK_ENV, number, path);
	if (lock_fd((int)n) == -1)
		return failed(e, a, path);
	*fd = (int)n;
	return io_cloexec(*fd, 1) == -1 ? failed(e, a, path) : 0;
}

static int
inherit_both(const struct account *a, const char *path, const char *env, struct lock *l,
    struct err *e)
{
	char *numbers = mem_dup(env), *comma = strchr(numbers, ',');
	int r;

	if (comma == NULL)
		r = err_conf(e, "%s: not two descriptor numbers", LOCK_ENV);
	else {
		*comma = '\0';
		r = inherit(a, a->lockfile, numbers, &l->account, e);
		if (r == 0)
			r = inherit(a, path, comma + 1, &l->state, e);
	}
	free(numbers);
	return r;
}

int
lock_take(const struct account *a, struct lock *l, struct err *e)
{
	const char *env = getenv(LOCK_ENV);
	char *path = mem_printf("%s/lock", a->statedir);
	int r;

	l->account = l->state = -1;
	l->inherited = env != NULL;
	if (env != NULL)
		r = inherit_both(a, path, env, l, e);
	else if (io_mkdirs(a->metadata) == -1 || io_mkdirs(a->statedir) == -1)
		r = err_fail(e, "%s: %s", a->statedir, strerror(errno));
	else if ((r = take(a, a->lockfile, &l->account, e)) == 0)
		r = take(a, path, &l->state, e);
	if (r == -1)
		lock_release(l);
	free(path);
	return r;
}

void
lock_release(struct lock *l)
{
	if (l->account != -1)
		close(l->account);
	if (l->state != -1)
		close(l->state);
	l->account = l->state = -1;
}
