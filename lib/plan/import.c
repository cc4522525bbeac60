/* The import as a whole: which folders, what of each, one transaction, a report. */
#include "plan/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pct.h"
#include "base/rec.h"
#include "plan/import_folder.h"
#include "state/folder.h"
#include "state/msg.h"

/* Opens the folder's directory; one that is not there is no error. */
static int
open_folder(const struct import *im, int rootfd, struct import_folder *f, struct err *e)
{
	int r;

	if (rootfd == -1)
		return 0;
	r = md_open(rootfd, f->local, im->a->local.sep[0], &f->md, e);
	return r == MD_OPEN || r == MD_NONE ? 0 : -1;
}

/* All that the two sides must be for the rows to mean what they say. */
static int
check(const struct import_folder *f, struct err *e)
{
	if (f->validity != 0 && f->validity != f->foreign.far)
		return err_fail(e, "%s: it is of UIDVALIDITY %u, the server's is %u now: its uids mean "
		    "nothing any more", f->path, f->foreign.far, f->validity);
	return 0;
}

/* One folder's rows, into memory; 0 or -1. */
static int
gather(const struct import *im, int rootfd, struct import_folder *f, struct err *e)
{
	if (open_folder(im, rootfd, f, e) == -1)
		return -1;
	if ((im->from == IMPORT_MBSYNC ? import_mbsync(im, f, e) : import_offlineimap(im, f, e)) == -1)
		return -1;
	if (f->path == NULL || f->foreign.n == 0)
		return 0;
	return check(f, e) == -1 ? -1 : import_rows(im, f, e);
}

/* Two folders whose names OfflineIMAP writes the same way: whose state it is no one knows. */
static void
refuse_shared(struct import_list *l)
{
	size_t i, j;

	for (i = 0; i < l->n; i++)
		for (j = 0; j < i && l->f[i].path != NULL; j++)
			if (l->f[j].path != NULL && strcmp(l->f[i].path, l->f[j].path) == 0) {
				err_fail(&l->f[i].err, "%s: two folders would have it: %.100s and %.100s",
				    l->f[i].path, l->f[i].remote, l->f[j].remote);
				l->f[j].err = l->f[i].err;
			}
}

/*
 * Where not one file of all is there, this is another Maildir than the state speaks of, or
 * an empty mount point: nothing of it is to read as deletions.
 */
static int
check_all(const struct import *im, const struct import_list *l, struct err *e)
{
	uint64_t found = 0, gone = 0;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->f[i].err.status == 0) {
			found += l->f[i].found;
			gone += l->f[i].gone;
		}
	if (gone == 0 || found != 0)
		return 0;
	return err_fail(e, "%s: not one of the %llu messages that the other program knew is there: "
	    "is it the right Maildir?  Nothing was imported", im->a->local.root,
	    (unsigned long long)gone);
}

/* One folder's rows, into the state; 0 or -1. */
static int
put(struct state *st, struct import_folder *f, struct err *e)
{
	struct state_folder sf;
	struct state_msg m;
	uint32_t id;
	size_t i;
	int r;

	if (state_folder_make(st, f->remote, f->local, &id, e) == -1 ||
	    state_folder_get(st, id, &sf, e) != 1)
		return -1;
	sf.validity = f->foreign.far;
	r = state_folder_put(st, &sf, e);
	state_folder_free(&sf);
	for (i = 0; i < f->n && r == 0; i++) {
		m = (struct state_msg){ .uid = f->rows[i].uid, .flags = f->rows[i].flags,
		    .kept = f->rows[i].kept, .name = f->rows[i].name };
		r = state_msg_put(st, id, &m, e);
	}
	f->written = r == 0;
	return r;
}

/* The same for a folder that the state must not know yet. */
static int
put_new(struct state *st, struct import_folder *f, struct err *e)
{
	struct state_folder sf;
	int got = state_folder_find(st, f->remote, f->local, &sf, &f->err);

	if (got == -1 && f->err.status == EXIT_CONF)
		return 0;	/* one of its names has another partner: the folder's affair */
	if (got == -1) {
		*e = f->err;
		return -1;
	}
	state_folder_free(&sf);
	f->known = got;
	return got ? 0 : put(st, f, e);
}

/* 1 if there is something of it to write. */
static int
worth(const struct import_folder *f)
{
	return f->err.status == 0 && !f->known && f->n != 0;
}

/*
 * Rows say that messages are here: whatever wrote them may not have made them durable (OfflineIMAP syncs no
 * directory).  One syncfs for each file system that has folders.
 */
