/*
 * The local trash: files are renamed into its cur, with their letters but for the mark T, and
 * without the uid of the folder that they come from.  Of what it has already, byte for byte, the
 * file is removed instead: it was copied from the server's trash, or put there by a run that was stopped.
 */
#include "plan/trash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sync.h"
#include "maildir/file.h"
#include "maildir/locate.h"
#include "maildir/name.h"
#include "plan/trash_known.h"

#define NAME_ROOM	4096

void
trash_close(struct apply *ap)
{
	if (ap->trashname == NULL)
		return;
	md_close(&ap->trash);
	free(ap->trashname);
	ap->trashname = NULL;
}

int
trash_sync(struct apply *ap)
{
	int fds[2] = { ap->trash.cur, ap->trash.new }, errors[2] = { 0 }, bad = 0;

	if (ap->trashname == NULL)
		return 0;
	if (ap->a->fsync && sync_all(fds, errors, 2) != 0)
		bad = errors[0] != 0 ? errors[0] : errors[1];
	trash_close(ap);
	errno = bad;
	return bad != 0 ? -1 : 0;
}

/* Opens the trash of a search, made if need be, but not if it has vanished: empty, it would read as deletions. */
static int
trash_open(struct search *s, struct err *e)
{
	struct apply *ap = s->fl->ap;
	const char *name = s->name;
	int r;

	if (ap->trashname != NULL && strcmp(ap->trashname, name) == 0)
		return 0;
	if (trash_sync(ap) == -1) {
		/* files are in it whose rows must stay */
		ap->unsynced = errno;
		return err_fail(e, "making what was moved to the trash durable: %s", strerror(errno));
	}
	if (apply_root(ap, 0, e) == -1)
		return -1;
	r = md_open(ap->rootfd, name, ap->a->local.sep[0], &ap->trash, e);
	if (r != MD_OPEN && r != -1 && s->synced)
		return err_fail(e, "folder \"%.200s\" was synced before and is gone from the Maildir; "
		    "put it back", name);
	if (r != MD_OPEN && r != -1 && ap->a->local.createfolders)
		r = md_create(ap->rootfd, name, ap->a->local.sep[0], &ap->trash, e);
	if (r != MD_OPEN) {
		if (e->status == 0)
			e->status = EXIT_FAIL;
		return -1;
	}
	ap->trashname = mem_dup(name);
	return 0;
}

/* A base name that nothing has yet. */
static void
name_fresh(struct buf *b)
{
	struct buf fresh;

	buf_init(&fresh, NAME_ROOM);
	name_new(&fresh, time(NULL), 1, "", NULL);
	name_without_uid(b, buf_cstr(&fresh));
	buf_free(&fresh);
}

/* The base name that a message gets in the trash. */
static void
name_there(struct buf *b, const struct action *a)
{
	if (name_without_uid(b, a->name) == -1)
		name_fresh(b);
}

/*
 * Where the files are that may be what is to be moved: those of the candidates, then, for each of the
 * doomed, one that has its name.  NULL with the error set.
 */
static struct md_found *
locate(struct search *s, struct err *e)
{
	size_t i, n = s->nt + s->n;
	struct md_found *found = mem_alloc((n + 1) * sizeof(*found));
	char **names = mem_alloc((s->n + 1) * sizeof(char *));
	int proven, r;
	struct buf b;

	buf_init(&b, NAME_ROOM);
	for (i = 0; i < s->nt; i++)
		found[i].base = s->t[i].name;
	for (i = 0; i < s->n; i++) {
		buf_clear(&b);
		name_there(&b, s->d[i].a);
		found[s->nt + i].base = names[i] = mem_dup(buf_cstr(&b));
	}
	r = locate_files(&s->fl->ap->trash, s->fl->ap->a->infosep, found, n, &proven, e);
	for (i = 0; i < s->n; i++)
		free(names[i]);
	free(names);
	buf_free(&b);
	if (r == 0)
		return found;
	locate_free(found, n);
	free(found);
	return NULL;
}

/* 1 if both files can be read and are the same to the last byte. */
static int
same_bytes(const struct md_measured *m, const struct apply *ap, const struct md_found *at)
{
	struct md_measured other;

	return at->file != NULL && md_measure(md_where(&ap->trash, at->where), at->file, &other) == 0 &&
	    other.error == 0 && m->error == 0 && other.size != 0 && m->size == other.size &&
	    memcmp(m->full, other.full, DIGEST_LEN) == 0;
}

