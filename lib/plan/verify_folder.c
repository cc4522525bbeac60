/* A folder's blocks, as far as they hold all there is, into the comparison. */
#include "plan/verify_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "plan/rules.h"
#include "plan/table.h"

void
vfolder_init(struct vfolder *f)
{
	memset(f, 0, sizeof(*f));
	uidset_init(&f->uids);
	compare_init(&f->compare);
}

void
vfolder_free(struct vfolder *f)
{
	free(f->kept);
	free(f->remote);
	free(f->local);
	free(f->why);
	free(f->text);
	uidset_free(&f->uids);
	compare_free(&f->compare);
}

/* Nothing can be said of the folder, for the first reason given. */
static void
refuse(struct vfolder *f, const char *why, const char *text, int again)
{
	if (f->why != NULL)
		return;
	f->why = mem_dup(why);
	f->text = mem_dup(text);
	f->again = again;
}

int
vfolder_begin(struct vfolder *f, const struct rec *rec, struct err *e)
{
	if (rec->pos[0] == NULL || rec->pos[1] == NULL)
		return err_fail(e, "a pair without both names: \"%.80s\"", rec->line);
	f->remote = mem_dup(rec->pos[0]);
	f->local = mem_dup(rec->pos[1]);
	if (rules_parse(rec_get(rec, "rules"), &f->rules) == -1)
		refuse(f, "listing", "its rules make no sense", 0);
	return 0;
}

static struct vblock *
block_of(struct vfolder *f, const char *side)
{
	if (side == NULL || side[0] == '\0' || side[1] != '\0')
		return NULL;
	return side[0] == 's' ? &f->s : side[0] == 'r' ? &f->r : side[0] == 'l' ? &f->l : NULL;
}

/* What kind of block it is, if that can prove anything. */
static void
take_kind(struct vfolder *f, struct vblock *b, const struct rec *rec)
{
	const char *kind = rec_get(rec, "kind");
	uint64_t again;

	b->kind = rec_same(kind, "none") ? VB_NONE : VB_FULL;
	if (rec_same(kind, "failed"))
		refuse(f, "failed", rec_get(rec, "why"), rec_getu(rec, "again", &again) == 0);
	else if (rec_same(kind, "presence"))
		refuse(f, "presence", b == &f->r ? "on the server" : "in the Maildir", 1);
	else if (b->kind == VB_FULL && !rec_same(kind, "full"))
		refuse(f, "listing", "it is not listed in full", 0);
}

static void
block_start(struct vfolder *f, struct vblock *b, const struct rec *rec)
{
	uint64_t validity;

	if (rec_same(rec_get(rec, "kind"), "head"))
		return;
	if (!rec_same(rec->pos[1], f->remote) || !rec_same(rec->pos[2], f->local) ||
	    b->kind != VB_MISSING)
		refuse(f, "listing", "its blocks are mixed up", 0);
	take_kind(f, b, rec);
	b->counted = b == &f->r && rec_getu(rec, "count", &b->count) == 0;
	if (rec_getu(rec, "validity", &validity) == -1 || validity > UINT32_MAX)
		validity = 0;
	if (b == &f->s)
		f->svalidity = (uint32_t)validity;
	else if (b == &f->r)
		f->rvalidity = (uint32_t)validity;
	else
		f->compare.firm = f->svalidity != 0 && f->svalidity == f->rvalidity;
}

static void
block_end(struct vfolder *f, struct vblock *b, const struct rec *rec)
{
	uint64_t n;

	if (b->kind == VB_MISSING || b->ended || rec_number(rec->pos[2], &n) == -1 || n != b->n ||
	    (b->kind == VB_NONE && n != 0) || (b->kind == VB_FULL && b->counted && b->count != n))
		refuse(f, "listing", "it has not as many lines as it says", 0);
	b->ended = 1;
}

uint64_t
vkept_name(const char *name)
{
	return table_hash(name) | 1ull << 63;
}

static int
by_key(const void *a, const void *b)
{
	const struct vkept *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

const char *
vkept_why(const struct vfolder *f, uint64_t key)
{
	struct vkept want = { key, NULL }, *found = NULL;

	if (f->nkept != 0)
		found = bsearch(&want, f->kept, f->nkept, sizeof(*f->kept), by_key);
	return found != NULL ? found->why : NULL;
}

/* What the state keeps apart is a difference all the same, but one with a reason. */
static void
take_kept(struct vfolder *f, const struct rec *rec, uint64_t key)
{
	static const char *const words[] = { "archive", "expunge", "readonly", "refused", "sync_deletes", "window" };
	const char *why = rec_get(rec, "kept");
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!rec_same(why, words[i]))
			continue;
		if (f->nkept == f->keptcap) {
			f->keptcap = f->keptcap * 2 + 16;
			f->kept = mem_grow(f->kept, f->keptcap, sizeof(*f->kept));
		}
		f->kept[f->nkept++] = (struct vkept){ key, words[i] };
	}
}

/* Flags, size and digest of an "m" line: 0, or -1 for what makes no sense. */
static int
take_item(struct item *it, const struct rec *rec)
{
	const char *full = rec_get(rec, "full"), *size = rec_get(rec, "size");
	unsigned flags;

	memset(it, 0, sizeof(*it));
	if (flags_parse(rec_get(rec, "flags"), &flags) == -1 ||
	    (size != NULL && rec_number(size, &it->size) == -1) ||
	    (full != NULL && digest_unhex(full, it->dig) == -1))
		return -1;
	it->flags = (uint8_t)flags;
	it->sized = size != NULL;
	it->digested = full != NULL;
	return 0;
}

