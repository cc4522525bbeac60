/*
 * Files of one base name are one message: a mail reader's rename that was cut short leaves two, and so does
 * a tool that keeps Maildirs of two machines alike.  If the message is deleted, or gets its name with a uid, and
 * one of them stays as it is, that one reads as new, and is sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maildir/file.h"
#include "maildir/name.h"
#include "maildir/scan.h"
#include "plan/apply.h"
#include "plan/change.h"

struct copies {
	const struct action *a;
	int		 infosep;
	struct md_measured one;		/* the file that stands for the message */
	int		 remove;	/* in this pass; else they are only looked at */
	int		 links;		/* links to that very file, too */
	int		 others;	/* one holds something else, or cannot be read or removed */
};

/* 1 if the file that stands for the message is there, still: a copy may be it under its next name. */
static int
stands(const struct action *a)
{
	struct stat st;

	return fstatat(md_where(&a->f->md, a->where), a->file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* 1 if a name is another one of that very file: a rename may be under way that makes and removes links. */
static int
is_link(const struct action *a, int dir, const char *file)
{
	struct stat one, st;

	return fstatat(md_where(&a->f->md, a->where), a->file, &one, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && one.st_ino == st.st_ino && one.st_dev == st.st_dev;
}

static int
equal(const struct md_measured *m, const struct md_measured *one)
{
	return m->error == 0 && m->size == one->size && memcmp(m->full, one->full, DIGEST_LEN) == 0;
}

static int
each(void *arg, const char *file, int where)
{
	struct copies *c = arg;
	const struct action *a = c->a;
	int dir = md_where(&a->f->md, where);
	struct md_measured m;
	struct mdname name;

	if (name_parse(file, c->infosep, NULL, &name) == -1 || name.base != strlen(a->name) ||
	    memcmp(file, a->name, name.base) != 0 || (where == a->where && strcmp(file, a->file) == 0) ||
	    (!c->links && is_link(a, dir, file)) || md_measure(dir, file, &m) == -1)
		return 0;
	if (!equal(&m, &c->one) ||
	    (c->remove && stands(a) && unlinkat(dir, file, 0) == -1 && errno != ENOENT))
		c->others = 1;
	return 0;
}

int
copies_remove(struct apply *ap, const struct action *a, int links, struct err *e)
{
	struct copies c = { .a = a, .infosep = ap->a->infosep, .links = links };
	struct scan s;

	if (md_measure(md_where(&a->f->md, a->where), a->file, &c.one) == -1 || c.one.error != 0)
		return err_again(e, "the file cannot be compared with another one of its name");
	a->f->dirty = 1;
	for (; !c.others && c.remove < 2; c.remove++) {
		scan_init(&s, &a->f->md);
		do {
			if (scan_pass(&s, each, &c, e) == -1)
				return -1;
		} while (!c.remove && scan_again(&s));
	}
	return c.others;
}

int
delete_copies(struct apply *ap, struct action *a)
{
	struct err why = { 0 };
	int r = copies_remove(ap, a, 1, &why);

	if (r == -1)
		action_fail(a, why.status, "%s", why.text);
	else if (r == 1)
		action_skip(a, "another file of its name holds something else");
	return r == 0 ? 0 : -1;
}
