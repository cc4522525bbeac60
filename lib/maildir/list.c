/* Passes, measuring and the records of one folder. */
#include "maildir/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pct.h"
#include "base/queue.h"
#include "maildir/file.h"
#include "maildir/locate.h"
#include "maildir/name.h"
#include "maildir/scan.h"

#define SEEN	4u		/* met in this pass */
#define TWIN	8u		/* met twice in this pass or an earlier one */

#define EXTRA_PASSES	3	/* for twins that turn up in a proven pass */
#define LOST_ROUNDS	3	/* of looking for what was renamed before it could be measured */

struct file {
	char		*name;
	size_t		 base;
	int		 where;
	int		 extra;		/* another file with the same base stands for the message */
};

struct files {
	struct file	*one;
	size_t		 n, cap;
};

struct list {
	const struct list_folder *lf;
	struct keyset	*set;
	struct queue	 out;		/* finished lines */
	struct queue	 todo;		/* to be measured: 'c' or 'n', and the name encoded */
	struct files	 twins;		/* files that share their base name with another */
	struct files	 lost;		/* gone when they were to be measured */
	int		 newtwins;	/* this pass met some that went to "out" already */
	uint64_t	 count;
	struct recout	 line;		/* where a line is built; never written */
	struct buf	 text;
	int		 error;		/* errno of a queue */
};

static void
files_add(struct files *fs, const char *name, size_t base, int where)
{
	if (fs->n == fs->cap) {
		fs->cap = fs->cap != 0 ? 2 * fs->cap : 16;
		fs->one = mem_grow(fs->one, fs->cap, sizeof(*fs->one));
	}
	fs->one[fs->n++] = (struct file){ mem_dup(name), base, where, 0 };
}

static void
files_drop(struct files *fs)
{
	size_t i;

	for (i = 0; i < fs->n; i++)
		free(fs->one[i].name);
	free(fs->one);
	memset(fs, 0, sizeof(*fs));
}

static void
reset(struct list *l)
{
	queue_free(&l->out);
	queue_free(&l->todo);
	queue_init(&l->out);
	queue_init(&l->todo);
	files_drop(&l->twins);
	files_drop(&l->lost);
	l->newtwins = 0;
	l->count = 0;
}

/* Builds a message's line and queues it; m is NULL for one not measured. */
static int
put_line(struct list *l, const char *file, const struct mdname *name, int where,
    const struct md_measured *m, const char *bad)
{
	struct recout *o = &l->line;
	char flags[FLAGS_LEN], hex[DIGEST_HEX];
	/* a NUL hinders nobody from comparing */
	int sound = m != NULL && (bad == NULL || (l->lf->all && m->error == 0));

	buf_clear(&o->out);
	rec_begin(o, "m");
	rec_pos(o, "l");
	rec_pos(o, NULL);
	rec_key(o, "bad", bad);
	if (sound) {
		rec_keyu(o, "date", m->mtime > 0 ? (uint64_t)m->mtime : 0);
		digest_hex(m->dig, hex);
		rec_key(o, "dig", hex);
	}
	rec_key(o, "dir", where == 'c' ? "cur" : "new");
	rec_key(o, "flags", flags_format(name->flags, flags));
	if (sound && (l->lf->all || m->size > DIGEST_BYTES)) {
		digest_hex(m->full, hex);
		rec_key(o, "full", hex);
	}
	buf_clear(&l->text);
	buf_put(&l->text, file, name->base);
	rec_key(o, "name", buf_cstr(&l->text));
	if (sound)
		rec_keyu(o, "size", m->size);
	if (name->uid != 0)
		rec_keyu(o, "uid", name->uid);
	l->count++;
	if (queue_put(&l->out, o->out.data, o->out.len) == 0)
		return 0;
	l->error = errno;
	return -1;
}

/* A file that stands for its message: its line, or its place among those to be measured. */
static int
put_file(struct list *l, const char *file, const struct mdname *name, int where, uint64_t marks)
{
	if ((marks & LIST_ROW) && !(marks & LIST_PROBE) && !l->lf->all)
		return put_line(l, file, name, where, NULL, NULL);
	buf_clear(&l->text);
	buf_byte(&l->text, where);
	pct_encode(&l->text, file);
	if (queue_put(&l->todo, l->text.data, l->text.len) == 0)
		return 0;
	l->error = errno;
	return -1;
}

