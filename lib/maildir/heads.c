/* The folders on disk, behind what upstream said of the other sides. */
#include "maildir/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "maildir/folder.h"
#include "maildir/tree.h"

struct names {
	char		**one;		/* sorted when all are there */
	size_t		  n, cap;
};

static void
names_add(struct names *ns, const char *name)
{
	if (ns->n == ns->cap) {
		ns->cap = ns->cap != 0 ? 2 * ns->cap : 64;
		ns->one = mem_grow(ns->one, ns->cap, sizeof(*ns->one));
	}
	ns->one[ns->n++] = mem_dup(name);
}

static void
names_free(struct names *ns)
{
	size_t i;

	for (i = 0; i < ns->n; i++)
		free(ns->one[i]);
	free(ns->one);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
names_have(const struct names *ns, const char *name)
{
	return ns->n != 0 &&
	    bsearch(&name, ns->one, ns->n, sizeof(*ns->one), by_bytes) != NULL;
}

/* Copies all but the end; gathers the local names that the state knows.  0 or -1. */
static int
copy_heads(struct recin *in, struct recout *out, struct names *known, uint64_t *lines,
    struct err *e)
{
	struct rec rec;
	uint64_t count;
	int got;

	for (*lines = 0; (got = rec_read(in, &rec, e)) == 1; (*lines)++) {
		if (rec_last(&rec)) {
			if (rec_number(rec.pos[2], &count) == -1 || count != *lines)
				break;
			if (known->n != 0)
				qsort(known->one, known->n, sizeof(*known->one), by_bytes);
			return 0;
		}
		if (rec_is(&rec, "folder") && rec.pos[0] != NULL &&
		    strcmp(rec.pos[0], "s") == 0 && rec.pos[2] != NULL)
			names_add(known, rec.pos[2]);
		rec_copy(out, rec.line, rec.len);
	}
	return got == -1 ? -1 : err_fail(e, "%s: the listing is cut off", in->name);
}

static void
put_tree(struct recout *out, const struct maildir_source *src, const char *kind, size_t n,
    const char *why)
{
	const char sep[2] = { (char)src->sep, '\0' };

	rec_begin(out, "tree");
	rec_pos(out, "l");
	rec_pos(out, kind);
	rec_posu(out, n);
	rec_key(out, "sep", why == NULL ? sep : NULL);
	rec_key(out, "why", why);
	rec_end(out);
}

static void
put_head(struct recout *out, const char *local, const struct dirhead *cur,
    const struct dirhead *new)
{
	char text[DIRHEAD_LEN];

	rec_begin(out, "folder");
	rec_pos(out, "l");
	rec_pos(out, NULL);
	rec_pos(out, local);
	rec_key(out, "cur", dirhead_format(cur, text));
	rec_key(out, "kind", "head");
	rec_key(out, "new", dirhead_format(new, text));
	rec_end(out);
}

static void
put_end(struct recout *out, const char *side, uint64_t n)
{
	rec_begin(out, "end");
	rec_pos(out, side);
	rec_pos(out, NULL);
	rec_posu(out, n);
	rec_end(out);
}

/* The directories that cannot be looked into, in the order of the tree; the root is none of them. */
static void
closed_names(struct names *closed, const struct tree *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->entry[i].kind == TREE_CLOSED && *t->entry[i].name != '\0')
			names_add(closed, t->entry[i].name);
}

/* 1 if a folder lies below one of them. */
static int
hidden(const struct names *closed, const char *local)
{
	char *above, *slash;
	int is = 0;

	if (closed->n == 0)
		return 0;
	above = mem_dup(local);
	while (!is && (slash = strrchr(above, '/')) != NULL) {
		*slash = '\0';
		is = names_have(closed, above);
	}
	free(above);
	return is;
}

static void
put_note(struct recout *out, const struct tree_entry *en)
{
	char *text;

	if (en->kind == TREE_HALF)
		text = mem_dup("the directory is a half-made Maildir, without all of cur, new "
		    "and tmp; it is left out");
	else if (en->kind == TREE_AGAIN)
		text = mem_dup("a link leads to the directory of another folder; it is left out, for "
		    "a message has one folder");
	else
		text = mem_printf("the directory cannot be read: %s; it is left out",
		    strerror(en->error));
	rec_begin(out, "note");
	rec_pos(out, en->name);
	rec_key(out, "text", text);
	rec_end(out);
	free(text);
}

/* 1 if of two names of one directory the first is to be used: that of the state, and no link. */
static int
prefer(const struct tree_entry *a, const struct tree_entry *b, const struct names *known)
{
	int ka = names_have(known, a->name), kb = names_have(known, b->name);

	if (ka != kb)
		return ka;
	return a->link != b->link ? !a->link : strcmp(a->name, b->name) < 0;
}