static int
make_durable(const struct import *im, const struct import_list *l, struct err *e)
{
	int rootfd = md_root(im->a->local.root, 0, e), r = 0, any = 0, got;
	struct err why = { 0 };
	struct mdfolder md;
	struct stat st;
	dev_t done = 0;
	size_t i;

	if (rootfd == -1)
		return -1;
	for (i = 0; i < l->n && r == 0; i++) {
		if (!worth(&l->f[i]))
			continue;
		got = md_open(rootfd, l->f[i].local, im->a->local.sep[0], &md, &why);
		if (got == -1)
			*e = why;
		r = got == -1 ? -1 : 0;
		if (got != MD_OPEN)
			continue;
		if (fstat(md.cur, &st) == -1 || ((!any || st.st_dev != done) && syncfs(md.cur) == -1))
			r = err_fail(e, "making folder \"%.200s\" durable: %s", l->f[i].local, strerror(errno));
		any = 1;
		done = st.st_dev;
		md_close(&md);
	}
	close(rootfd);
	return r;
}

/* All in one transaction; 0 or -1, with nothing written. */
static int
write_all(const struct import *im, struct import_list *l, struct err *e)
{
	struct state *st;
	size_t i, n = 0;
	int r;

	for (i = 0; i < l->n; i++)
		n += (size_t)worth(&l->f[i]);
	if (n == 0)
		return 0;
	if (im->a->fsync && make_durable(im, l, e) == -1)
		return -1;
	if (state_open(&st, im->a->statedir, im->a->name,
	    STATE_WRITE | (im->a->fsync ? 0 : STATE_NOSYNC), e) == -1)
		return -1;
	r = state_begin(st, 1, e);
	for (i = 0; i < l->n && r == 0; i++)
		if (worth(&l->f[i]))
			r = put_new(st, &l->f[i], e);
	if (r == 0)
		r = state_commit(st, e);
	state_close(st);
	return r;
}

/* What became of a folder, as the outcome of a record; *why for people, or NULL. */
static const char *
outcome(const struct import_folder *f, const char **why)
{
	*why = NULL;
	if (f->err.status != 0) {
		*why = f->err.text;
		return "fail";
	}
	if (f->written)
		return "done";
	*why = f->known ? "the state knows the folder" :
	    f->path == NULL ? "there is no state of it" : "no message is known on both sides";
	return "skip";
}

/* One line of the report. */
static void
report(const struct import_folder *f, struct recout *out)
{
	const char *why, *word = outcome(f, &why);
	struct buf b;

	buf_init(&b, REC_LINE_MAX);
	buf_str(&b, word);
	if (why != NULL) {
		buf_byte(&b, '=');
		pct_encode(&b, why);
	}
	buf_str(&b, "\timport");
	rec_begin(out, buf_cstr(&b));
	rec_pos(out, f->remote);
	rec_pos(out, f->local);
	rec_key(out, "from", f->path);
	if (f->written) {
		rec_keyu(out, "gone", f->gone);
		rec_keyu(out, "left", f->left);
		rec_keyu(out, "msgs", f->n);
		rec_keyu(out, "validity", f->foreign.far);
	}
	rec_end(out);
	buf_free(&b);
}

static void
report_all(const struct import_list *l, struct recout *out, int *status)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		report(&l->f[i], out);
		if (l->f[i].err.status != 0)
			*status = err_worst(*status, l->f[i].err.status);
	}
	rec_begin(out, "end");
	rec_pos(out, NULL);
	rec_pos(out, NULL);
	rec_posu(out, l->n);
	rec_end(out);
}

/* Reads all that there is; what a folder's error is stays with it.  0 or -1. */
static int
gather_all(const struct import *im, struct import_list *l, struct err *e)
{
	int rootfd = md_root(im->a->local.root, 0, e);
	size_t i;

	if (rootfd == -1 && errno != ENOENT)
		return -1;
	for (i = 0; i < l->n; i++) {
		if (!l->f[i].known && gather(im, rootfd, &l->f[i], &l->f[i].err) == 0)
			l->f[i].err.status = 0;
		md_close(&l->f[i].md);
	}
	if (rootfd != -1)
		close(rootfd);
	refuse_shared(l);
	return check_all(im, l, e);
}

int
import_run(const struct import *im, struct recout *out, int *status, struct err *e)
{
	struct import_list l = { 0 };
	int r;

	if ((r = import_pairs(im, &l, e)) == 0 && (r = gather_all(im, &l, e)) == 0 &&
	    (r = write_all(im, &l, e)) == 0) {
		report_all(&l, out, status);
		if (rec_flush(out) == -1)
			r = err_fail(e, "standard output: %s", strerror(errno));
	}
	import_list_free(&l);
	return r;
}
