/* Walking the Maildir root. */
#include "maildir/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsys.h"
#include "base/mem.h"
#include "maildir/folder.h"

#define REREADS	4		/* of a directory that changes while it is read */

struct child {
	char		*name;
	unsigned char	 type;		/* DT_ */
};

struct children {
	struct child	*one;
	size_t		 n, cap;
};

struct walk {
	struct tree	*t;
	int		 sep;
	size_t		 dirs;		/* looked at so far */
	struct {
		dev_t	 dev;
		ino_t	 ino;
	} up[TREE_DEPTH + 1];		/* the directories above, and this one */
	int		 depth;
	int		 links;		/* symbolic links on the way here */
	int		 known;		/* "dev" and "remote" are filled in */
	dev_t		 dev;
	int		 remote;	/* that device is a file system not to be trusted */
};

static int	 directory(struct walk *, int, const char *, struct err *);

static int
special(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 || strcmp(name, "tmp") == 0;
}

static struct tree_entry *
add(struct tree *t, const char *name, enum tree_kind kind, int error)
{
	struct tree_entry *en;

	if (t->n == t->cap) {
		t->cap = t->cap != 0 ? 2 * t->cap : 64;
		t->entry = mem_grow(t->entry, t->cap, sizeof(*t->entry));
	}
	en = &t->entry[t->n++];
	memset(en, 0, sizeof(*en));
	en->name = mem_dup(name);
	en->kind = kind;
	en->error = error;
	return en;
}

/* A directory that cannot be looked into; but each mounted ext4 has one that nobody misses. */
static void
add_closed(struct walk *w, const char *local, int error)
{
	if (strcmp(local, "lost+found") != 0)
		add(w->t, local, TREE_CLOSED, error);
}

