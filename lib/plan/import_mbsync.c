/*
 * mbsync: one state file for a folder, in it (SyncState *) or elsewhere.  Beside it may lie a
 * journal, of a run that was stopped: it counts only while the file ".new" is there too, into
 * which the next run writes the whole; and a ".lock", locked while mbsync runs.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "plan/import_folder.h"
#include "state/mbsync.h"

#define IN_BOX	".mbsyncstate"

/* One state file while it is read. */
struct source {
	int	 dirfd;			/* for the names */
	char	*state, *journal, *new, *lock;
	char	*shown;			/* the state's path, for people */
};

static void
source_open(struct source *s, int dirfd, const char *name, const char *shown)
{
	s->dirfd = dirfd;
	s->state = mem_dup(name);
	s->journal = mem_printf("%s.journal", name);
	s->new = mem_printf("%s.new", name);
	s->lock = mem_printf("%s.lock", name);
	s->shown = mem_dup(shown);
}

static void
source_close(struct source *s)
{
	free(s->state);
	free(s->journal);
	free(s->new);
	free(s->lock);
	free(s->shown);
}

/* 0 if no mbsync works on it, -1. */
static int
at_rest(const struct source *s, struct err *e)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = openat(s->dirfd, s->lock, O_RDWR | O_CLOEXEC | O_NONBLOCK), r = 0;

	if (fd == -1)
		return errno == ENOENT ? 0 : err_fail(e, "%s.lock: %s", s->shown, strerror(errno));
	if (fcntl(fd, F_OFD_GETLK, &whole) == -1)
		r = err_fail(e, "%s.lock: %s", s->shown, strerror(errno));
	else if (whole.l_type != F_UNLCK)
		r = err_again(e, "%s.lock: mbsync is at work", s->shown);
	close(fd);
	return r;
}

/* What is to be the same before and after reading. */
static void
look(const struct source *s, struct stat st[2])
{
	memset(st, 0, 2 * sizeof(*st));
	if (fstatat(s->dirfd, s->state, &st[0], 0) == -1)
		st[0].st_ino = 0;
	if (fstatat(s->dirfd, s->journal, &st[1], 0) == -1)
		st[1].st_ino = 0;
}

static int
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The journal's changes, if they are still to be made; 1 if there were any, 0, -1. */
static int
replay(const struct source *s, struct foreign *to, struct err *e)
{
	char *shown = mem_printf("%s.journal", s->shown);
	struct stat sb;
	struct buf b;
	int r;

	buf_init(&b, FOREIGN_MAX);
	r = import_read(s->dirfd, s->journal, shown, &b, e);
	if (r == 1 && (b.len == 0 || fstatat(s->dirfd, s->new, &sb, 0) == -1))
		r = 0;
	if (r == 1 && mbsync_replay(to, shown, b.data, b.len, e) == -1)
		r = -1;
	buf_free(&b);
	free(shown);
	return r;
}

/* State and journal: 1, 0 if there is neither, -1. */
static int
read_both(const struct source *s, struct foreign *to, struct err *e)
{
	struct buf b;
	int got, journal = 0;

	buf_init(&b, FOREIGN_MAX);
	got = import_read(s->dirfd, s->state, s->shown, &b, e);
	if (got == 1 && mbsync_parse(to, s->shown, b.data, b.len, e) == -1)
		got = -1;
	if (got != -1 && (journal = replay(s, to, e)) == -1)
		got = -1;
	buf_free(&b);
	if (got == -1 || (got == 0 && journal == 0))
		return got;
	return foreign_settle(to, s->shown, e) == -1 ? -1 : 1;
}

static int
read_source(const struct source *s, struct foreign *to, struct err *e)
{
	struct stat before[2], after[2];
	int r;

	look(s, before);
	if (at_rest(s, e) == -1)
		return -1;
	r = read_both(s, to, e);
	look(s, after);
	if (!same(&before[0], &after[0]) || !same(&before[1], &after[1]))
		r = err_again(e, "%s: mbsync is at work", s->shown);
	return r;
}

/* UIDVALIDITY of the Maildir as mbsync has it in the folder: 1, 0 if it says none, -1. */
static int
near_validity(const struct import_folder *f, uint32_t *validity, struct err *e)
{
	char *shown = mem_printf("%s/.uidvalidity", f->local), *line;
	struct foreign_text t;
	const char *p;
	struct buf b;
	int got;

	buf_init(&b, FOREIGN_MAX);
	got = import_read(f->md.dir, ".uidvalidity", shown, &b, e);
	if (got == 1) {
		foreign_text(&t, shown, b.data, b.len);
		if ((got = foreign_line(&t, &line, e)) == 1) {
			p = line;
			if (foreign_number(&p, validity) == -1 || *p != '\0' || *validity == 0)
				got = foreign_bad(&t, "no UIDVALIDITY", e);
		}
	}
	buf_free(&b);
	free(shown);
	return got;
}

/* 1 if two characters may stand for each other in names of folders here and there. */
static int
alike(char a, char b)
{
	const char *seps = "/.!";

	return a == b || (a != '\0' && b != '\0' && strchr(seps, a) && strchr(seps, b));
}

/* 1 if a file's name ends in that of the folder. */
static int
names(const char *file, const char *folder)
{
	size_t n = strlen(file), k = strlen(folder);

	if (k == 0 || k > n || (k < n && isalnum((unsigned char)file[n - k - 1])))
		return 0;
	while (k > 0 && alike(file[n - 1], folder[k - 1])) {
		n--;
		k--;
	}
	return k == 0;
}