static int
each(void *arg, const char *file, int where)
{
	struct list *l = arg;
	struct mdname name;
	uint64_t *slot, marks;

	if (name_parse(file, l->lf->infosep, l->lf->fmd5, &name) == -1)
		return 0;
	slot = keyset_add(l->set, file, name.base);
	marks = *slot;
	*slot |= SEEN;
	if (marks & TWIN) {
		files_add(&l->twins, file, name.base, where);
		return 0;
	}
	if (marks & SEEN) {
		*slot |= TWIN;
		l->newtwins = 1;
		return 0;
	}
	return put_file(l, file, &name, where, marks);
}

/* Reads the folder until it held still, or it is given up. */
static int
read_folder(struct list *l, struct scan *s, struct err *e)
{
	scan_init(s, l->lf->f);
	do {
		reset(l);
		keyset_unmark(l->set, SEEN);
		if (scan_pass(s, each, l, e) == -1)
			return l->error != 0 ? err_again(e, "temporary file: %s",
			    strerror(l->error)) : -1;
	} while (scan_again(s) || (l->newtwins && s->proven &&
	    s->passes < SCAN_PASSES + EXTRA_PASSES));
	if (l->newtwins)
		s->proven = 0;
	return 0;
}

static int
by_base(const void *a, const void *b)
{
	const struct file *f = a, *g = b;
	size_t n = f->base < g->base ? f->base : g->base;
	int r = memcmp(f->name, g->name, n);

	if (r != 0)
		return r;
	if (f->base != g->base)
		return f->base < g->base ? -1 : 1;
	return name_prefer(f->name, f->where, g->name, g->where);
}

/* Of each set of twins one stands for the message; the others are told apart. */
static int
sort_twins(struct list *l)
{
	struct file *f = l->twins.one, *first = NULL;
	struct mdname name;
	size_t i;

	if (l->twins.n != 0)
		qsort(f, l->twins.n, sizeof(*f), by_base);
	for (i = 0; i < l->twins.n; i++, f++) {
		f->extra = first != NULL && first->base == f->base &&
		    memcmp(first->name, f->name, f->base) == 0;
		if (f->extra)
			continue;
		first = f;
		name_parse(f->name, l->lf->infosep, l->lf->fmd5, &name);
		if (put_file(l, f->name, &name, f->where,
		    *keyset_add(l->set, f->name, f->base)) == -1)
			return -1;
	}
	return 0;
}

/* Lines for the rest of the twins, behind those that stand for messages. */
static int
put_extras(struct list *l)
{
	struct mdname name;
	struct file *f;

	for (f = l->twins.one; f < l->twins.one + l->twins.n; f++) {
		if (!f->extra)
			continue;
		name_parse(f->name, l->lf->infosep, l->lf->fmd5, &name);
		if (put_line(l, f->name, &name, f->where, NULL, "duplicate") == -1)
			return -1;
	}
	return 0;
}

/* Measures one file and queues its line, or notes that it has gone. */
static int
measure(struct list *l, const char *file, int where, struct err *e)
{
	struct md_measured m;
	struct mdname name;

	name_parse(file, l->lf->infosep, l->lf->fmd5, &name);
	if (md_measure(md_where(l->lf->f, where), file, &m) == 0) {
		/* our own want, not the file's fault: taken for unreadable it would be fetched, and later sent */
		if (m.error == EMFILE || m.error == ENFILE || m.error == ENOMEM)
			return err_again(e, "%s: %s", file, strerror(m.error));
		return put_line(l, file, &name, where, &m, m.bad);
	}
	files_add(&l->lost, file, name.base, where);
	return 0;
}

static int
measure_all(struct list *l, struct err *e)
{
	char *line, *file;
	size_t len;
	int got, absent;

	while ((got = queue_get(&l->todo, &line, &len)) == 1) {
		file = pct_decode(line + 1, &absent);
		ENSURE(file != NULL);
		if (measure(l, file, line[0], e) == -1)
			return -1;
	}
	if (got == -1)
		l->error = errno;
	return got;
}

