/* Writing spool files, sweeping old ones. */
#include "plan/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "maildir/folder.h"

#define OLD	(36 * 3600)	/* seconds: what is older in a tmp is nobody's any more */

void
spool_init(struct spool *s, const char *root, int sep)
{
	memset(s, 0, sizeof(*s));
	s->root = root;
	s->sep = sep;
	s->rootfd = s->tmp = s->fd = -1;
}

void
spool_free(struct spool *s)
{
	if (s->fd != -1)
		close(s->fd);
	if (s->tmp != -1)
		close(s->tmp);
	if (s->rootfd != -1)
		close(s->rootfd);
	free(s->local);
	spool_init(s, s->root, s->sep);
}

/*
 * A spool file whose writer is gone: its process does not exist, or was another one with
 * our number (in a container they repeat), or it is days old.
 */
static int
orphan(const struct spool *s, const char *name)
{
	struct stat st;
	char *rest;
	long pid = strtol(name + sizeof(SPOOL_PREFIX) - 1, &rest, 10);

	if (pid == (long)getpid())
		return *rest != '.' || strtoul(rest + 1, NULL, 10) >= s->seq;
	if (pid <= 0 || (kill((pid_t)pid, 0) == -1 && errno == ESRCH))
		return 1;
	return fstatat(s->tmp, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && time(NULL) - st.st_mtime > OLD;
}

static void
sweep(const struct spool *s)
{
	int fd = openat(s->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *de;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		if (strncmp(de->d_name, SPOOL_PREFIX, sizeof(SPOOL_PREFIX) - 1) == 0 &&
		    orphan(s, de->d_name))
			unlinkat(s->tmp, de->d_name, 0);
	closedir(d);
}

/* Opens a folder's tmp, made if it is not there yet. */
static int
enter(struct spool *s, const char *local)
{
	int dir, saved;

	if (s->local != NULL && strcmp(s->local, local) == 0 && s->tmp != -1)
		return 0;
	if (s->tmp != -1)
		close(s->tmp);
	s->tmp = -1;
	free(s->local);
	s->local = mem_dup(local);
	if (s->rootfd == -1 && (s->rootfd = md_root(s->root, 1, &s->err)) == -1)
		return -1;
	if (!md_name_ok(local, s->sep)) {
		errno = EINVAL;
		return -1;
	}
	dir = *local == '\0' ? openat(s->rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
	    io_opendir(s->rootfd, local, 1);
	if (dir == -1)
		return -1;
	s->tmp = io_opendir(dir, "tmp", 1);
	saved = errno;
	close(dir);
	errno = saved;
	if (s->tmp != -1)
		sweep(s);
	return s->tmp == -1 ? -1 : 0;
}

/* The message is lost to this run; so are all others if the disk says no. */
static void
fail(struct spool *s)
{
	s->full |= errno == ENOSPC || errno == EDQUOT || errno == EROFS || errno == EIO;
	err_again(&s->err, "folder \"%.200s\": writing a message: %s", s->local, strerror(errno));
	if (s->fd != -1) {
		close(s->fd);
		unlinkat(s->tmp, s->name, 0);
	}
	s->fd = -1;
}

void
spool_begin(struct spool *s, const char *local)
{
	memset(&s->err, 0, sizeof(s->err));
	s->whole = 0;
	s->size = 0;
	s->fd = -1;
	md_text_init(&s->text);
	digest_init(&s->digest);
	if (enter(s, local) == -1) {
		fail(s);
		return;
	}
	snprintf(s->name, sizeof(s->name), SPOOL_PREFIX "%ld.%u", (long)getpid(), s->seq++);
	s->fd = openat(s->tmp, s->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (s->fd == -1)
		fail(s);
}

void
spool_data(struct spool *s, const char *p, size_t n)
{
	char out[MD_CHUNK + 1];
	size_t part, made;

	digest_add(&s->digest, p, n);
	for (; n != 0 && s->fd != -1; p += part, n -= part) {
		part = n < MD_CHUNK ? n : MD_CHUNK;
		made = md_text_feed(&s->text, p, part, out);
		if (io_write(s->fd, out, made) == -1)
			fail(s);
	}
}

void
spool_end(struct spool *s)
{
	char out[2];
	size_t n = md_text_end(&s->text, out);

	digest_end(&s->digest, s->dig);
	if (s->fd == -1)
		return;
	if (io_write(s->fd, out, n) == -1) {
		fail(s);
		return;
	}
	s->size = s->text.out;
	if (close(s->fd) == -1) {
		s->fd = -1;
		unlinkat(s->tmp, s->name, 0);
		fail(s);
		return;
	}
	s->fd = -1;
	s->whole = 1;
}

void
spool_drop(struct spool *s)
{
	if (s->whole)
		unlinkat(s->tmp, s->name, 0);
	s->whole = 0;
}

void
spool_path(const struct spool *s, struct buf *b)
{
	if (*s->local != '\0')
		buf_printf(b, "%s/", s->local);
	buf_printf(b, "tmp/%s", s->name);
}