static int
ends(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

/* 1 if a file of the directory may be the folder's by its name. */
static int
may_be(const char *file, const struct import_folder *f)
{
	return file[0] != '.' && !ends(file, ".journal") && !ends(file, ".new") &&
	    !ends(file, ".lock") && (names(file, f->remote) || names(file, f->local));
}

/* Looks into one file of the directory and takes it if it is the folder's. */
static int
try_file(struct import_folder *f, int dirfd, const char *dir, const char *file, uint32_t near,
    struct err *e)
{
	char *path = mem_printf("%s/%s", dir, file);
	struct foreign got = { 0 };
	struct source s;
	int r;

	source_open(&s, dirfd, file, path);
	r = read_source(&s, &got, e);
	source_close(&s);
	if (r == 1 && got.near == near && (f->validity == 0 || got.far == f->validity)) {
		if (f->path != NULL)
			r = err_fail(e, "%s and %s may both be it; say which: %s=FILE", f->path, path,
			    f->remote);
		else {
			f->path = mem_dup(path);
			f->foreign = got;
			memset(&got, 0, sizeof(got));
		}
	}
	foreign_free(&got);
	free(path);
	return r == -1 ? -1 : 0;
}

/* The one file of a directory that has the folder's name and both its UIDVALIDITYs. */
static int
search(struct import_folder *f, const char *path, struct err *e)
{
	struct dirent *d;
	uint32_t near = 0;
	DIR *dir;
	int r;

	if ((r = near_validity(f, &near, e)) != 1)
		return r;
	if ((dir = opendir(path)) == NULL)
		return err_fail(e, "%s: %s", path, strerror(errno));
	r = 0;
	while (r == 0 && (errno = 0, d = readdir(dir)) != NULL)
		if (may_be(d->d_name, f))
			r = try_file(f, dirfd(dir), path, d->d_name, near, e);
	if (r == 0 && errno != 0)
		r = err_fail(e, "%s: %s", path, strerror(errno));
	closedir(dir);
	return r;
}

/* One file that is the folder's; that it is not there is an error only if it was named. */
static int
take(struct import_folder *f, int dirfd, const char *name, const char *shown, int named,
    struct err *e)
{
	struct source s;
	int r;

	source_open(&s, dirfd, name, shown);
	r = read_source(&s, &f->foreign, e);
	source_close(&s);
	if (r == 0)
		return named ? err_fail(e, "%s: there is no such file", shown) : 0;
	f->path = mem_dup(shown);
	return r == 1 ? 0 : -1;
}

/* The operand FOLDER=FILE for this folder, or NULL. */
static const char *
named(const struct import *im, const struct import_folder *f)
{
	size_t i, n = strlen(f->remote);

	for (i = 0; i < im->nplaces; i++)
		if (strncmp(im->places[i], f->remote, n) == 0 && im->places[i][n] == '=')
			return im->places[i] + n + 1;
	return NULL;
}

static int
is_directory(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
}

/* Finds and reads it; 0 (perhaps without a path) or -1. */
static int
find(const struct import *im, struct import_folder *f, struct err *e)
{
	const char *file = named(im, f);
	char *shown;
	size_t i;
	int r = 0;

	if (file != NULL)
		return take(f, AT_FDCWD, file, file, 1, e);
	if (f->md.dir == -1)
		return 0;
	for (i = 0; i < im->nplaces && r == 0 && f->path == NULL; i++)
		if (is_directory(im->places[i]))
			r = search(f, im->places[i], e);
	if (im->nplaces != 0)
		return r;
	shown = mem_printf("%s/%s/%s", im->a->local.root, f->local, IN_BOX);
	r = take(f, f->md.dir, IN_BOX, shown, 0, e);
	free(shown);
	return r;
}

/* Files must be numbered as the state numbers them. */
static int
check_near(struct import_folder *f, struct err *e)
{
	uint32_t near = 0;
	int got;

	if (f->md.dir == -1)
		return 0;
	if (faccessat(f->md.dir, ".isyncuidmap.db", F_OK, 0) == 0)
		return err_fail(e, "%s: the folder has its uids in .isyncuidmap.db (AltMap), which "
		    "cannot be read; run mbsync once with \"AltMap no\", after mdconvert -n", f->path);
	if ((got = near_validity(f, &near, e)) == -1)
		return -1;
	if (got == 0 || near != f->foreign.near)
		return err_fail(e, "%s: it is of the local UIDVALIDITY %u, the folder's .uidvalidity "
		    "says %u", f->path, f->foreign.near, near);
	return 0;
}

int
import_mbsync(const struct import *im, struct import_folder *f, struct err *e)
{
	const struct foreign_msg *m;

	if (find(im, f, e) == -1)
		return -1;
	if (f->path == NULL || f->foreign.n == 0)
		return 0;
	if (f->foreign.far == 0 || f->foreign.far == UINT32_MAX || f->foreign.near == 0)
		return err_fail(e, "%s: it does not say of which UIDVALIDITY it is", f->path);
	if (check_near(f, e) == -1)
		return -1;
	for (m = f->foreign.msg; m < f->foreign.msg + f->foreign.n; m++)
		if (m->bits & FOREIGN_DUMMY)
			return err_fail(e, "%s: uids %u and %u: one side has but a placeholder (MaxSize); "
			    "have mbsync fetch the message, then import", f->path, m->far, m->near);
		else if ((m->bits & FOREIGN_PENDING) && m->far == 0 && m->tuid[0] != '\0')
			return err_fail(e, "%s: mbsync was stopped while it uploaded local uid %u; "
			    "run it once more, then import", f->path, m->near);
	return 0;
}
