/* The folders of a plan at work. */
#include "plan/afolder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fsys.h"
#include "base/mem.h"
#include "base/sync.h"
#include "maildir/name.h"
#include "plan/apply.h"
#include "plan/trash.h"
#include "state/folder.h"
#include "state/msg.h"
#include "state/validity.h"

#define BUCKETS	(sizeof(((struct apply *)0)->table) / sizeof(struct afolder *))

struct afolder *
afolder_get(struct apply *ap, const char *remote, const char *local)
{
	size_t h = (digest_key(remote, strlen(remote)) + digest_key(local, strlen(local))) % BUCKETS;
	struct afolder *f;

	for (f = ap->table[h]; f != NULL; f = f->chain)
		if (strcmp(f->remote, remote) == 0 && strcmp(f->local, local) == 0)
			return f;
	f = mem_alloc(sizeof(*f));
	f->remote = mem_dup(remote);
	f->local = mem_dup(local);
	f->md.dir = f->md.cur = f->md.new = f->md.tmp = -1;
	name_fmd5(&ap->rules, local, f->fmd5);
	f->chain = ap->table[h];
	ap->table[h] = f;
	*ap->ftail = f;
	ap->ftail = &f->next;
	return f;
}

void
afolder_free_all(struct apply *ap)
{
	struct afolder *f;

	while ((f = ap->folders) != NULL) {
		ap->folders = f->next;
		if (f->open)
			md_close(&f->md);
		free(f->remote);
		free(f->local);
		free(f->mark[0]);
		free(f->mark[1]);
		free(f->note);
		free(f->clash);
		free(f->refused);
		free(f->unread);
		echo_free(&f->echo);
		free(f);
	}
	ap->ftail = &ap->folders;
}

int
afolder_load(struct apply *ap, struct afolder *f, struct err *e)
{
	struct state_folder sf;
	struct err why = { 0 };
	int got;

	if (f->loaded)
		return 0;
	got = state_folder_find(ap->st, f->remote, f->local, &sf, &why);
	if (got == -1 && why.status != EXIT_CONF) {
		*e = why;
		return -1;
	}
	if (got == -1)
		f->clash = mem_dup(why.text);
	if (got == 1) {
		f->id = sf.id;
		f->gen0 = sf.gen;
		/* nothing is known under it: another one is as good */
		f->validity = sf.rows != 0 || sf.intents != 0 || sf.past != 0 ? sf.validity : 0;
		f->recovering = sf.past != 0;
		f->rows = sf.rows;
		f->rhead = sf.rhead;
		f->cur = sf.cur;
		f->new = sf.new;
		f->distrust = sf.distrust != 0;
		state_folder_free(&sf);
	}
	f->loaded = 1;
	return 0;
}

int
afolder_make(struct apply *ap, struct afolder *f, uint32_t validity, struct err *e)
{
	struct state_folder sf;
	int r;

	if (f->id == 0 && state_folder_make(ap->st, f->remote, f->local, &f->id, e) == -1)
		return -1;
	if (afolder_touch(ap, f, e) == -1)
		return -1;
	if (validity == 0 || f->validity == validity)
		return 0;
	if (f->validity != 0)
		return err_fail(e, "folder \"%.200s\": UIDVALIDITY is %u, the state has %u", f->remote,
		    validity, f->validity);
	if (state_folder_get(ap->st, f->id, &sf, e) != 1)
		return -1;
	sf.validity = validity;
	r = state_folder_put(ap->st, &sf, e);
	state_folder_free(&sf);
	if (r == 0)
		f->validity = validity;
	return r;
}

int
afolder_touch(struct apply *ap, struct afolder *f, struct err *e)
{
	struct state_folder sf;
	int r;

	if (f->touched || f->id == 0)
		return 0;
	if (state_folder_get(ap->st, f->id, &sf, e) != 1)
		return -1;
	if (!sf.cur.valid && !sf.new.valid) {
		sf.cur = f->incur;
		sf.new = f->innew;
	}
	f->rhead = sf.rhead;
	f->cur = sf.cur;
	f->new = sf.new;
	memset(&sf.rhead, 0, sizeof(sf.rhead));
	dirhead_void(&sf.cur);
	dirhead_void(&sf.new);
	r = state_folder_put(ap->st, &sf, e);
	state_folder_free(&sf);
	if (r == 0)
		f->touched = 1;
	return r;
}

