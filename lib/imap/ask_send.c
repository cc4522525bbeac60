/* The commands for one folder (RFC 3501, 4731, 7162). */
#include "imap/ask_parts.h"

#include <stdio.h>

#include "imap/rung.h"

static void
command(struct imap *im, struct ask *a,
    int (*done)(struct imap *, void *, const struct imap_resp *, struct err *))
{
	struct imap_done d = { done, a };

	a->due++;
	imap_begin(im, d);
}

static void
examine(struct imap *im, struct ask *a, int utf8, const struct ask_done *done)
{
	struct err none;

	im->selected = 1;
	command(im, a, done->examined);
	imap_put(im, "EXAMINE ");
	mailbox_put(im, a->remote, utf8, &none);
	/* without being asked, a server need not tell HIGHESTMODSEQ (RFC 7162, 3.1.8) */
	a->param = a->rung == RUNG_QRESYNC || (!a->bare && rung_condstore(im));
	if (a->rung == RUNG_QRESYNC)
		imap_printf(im, " (QRESYNC (%u %llu))", a->validity, (unsigned long long)a->modseq);
	else if (a->param)
		imap_put(im, " (CONDSTORE)");
	imap_end(im);
}

/* A FETCH of a set of uids, in as many commands as it needs. */
static void
fetch_set(struct imap *im, struct ask *a, struct uidset *set, const char *items,
    const struct ask_done *done)
{
	struct buf b;
	size_t at = 0;

	buf_init(&b, 2 * ASK_LINE);
	while (uidset_sort(set), at < set->n) {
		buf_clear(&b);
		uidset_text(set, &at, ASK_LINE, &b);
		command(im, a, done->fetched);
		imap_printf(im, "UID FETCH %s %s", buf_cstr(&b), items);
		imap_end(im);
	}
	buf_free(&b);
}

/* Those of the probes that no fetch of the whole message answers anyway. */
static void
without_whole(struct ask *a)
{
	struct uidset rest;

	if (a->whole.n == 0)
		return;
	uidset_init(&rest);
	uidset_minus(&rest, &a->probe, &a->whole);
	uidset_free(&a->probe);
	a->probe = rest;
}

static void
probes(struct imap *im, struct ask *a, const struct ask_done *done)
{
	char items[100];

	without_whole(a);
	snprintf(items, sizeof(items), "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.%d>)",
	    DIGEST_BYTES);
	fetch_set(im, a, &a->probe, items, done);
	fetch_set(im, a, &a->whole, "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])", done);
}

/* Those that are said to be gone, each by its uid. */
static void
doubted(struct imap *im, struct ask *a, const struct ask_done *done)
{
	fetch_set(im, a, &a->doubt, "(UID RFC822.SIZE)", done);
}

/* Which of the uids below since there are, or which of them have a flag. */
static void
search(struct imap *im, struct ask *a, const char *key, const struct ask_done *done)
{
	command(im, a, done->rung);
	imap_printf(im, "UID SEARCH %sUID 1:%u%s", imap_has(im, "ESEARCH") ? "RETURN (ALL) " : "",
	    a->since - 1, key);
	imap_end(im);
}

static void
bitmaps(struct imap *im, struct ask *a, const struct ask_done *done)
{
	/* in the order of the bits */
	static const char *const keys[] = {
		" DRAFT", " FLAGGED", " ANSWERED", " SEEN", " DELETED", ""
	};
	size_t i;

	for (i = 0; i <= ASK_FLAGS; i++) {
		a->tags[i] = im->tag;
		search(im, a, keys[i], done);
	}
}

/* Kept rows below since: a delta leaves out only what is as the row says. */
static void
kept(struct imap *im, struct ask *a, const struct ask_done *done)
{
	struct uidset below;

	uidset_init(&below);
	uidset_part(&below, &a->kept, 1, a->since - 1);
	fetch_set(im, a, &below, "(UID FLAGS)", done);
	uidset_free(&below);
}

/* What there is below since. */
static void
old_ones(struct imap *im, struct ask *a, const struct ask_done *done)
{
	if (a->since <= 1 || a->onlynew)
		return;
	if (a->rung == RUNG_SEARCH)
		bitmaps(im, a, done);
	else if (ask_is_delta(a))
		kept(im, a, done);
	else {
		command(im, a, done->fetched);
		imap_printf(im, "UID FETCH 1:%u (UID FLAGS)", a->since - 1);
		imap_end(im);
	}
	if (a->rung != RUNG_CONDSTORE)
		return;
	command(im, a, done->rung);
	imap_printf(im, "UID FETCH 1:%u (UID FLAGS) (CHANGEDSINCE %llu)", a->since - 1,
	    (unsigned long long)a->modseq);
	imap_end(im);
	if (a->search)
		search(im, a, "", done);
}

int
ask_send(struct imap *im, struct ask *a, int utf8, const struct ask_done *done, struct err *e)
{
	struct imap_done un = { done->unselected, a };

	if (mailbox_check(a->remote, utf8, e) == -1)
		return -1;
	examine(im, a, utf8, done);
	if (a->all == ASK_NOT_ALL) {
		doubted(im, a, done);
		probes(im, a, done);
	}
	old_ones(im, a, done);
	command(im, a, done->fetched);
	imap_printf(im, "UID FETCH %u:* (UID FLAGS INTERNALDATE RFC822.SIZE%s)", a->since,
	    a->all == ASK_FULL ? " BODY.PEEK[]" : "");
	imap_end(im);
	a->due++;
	imap_unselect(im, un);
	return 0;
}