static int
remote_message(struct vfolder *f, const struct rec *rec)
{
	uint32_t validity, uid;
	struct item it;

	if (take_item(&it, rec) == -1 || rec_id(rec->pos[1], &validity, &uid, 0) == -1 ||
	    (f->rvalidity != 0 && validity != f->rvalidity) ||
	    (uid <= f->last && uidset_has(&f->uids, uid))) {
		refuse(f, "listing", "a message is listed twice, or under another UIDVALIDITY", 0);
		return 0;
	}
	f->rvalidity = validity;
	uidset_add(&f->uids, uid, uid);
	if (uid > f->last)
		f->last = uid;
	it.uid = uid;
	it.remote = 1;
	return compare_add(&f->compare, &it, "");
}

static int
local_message(struct vfolder *f, const struct rec *rec)
{
	const char *name = rec_get(rec, "name");
	struct item it;
	uint64_t uid;

	if (take_item(&it, rec) == -1 || name == NULL || *name == '\0') {
		refuse(f, "listing", "a file is listed without a name", 0);
		return 0;
	}
	it.bad = compare_bad(rec_get(rec, "bad"));
	/* numbers of another UIDVALIDITY are strangers' */
	if ((f->svalidity == 0 || f->svalidity == f->rvalidity) &&
	    rec_getu(rec, "uid", &uid) == 0 && uid <= UINT32_MAX)
		it.uid = (uint32_t)uid;
	return compare_add(&f->compare, &it, name);
}

/* A record within the block that is open. */
static int
inside(struct vfolder *f, struct vblock *b, const struct rec *rec, struct err *e)
{
	uint32_t validity, uid;
	int r = 0;

	b->n += rec_is(rec, "m");
	if (b->kind != VB_FULL || b->ended || rec_is(rec, "gone"))
		refuse(f, "listing", "its blocks are mixed up", 0);
	if (f->why != NULL)
		return 0;
	if (b == &f->s && (rec_get(rec, "kept") == NULL || rec_is(rec, "was")))
		return 0;
	if (b == &f->s && rec_is(rec, "intent") && rec_get(rec, "name") != NULL)
		take_kept(f, rec, vkept_name(rec_get(rec, "name")));
	else if (b == &f->s && rec_id(rec->pos[1], &validity, &uid, 0) == 0)
		take_kept(f, rec, uid);
	else if (b == &f->r)
		r = remote_message(f, rec);
	else if (b == &f->l)
		r = local_message(f, rec);
	return r == -1 ? err_again(e, "temporary file: %s; free some space", strerror(errno)) : 0;
}

int
vfolder_record(struct vfolder *f, const struct rec *rec, struct err *e)
{
	struct vblock *b;

	if (rec_is(rec, "probe")) {
		f->asked |= rec_same(rec->pos[0], "both");
		f->compare.full |= rec_get(rec, "full") != NULL;
		return 0;
	}
	if ((b = block_of(f, rec->pos[0])) == NULL)
		return err_fail(e, "unknown side in \"%.80s\"", rec->line);
	if (rec_is(rec, "folder"))
		block_start(f, b, rec);
	else if (rec_is(rec, "end"))
		block_end(f, b, rec);
	else
		return inside(f, b, rec, e);
	return 0;
}

static void
differs(void *arg, const struct item *remote, const struct item *local, const char *name)
{
	vfolder_differs(arg, remote, local, name);
}

/* A folder that only one side has is a difference itself, even if it is empty. */
static void
alone(struct vfolder *f, struct vout *out)
{
	if (f->r.kind == VB_NONE && f->l.kind == VB_NONE)
		refuse(f, "listing", "it is on neither side", 0);
	else if (f->r.kind == VB_NONE)
		vout_folder(out, "remote", f->remote, f->local, "missing", NULL, 0);
	else if (f->l.kind == VB_NONE)
		vout_folder(out, "local", f->remote, f->local, "missing", NULL, 0);
}

int
vfolder_finish(struct vfolder *f, struct vout *out, struct err *e)
{
	int r = 0;

	if (f->remote == NULL)
		return 0;
	if (!f->asked)
		return err_fail(e, "folder \"%.200s\": what is listed is only what changed; "
		    "it takes sync-pair with --probe", f->remote);
	if (!f->s.ended || !f->r.ended || !f->l.ended)
		refuse(f, "listing", "a part of it is missing", 0);
	f->out = out;
	if (f->nkept != 0)
		qsort(f->kept, f->nkept, sizeof(*f->kept), by_key);
	if (f->why == NULL)
		alone(f, out);
	if (f->why != NULL)
		vout_folder(out, "both", f->remote, f->local, f->why, f->text, f->again);
	else {
		out->folders += f->r.kind == VB_FULL && f->l.kind == VB_FULL;
		if (compare_all(&f->compare, differs, f) == -1)
			r = err_again(e, "temporary file: %s; free some space", strerror(errno));
		out->equal += f->compare.equal;
	}
	vfolder_free(f);
	vfolder_init(f);
	return r;
}
