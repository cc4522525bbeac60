/* Message files. */
#include "maildir/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
md_file_open(int dirfd, const char *file, struct stat *st)
{
	struct stat own;
	int fd, saved;

	if (st == NULL)
		st = &own;
	fd = openat(dirfd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	saved = fstat(fd, st) == -1 ? errno : S_ISREG(st->st_mode) ? 0 : EINVAL;
	if (saved == 0)
		return fd;
	close(fd);
	errno = saved;
	return -1;
}

/* Reads it all; 0, or -1 with errno. */
static int
measure(int fd, off_t expect, struct md_measured *m)
{
	char chunk[MD_CHUNK];
	struct md_grow grow = { 0 };
	struct digest dig, full;
	ssize_t n;

	digest_init(&dig);
	digest_init_whole(&full);
	do {
		do
			n = read(fd, chunk, sizeof(chunk));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return -1;
		if (m->bad == NULL && memchr(chunk, '\0', (size_t)n) != NULL)
			m->bad = "nul";
		md_grow_add(&grow, chunk, (size_t)n);
		digest_add(&dig, chunk, (size_t)n);
		digest_add(&full, chunk, (size_t)n);
		m->size += (uint64_t)n;
		/* A short read up to the size told by fstat needs no other to see the end. */
	} while (n != 0 && (n == sizeof(chunk) || m->size < (uint64_t)expect));
	digest_end(&dig, m->dig);
	digest_end(&full, m->full);
	if (m->size == 0)
		m->bad = "empty";
	m->size += grow.more;
	return 0;
}

int
md_measure(int dirfd, const char *file, struct md_measured *m)
{
	struct stat st;
	int fd;

	memset(m, 0, sizeof(*m));
	if ((fd = md_file_open(dirfd, file, &st)) == -1) {
		if (errno == ENOENT)
			return -1;
		m->bad = "unreadable";
		m->error = errno;
		return 0;
	}
	m->mtime = st.st_mtime;
	if (measure(fd, st.st_size, m) == -1) {
		m->bad = "unreadable";
		m->error = errno;
	}
	close(fd);
	return 0;
}

int
md_rename(int fromdir, const char *from, int todir, const char *to)
{
	int saved;

	if (fromdir == todir && strcmp(from, to) == 0)
		return 0;
	if (renameat2(fromdir, from, todir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return -1;
	if (linkat(fromdir, from, todir, to, 0) == -1)
		return -1;
	if (unlinkat(fromdir, from, 0) == 0)
		return 0;
	/*
	 * Somebody moved or deleted the old name meanwhile, or it cannot go: one
	 * message must not get two names.
	 */
	saved = errno;
	unlinkat(todir, to, 0);
	errno = saved;
	return -1;
}
