/*
 * Downloads: what imap-fetch spooled in a folder's tmp becomes messages.  In
 * groups: dates set, data synced, renamed, directories synced, rows committed;
 * stopped at any point, the next run finds the spool to sweep, or a message whose
 * name says which it is.  Meanwhile imap-fetch goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "maildir/file.h"
#include "maildir/locate.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/spool.h"
#include "state/msg.h"

#define GET_ROWS	2000	/* messages of one group */
#define GET_MS		2000	/* how long one may wait for more */
#define BASE_END	64	/* bytes: ",U=4294967295,FMD5=" and 32 digits */

void
apply_get_open(struct apply *ap)
{
	char *path = mem_dup(ap->a->local.root), *slash;
	struct stat st;

	/* before imap-fetch writes: syncfs tells a descriptor only of errors after its opening */
	while ((ap->syncfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 &&
	    errno == ENOENT && (slash = strrchr(path, '/')) != NULL && slash != path)
		*slash = '\0';
	free(path);
	if (ap->syncfd == -1 || fstat(ap->syncfd, &st) == -1)
		return;
	ap->syncdev = st.st_dev;
}

void
apply_get_close(struct apply *ap)
{
	if (ap->syncfd != -1)
		close(ap->syncfd);
	ap->syncfd = -1;
}

/* The spool's own name, if the path is one of imap-fetch's; else NULL. */
static const char *
spool_name(const struct action *a)
{
	const char *slash = strrchr(a->spool, '/'), *name = slash != NULL ? slash + 1 : a->spool;

	return strncmp(name, SPOOL_PREFIX, sizeof(SPOOL_PREFIX) - 1) == 0 ? name : NULL;
}

/* What the state must say: no row yet, or one that only notes why there is no file. */
static int
expect(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg row;
	int got = 0;

	if (a->f->validity != 0 && a->f->validity != a->validity) {
		action_skip(a, "UIDVALIDITY is not the state's");
		return 0;
	}
	if (a->f->id != 0 && (got = state_msg_get(ap->st, a->f->id, a->uid, &row, e)) == -1)
		return -1;
	if (got == 1 && row.name != NULL)
		action_skip(a, "already here");
	else if (got == 1 && row.kept == KEPT_EXPUNGE && (a->seen & FLAG_DELETED) != 0)
		action_skip(a, "it was deleted here and waits for the server to expunge it");
	return 0;
}

/* The spool file is what was fetched, and gets its date: 0, or -1 with the action decided. */
static int
dated(struct apply *ap, struct action *a, dev_t *dev)
{
	struct timespec ts[2];
	struct err why = { 0 };
	struct stat st;
	const char *name;

	if (a->spool == NULL || (name = spool_name(a)) == NULL) {
		action_skip(a, "it was not fetched");
		return -1;
	}
	if (afolder_open(ap, a->f, &why) == -1) {
		action_fail(a, why.status, "%s", why.text);
		return -1;
	}
	if (fstatat(a->f->md.tmp, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		action_unable(a, "spool file");
		return -1;
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != a->spoolsize || st.st_size == 0) {
		action_skip(a, "the spool file is not what was fetched");
		return -1;
	}
	*dev = st.st_dev;
	if (a->date < 0)
		return 0;
	memset(ts, 0, sizeof(ts));
	ts[0].tv_sec = ts[1].tv_sec = (time_t)a->date;
	if (utimensat(a->f->md.tmp, name, ts, AT_SYMLINK_NOFOLLOW) == -1) {
		action_fail(a, EXIT_FAIL, "setting its date: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* 1 if a file that claims the message's number has the bytes that were fetched for it. */
static int
placed(const struct action *a, const struct md_found *at)
{
	struct md_measured here, spool;

	return at->file != NULL &&
	    md_measure(md_where(&a->f->md, at->where), at->file, &here) == 0 && here.error == 0 &&
	    md_measure(a->f->md.tmp, spool_name(a), &spool) == 0 && spool.error == 0 &&
	    here.size == spool.size && memcmp(here.full, spool.full, DIGEST_LEN) == 0;
}

/* n open actions of one folder: those that were put in place by a run that was stopped before its commit. */
static void
find_placed(struct apply *ap, struct action *const *a, size_t n)
{
	struct md_found *found = mem_alloc(n * sizeof(*found));
	char *bases = mem_alloc(n * BASE_END);
	struct err why = { 0 };
	int proven = 0, r;
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(bases + i * BASE_END, BASE_END, ",U=%u,FMD5=%s", a[i]->uid, a[i]->f->fmd5);
		found[i].base = bases + i * BASE_END;
	}
	if ((r = afolder_open(ap, a[0]->f, &why)) == 0)
		r = locate_files(&a[0]->f->md, ap->a->infosep, found, n, &proven, &why);
	for (i = 0; i < n; i++)
		if (r == -1)
			action_fail(a[i], why.status, "%s", why.text);
		else if (placed(a[i], &found[i]))
			action_skip(a[i], "a run that was stopped has put it here; the next sync notes it");
		else if (found[i].copies > 1)
			action_skip(a[i], "several files bear its number; the next sync looks into them");
		else if (!proven && found[i].file == NULL)
			action_fail(a[i], EXIT_AGAIN, "the folder moves too fast to tell whether it is here");
	locate_free(found, n);
	free(found);
	free(bases);
}

/*
 * A plan that is carried out for the second time: files may be there that no row names yet.  Who
 * lists and carries out under one lock has seen them, and has them paired instead.
 */
static void
skip_placed(struct apply *ap)
{
	struct actions *as = &ap->gets;
	struct action **open = mem_alloc(as->n * sizeof(struct action *));
	size_t i, n = 0;

	for (i = 0; i < as->n && ap->unguarded; i++) {
		if (!action_open(as->a[i]))
			continue;
		if (n != 0 && open[0]->f != as->a[i]->f) {
			find_placed(ap, open, n);
			n = 0;
		}
		open[n++] = as->a[i];
	}
	if (n != 0)
		find_placed(ap, open, n);
	free(open);
}

/* Into cur if it was read, else into new; the base name goes to a->file. */
static void
place(struct apply *ap, struct action *a, time_t now)
{
	int dir = (a->flags & FLAG_SEEN) != 0 ? a->f->md.cur : a->f->md.new;
	struct buf base, full;

	buf_init(&base, 4096);
	buf_init(&full, 4096);
	name_new(&base, now, a->uid, a->f->fmd5, NULL);
	buf_str(&full, buf_cstr(&base));
	name_info(&full, "", ap->a->infosep, a->flags, 0);
	if (md_rename(a->f->md.tmp, spool_name(a), dir, buf_cstr(&full)) == -1)
		action_fail(a, EXIT_AGAIN, "putting it in place: %s", strerror(errno));
	else {
		a->f->dirty = 1;
		a->file = mem_dup(buf_cstr(&base));
	}
	buf_free(&base);
	buf_free(&full);
}

static int
row(struct apply *ap, struct action *a, struct err *e)
{
	struct state_msg m;

	memset(&m, 0, sizeof(m));
	m.uid = a->uid;
	m.flags = a->flags;
	m.size = a->size;
	m.date = a->date >= 0 ? a->date : 0;
	m.has_dig = a->hasdig;
	memcpy(m.dig, a->dig, DIGEST_LEN);
	m.name = a->file;
	if (afolder_make(ap, a->f, a->validity, e) == -1 ||
	    state_msg_put(ap->st, a->f->id, &m, e) == -1)
		return -1;
	action_done(a, NULL);
	return 0;
}

static int
spool_at(const struct action *a)
{
	return md_file_open(a->f->md.tmp, spool_name(a), NULL);
}

/* A spool that will not become a message is of no use to anybody. */
static void
sweep(struct action *a)
{
	if (a->spool != NULL && spool_name(a) != NULL && a->f->open)
		unlinkat(a->f->md.tmp, spool_name(a), 0);
}

static int
commit(struct apply *ap, struct err *e)
{
	struct actions *as = &ap->gets;
	size_t i;

	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (i = 0; i < as->n; i++)
		if (action_open(as->a[i]) && row(ap, as->a[i], e) == -1) {
			state_abort(ap->st);
			return -1;
		}
	return state_commit(ap->st, e);
}

static int
group(struct apply *ap, struct err *e)
{
	struct actions *as = &ap->gets;
	time_t now = time(NULL);
	size_t i, many = 0;
	int here = ap->syncfd != -1;
	dev_t dev;

	if (apply_check(ap, as, expect, e) == -1)
		return -1;
	for (i = 0; i < as->n; i++)
		if (action_open(as->a[i]) && dated(ap, as->a[i], &dev) == 0) {
			here &= dev == ap->syncdev;
			many++;
		}
	skip_placed(ap);
	/* one syncfs only where a descriptor was opened in time, and for all of them */
	apply_sync_begin(ap, here ? many : 0);
	if (!apply_sync_end(ap))
		apply_sync_files(ap, as->a, as->n, spool_at);
	for (i = 0; i < as->n; i++) {
		if (action_open(as->a[i]))
			place(ap, as->a[i], now);
		if (!action_open(as->a[i]))
			sweep(as->a[i]);
	}
	if (afolder_sync(ap, e) == -1)
		return -1;
	return commit(ap, e);
}

int
apply_get_flush(struct apply *ap, struct err *e)
{
	size_t i;
	int r;

	if (ap->gets.n == 0)
		return 0;
	r = group(ap, e);
	for (i = 0; i < ap->gets.n && r == 0; i++)
		apply_report(ap, ap->gets.a[i]);
	actions_clear(&ap->gets);
	if (r == 0 && rec_flush(ap->out) == -1)
		return err_again(e, "standard output: %s", strerror(errno));
	return r;
}

int64_t
apply_get_left(const struct apply *ap)
{
	int64_t left;

	if (ap->gets.n == 0)
		return -1;
	left = ap->getsince + GET_MS - io_now();
	return left > 0 ? left : 0;
}

/*
 * 1 if the group has the message already, or one of another UIDVALIDITY.  A plan is mostly sorted: only
 * what is not above all that the group has of its folder is looked for.
 */
static int
clashes(const struct apply *ap, const struct action *a)
{
	const struct afolder *f = a->f;

	if (f->getgroup != ap->getgroup || (a->name == NULL && a->validity == f->getvalidity &&
	    a->uid > f->getuid))
		return 0;
	return actions_clash(&ap->gets, a);
}

/* Begins a group, and a folder in it. */
static void
enroll(struct apply *ap, const struct action *a)
{
	struct afolder *f = a->f;

	if (ap->gets.n == 0) {
		ap->getgroup++;
		ap->getsince = io_now();
		ap->getfolders = 0;
	}
	if (f->getgroup != ap->getgroup) {
		f->getgroup = ap->getgroup;
		f->getvalidity = a->validity;
		f->getuid = 0;
		ap->getfolders++;
	}
	if (a->uid > f->getuid)
		f->getuid = a->uid;
}

int
apply_get(struct apply *ap, struct action *a, struct err *e)
{
	struct actions *as = &ap->gets;

	if (clashes(ap, a) && apply_get_flush(ap, e) == -1) {
		action_free(a);
		return -1;
	}
	enroll(ap, a);
	actions_add(as, a);
	if (as->n >= GET_ROWS || as->bytes >= APPLY_BYTES ||
	    ap->getfolders >= ap->perbatch || apply_get_left(ap) == 0)
		return apply_get_flush(ap, e);
	return 0;
}
