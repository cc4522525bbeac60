/* A block for each pair, behind what upstream said of it. */
#include "maildir/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/uidset.h"
#include "maildir/folder.h"
#include "maildir/list.h"

struct pair {
	int		 open;		/* its block is still to be written */
	char		*remote, *local, *fmd5, *rules;
	int		 create;	/* the plan makes the local folder */
	int		 known;		/* the state has the folder, and this is its head */
	struct dirhead	 cur, new;
	int		 all;		/* every file is to be measured */
	int		 quiet;		/* no intents, nothing kept, nothing to probe, same rules */
	int		 sets;		/* its rows came as sets, since the disk has that head */
	uint64_t	 gen;		/* of the state then */
	uint64_t	 validity;	/* the state's, 0 if it has none */
	int		 renumbered;	/* the server has another: what the rows name must be measured */
	struct uidset	 told;		/* and what the server tells of, or leaves out of a full listing */
	struct keyset	 names;
};

struct pairs {
	const struct maildir_source *src;
	struct recout	*out;
	uint64_t	 lines;		/* written */
	int		 rootfd;
	int		 rooterror;	/* errno, if it could not be opened */
	struct err	 rootwhy;
	struct pair	 p;
	char		*created;	/* local name of the last "create local", or NULL */
};

static void
pair_drop(struct pair *p)
{
	free(p->remote);
	free(p->local);
	free(p->fmd5);
	free(p->rules);
	uidset_free(&p->told);
	keyset_clear(&p->names);
	p->remote = p->local = p->fmd5 = p->rules = NULL;
	p->open = p->create = p->known = p->all = p->quiet = p->sets = p->renumbered = 0;
	p->validity = 0;
}

static int
pair_begin(struct pairs *ps, const struct rec *rec, struct err *e)
{
	struct pair *p = &ps->p;

	if (rec->pos[0] == NULL || rec->pos[1] == NULL)
		return err_fail(e, "a pair without names: \"%.80s\"", rec->line);
	p->open = 1;
	p->quiet = 1;
	p->remote = mem_dup(rec->pos[0]);
	p->local = mem_dup(rec->pos[1]);
	p->fmd5 = mem_dup(rec_get(rec, "fmd5"));
	p->rules = rec_lasting_rules(rec_get(rec, "rules"));
	p->create = rec_same(ps->created, p->local);
	return 0;
}

/* The state's line of the folder (kind full, sets or none). */
static int
take_state(struct pair *p, const struct rec *rec, struct err *e)
{
	uint64_t intents, kept;

	if (rec_getu(rec, "validity", &p->validity) == -1)
		p->validity = 0;
	p->sets = rec_same(rec_get(rec, "kind"), "sets");
	if (!p->sets && !rec_same(rec_get(rec, "kind"), "full"))
		return 0;
	if (dirhead_parse(&p->cur, rec_get(rec, "cur")) == -1 ||
	    dirhead_parse(&p->new, rec_get(rec, "new")) == -1)
		return err_fail(e, "a bad head in \"%.80s\"", rec->line);
	if (p->sets && rec_getu(rec, "gen", &p->gen) == -1)
		return err_fail(e, "no generation in \"%.80s\"", rec->line);
	p->known = 1;
	if (rec_getu(rec, "intents", &intents) == -1 || intents != 0 ||
	    rec_getu(rec, "kept", &kept) == -1 || kept != 0 ||
	    !rec_same(rec_get(rec, "rules"), p->rules))
		p->quiet = 0;
	return 0;
}

/* 1 if the present heads are those that the state has. */
static int
unmoved(const struct pair *p, const struct mdfolder *f)
{
	struct dirhead cur, new;

	return md_head_get(f->cur, &cur) == 0 && md_head_get(f->new, &new) == 0 &&
	    dirhead_equal(&cur, &p->cur) && dirhead_equal(&new, &p->new);
}

