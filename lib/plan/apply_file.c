/* The files of a batch's actions: where they are now, and their names with a uid. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "maildir/file.h"
#include "maildir/locate.h"
#include "maildir/name.h"
#include "plan/apply.h"

/*
 * 1 if the plan tells what the file's letters are, and any file of that name will do: a flag
 * change and an upload check what they find.  A deletion must know of every one.
 */
static int
guess(const struct apply *ap, const struct afolder *f, const struct action *a, struct md_found *w)
{
	unsigned flags = a->verb != VERB_FLAGS ? a->flags :
	    a->side == SIDE_LOCAL ? a->was : (a->was | a->add) & ~a->del;

	return (a->verb == VERB_FLAGS || a->verb == VERB_COPY) &&
	    locate_guess(&f->md, ap->a->infosep, flags, w);
}

static void
found_at(struct action *a, struct md_found *w)
{
	free(a->file);
	a->file = w->file;
	a->where = w->where;
	a->copies = w->copies;
	w->file = NULL;
}

int
apply_locate(struct apply *ap, struct afolder *f, struct action *const *a, size_t na, int *proven,
    struct err *e)
{
	struct md_found *found = mem_alloc((na + 1) * sizeof(*found));
	struct action **of = mem_alloc((na + 1) * sizeof(struct action *));
	size_t i, n = 0;
	int r;

	*proven = 0;
	for (i = 0; i < na; i++) {
		if (a[i]->name == NULL || !action_open(a[i]))
			continue;
		found[n].base = a[i]->name;
		if (guess(ap, f, a[i], &found[n]))
			found_at(a[i], &found[n]);
		else
			of[n++] = a[i];
	}
	/* the rest takes a reading of the folder */
	r = n == 0 ? 0 : locate_files(&f->md, ap->a->infosep, found, n, proven, e);
	for (i = 0; i < n && r == 0; i++)
		found_at(of[i], &found[i]);
	locate_free(found, n);
	free(found);
	free(of);
	return r;
}

int
apply_file_at(const struct action *a)
{
	return md_file_open(md_where(&a->f->md, a->where), a->file, NULL);
}

int
apply_rename_uid(struct apply *ap, struct action *a, uint32_t uid, struct buf *base)
{
	struct afolder *f = a->f;
	int dir = md_where(&f->md, a->where), tries, r = -1;
	const char *info = a->file + strlen(a->name);
	struct err why = { 0 };
	struct buf to;

	if (ap->a->local.readonly) {
		/* nothing is written there, names included: the row takes it as it is */
		buf_str(base, a->name);
		f->dirty = 1;
		return afolder_strange(f, a->name, uid) ? afolder_unnote(ap, f, &why) : 0;
	}
	buf_init(&to, 4096);
	for (tries = 0; tries < 3 && r == -1; tries++) {
		buf_clear(base);
		buf_clear(&to);
		if (tries != 0 || name_with_uid(base, a->name, uid, f->fmd5) == -1) {
			buf_clear(base);
			name_new(base, time(NULL), uid, f->fmd5, NULL);
		}
		buf_str(&to, buf_cstr(base));
		name_info(&to, info, ap->a->infosep, 0, 0);
		/*
		 * before it: if that is all that is done, nothing is different.  What holds something else is another
		 * message; a link, which may be a rename under way, the next run takes for what it is (upload_twice.c)
		 */
		if (a->copies > 1 && strcmp(buf_cstr(base), a->name) != 0)
			copies_remove(ap, a, 0, &why);
		if ((r = md_rename(dir, a->file, dir, buf_cstr(&to))) == -1 && errno != EEXIST)
			break;
	}
	if (r == 0)
		f->dirty = 1;
	buf_free(&to);
	return r;
}
