/*
 * Uploads of what has its uid already.  Where a file system cannot rename without replacing, a link and an
 * unlink are a rename (maildir/file.h): one that was stopped in between leaves a message with two names, and the
 * old one would be sent again.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "maildir/name.h"
#include "maildir/scan.h"
#include "plan/upload.h"

#define NAME_ROOM	4096

/* An upload whose file has another name somewhere. */
struct linked {
	struct upload	*u;
	char		*stem;		/* what a uid leaves of its name; owned */
};

struct twice {
	struct part	*p;
	int		 infosep;
	struct linked	*l;		/* by stem */
	size_t		 n;
};

static int
by_stem(const void *a, const void *b)
{
	return strcmp(((const struct linked *)a)->stem, ((const struct linked *)b)->stem);
}

/* The stem of a base name, owned; NULL if none is left. */
static char *
stem(const char *base, size_t n)
{
	char *text = mem_alloc(n + 1), *got = NULL;
	struct buf b;

	memcpy(text, base, n);
	buf_init(&b, NAME_ROOM);
	if (name_without_uid(&b, text) == 0)
		got = mem_dup(buf_cstr(&b));
	buf_free(&b);
	free(text);
	return got;
}

static void
gather(struct twice *t, const struct uploads *us)
{
	struct upload *u;
	char *s;

	for (u = us->u + t->p->up; u < us->u + t->p->up + t->p->nup; u++)
		if (action_open(u->act) && u->st.st_nlink > 1 &&
		    (s = stem(u->act->name, strlen(u->act->name))) != NULL)
			t->l[t->n++] = (struct linked){ u, s };
	if (t->n > 1)
		qsort(t->l, t->n, sizeof(*t->l), by_stem);
}

/* That file, of that base name, has a uid: if it is the upload's, its other name goes. */
static void
compare(const struct twice *t, struct upload *u, const char *file, size_t base, int where)
{
	struct action *a = u->act;
	const struct mdfolder *md = &t->p->f->md;
	struct stat st;

	if (!action_open(a) || (strlen(a->name) == base && strncmp(a->name, file, base) == 0) ||
	    fstatat(md_where(md, where), file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_ino != u->st.st_ino || st.st_dev != u->st.st_dev)
		return;
	if (unlinkat(md_where(md, a->where), a->file, 0) == -1)
		action_unable(a, "removing the old name of what has a uid");
	else {
		t->p->f->dirty = 1;
		action_skip(a, "it had a new name with its uid; the old one was removed");
	}
}

static int
each(void *arg, const char *file, int where)
{
	struct twice *t = arg;
	struct linked key = { 0 };
	struct mdname name;
	size_t i, lo = 0, hi = t->n;

	if (name_parse(file, t->infosep, t->p->f->fmd5, &name) == -1 || name.uid == 0 ||
	    (key.stem = stem(file, name.base)) == NULL)
		return 0;
	while (lo < hi) {
		i = lo + (hi - lo) / 2;
		if (by_stem(&t->l[i], &key) < 0)
			lo = i + 1;
		else
			hi = i;
	}
	for (; lo < t->n && by_stem(&t->l[lo], &key) == 0; lo++)
		compare(t, t->l[lo].u, file, name.base, where);
	free(key.stem);
	return 0;
}

void
uploads_twice(struct uploads *us, struct part *p)
{
	struct twice t = { .p = p, .infosep = us->fl->ap->a->infosep };
	struct err why = { 0 };
	struct scan s;
	size_t i;

	t.l = mem_alloc((p->nup + 1) * sizeof(*t.l));
	gather(&t, us);
	if (t.n != 0) {
		scan_init(&s, &p->f->md);
		if (scan_pass(&s, each, &t, &why) == -1)
			for (i = 0; i < t.n; i++)
				action_fail(t.l[i].u->act, why.status, "%s", why.text);
	}
	for (i = 0; i < t.n; i++)
		free(t.l[i].stem);
	free(t.l);
}
