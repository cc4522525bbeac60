/* LIST and STATUS of everything. */
#include "imap/heads.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "imap/rung.h"
#include "imap/utf7.h"

#define NAMES_MAX	1000000u	/* folders of one account that are believed */
#define NAMES_BYTES	(128u << 20)	/* and of their names */
#define IN_FLIGHT	1000		/* STATUS commands unanswered at a time: 150 kB of answers */

struct work {
	const struct heads_want *want;
	struct heads	*heads;		/* as listed; not yet sorted */
	struct heads	 stats;		/* what STATUS told, by wire name decoded */
	int		 modseq;	/* HIGHESTMODSEQ is asked for */
	struct buf	 words;		/* of the last NO to LIST */
	int		 refused;	/* LIST was */
	int		 bad;		/* something was answered BAD */
};

static struct head *
add(struct heads *hs, const char *name)
{
	struct head *h;

	if (hs->n == hs->cap) {
		hs->cap = hs->cap != 0 ? 2 * hs->cap : 64;
		hs->h = mem_grow(hs->h, hs->cap, sizeof(*hs->h));
	}
	h = &hs->h[hs->n++];
	memset(h, 0, sizeof(*h));
	h->name = mem_dup(name);
	hs->bytes += strlen(name);
	return h;
}

/* A name as the account sees it, malloc'ed; one that does not decode stays, and *bad is set. */
static char *
decoded(const struct work *w, const char *wire, int *bad)
{
	struct buf b;
	char *name;

	*bad = 0;
	if (!w->want->utf8)
		return mem_dup(wire);
	buf_init(&b, 1u << 20);
	*bad = utf7_decode(&b, wire) == -1;
	name = mem_dup(*bad ? wire : buf_cstr(&b));
	buf_free(&b);
	return name;
}

static int
has_attr(const struct value *list, const char *attr)
{
	const struct value *v;

	for (v = list != NULL && list->kind == VALUE_LIST ? list->kids : NULL; v != NULL; v = v->next)
		if (value_is(v, attr))
			return 1;
	return 0;
}

/* A name that a command can hold; a folder named NIL comes as an atom that reads as NIL. */
static int
is_name(const struct value *v)
{
	return v->kind == VALUE_NIL || (value_text(v) != NULL && v->len <= MAILBOX_MAX);
}

/* * LIST (attributes) separator name ... */
static int
on_list(struct work *w, const struct imap_resp *r, struct err *e)
{
	const struct value *attrs = r->data, *sep = value_at(r->data, 1), *name = value_at(r->data, 2);
	char *s;
	int bad;

	if (name == NULL || attrs->kind != VALUE_LIST || name->kind == VALUE_LIST)
		return err_fail(e, "the server sent a LIST line that cannot be read: \"%.200s\"",
		    r->line);
	if (sep->kind == VALUE_STRING && sep->len != 0 && sep->len < sizeof(w->heads->sep) &&
	    value_text(sep) != NULL && w->heads->sep[0] == '\0')
		memcpy(w->heads->sep, sep->s, sep->len + 1);
	if (has_attr(attrs, "\\Noselect") || has_attr(attrs, "\\NonExistent"))
		return 0;
	if (!is_name(name)) {
		w->heads->unfit++;
		return 0;
	}
	if (w->heads->n >= NAMES_MAX)
		return err_fail(e, "the server lists more than %u folders", NAMES_MAX);
	if (w->heads->bytes > NAMES_BYTES)
		return err_fail(e, "the server lists more than %u MB of folder names", NAMES_BYTES >> 20);
	s = decoded(w, name->kind == VALUE_NIL ? "NIL" : name->s, &bad);
	add(w->heads, s)->bad = bad;
	free(s);
	return 0;
}

/* * STATUS name (...) */
static int
on_status(struct work *w, const struct imap_resp *r, struct err *e)
{
	const struct value *name = r->data, *list = value_at(r->data, 1);
	struct head *h;
	char *s;
	int bad;

	if (name == NULL || list == NULL || list->kind != VALUE_LIST)
		return err_fail(e, "the server sent a STATUS line that cannot be read: \"%.200s\"",
		    r->line);
	if (!is_name(name) || w->stats.n >= NAMES_MAX || w->stats.bytes > NAMES_BYTES)
		return 0;
	s = decoded(w, name->kind == VALUE_NIL ? "NIL" : name->s, &bad);
	h = add(&w->stats, s);
	h->bad = bad;
	free(s);
	h->status = 1;
	mailbox_status(&h->box, list->kids);
	return 0;
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	(void)im;
	if (strcmp(r->name, "LIST") == 0 || strcmp(r->name, "LSUB") == 0)
		return on_list(arg, r, e);
	if (strcmp(r->name, "STATUS") == 0)
		return on_status(arg, r, e);
	return 0;
}

static int
listed(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct work *w = arg;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK) {
		w->refused = 1;
		w->bad |= r->status == IMAP_BAD;
		buf_clear(&w->words);
		imap_words(r, &w->words);
	}
	return 0;
}

/* A NO is the folder's affair: it stays without STATUS. */
static int
told(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct work *w = arg;

	(void)im;
	(void)e;
	w->bad |= r->status == IMAP_BAD;
	return 0;
}

/* INBOX is one name in any case; others are compared as they are. */
static const char *
canonical(const char *name)
{
	return strcasecmp(name, "INBOX") == 0 ? "INBOX" : name;
}

static int
name_cmp(const char *a, const char *b)
{
	return strcmp(canonical(a), canonical(b));
}