/*
 * One directory under two names would be two folders on the server: each file gets its uid in the one, and so reads as
 * deleted in the other, and new, in every run.  A link is left out then.
 */
static void
leave_links(struct tree *t, const struct names *known)
{
	struct tree_entry *a, *b, *end = t->entry + t->n;

	for (a = t->entry; t->links != 0 && a < end; a++)
		for (b = t->entry; a->kind == TREE_FOLDER && a->link && b < end; b++)
			if (b != a && b->kind == TREE_FOLDER && b->ino == a->ino && b->dev == a->dev &&
			    prefer(b, a, known))
				a->kind = TREE_AGAIN;
}

/*
 * Marks what is to be told: folders; and whatever else stands where the
 * state knows a folder, for that must not read as gone.  Returns their number.
 */
static size_t
choose(struct tree *t, const struct names *known, const struct names *below, char *tell)
{
	size_t i, n = below->n;

	for (i = 0; i < t->n; i++) {
		tell[i] = t->entry[i].kind == TREE_FOLDER ||
		    (t->entry[i].kind != TREE_AGAIN && names_have(known, t->entry[i].name));
		n += (size_t)tell[i];
	}
	return n;
}

/* The tree's lines, in the order of the names; returns how many lines. */
static uint64_t
put_folders(struct recout *out, const struct maildir_source *src, struct tree *t,
    const struct names *known)
{
	static const struct dirhead none;
	struct names closed = { 0 }, below = { 0 };
	uint64_t lines = 2;
	char *tell = mem_alloc(t->n);
	size_t i, k, n;

	leave_links(t, known);
	closed_names(&closed, t);
	/* what the state knows there must not read as gone */
	for (k = 0; k < known->n; k++)
		if (hidden(&closed, known->one[k]))
			names_add(&below, known->one[k]);
	n = choose(t, known, &below, tell);
	put_tree(out, src, "full", n, NULL);
	for (i = k = 0; i < t->n || k < below.n;) {
		if (i == t->n || (k < below.n && strcmp(below.one[k], t->entry[i].name) < 0)) {
			put_head(out, below.one[k++], &none, &none);
			continue;
		}
		if (tell[i])
			put_head(out, t->entry[i].name, &t->entry[i].cur, &t->entry[i].new);
		i++;
	}
	put_end(out, "l", n);
	for (i = 0; i < t->n; i++)
		if (!tell[i]) {
			put_note(out, &t->entry[i]);
			lines++;
		}
	names_free(&closed);
	names_free(&below);
	free(tell);
	return lines + n;
}

static uint64_t
put_failed(struct recout *out, const struct maildir_source *src, const char *why)
{
	put_tree(out, src, "failed", 0, why);
	put_end(out, "l", 0);
	return 2;
}

/* The Maildir's part; returns how many lines it wrote. */
static uint64_t
put_maildir(struct recout *out, const struct maildir_source *src, const struct names *known)
{
	struct tree t = { 0 };
	struct err why;
	uint64_t lines;
	char *text;
	int root, gone;

	root = md_root(src->root, 0, &why);
	gone = root == -1 && errno == ENOENT;
	if (gone && known->n == 0) {
		put_tree(out, src, "full", 0, NULL);
		put_end(out, "l", 0);
		return 2;
	}
	if (root == -1 || tree_read(root, src->sep, &t, &why) == -1) {
		text = mem_printf("%s%s", why.text, gone ? " (an unmounted Maildir?)" : "");
		lines = put_failed(out, src, text);
		free(text);
	} else if (t.seen == 0 && known->n != 0) {
		text = mem_printf("Maildir %s: the directory is empty, but %zu folders were "
		    "synced (an unmounted Maildir?)", src->root, known->n);
		lines = put_failed(out, src, text);
		free(text);
	} else
		lines = put_folders(out, src, &t, known);
	tree_free(&t);
	if (root != -1)
		close(root);
	return lines;
}

int
maildir_write_heads(const struct maildir_source *src, struct recin *in, struct recout *out,
    struct err *e)
{
	struct names known = { 0 };
	uint64_t lines = 0;
	int r = 0;

	if (in != NULL)
		r = copy_heads(in, out, &known, &lines, e);
	else {
		rec_begin(out, "listing");
		rec_posu(out, 1);
		rec_key(out, "account", src->account);
		rec_end(out);
		lines = 1;
	}
	if (r == 0) {
		lines += put_maildir(out, src, &known);
		put_end(out, NULL, lines);
	}
	names_free(&known);
	return r;
}