/*
 * Files that were renamed before they could be measured are looked for by
 * their base names.  What stays unknown takes the proof away.
 */
static int
find_lost(struct list *l, int *proven, struct err *e)
{
	struct md_found *want;
	struct files lost;
	size_t i;
	int round, sure, r = 0;

	for (round = 0; l->lost.n != 0 && round < LOST_ROUNDS && r == 0; round++) {
		lost = l->lost;
		memset(&l->lost, 0, sizeof(l->lost));
		want = mem_alloc(lost.n * sizeof(*want));
		for (i = 0; i < lost.n; i++) {
			lost.one[i].name[lost.one[i].base] = '\0';
			want[i].base = lost.one[i].name;
		}
		r = locate_files(l->lf->f, l->lf->infosep, want, lost.n, &sure, e);
		for (i = 0; r == 0 && i < lost.n; i++) {
			if (want[i].where != 0)
				r = measure(l, want[i].file, want[i].where, e);
			else if (!sure)
				*proven = 0;
		}
		locate_free(want, lost.n);
		free(want);
		files_drop(&lost);
	}
	if (l->lost.n != 0)
		*proven = 0;
	return r;
}

void
list_begin(struct recout *o, const struct list_folder *lf, const char *kind,
    const struct dirhead *cur, const struct dirhead *new, const char *why)
{
	char text[DIRHEAD_LEN];

	rec_begin(o, "folder");
	rec_pos(o, "l");
	rec_pos(o, lf->remote);
	rec_pos(o, lf->local);
	rec_key(o, "cur", cur != NULL ? dirhead_format(cur, text) : NULL);
	rec_key(o, "kind", kind);
	rec_key(o, "new", new != NULL ? dirhead_format(new, text) : NULL);
	if (lf->other)
		rec_keyu(o, "other", 1);
	rec_key(o, "why", why);
	rec_end(o);
}

void
list_end(struct recout *o, const struct list_folder *lf, uint64_t count)
{
	rec_begin(o, "end");
	rec_pos(o, "l");
	rec_pos(o, lf->remote);
	rec_posu(o, count);
	rec_end(o);
}

void
list_empty(struct recout *o, const struct list_folder *lf, const char *kind,
    const struct dirhead *cur, const struct dirhead *new, const char *why)
{
	list_begin(o, lf, kind, cur, new, why);
	list_end(o, lf, 0);
}

int
list_full(struct recout *o, const struct list_folder *lf, struct keyset *set,
    uint64_t *lines, struct err *e)
{
	struct list l = { .lf = lf, .set = set };
	struct scan s;
	char *line;
	size_t len;
	int r = -1, got = 0;

	queue_init(&l.out);
	queue_init(&l.todo);
	recout_open(&l.line, -1);
	buf_init(&l.text, REC_LINE_MAX);
	e->status = 0;
	*lines = 0;
	if (read_folder(&l, &s, e) == -1 || sort_twins(&l) == -1 || measure_all(&l, e) == -1 ||
	    find_lost(&l, &s.proven, e) == -1)
		goto out;
	/* While things move, one file met under two names looks like two. */
	if (s.proven && put_extras(&l) == -1)
		goto out;
	/* A head under which something may have been missed must not be stored. */
	list_begin(o, lf, s.proven ? "full" : "presence", s.proven ? &s.cur : NULL,
	    s.proven ? &s.new : NULL, NULL);
	*lines = l.count + 2;
	while ((got = queue_get(&l.out, &line, &len)) == 1)
		rec_copy(o, line, len);
	if (got == -1) {
		l.error = errno;
		goto out;
	}
	list_end(o, lf, l.count);
	r = 0;
out:
	if (l.error != 0 && e->status == 0)
		err_again(e, "temporary file: %s", strerror(l.error));
	reset(&l);
	queue_free(&l.out);
	queue_free(&l.todo);
	buf_free(&l.line.out);
	buf_free(&l.text);
	return r;
}