/* 1 if cur or new is another directory than the one that the state's head is of. */
static int
elsewhere(const struct pair *p, const struct mdfolder *f)
{
	struct dirhead cur, new;

	return md_head_get(f->cur, &cur) == 0 && md_head_get(f->new, &new) == 0 &&
	    (dirhead_elsewhere(&cur, &p->cur) || dirhead_elsewhere(&new, &p->new));
}

static void
put_empty(struct pairs *ps, const struct list_folder *lf, const char *kind, const char *why)
{
	int delta = strcmp(kind, "delta") == 0;

	list_empty(ps->out, lf, kind, delta ? &ps->p.cur : NULL, delta ? &ps->p.new : NULL, why);
	ps->lines += LIST_EMPTY;
}

/*
 * Opens the folder of the pair: MD_OPEN; MD_NONE also for what the plan is going to
 * make or complete; else why it cannot be listed.
 */
static int
pair_open(struct pairs *ps, struct mdfolder *f, struct err *why)
{
	int r;

	if (ps->rootfd == -1) {
		*why = ps->rootwhy;
		return ps->rooterror == ENOENT && ps->p.create ? MD_NONE : -1;
	}
	r = md_open(ps->rootfd, ps->p.local, ps->src->sep, f, why);
	return r == MD_HALF && ps->p.create ? MD_NONE : r;
}

/*
 * A folder whose rows came as sets has moved no file since the heads were taken, as far as this run
 * goes: what has shows against the state's head, in the next one.  So its files are as the
 * state has them, those that matter included.
 */
static int
put_files(struct pairs *ps, const struct list_folder *lf, struct err *e)
{
	const struct maildir_source *src = ps->src;
	struct pair *p = &ps->p;
	uint64_t n = 0;

	list_begin(ps->out, lf, "delta", &p->cur, &p->new, NULL);
	if (p->told.n != 0 && src->files(src->state, ps->out, p->remote, p->local, p->gen, &p->told,
	    &n, e) == -1)
		return -1;
	list_end(ps->out, lf, n);
	ps->lines += n + LIST_EMPTY;
	return 0;
}

/* Writes the block of the pair at hand. */
static int
pair_block(struct pairs *ps, struct err *e)
{
	struct pair *p = &ps->p;
	struct mdfolder f = { -1, -1, -1, -1 };
	struct list_folder lf = { .remote = p->remote, .local = p->local, .fmd5 = p->fmd5,
	    .infosep = ps->src->infosep, .f = &f, .all = p->all };
	struct err why = { 0 };
	uint64_t lines = 0;
	int r = pair_open(ps, &f, &why);

	p->open = 0;
	lf.other = r == MD_OPEN && p->known && !p->sets && elsewhere(p, &f);
	if (r == MD_OPEN && p->sets) {
		md_close(&f);
		return put_files(ps, &lf, e);
	}
	if (r == MD_NONE)
		put_empty(ps, &lf, "none", NULL);
	else if (r == MD_OPEN && p->known && p->quiet && !p->renumbered && unmoved(p, &f))
		put_empty(ps, &lf, "delta", NULL);
	/* The next tool can work on what came before while this one is read. */
	else if (rec_flush(ps->out) == -1) {
		md_close(&f);
		return err_fail(e, "standard output: %s", strerror(errno));
	} else if (r != MD_OPEN || list_full(ps->out, &lf, &p->names, &lines, &why) == -1) {
		if (lines != 0) {
			md_close(&f);
			*e = why;
			return -1;
		}
		put_empty(ps, &lf, "failed", why.text);
	}
	ps->lines += lines;
	md_close(&f);
	return 0;
}

static int
finish(struct pairs *ps, struct err *e)
{
	int r = ps->p.open ? pair_block(ps, e) : 0;

	pair_drop(&ps->p);
	return r;
}

static void
mark(struct pair *p, const char *name, uint64_t bit)
{
	if (name != NULL)
		*keyset_add(&p->names, name, strlen(name)) |= bit;
}

