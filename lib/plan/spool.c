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
spools_init(struct spools *all, const char *root, int sep)
{
	memset(all, 0, sizeof(*all));
	all->root = root;
	all->sep = sep;
	all->rootfd = -1;
	all->pid = (long)getpid();
}

void
spools_open(struct spools *all)
{
	all->rootfd = md_root(all->root, 1, NULL);
	all->why = all->rootfd == -1 ? errno : 0;
}

void
spools_free(struct spools *all)
{
	if (all->rootfd != -1)
		close(all->rootfd);
	all->rootfd = -1;
}

void
spool_init(struct spool *s, struct spools *all)
{
	memset(s, 0, sizeof(*s));
	s->all = all;
	s->tmp = s->fd = -1;
	s->out = mem_alloc(SPOOL_HOLD);
}

/* Closes and removes the file being written. */
static void
scrap(struct spool *s)
{
	if (s->fd != -1) {
		/* in a new folder the name stays for a sweep (fetch_confine.c), the space does not */
		if (unlinkat(s->tmp, s->name, 0) == -1)
			(void)!ftruncate(s->fd, 0);
		close(s->fd);
	}
	s->fd = -1;
}

void
spool_free(struct spool *s)
{
	scrap(s);
	spool_drop(s);
	if (s->tmp != -1)
		close(s->tmp);
	free(s->local);
	free(s->out);
	s->local = s->out = NULL;
	s->tmp = -1;
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

	if (pid == s->all->pid)
		return *rest != '.' || strtoul(rest + 1, NULL, 10) >= s->all->seq;
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
	if (s->all->rootfd == -1) {
		errno = s->all->why;
		return -1;
	}
	if (!md_name_ok(local, s->all->sep)) {
		errno = EINVAL;
		return -1;
	}
	dir = *local == '\0' ? openat(s->all->rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
	    io_opendir(s->all->rootfd, local, 1);
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
	s->all->full |= errno == ENOSPC || errno == EDQUOT || errno == EROFS || errno == EIO;
	err_again(&s->err, "folder \"%.200s\": writing a message: %s", s->local, strerror(errno));
	scrap(s);
}

void
spool_begin(struct spool *s, const char *local)
{
	/* one that came where nobody looked for a message */
	spool_drop(s);
	memset(&s->err, 0, sizeof(s->err));
	s->size = 0;
	s->outlen = 0;
	s->fd = -1;
	md_text_init(&s->text);
	digest_init(&s->digest);
	if (enter(s, local) == -1) {
		fail(s);
		return;
	}
	snprintf(s->name, sizeof(s->name), SPOOL_PREFIX "%ld.%u", s->all->pid, s->all->seq++);
	s->fd = openat(s->tmp, s->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (s->fd == -1)
		fail(s);
}

/* Writes what was gathered. */
static void
write_out(struct spool *s)
{
	if (s->fd != -1 && io_write(s->fd, s->out, s->outlen) == -1)
		fail(s);
	s->outlen = 0;
}

void
spool_data(struct spool *s, const char *p, size_t n)
{
	size_t part;

	digest_add(&s->digest, p, n);
	for (; n != 0 && s->fd != -1; p += part, n -= part) {
		/* md_text_feed may give one byte more than it gets */
		if (s->outlen + n >= SPOOL_HOLD && s->outlen >= MD_CHUNK)
			write_out(s);
		part = n < SPOOL_HOLD - s->outlen - 1 ? n : SPOOL_HOLD - s->outlen - 1;
		s->outlen += md_text_feed(&s->text, p, part, s->out + s->outlen);
	}
}

void
spool_end(struct spool *s)
{
	digest_end(&s->digest, s->dig);
	if (s->outlen >= SPOOL_HOLD - 1)
		write_out(s);
	s->outlen += md_text_end(&s->text, s->out + s->outlen);
	write_out(s);
	if (s->fd == -1)
		return;
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
