/* Reading the heads stream (offlineimap-records(5)). */
#include "plan/names_heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rec.h"
#include "plan/names.h"

#define PASSED_MAX	(16u << 20)	/* bytes of lines of others */

/* The name that a listing is sorted by. */
static const char *
head_name(const struct head *h)
{
	return h->remote != NULL ? h->remote : h->local;
}

/* The listing of the side that a record names, or NULL. */
static struct headlist *
side_of(struct heads *hs, const char *side)
{
	if (side == NULL || strlen(side) != 1)
		return NULL;
	return *side == 's' ? &hs->state : *side == 'r' ? &hs->remote :
	    *side == 'l' ? &hs->local : NULL;
}

/* The line from behind its n-th field on; "" if there is no more. */
static const char *
behind(const char *line, int n)
{
	while (n-- > 0 && line != NULL)
		line = strchr(line + (*line == '\t'), '\t');
	return line != NULL ? line : "";
}

static int
take_folder(struct heads *hs, const struct rec *rec, struct err *e)
{
	struct headlist *l = side_of(hs, rec->pos[0]);
	const char *r = rec->pos[1], *local = rec->pos[2];
	struct head *h;
	uint64_t was;

	if (l == NULL || l->ended || (l != &hs->state && !l->tree) ||
	    (r == NULL) != (l == &hs->local) || (local == NULL) != (l == &hs->remote))
		return err_fail(e, "unexpected record \"%.100s\"", rec->line);
	if (l->n == l->cap) {
		l->cap = l->cap != 0 ? 2 * l->cap : 64;
		l->h = mem_grow(l->h, l->cap, sizeof(*l->h));
	}
	h = memset(&l->h[l->n++], 0, sizeof(*h));
	h->remote = mem_dup(r);
	h->local = mem_dup(local);
	h->keys = mem_dup(behind(rec->line, 4));
	h->known = rec_getu(rec, "validity", &h->validity) == 0 &&
	    rec_getu(rec, "next", &h->next) == 0 && rec_getu(rec, "count", &h->count) == 0;
	if (rec_getu(rec, "modseq", &h->modseq) == -1)
		h->modseq = 0;
	/* What cannot be read as "none" counts as some. */
	if (rec_getu(rec, "intents", &h->intents) == -1)
		h->intents = l == &hs->state;
	if (rec_getu(rec, "rows", &h->rows) == -1)
		h->rows = l == &hs->state;
	/* rows of another UIDVALIDITY are no less a sign that both sides had the folder */
	if (rec_getu(rec, "was", &was) == 0)
		h->rows += was;
	if (rec_getu(rec, "kept", &h->kept) == -1)
		h->kept = l == &hs->state;
	h->renewed = rec_get(rec, "renewed") != NULL;
	h->cur = mem_dup(rec_get(rec, "cur"));
	h->new = mem_dup(rec_get(rec, "new"));
	h->rules = mem_dup(rec_get(rec, "rules"));
	return 0;
}

static int
take_tree(struct heads *hs, const struct rec *rec, struct err *e)
{
	struct headlist *l = side_of(hs, rec->pos[0]);
	const char *why = rec_get(rec, "why");

	if (l == NULL || l == &hs->state || l->tree)
		return err_fail(e, "unexpected record \"%.100s\"", rec->line);
	if (rec->pos[1] == NULL || strcmp(rec->pos[1], "full") != 0)
		return err_fail(e, "%s: the %s folders could not be listed: %s",
		    hs->account, l == &hs->remote ? "remote" : "local",
		    why != NULL ? why : "no cause given");
	if (rec_number(rec->pos[2], &l->told) == -1)
		return err_fail(e, "bad number in \"%.100s\"", rec->line);
	l->tree = 1;
	if (l == &hs->remote)
		hs->sep = mem_dup(rec_get(rec, "sep") != NULL ? rec_get(rec, "sep") : "");
	return 0;
}

/* The end of one side's listing: as many lines as it says, and as its tree said. */
static int
take_end(struct heads *hs, const struct rec *rec, struct err *e)
{
	struct headlist *l = side_of(hs, rec->pos[0]);
	uint64_t n;

	if (l == NULL || l->ended || rec_number(rec->pos[2], &n) == -1)
		return err_fail(e, "unexpected record \"%.100s\"", rec->line);
	if (n != l->n || (l->tree && l->told != n))
		return err_fail(e, "the listing is cut off: %zu folders where \"%.100s\" stands",
		    l->n, rec->line);
	l->ended = 1;
	return 0;
}