/* Which directory that is.  Behind NFS, FUSE and the like it may be another one at the next mount. */
static void
identify(int fd, struct dirhead *h)
{
	if (fsys_remote(fd) == NULL && md_head_get(fd, h) == 0)
		dirhead_void(h);
}

int
afolder_open(struct apply *ap, struct afolder *f, struct err *e)
{
	int r;

	if (f->open)
		return 0;
	if ((ap->nopen >= ap->perbatch && afolder_sync(ap, e) == -1) || apply_root(ap, 0, e) == -1)
		return -1;
	r = md_open(ap->rootfd, f->local, ap->a->local.sep[0], &f->md, e);
	if (r != MD_OPEN) {
		if (e->status == 0)
			e->status = EXIT_FAIL;
		return -1;
	}
	identify(f->md.cur, &f->incur);
	identify(f->md.new, &f->innew);
	f->open = 1;
	ap->nopen++;
	return 0;
}

int
afolder_strange(const struct afolder *f, const char *base, uint32_t uid)
{
	struct mdname name;

	/* no info part: any separator will do */
	return name_parse(base, ':', f->fmd5, &name) == 0 && name.uid != 0 && name.uid != uid;
}

/* 1 if no row has a file whose name tells another uid, 0, or -1. */
static int
all_ours(struct apply *ap, const struct afolder *f, struct err *e)
{
	struct state_msg row = { 0 };
	int got, ours = 1;

	if (state_begin(ap->st, 0, e) == -1)
		return -1;
	while ((got = state_msg_next(ap->st, f->id, row.uid, &row, e)) == 1 && ours)
		ours = row.name == NULL || !afolder_strange(f, row.name, row.uid);
	state_abort(ap->st);
	return got == -1 ? -1 : ours;
}

int
afolder_note(struct apply *ap, struct afolder *f, struct err *e)
{
	uint32_t noted;
	int r;

	if (f->fvdone || f->validity == 0 || f->id == 0)
		return 0;
	if (!validity_read(ap->a->metadata, ap->a->remote.name, f->remote, &noted) || noted != f->validity) {
		/* where nothing may be renamed, or might not be once, names can be another account's */
		if ((r = all_ours(ap, f, e)) != 1)
			return r;
		if (validity_write(ap->a->metadata, ap->a->remote.name, f->remote, f->validity, e) == -1)
			return -1;
	}
	f->fvdone = 1;
	return 0;
}

int
afolder_unnote(struct apply *ap, const struct afolder *f, struct err *e)
{
	return validity_forget(ap->a->metadata, ap->a->remote.name, f->remote, e);
}

int
afolder_sync(struct apply *ap, struct err *e)
{
	struct afolder *f;
	int *fds, *errors, r = 0;
	size_t n = 0, i;

	/* what left a folder must be in the trash before it is gone from there */
	if (trash_sync(ap) == -1)
		ap->unsynced = errno;
	fds = mem_alloc(2 * (ap->nopen + 1) * sizeof(*fds));
	errors = mem_alloc(2 * (ap->nopen + 1) * sizeof(*errors));
	for (f = ap->folders; f != NULL; f = f->next)
		if (f->open && f->dirty) {
			fds[n++] = f->md.cur;
			fds[n++] = f->md.new;
		}
	if (ap->a->fsync && sync_all(fds, errors, n) != 0)
		for (i = 0; i < n && ap->unsynced == 0; i++)
			ap->unsynced = errors[i];
	if (ap->unsynced != 0)
		r = err_fail(e, "making a Maildir folder durable: %s", strerror(ap->unsynced));
	for (f = ap->folders; f != NULL; f = f->next) {
		if (f->open) {
			md_close(&f->md);
			f->open = 0;
		}
		f->dirty = 0;
	}
	ap->nopen = 0;
	free(fds);
	free(errors);
	return r;
}
