/* Opening and making folders. */
#include "maildir/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fsys.h"
#include "base/io.h"

#define SUBDIRS	3

/* In the order they are made: what lacks cur is no folder to anybody. */
static const char *const subdir[SUBDIRS] = { "tmp", "new", "cur" };

/* A folder's name for an error message. */
static const char *
shown(const char *local)
{
	return *local != '\0' ? local : "(the root folder)";
}

int
md_name_ok(const char *local, int sep)
{
	char part[NAME_MAX + 1];
	size_t i, n;

	if (*local == '\0')
		return 1;
	for (;; local += n + 1) {
		n = sep == '/' ? strcspn(local, "/") : strlen(local);
		if (n > NAME_MAX)
			return 0;
		memcpy(part, local, n);
		part[n] = '\0';
		if (!io_component(part))
			return 0;
		for (i = 0; i < SUBDIRS; i++)
			if (strcmp(part, subdir[i]) == 0)
				return 0;
		if (local[n] == '\0')
			return 1;
	}
}

int
md_root(const char *path, int create, struct err *e)
{
	int fd, up, saved, synced;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT && create && io_mkdirs(path) == 0 &&
	    (fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1) {
		up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		synced = up != -1 && fsync(up) == 0;
		saved = errno;
		if (up != -1)
			close(up);
		if (!synced) {
			close(fd);
			fd = -1;
			errno = saved;
		}
	}
	if (fd == -1) {
		saved = errno;
		err_again(e, "Maildir %s: %s", path, strerror(saved));
		errno = saved;
	}
	return fd;
}

static void
no_folder(struct mdfolder *f)
{
	f->dir = f->cur = f->new = f->tmp = -1;
}

/* The folder's own directory; -1 with errno. */
static int
open_dir(int rootfd, const char *local, int sep, int create)
{
	if (!md_name_ok(local, sep)) {
		errno = EINVAL;
		return -1;
	}
	if (*local == '\0')
		return openat(rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return io_opendir(rootfd, local, create);
}

/* Opens cur, new and tmp of f->dir; returns how many are missing, or -1 with errno. */
static int
open_three(struct mdfolder *f)
{
	int *const fd[SUBDIRS] = { &f->tmp, &f->new, &f->cur };
	int i, missing = 0;

	for (i = 0; i < SUBDIRS; i++) {
		*fd[i] = openat(f->dir, subdir[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*fd[i] == -1 && errno != ENOENT && errno != ENOTDIR)
			return -1;
		if (*fd[i] == -1)
			missing++;
	}
	return missing;
}

/* Why opening failed, in words; closes the rest; -1. */
static int
failed(struct mdfolder *f, const char *local, struct err *e)
{
	int saved = errno;

	md_close(f);
	if (saved == EINVAL)
		err_fail(e, "folder %s: a name that no Maildir folder can have", shown(local));
	else
		err_again(e, "folder %s: %s", shown(local), strerror(saved));
	errno = saved;
	return -1;
}

int
md_open(int rootfd, const char *local, int sep, struct mdfolder *f, struct err *e)
{
	int missing;

	no_folder(f);
	if ((f->dir = open_dir(rootfd, local, sep, 0)) == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			return failed(f, local, e);
		err_again(e, "folder %s: there is no such directory", shown(local));
		return MD_NONE;
	}
	if ((missing = open_three(f)) == -1)
		return failed(f, local, e);
	if (missing == 0)
		return MD_OPEN;
	md_close(f);
	if (missing == SUBDIRS) {
		err_again(e, "folder %s: the directory is no Maildir", shown(local));
		return MD_NONE;
	}
	err_again(e, "folder %s: a half-made Maildir, without all of cur, new and tmp",
	    shown(local));
	return MD_HALF;
}

int
md_create(int rootfd, const char *local, int sep, struct mdfolder *f, struct err *e)
{
	int i, missing;

	no_folder(f);
	if ((f->dir = open_dir(rootfd, local, sep, 1)) == -1)
		return failed(f, local, e);
	for (i = 0; i < SUBDIRS; i++)
		if (mkdirat(f->dir, subdir[i], 0700) == -1 && errno != EEXIST)
			return failed(f, local, e);
	/* Also when they were there: whoever made them may not have synced them. */
	if (fsync(f->dir) == -1 || (missing = open_three(f)) == -1)
		return failed(f, local, e);
	if (missing != 0) {
		errno = ENOTDIR;
		return failed(f, local, e);
	}
	return 0;
}

void
md_close(struct mdfolder *f)
{
	if (f->dir != -1)
		close(f->dir);
	if (f->cur != -1)
		close(f->cur);
	if (f->new != -1)
		close(f->new);
	if (f->tmp != -1)
		close(f->tmp);
	no_folder(f);
}

/* 1 if a directory holds nothing. */
static int
bare(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	int n = 0;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return 0;
	}
	while (n <= 2 && (errno = 0, readdir(d)) != NULL)
		n++;
	if (errno != 0)
		n = 3;
	closedir(d);
	return n <= 2;	/* "." and ".." */
}

int
md_empty(const struct mdfolder *f)
{
	return bare(f->cur) && bare(f->new);
}

int
md_where(const struct mdfolder *f, int where)
{
	return where == 'c' ? f->cur : f->new;
}

int
md_head_get(int fd, struct dirhead *h)
{
	struct stat st;

	memset(h, 0, sizeof(*h));
	if (fstat(fd, &st) == -1)
		return -1;
	dirhead_stat(h, &st);
	return 0;
}

int
md_head_old(const struct dirhead *h)
{
	struct timespec ts;
	int64_t young;

	clock_gettime(CLOCK_REALTIME, &ts);
	young = ((int64_t)ts.tv_sec - MD_HEAD_YOUNG) * 1000000000 + ts.tv_nsec;
	return h->valid && h->mtime <= young && h->ctime <= young;
}

int
md_head_sure(const struct dirhead *h, int fd)
{
	return md_head_old(h) && fsys_remote(fd) == NULL;
}
