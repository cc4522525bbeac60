/* From another program's messages and the files of a folder to rows. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/flags.h"
#include "base/mem.h"
#include "maildir/file.h"
#include "maildir/name.h"
#include "maildir/scan.h"
#include "plan/import_folder.h"
#include "state/msg.h"

#define NAMES_MAX	(1u << 30)	/* bytes of all names of a folder */
#define HEADER_MAX	65536		/* of a message: mbsync's mark stands in it */

/* A file that has a uid in its name. */
struct named {
	uint32_t	 uid;
	unsigned	 flags;
	size_t		 at;		/* its name in the buffer */
	size_t		 base;		/* bytes of it that are the base name */
	int		 where;		/* 'c' or 'n' */
	int		 twice;		/* another file has this uid, too: neither may win */
};

struct files {
	const struct import *im;
	const struct import_folder *f;
	struct named	*file;		/* by uid, once sorted */
	size_t		 n, cap;
	struct buf	 names;		/* each with its NUL */
};

/* The uid that mbsync sees in a name: the first ,U=, up to a comma or the end of the base. */
static uint32_t
mbsync_uid(const char *file, size_t base)
{
	const char *end = file + base, *p = memmem(file, base, ",U=", 3);
	uint32_t uid;

	if (p == NULL)
		return 0;
	p += 3;
	if (foreign_number(&p, &uid) == -1 || (p < end && *p != ','))
		return 0;
	return uid;
}

static int
each(void *arg, const char *file, int where)
{
	struct files *fs = arg;
	struct named *to;
	struct mdname name;

	if (name_parse(file, fs->im->a->infosep, fs->f->fmd5, &name) == -1)
		return 0;
	if (fs->im->from == IMPORT_MBSYNC)
		name.uid = mbsync_uid(file, name.base);
	if (name.uid == 0)
		return 0;
	if (fs->n == fs->cap) {
		fs->cap = fs->cap + fs->cap / 2 + 256;
		fs->file = mem_grow(fs->file, fs->cap, sizeof(*fs->file));
	}
	to = &fs->file[fs->n++];
	*to = (struct named){ name.uid, name.flags, fs->names.len, name.base, where, 0 };
	buf_put(&fs->names, file, strlen(file) + 1);
	return buf_bad(&fs->names);
}