/* 1 if the trash has it already. */
static int
is_there(struct search *s, struct doomed *d, const struct md_found *found)
{
	const struct apply *ap = s->fl->ap;
	const struct md_found *mine = &found[s->nt + (size_t)(d - s->d)];
	struct md_measured m;
	size_t i;

	if ((!d->wanted && mine->file == NULL) ||
	    md_measure(md_where(&d->a->f->md, d->a->where), d->a->file, &m) == -1)
		return 0;
	if (same_bytes(&m, ap, mine))
		return 1;
	for (i = 0; i < s->nt; i++)
		if (!s->t[i].used && known_may_equal(&s->t[i].is, &d->is) && same_bytes(&m, ap, &found[i])) {
			s->t[i].used = 1;
			return 1;
		}
	return 0;
}

/* Renames it; where the name is taken it gets another one. */
static void
put(struct apply *ap, struct action *a, int taken)
{
	int from = md_where(&a->f->md, a->where), tries, r = -1;
	const char *info = a->file + strlen(a->name);
	struct buf to;

	buf_init(&to, NAME_ROOM);
	for (tries = taken ? 1 : 0; tries < 3 && r == -1; tries++) {
		buf_clear(&to);
		if (tries == 0)
			name_there(&to, a);
		else
			name_fresh(&to);
		name_info(&to, info, ap->a->infosep, 0, FLAG_DELETED);
		if ((r = md_rename(from, a->file, ap->trash.cur, buf_cstr(&to))) == -1 && errno != EEXIST)
			break;
	}
	if (r == 0)
		a->moved = a->f->dirty = 1;
	else if (errno == ENOENT)
		action_skip(a, "moving the file: %s", strerror(errno));
	else
		action_fail(a, EXIT_FAIL, "moving the file to \"%s\": %s", a->to, strerror(errno));
	buf_free(&to);
}

/* 1 if two names lead to one directory. */
static int
same_place(const struct mdfolder *a, const struct mdfolder *b)
{
	struct stat x, y;

	return fstat(a->cur, &x) == -1 || fstat(b->cur, &y) == -1 ||
	    (x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* One file, whose folder and the trash are open. */
static void
one(struct search *s, struct doomed *d, const struct md_found *found)
{
	struct action *a = d->a;

	if (same_place(&a->f->md, &s->fl->ap->trash))
		action_fail(a, EXIT_FAIL, "\"%s\" is this very folder", a->to);
	else if (!is_there(s, d, found))
		put(s->fl->ap, a, found[s->nt + (size_t)(d - s->d)].file != NULL);
	else if (unlinkat(md_where(&a->f->md, a->where), a->file, 0) == 0)
		a->moved = a->f->dirty = 1;
	else
		action_unable(a, "removing the file");
}

/* All that go to one folder. */
static int
group(struct flight *fl, const char *name, struct err *e)
{
	struct md_found *found = NULL;
	struct err why = { 0 };
	struct search s;
	size_t i;
	int r = search_open(&s, fl, SIDE_LOCAL, name, 1, e);

	if (r == 0 && s.n != 0 && trash_open(&s, &why) == 0)
		found = locate(&s, &why);
	for (i = 0; r == 0 && i < s.n; i++) {
		if (!action_open(s.d[i].a) || s.d[i].a->file == NULL)
			continue;
		/* opening a folder may close the others, and the trash */
		if (found == NULL || afolder_open(fl->ap, s.d[i].a->f, &why) == -1 ||
		    trash_open(&s, &why) == -1)
			action_fail(s.d[i].a, why.status, "%s", why.text);
		else
			one(&s, &s.d[i], found);
	}
	if (found != NULL)
		locate_free(found, s.nt + s.n);
	free(found);
	search_close(&s);
	return r;
}

int
trash_files(struct flight *fl, struct err *e)
{
	const char **done = mem_alloc((fl->as->n + 1) * sizeof(*done));
	size_t i, k, n = 0;
	struct action *a;
	int r = 0;

	for (i = 0; i < fl->as->n && r == 0; i++) {
		a = fl->as->a[i];
		if (!trash_is_move(a, SIDE_LOCAL) || a->file == NULL)
			continue;
		for (k = 0; k < n && strcmp(done[k], a->to) != 0; k++)
			continue;
		if (k == n) {
			done[n++] = a->to;
			r = group(fl, a->to, e);
		}
	}
	free(done);
	/* whatever came in between: what is still there was not moved */
	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (trash_is_move(a, SIDE_LOCAL) && a->file != NULL && !a->moved)
			action_fail(a, EXIT_AGAIN, "the file was not moved to \"%s\"", a->to);
	}
	return r;
}