/* What the server's block says of messages whose files are needed then. */
static void
take_remote(struct pair *p, const struct rec *rec)
{
	const char *kind = rec_get(rec, "kind");
	uint32_t validity, uid;

	if (rec_is(rec, "m") && rec_id(rec->pos[1], &validity, &uid, 0) == 0)
		uidset_add(&p->told, uid, uid);
	else if (rec_is(rec, "gone"))
		uidset_parse_id(&p->told, rec->pos[1], &validity);
	else if (rec_is(rec, "folder") && (rec_same(kind, "full") || rec_same(kind, "presence")))
		uidset_add(&p->told, 1, UINT32_MAX);
}

/* The head of the server's block: whether it is of the folder that the state knows. */
static void
take_validity(struct pair *p, const struct rec *rec)
{
	uint64_t now;

	if (p->validity == 0 || rec_getu(rec, "validity", &now) == -1 || now == p->validity)
		return;
	p->renumbered = 1;
	keyset_unmark(&p->names, LIST_ROW);
}

/* What a record of the pair at hand tells. */
static int
within(struct pair *p, const struct rec *rec, struct err *e)
{
	if (p->sets && rec_same(rec->pos[0], "r"))
		take_remote(p, rec);
	if (rec_of(rec, "m", "s")) {
		/* if its message is gone from the server by now, and the file is back, that is a new one */
		if (!rec_same(rec_get(rec, "kept"), "deleting"))
			mark(p, rec_get(rec, "name"), LIST_ROW);
	} else if (rec_of(rec, "folder", "s"))
		return take_state(p, rec, e);
	else if (rec_of(rec, "folder", "r"))
		take_validity(p, rec);
	else if (rec_of(rec, "probe", "local")) {
		mark(p, rec_get(rec, "name"), LIST_PROBE);
		p->quiet = 0;
	} else if (rec_of(rec, "probe", "both")) {
		p->all = 1;
		p->quiet = 0;
	}
	return 0;
}

/* One record of the stream: 1 if it was the end, 0, -1. */
static int
record(struct pairs *ps, const struct rec *rec, struct err *e)
{
	if (rec_leaves_pair(rec) && finish(ps, e) == -1)
		return -1;
	if (rec_last(rec))
		return 1;
	if (rec_of(rec, "create", "local")) {
		free(ps->created);
		ps->created = mem_dup(rec->pos[2]);
	} else if (rec_is(rec, "pair") && pair_begin(ps, rec, e) == -1)
		return -1;
	if (ps->p.open && within(&ps->p, rec, e) == -1)
		return -1;
	rec_copy(ps->out, rec->line, rec->len);
	ps->lines++;
	/* The server's block is complete: ours may follow, and the reader need not wait. */
	if (ps->p.open && rec_of(rec, "end", "r"))
		return pair_block(ps, e);
	return 0;
}

static int
copy_pairs(struct pairs *ps, struct recin *in, struct err *e)
{
	uint64_t count, read = 0;
	struct rec rec;
	int got, r;

	while ((got = rec_read(in, &rec, e)) == 1) {
		if ((r = record(ps, &rec, e)) == -1)
			return -1;
		if (r == 0) {
			read++;
			continue;
		}
		if (rec_number(rec.pos[2], &count) == -1 || count != read)
			break;
		rec_begin(ps->out, "end");
		rec_pos(ps->out, NULL);
		rec_pos(ps->out, NULL);
		rec_posu(ps->out, ps->lines);
		rec_end(ps->out);
		return 0;
	}
	return got == -1 ? -1 : err_fail(e, "%s: the listing is cut off", in->name);
}

int
maildir_write_pairs(const struct maildir_source *src, struct recin *in, struct recout *out,
    struct err *e)
{
	struct pairs ps = { .src = src, .out = out };
	int r;

	keyset_init(&ps.p.names);
	recin_feeds(in, out);
	if ((ps.rootfd = md_root(src->root, 0, &ps.rootwhy)) == -1)
		ps.rooterror = errno;
	r = copy_pairs(&ps, in, e);
	pair_drop(&ps.p);
	keyset_free(&ps.p.names);
	free(ps.created);
	if (ps.rootfd != -1)
		close(ps.rootfd);
	return r;
}