static int
take(struct heads *hs, const struct rec *rec, const char *account, struct err *e)
{
	const char *of;

	if (rec_is(rec, "listing")) {
		of = rec_get(rec, "account");
		if (hs->account != NULL || rec->pos[0] == NULL || strcmp(rec->pos[0], "1") != 0)
			return err_fail(e, "unexpected record \"%.100s\"", rec->line);
		if (of == NULL || strcmp(of, account) != 0)
			return err_fail(e, "the listing is of account \"%s\", not \"%s\"",
			    of != NULL ? of : "-", account);
		hs->account = mem_dup(of);
		return 0;
	}
	if (hs->account == NULL)
		return err_fail(e, "no listing, but \"%.100s\"", rec->line);
	if (rec_is(rec, "folder"))
		return take_folder(hs, rec, e);
	if (rec_is(rec, "tree"))
		return take_tree(hs, rec, e);
	if (rec_is(rec, "end"))
		return take_end(hs, rec, e);
	if (!rec_is(rec, "keep") && !rec_is(rec, "note"))
		return err_fail(e, "unexpected record \"%.100s\"", rec->line);
	buf_put(&hs->passed, rec->line, rec->len);
	buf_byte(&hs->passed, '\n');
	hs->npassed++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(head_name(a), head_name(b));
}

static void
sort(struct headlist *l)
{
	size_t i;

	if (l->n != 0)
		qsort(l->h, l->n, sizeof(*l->h), compare);
	for (i = 0; i < l->n; i++) {
		l->h[i].again = i > 0 && compare(&l->h[i - 1], &l->h[i]) == 0;
		/* Capitals sort first, so the first one is the best. */
		if (l->inbox == NULL && name_inbox(head_name(&l->h[i])))
			l->inbox = &l->h[i];
	}
}

/* What must be there at the end. */
static int
whole(struct heads *hs, struct err *e)
{
	if (!hs->state.ended)
		return err_fail(e, "no list of the state's folders (sync-state -H)");
	if (!hs->remote.tree || !hs->remote.ended)
		return err_fail(e, "no list of the remote folders (imap-list -H)");
	if (!hs->local.tree || !hs->local.ended)
		return err_fail(e, "no list of the local folders (maildir-scan -H)");
	if (buf_bad(&hs->passed))
		return err_fail(e, "more than %u bytes of notes", PASSED_MAX);
	sort(&hs->state);
	sort(&hs->remote);
	sort(&hs->local);
	return 0;
}

int
heads_read(struct heads *hs, int fd, const char *account, struct err *e)
{
	struct recin in;
	struct rec rec;
	uint64_t lines = 0, total;
	int got, done = 0, rc = -1;

	memset(hs, 0, sizeof(*hs));
	buf_init(&hs->passed, PASSED_MAX);
	recin_open(&in, fd, "stdin");
	while ((got = rec_read(&in, &rec, e)) == 1) {
		if (done) {
			err_fail(e, "records behind the end of the listing");
			goto out;
		}
		if (rec_last(&rec)) {
			if (rec_number(rec.pos[2], &total) == -1 || total != lines) {
				err_fail(e, "the listing is cut off: %llu lines before \"%.100s\"",
				    (unsigned long long)lines, rec.line);
				goto out;
			}
			done = 1;
		} else if (take(hs, &rec, account, e) == -1)
			goto out;
		lines++;
	}
	if (got == 0 && !done)
		err_fail(e, "the listing is cut off");
	else if (got == 0)
		rc = whole(hs, e);
out:
	recin_close(&in);
	return rc;
}

static void
list_free(struct headlist *l)
{
	struct head *h;

	for (h = l->h; h != NULL && h < l->h + l->n; h++) {
		free(h->remote);
		free(h->local);
		free(h->keys);
		free(h->cur);
		free(h->new);
		free(h->rules);
	}
	free(l->h);
}

void
heads_free(struct heads *hs)
{
	list_free(&hs->state);
	list_free(&hs->remote);
	list_free(&hs->local);
	free(hs->account);
	free(hs->sep);
	buf_free(&hs->passed);
	memset(hs, 0, sizeof(*hs));
}

struct head *
headlist_find(struct headlist *l, const char *name)
{
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(head_name(&l->h[mid]), name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < l->n && strcmp(head_name(&l->h[lo]), name) == 0)
		return &l->h[lo];	/* the first of its like */
	return name_inbox(name) ? l->inbox : NULL;
}
