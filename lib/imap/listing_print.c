/* imap-list's output: the input with a block for each pair, as soon as it is known. */
#include "imap/listing_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define GONE_LINE	4000	/* bytes of a set of uids in one record */

/* Hands out queued lines of the input. */
static int
print_lines(struct listing_run *run, uint64_t n, struct err *e)
{
	char *line;
	size_t len;

	for (; n > 0; n--) {
		if (queue_get(&run->lines, &line, &len) != 1)
			return err_again(e, "reading back the stream: %s", strerror(errno));
		rec_copy(run->l->out, line, len);
		run->written++;
	}
	return 0;
}

static const char *
kind(const struct listing_pair *p)
{
	if (p->absent)
		return "none";
	if (p->unchanged)
		return "delta";
	if (p->ask->why != NULL || !p->ask->done)
		return "failed";
	return !ask_proven(p->ask) ? "presence" : p->ask->delta ? "delta" : "full";
}

/* The highest rung that is left when this one was caught lying. */
static enum rung
below(enum rung blame)
{
	return blame == RUNG_PLAIN ? RUNG_PLAIN : blame - 1;
}

/*
 * UIDNEXT as EXAMINE tells it, which it need not (RFC 3501, 6.3.1; Courier does not); else as STATUS did a
 * moment before: it can only be too low, and then what came since is listed once more.
 */
static uint64_t
next_uid(const struct listing_pair *p)
{
	const struct mailbox *m = &p->ask->box;

	if (m->next != 0 || !p->now.told || p->now.validity != m->validity)
		return m->next;
	return p->now.next;
}

/* The figures of EXAMINE; those that contradict what was seen, or are not trusted, are left out. */
static struct listing_head
figures(const struct listing_pair *p, int proven)
{
	const struct ask *a = p->ask;
	const struct mailbox *m = &a->box;
	enum rung limit = a->blame != RUNG_ANY ? below(a->blame) : p->limit;
	uint64_t next = next_uid(p);
	int fits = next > a->last;
	struct listing_head h = { 0 };

	h.told = proven;
	h.count = m->exists;
	h.validity = m->validity;
	if (fits)
		h.next = next;
	if (proven && fits && !p->nomodseq && (limit == RUNG_ANY || limit >= RUNG_CONDSTORE))
		h.modseq = m->modseq;
	return h;
}

/* The head of a folder's block. */
static void
print_head(struct listing_run *run, const struct listing_pair *p, const char *k, const struct err *broke)
{
	struct recout *o = run->l->out;
	int delta = strcmp(k, "delta") == 0;
	struct listing_head h = p->unchanged ? p->now : figures(p, delta || strcmp(k, "full") == 0);

	rec_begin(o, "folder");
	rec_pos(o, "r");
	rec_pos(o, p->ask->remote);
	rec_pos(o, p->local);
	/* the session's end is nothing that the folder has done */
	if (strcmp(k, "failed") == 0 && p->ask->why == NULL)
		rec_keyu(o, "again", 1);
	if (h.told)
		rec_keyu(o, "count", h.count);
	rec_key(o, "kind", k);
	if (h.modseq != 0)
		rec_keyu(o, "modseq", h.modseq);
	if (h.next != 0)
		rec_keyu(o, "next", h.next);
	if (delta && p->gen != 0)
		rec_keyu(o, "since", p->gen);
	if (h.validity != 0)
		rec_keyu(o, "validity", h.validity);
	if (strcmp(k, "failed") == 0)
		rec_key(o, "why", p->ask->why != NULL ? p->ask->why : broke->text);
	else
		rec_key(o, "why", p->ask->hides);
	rec_end(o);
	run->written++;
}

/* What is gone, in ranges. */
static void
print_gone(struct listing_run *run, struct ask *a)
{
	struct recout *o = run->l->out;
	size_t at = 0;
	struct buf b;

	buf_init(&b, 2 * GONE_LINE);
	while (at < a->gone.n) {
		buf_clear(&b);
		buf_printf(&b, "%u:", a->box.validity);
		uidset_text(&a->gone, &at, GONE_LINE, &b);
		rec_begin(o, "gone");
		rec_pos(o, "r");
		rec_pos(o, buf_cstr(&b));
		rec_end(o);
		run->written++;
	}
	buf_free(&b);
}

/* What the state shall remember, and the user hear: a rung that is not used here any more. */
static void
print_note(struct listing_run *run, const struct listing_pair *p)
{
	static const char *const unused[] = {
		[RUNG_PLAIN] = "no extension of the server is",
		[RUNG_SEARCH] = "the server's ESEARCH is not",
		[RUNG_CONDSTORE] = "the server's CONDSTORE is not",
		[RUNG_QRESYNC] = "the server's QRESYNC is not"
	};
	const struct ask *a = p->ask;
	struct recout *o = run->l->out;
	char *text;

	if (a->blame == RUNG_ANY || (p->limit != RUNG_ANY && a->blame > p->limit))
		return;
	text = mem_printf("%s used for this folder from now on: %s", unused[a->blame], a->lie);
	rec_begin(o, "note");
	rec_pos(o, a->remote);
	rec_key(o, "local", p->local);
	rec_key(o, "rung", rung_word(below(a->blame)));
	rec_key(o, "text", text);
	rec_end(o);
	run->written++;
	free(text);
}

static int
print_block(struct listing_run *run, struct listing_pair *p, const struct err *broke, struct err *e)
{
	struct recout *o = run->l->out;
	const char *k = kind(p);
	uint64_t n = p->ask->done && p->ask->why == NULL ? p->ask->nfound : 0, i;
	char *line;
	size_t len;

	print_head(run, p, k, broke);
	for (i = 0; i < n; i++) {
		if (queue_get(&p->ask->found, &line, &len) != 1)
			return err_again(e, "reading back a listing: %s", strerror(errno));
		rec_copy(o, line, len);
	}
	if (p->ask->delta)
		print_gone(run, p->ask);
	rec_begin(o, "end");
	rec_pos(o, "r");
	rec_pos(o, p->ask->remote);
	rec_posu(o, n);
	rec_end(o);
	run->written += n + 1;
	print_note(run, p);
	return 0;
}

int
listing_print(struct listing_run *run, const struct err *broke, struct err *e)
{
	struct listing_pair *p;

	for (; run->printed < run->npairs; run->printed++) {
		p = &run->pairs[run->printed];
		if (!p->ask->done && broke == NULL)
			break;
		if (print_lines(run, p->lines, e) == -1 || print_block(run, p, broke, e) == -1)
			return -1;
		ask_empty(p->ask);
	}
	/* the next tool can work on these while the others are listed */
	return rec_flush(run->l->out) == 0 ? 0 :
	    err_again(e, "standard output: %s", strerror(errno));
}

int
listing_finish(struct listing_run *run, struct err *e)
{
	struct recout *o = run->l->out;

	if (print_lines(run, run->pending, e) == -1)
		return -1;
	rec_begin(o, "end");
	rec_pos(o, NULL);
	rec_pos(o, NULL);
	rec_posu(o, run->written);
	rec_end(o);
	return 0;
}