/* Whether the file system of a directory tells times that cannot be relied on. */
static int
remote(struct walk *w, int dirfd, const char *path, dev_t dev)
{
	int fd;

	if (w->known && w->dev == dev)
		return w->remote;
	w->known = 1;
	w->dev = dev;
	w->remote = 1;
	if ((fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1) {
		w->remote = fsys_remote(fd) != NULL;
		close(fd);
	}
	return w->remote;
}

/* A head from a stat, not valid if it is too young or from afar. */
static void
head(struct walk *w, struct dirhead *h, const struct stat *st, int dirfd, const char *path)
{
	dirhead_stat(h, st);
	if (!md_head_old(h) || remote(w, dirfd, path, st->st_dev))
		memset(h, 0, sizeof(*h));
}

/*
 * Finds out whether dirfd/name is a folder; adds it, or what is in its place,
 * as "local".  Three stats and nothing opened.
 */
static void
probe(struct walk *w, int dirfd, const char *name, const char *local)
{
	static const char *const sub[] = { "cur", "new", "tmp" };
	char path[3][NAME_MAX + 5];
	struct tree_entry *en;
	struct stat st[3];
	int i, has[3];

	for (i = 0; i < 3; i++) {
		if (snprintf(path[i], sizeof(path[i]), "%s/%s", name, sub[i]) >=
		    (int)sizeof(path[i]))
			return;
		has[i] = fstatat(dirfd, path[i], &st[i], 0) == 0 ? S_ISDIR(st[i].st_mode) : 0;
		if (!has[i] && errno == EACCES) {
			add_closed(w, local, EACCES);
			return;
		}
		errno = 0;
	}
	if (!has[0] && !has[1])
		return;
	if (!has[0] || !has[1] || !has[2]) {
		add(w->t, local, TREE_HALF, 0);
		return;
	}
	en = add(w->t, local, TREE_FOLDER, 0);
	head(w, &en->cur, &st[0], dirfd, path[0]);
	head(w, &en->new, &st[1], dirfd, path[1]);
	en->dev = st[0].st_dev;
	en->ino = st[0].st_ino;
	en->link = w->links != 0;
	w->t->links += (size_t)en->link;
}

/* 1 if that entry is a symbolic link. */
static int
is_link(int fd, const struct child *c)
{
	struct stat st;

	return c->type == DT_LNK || (c->type == DT_UNKNOWN &&
	    fstatat(fd, c->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode));
}

static void
drop(struct children *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free(c->one[i].name);
	c->n = 0;
}

/* The entries of a directory that may be directories; 0, or -1 with errno. */
static int
read_once(struct walk *w, int fd, struct children *c)
{
	int own, saved;
	struct dirent *de;
	DIR *d;

	if ((own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if ((d = fdopendir(own)) == NULL) {
		close(own);
		return -1;
	}
	while ((errno = 0, de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		w->t->seen++;
		if (special(de->d_name) || (de->d_type != DT_DIR && de->d_type != DT_LNK &&
		    de->d_type != DT_UNKNOWN))
			continue;
		if (c->n == c->cap) {
			c->cap = c->cap != 0 ? 2 * c->cap : 32;
			c->one = mem_grow(c->one, c->cap, sizeof(*c->one));
		}
		c->one[c->n].type = de->d_type;
		c->one[c->n++].name = mem_dup(de->d_name);
	}
	saved = errno;
	closedir(d);
	errno = saved;
	return saved != 0 ? -1 : 0;
}

/* The same, again while the directory changes, for readdir may miss entries then. */
static int
read_children(struct walk *w, int fd, struct children *c)
{
	struct dirhead before, after;
	int i;

	for (i = 0; i < REREADS; i++) {
		drop(c);
		if (md_head_get(fd, &before) == -1 || read_once(w, fd, c) == -1 ||
		    md_head_get(fd, &after) == -1)
			return -1;
		if (dirhead_equal(&before, &after))
			break;
	}
	return 0;
}

/* 1 if that directory is one of those above (a link back), or the present one. */
static int
is_above(const struct walk *w, const struct stat *st)
{
	int i;

	for (i = 0; i < w->depth; i++)
		if (w->up[i].dev == st->st_dev && w->up[i].ino == st->st_ino)
			return 1;
	return 0;
}

/* One directory entry where folders are one level deep. */
static void
flat(struct walk *w, int fd, const struct child *c)
{
	struct stat st;

	if (c->type != DT_DIR && (fstatat(fd, c->name, &st, 0) == -1 ||
	    !S_ISDIR(st.st_mode) || is_above(w, &st)))
		return;
	w->links = is_link(fd, c);
	probe(w, fd, c->name, c->name);
	w->links = 0;
}

/* One directory entry where folders nest. */
static int
nested(struct walk *w, int fd, const struct child *c, const char *above, struct err *e)
{
	char *local = *above != '\0' ? mem_printf("%s/%s", above, c->name) : mem_dup(c->name);
	struct stat st;
	int r = 0, sub, link = is_link(fd, c);

	w->links += link;
	sub = openat(fd, c->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sub == -1) {
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			add_closed(w, local, errno);
	} else if (fstat(sub, &st) == 0 && !is_above(w, &st))
		r = directory(w, sub, local, e);
	w->links -= link;
	if (sub != -1)
		close(sub);
	free(local);
	return r;
}

/* An open directory: is it a folder, and what is below? */
static int
directory(struct walk *w, int fd, const char *local, struct err *e)
{
	struct children c = { 0 };
	struct stat st;
	size_t i;
	int r = -1;

	if (w->depth == TREE_DEPTH)
		return err_fail(e, "folder %s: more than %d directories below each other", local,
		    TREE_DEPTH);
	if (fstat(fd, &st) == -1 || read_children(w, fd, &c) == -1) {
		err_again(e, "Maildir directory %s: %s", *local != '\0' ? local : "(root)",
		    strerror(errno));
		goto out;
	}
	w->up[w->depth].dev = st.st_dev;
	w->up[w->depth++].ino = st.st_ino;
	probe(w, fd, ".", local);
	for (i = 0; i < c.n; i++) {
		if (++w->dirs > TREE_MAX) {
			err_fail(e, "Maildir: more than %d directories; does a link lead out of it?",
			    TREE_MAX);
			goto out;
		}
		if (w->sep != '/')
			flat(w, fd, &c.one[i]);
		else if (nested(w, fd, &c.one[i], local, e) == -1)
			goto out;
	}
	w->depth--;
	r = 0;
out:
	drop(&c);
	free(c.one);
	return r;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct tree_entry *)a)->name, ((const struct tree_entry *)b)->name);
}

int
tree_read(int rootfd, int sep, struct tree *t, struct err *e)
{
	struct walk w = { .t = t, .sep = sep };

	memset(t, 0, sizeof(*t));
	if (directory(&w, rootfd, "", e) == -1)
		return -1;
	if (t->n != 0)
		qsort(t->entry, t->n, sizeof(*t->entry), by_name);
	return 0;
}

void
tree_free(struct tree *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		free(t->entry[i].name);
	free(t->entry);
	memset(t, 0, sizeof(*t));
}
