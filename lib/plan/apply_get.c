/*
 * Downloads: what imap-fetch spooled in a folder's tmp becomes messages.  In
 * groups: dates set, data synced, renamed, directories synced, rows committed;
 * stopped at any point, the next run finds the spool to sweep, or a message whose
 * name says which it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/sync.h"
#include "maildir/file.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/spool.h"
#include "state/msg.h"

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

/* Opens the spool, sets its date; the descriptor, or -1 with the action decided. */
static int
open_spool(struct apply *ap, struct action *a)
{
	struct timespec ts[2];
	struct err why = { 0 };
	struct stat st;
	const char *name;
	int fd;

	if (a->spool == NULL || (name = spool_name(a)) == NULL) {
		action_skip(a, "it was not fetched");
		return -1;
	}
	if (afolder_open(ap, a->f, &why) == -1) {
		action_fail(a, why.status, "%s", why.text);
		return -1;
	}
	if ((fd = md_file_open(a->f->md.tmp, name, &st)) == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == EIO)
			action_fail(a, EXIT_AGAIN, "spool file: %s", strerror(errno));
		else
			action_skip(a, "spool file: %s", strerror(errno));
		return -1;
	}
	if ((uint64_t)st.st_size != a->spoolsize || st.st_size == 0) {
		action_skip(a, "the spool file is not what was fetched");
		close(fd);
		return -1;
	}
	if (a->date >= 0) {
		memset(ts, 0, sizeof(ts));
		ts[0].tv_sec = ts[1].tv_sec = (time_t)a->date;
		if (futimens(fd, ts) == -1) {
			action_fail(a, EXIT_FAIL, "setting its date: %s", strerror(errno));
			close(fd);
			return -1;
		}
	}
	return fd;
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

/* Syncs the data of all, one group. */
static void
sync_spools(struct apply *ap, const int *fds)
{
	struct actions *as = &ap->gets;
	int *errors = mem_alloc(as->n * sizeof(*errors));
	size_t i;

	if (ap->a->fsync)
		sync_all(fds, errors, as->n);
	for (i = 0; i < as->n; i++) {
		if (errors[i] != 0 && action_open(as->a[i]))
			action_fail(as->a[i], EXIT_AGAIN, "making it durable: %s", strerror(errors[i]));
		if (fds[i] != -1)
			close(fds[i]);
	}
	free(errors);
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
group(struct apply *ap, int *fds, struct err *e)
{
	struct actions *as = &ap->gets;
	time_t now = time(NULL);
	size_t i;

	if (apply_check(ap, as, expect, e) == -1)
		return -1;
	for (i = 0; i < as->n; i++)
		fds[i] = action_open(as->a[i]) ? open_spool(ap, as->a[i]) : -1;
	sync_spools(ap, fds);
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
	int *fds, r;

	if (ap->gets.n == 0)
		return 0;
	fds = mem_alloc(ap->gets.n * sizeof(*fds));
	r = group(ap, fds, e);
	free(fds);
	for (i = 0; i < ap->gets.n && r == 0; i++)
		apply_report(ap, ap->gets.a[i]);
	actions_clear(&ap->gets);
	if (r == 0 && rec_flush(ap->out) == -1)
		return err_again(e, "standard output: %s", strerror(errno));
	return r;
}

int
apply_get(struct apply *ap, struct action *a, struct err *e)
{
	struct actions *as = &ap->gets;

	if (actions_clash(as, a) && apply_get_flush(ap, e) == -1) {
		action_free(a);
		return -1;
	}
	if (as->n == 0) {
		ap->getsince = io_now();
		ap->getfolders = 0;
	}
	if (as->n == 0 || as->a[as->n - 1]->f != a->f)
		ap->getfolders++;
	actions_add(as, a);
	if (as->n >= ap->rows || as->bytes >= APPLY_BYTES ||
	    ap->getfolders >= ap->perbatch || io_now() - ap->getsince > 5000)
		return apply_get_flush(ap, e);
	return 0;
}
