/* The files of uploads: measured before anything is sent, open only while they are sent. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "maildir/file.h"
#include "plan/upload.h"

/* Measures one; leaves the action open if it is as planned. */
static void
measure(struct upload *u)
{
	struct action *a = u->act;
	struct md_measured m;
	int dir = md_where(&a->f->md, a->where);

	if (fstatat(dir, a->file, &u->st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    md_measure(dir, a->file, &m) == -1) {
		action_unable(a, "the file to upload");
		return;
	}
	if (m.error != 0) {
		errno = m.error;
		action_unable(a, "reading the file to upload");
	} else if (m.bad != NULL)
		action_skip(a, "the file is %s", m.bad);
	else if (m.size != a->size || memcmp(m.dig, a->dig, DIGEST_LEN) != 0)
		action_skip(a, "the file changed meanwhile");
	memcpy(u->full, m.full, DIGEST_LEN);
}

static int
is_upload(const struct action *a)
{
	return a->verb == VERB_COPY && a->side == SIDE_REMOTE;
}

void
uploads_init(struct uploads *us, struct flight *fl)
{
	struct part *p;
	size_t i, j;

	memset(us, 0, sizeof(*us));
	us->fl = fl;
	us->u = mem_alloc((fl->as->n + 1) * sizeof(*us->u));
	for (i = 0; i < fl->n; i++) {
		p = &fl->part[i];
		p->up = us->n;
		for (j = 0; j < p->n; j++)
			if (is_upload(p->a[j]) && action_open(p->a[j])) {
				us->u[us->n].act = p->a[j];
				us->u[us->n].us = us;
				us->u[us->n++].fd = -1;
			}
		p->nup = us->n - p->up;
	}
	if (us->n != 0)
		us->u = mem_grow(us->u, us->n, sizeof(*us->u));
}

void
uploads_measure(struct uploads *us, struct part *p)
{
	struct upload *u;

	for (u = us->u + p->up; u < us->u + p->up + p->nup; u++)
		if (action_open(u->act))
			measure(u);
	/* there nothing was renamed */
	if (!us->fl->ap->a->local.readonly)
		uploads_twice(us, p);
}

void
upload_close(struct upload *u)
{
	if (u->fd != -1) {
		close(u->fd);
		u->us->nopen--;
	}
	u->fd = -1;
	free(u->wire);
	u->wire = NULL;
}

void
uploads_free(struct uploads *us)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		upload_close(&us->u[i]);
	uploads_forget(us);
	free(us->u);
	us->u = NULL;
	us->n = 0;
}

static int
same_stat(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
uploads_same(const struct upload *u)
{
	struct stat st;

	return u->act->file != NULL && fstatat(md_where(&u->act->f->md, u->act->where), u->act->file, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && same_stat(&st, &u->st);
}

int
uploads_look_again(struct uploads *us, struct part *p, struct upload *from)
{
	struct action **some = mem_alloc((p->nup + 1) * sizeof(struct action *));
	struct upload *u;
	struct err why = { 0 };
	size_t n = 0;
	int proven;

	for (u = from; u < us->u + p->up + p->nup; u++)
		some[n++] = u->act;
	/* what cannot be found is not sent */
	if (apply_locate(us->fl->ap, p->f, some, n, &proven, &why) == -1)
		proven = 0;
	free(some);
	return proven;
}

int
upload_open(struct uploads *us, struct part *p, struct upload *u)
{
	struct action *a = u->act;
	struct err why = { 0 };
	struct stat st;
	int again;

	/* of a session that broke in the middle of it */
	upload_close(u);
	if (afolder_open(us->fl->ap, p->f, &why) == -1) {
		action_fail(a, why.status, "%s", why.text);
		return -1;
	}
	for (again = 0; u->fd == -1 && again < 2; again++) {
		if (again)
			uploads_look_again(us, p, u);
		if (a->file == NULL)
			break;
		u->fd = md_file_open(md_where(&p->f->md, a->where), a->file, &st);
		if (u->fd == -1 && errno != ENOENT)
			break;
	}
	if (u->fd == -1) {
		if (a->file == NULL)
			errno = ENOENT;
		action_unable(a, "the file to upload");
		return -1;
	}
	us->nopen++;
	u->changed = 0;
	if (same_stat(&st, &u->st))
		return 0;
	upload_close(u);
	action_skip(a, "the file changed meanwhile");
	return -1;
}

long
upload_read(void *arg, char *to, size_t n)
{
	struct upload *u = arg;
	struct stat st;
	ssize_t got;

	if (u->wire == NULL) {
		if (u->fd == -1 || lseek(u->fd, 0, SEEK_SET) == -1)
			return -1;
		u->wire = mem_alloc(sizeof(*u->wire));
		md_wire_open(u->wire, u->fd);
	}
	got = md_wire_read(u->wire, to, n);
	if (u->wire->out >= u->act->size) {
		/* the file is what was measured, still: else the server has something else now */
		u->changed = fstat(u->fd, &st) == -1 || !same_stat(&st, &u->st);
		upload_close(u);
	}
	return (long)got;
}