static int
by_uid(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

/* One for each uid; the same base name in two places is one message. */
static void
sort(struct files *fs)
{
	const char *names = fs->names.data;
	struct named *to = fs->file, *x;
	size_t i;

	if (fs->n == 0)
		return;
	qsort(fs->file, fs->n, sizeof(*fs->file), by_uid);
	for (i = 1; i < fs->n; i++) {
		x = &fs->file[i];
		if (x->uid != to->uid) {
			*++to = *x;
			continue;
		}
		to->flags |= x->flags;
		if (x->base != to->base || memcmp(names + x->at, names + to->at, x->base) != 0)
			to->twice = 1;
	}
	fs->n = (size_t)(to - fs->file) + 1;
}

static struct named *
find(const struct files *fs, uint32_t uid)
{
	const struct named key = { .uid = uid };

	return fs->n == 0 ? NULL : bsearch(&key, fs->file, fs->n, sizeof(key), by_uid);
}

/* Reads the folder until what it does not see is not there. */
static int
scan(struct files *fs, struct err *e)
{
	struct scan s;

	if (fs->f->md.dir == -1)
		return 0;
	scan_init(&s, &fs->f->md);
	do {
		fs->n = 0;
		buf_clear(&fs->names);
		if (scan_pass(&s, each, fs, e) == -1)
			return buf_bad(&fs->names) ? err_fail(e, "folder %s: too many files",
			    fs->f->local) : -1;
	} while (scan_again(&s));
	if (!s.proven)
		return err_again(e, "folder %s: another program is at work in it", fs->f->local);
	sort(fs);
	return 0;
}

/* mbsync's mark in a header in memory (with a NUL behind it), or NULL. */
static const char *
find_tuid(const char *text)
{
	const char *p;

	for (p = text; *p != '\n' && *p != '\r' && *p != '\0'; p++) {
		if (strncasecmp(p, "X-TUID: ", 8) == 0 && strcspn(p + 8, "\r\n") == FOREIGN_TUID)
			return p + 8;
		if ((p = strchr(p, '\n')) == NULL)
			break;
	}
	return NULL;
}

/* The message under way that has the mark of this file, or NULL. */
static struct foreign_msg *
marked(const struct files *fs, const struct named *nm, struct foreign *fo)
{
	const char *mark;
	struct foreign_msg *m, *found = NULL;
	ssize_t n = 0;
	char *text;
	int fd;

	fd = md_file_open(md_where(&fs->f->md, nm->where), fs->names.data + nm->at, NULL);
	if (fd == -1)
		return NULL;
	text = mem_alloc(HEADER_MAX + 1);
	n = pread(fd, text, HEADER_MAX, 0);
	close(fd);
	if (n > 0 && (mark = find_tuid(text)) != NULL)
		for (m = fo->msg; m < fo->msg + fo->n && found == NULL; m++)
			if ((m->bits & FOREIGN_PENDING) && m->near == 0 && m->tuid[0] != '\0' &&
			    strncmp(m->tuid, mark, FOREIGN_TUID) == 0)
				found = m;
	free(text);
	return found;
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Downloads that mbsync had under way when it was stopped: the file may be there already, with
 * a mark in its header that the journal names.
 */
static void
find_pending(const struct files *fs, struct foreign *fo)
{
	uint32_t *near = mem_grow(NULL, fo->n + 1, sizeof(*near));
	struct foreign_msg *m;
	size_t i, n = 0, pending = 0;

	for (i = 0; i < fo->n; i++) {
		if (fo->msg[i].near != 0)
			near[n++] = fo->msg[i].near;
		pending += (fo->msg[i].bits & FOREIGN_PENDING) && fo->msg[i].tuid[0] != '\0';
	}
	if (n != 0)
		qsort(near, n, sizeof(*near), by_number);
	for (i = 0; i < fs->n && pending != 0; i++) {
		if (fs->file[i].twice || (n != 0 &&
		    bsearch(&fs->file[i].uid, near, n, sizeof(*near), by_number) != NULL) ||
		    (m = marked(fs, &fs->file[i], fo)) == NULL)
			continue;
		m->near = fs->file[i].uid;
		m->bits &= ~(unsigned)FOREIGN_PENDING;
		pending--;
	}
	free(near);
}

/* What stands for the name of a file that is gone (locate.h). */
static char *
stand_in(const struct files *fs, uint32_t uid)
{
	return fs->im->from == IMPORT_MBSYNC ? mem_printf(",U=%u", uid) :
	    mem_printf(",U=%u,FMD5=%s", uid, fs->f->fmd5);
}

static void
row(struct import_folder *f, const struct foreign_msg *m, unsigned kept, char *name, unsigned flags)
{
	struct import_row *r = &f->rows[f->n++];

	r->uid = m->far;
	r->flags = flags;
	r->kept = kept;
	r->name = name;
}

/* A message that both sides had. */
static void
both(const struct files *fs, struct import_folder *f, const struct foreign_msg *m)
{
	const struct named *nm = find(fs, m->near);
	unsigned flags = m->flags;

	if (nm == NULL ? (m->bits & FOREIGN_EXPIRED) != 0 : nm->twice) {
		f->left++;
		return;
	}
	/* mbsync marks what it takes out of the Maildir: that is not for the server to learn */
	if (m->bits & FOREIGN_EXPIRED)
		flags |= nm->flags & FLAG_DELETED;
	if (nm == NULL) {
		f->gone++;
		row(f, m, KEPT_NO, stand_in(fs, m->near), flags);
	} else {
		f->found++;
		row(f, m, KEPT_NO, mem_ndup(fs->names.data + nm->at, nm->base), flags);
	}
}

static void
make_rows(const struct files *fs, struct import_folder *f)
{
	const struct foreign_msg *m;
	unsigned never = FOREIGN_SKIPPED | FOREIGN_PENDING;
	size_t i;

	f->rows = mem_grow(NULL, f->foreign.n + 1, sizeof(*f->rows));
	for (i = 0; i < f->foreign.n; i++) {
		m = &f->foreign.msg[i];
		if (m->far == 0 || (m->bits & never) || (m->near == 0 && (m->bits & FOREIGN_EXPIRED)))
			f->left++;
		else if (m->near != 0)
			both(fs, f, m);
		else
			/* deleted here: on the server it may wait to be expunged */
			row(f, m, KEPT_EXPUNGE, NULL, m->flags);
	}
}

int
import_rows(const struct import *im, struct import_folder *f, struct err *e)
{
	struct files fs = { .im = im, .f = f };
	int r;

	buf_init(&fs.names, NAMES_MAX);
	if ((r = scan(&fs, e)) == 0) {
		if (im->from == IMPORT_MBSYNC)
			find_pending(&fs, &f->foreign);
		make_rows(&fs, f);
	}
	buf_free(&fs.names);
	free(fs.file);
	return r;
}