static int
by_name(const void *a, const void *b)
{
	const struct head *x = a, *y = b;

	/* a name that did not decode is no other's twin */
	return x->bad != y->bad ? x->bad - y->bad : name_cmp(x->name, y->name);
}

static void
sort(struct heads *hs)
{
	size_t i, n = 0;

	if (hs->n == 0)
		return;
	qsort(hs->h, hs->n, sizeof(*hs->h), by_name);
	for (i = 1; i < hs->n; i++)
		if (by_name(&hs->h[n], &hs->h[i]) != 0)
			hs->h[++n] = hs->h[i];
		else
			free(hs->h[i].name);
	hs->n = n + 1;
}

static const char *
items(const struct work *w)
{
	return w->modseq ? "(UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)" :
	    "(UIDVALIDITY UIDNEXT MESSAGES)";
}

static int
ask_list(struct imap *im, struct work *w, struct err *e)
{
	struct imap_done done = { listed, w };
	int extended = imap_has(im, "LIST-EXTENDED");

	imap_begin(im, done);
	imap_put(im, !w->want->subscribed ? "LIST " : extended ? "LIST (SUBSCRIBED) " : "LSUB ");
	if (mailbox_put(im, w->want->reference, w->want->utf8, e) == -1)
		return -1;
	imap_put(im, " \"*\"");
	if (imap_has(im, "LIST-STATUS") && (!w->want->subscribed || extended))
		imap_printf(im, " RETURN (STATUS %s)", items(w));
	imap_end(im);
	return 0;
}

static int
ask_status(struct imap *im, struct work *w, const char *name)
{
	struct imap_done done = { told, w };
	struct err e;

	if (mailbox_check(name, w->want->utf8, &e) == -1)
		return 0;
	imap_begin(im, done);
	imap_put(im, "STATUS ");
	mailbox_put(im, name, w->want->utf8, &e);
	imap_printf(im, " %s", items(w));
	imap_end(im);
	return imap_wait(im, IN_FLIGHT);
}

/* Gives each folder what STATUS told of it. */
static void
join(struct work *w)
{
	size_t i, j = 0;

	sort(&w->stats);
	for (i = 0; i < w->heads->n; i++) {
		while (j < w->stats.n && by_name(&w->stats.h[j], &w->heads->h[i]) < 0)
			j++;
		if (j < w->stats.n && by_name(&w->stats.h[j], &w->heads->h[i]) == 0) {
			w->heads->h[i].box = w->stats.h[j].box;
			w->heads->h[i].status = 1;
		}
	}
}

/* STATUS of the folders that nothing is known of yet (hazard 8): whether any was asked, or -1. */
static int
rest(struct imap *im, struct work *w)
{
	size_t i;
	int asked = 0;

	for (i = 0; i < w->heads->n; i++)
		if (!w->heads->h[i].status && !w->heads->h[i].bad) {
			asked = 1;
			if (ask_status(im, w, w->heads->h[i].name) == -1)
				return -1;
		}
	if (asked && imap_wait(im, 0) == -1)
		return -1;
	join(w);
	return asked;
}

/* LIST with STATUS, or with the STATUS of what is known: 0, or -1. */
static int
first(struct imap *im, struct work *w, struct err *e)
{
	size_t i;

	w->refused = w->bad = 0;
	if (ask_list(im, w, e) == -1)
		return -1;
	if (!imap_has(im, "LIST-STATUS"))
		for (i = 0; i < w->want->nknown; i++)
			if (ask_status(im, w, w->want->known[i]) == -1)
				goto broke;
	if (imap_wait(im, 0) == 0)
		return 0;
broke:
	*e = im->err;
	return -1;
}

/* Everything; what is answered BAD with HIGHESTMODSEQ is asked once more without it. */
static int
get(struct imap *im, struct work *w, struct err *e)
{
	w->modseq = rung_condstore(im);
	/* the next tool may say EXAMINE (QRESYNC ...) then: it is answered with the LIST, in one turn */
	rung_enable(im);
	if (first(im, w, e) == -1)
		return -1;
	if (w->refused && w->bad && w->modseq) {
		w->modseq = 0;
		if (first(im, w, e) == -1)
			return -1;
	}
	if (w->refused)
		return err_fail(e, "the server refused LIST: %s", buf_cstr(&w->words));
	sort(w->heads);
	join(w);
	w->modseq &= !w->bad;
	w->bad = 0;
	if (rest(im, w) != -1 && (!w->bad || !w->modseq))
		return 0;
	w->modseq = 0;
	if (im->err.status == 0 && rest(im, w) != -1)
		return 0;
	*e = im->err;
	return -1;
}

int
imap_heads_get(struct imap *im, const struct heads_want *want, struct heads *hs, struct err *e)
{
	struct work w;
	int r;

	memset(&w, 0, sizeof(w));
	memset(hs, 0, sizeof(*hs));
	w.want = want;
	w.heads = hs;
	buf_init(&w.words, 1024);
	im->untagged = untagged;
	/* cppcheck-suppress autoVariables ; taken back below */
	im->arg = &w;
	r = get(im, &w, e);
	im->untagged = NULL;
	buf_free(&w.words);
	imap_heads_free(&w.stats);
	return r;
}

void
imap_heads_free(struct heads *hs)
{
	size_t i;

	for (i = 0; i < hs->n; i++)
		free(hs->h[i].name);
	free(hs->h);
	memset(hs, 0, sizeof(*hs));
}
