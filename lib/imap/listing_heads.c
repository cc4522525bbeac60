/* imap-list -H: every folder of the server, and what STATUS tells of it. */
#include "imap/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/heads.h"
#include "imap/recall.h"

#define CAPS_MAX	16384	/* bytes of capabilities that are worth a note */

struct heads_run {
	const struct listing *l;
	uint64_t	 written;	/* lines of the output */
	int		 ended;		/* the input's own end has come */
};

/* The state's folders, whose STATUS can be asked for before LIST is answered. */
static int
pass_heads(struct heads_run *run, char ***known, size_t *n, struct err *e)
{
	struct rec rec;
	size_t cap = 0;
	int got;

	if (run->l->in == NULL) {
		rec_begin(run->l->out, "listing");
		rec_posu(run->l->out, 1);
		rec_key(run->l->out, "account", run->l->account);
		rec_end(run->l->out);
		run->written++;
		return 0;
	}
	while ((got = rec_read(run->l->in, &rec, e)) == 1) {
		if (rec_last(&rec)) {
			run->ended = 1;
			continue;
		}
		rec_copy(run->l->out, rec.line, rec.len);
		run->written++;
		if (!rec_of(&rec, "folder", "s") || rec.pos[1] == NULL)
			continue;
		if (*n == cap) {
			cap = cap != 0 ? 2 * cap : 64;
			*known = mem_grow(*known, cap, sizeof(**known));
		}
		(*known)[(*n)++] = mem_dup(rec.pos[1]);
	}
	if (got == 0 && !run->ended)
		return err_fail(e, "the stream is cut off: it has no end line");
	return got;
}

static void
print_head_line(struct recout *o, const struct head *h)
{
	const struct mailbox *m = &h->box;

	rec_begin(o, "folder");
	rec_pos(o, "r");
	rec_pos(o, h->name);
	rec_pos(o, NULL);
	if (m->counted)
		rec_keyu(o, "count", m->exists);
	rec_key(o, "kind", "head");
	if (m->modseq != 0)
		rec_keyu(o, "modseq", m->modseq);
	if (m->next != 0)
		rec_keyu(o, "next", m->next);
	if (m->validity != 0)
		rec_keyu(o, "validity", m->validity);
	rec_end(o);
}

/* Folders whose names nothing can be done with are told of, and left out of the tree. */
static size_t
print_bad(struct heads_run *run, const struct heads *hs)
{
	struct recout *o = run->l->out;
	size_t i, n = 0;

	for (i = 0; i < hs->n; i++) {
		if (!hs->h[i].bad)
			continue;
		rec_begin(o, "keep");
		rec_pos(o, "remote");
		rec_pos(o, hs->h[i].name);
		rec_pos(o, NULL);
		rec_pos(o, NULL);
		rec_key(o, "why", "name-utf7");
		rec_end(o);
		n++;
	}
	if (hs->unfit != 0) {
		rec_begin(o, "note");
		rec_pos(o, "r");
		rec_key(o, "text", "folders with a NUL in their names, or names of more than 1000 bytes, are left out");
		rec_end(o);
		run->written++;
	}
	run->written += n;
	return n;
}

/* What the next session should know before it asks. */
static void
print_caps(struct heads_run *run, const char *greeting, const char *now)
{
	struct recout *o = run->l->out;
	struct buf b;

	buf_init(&b, CAPS_MAX);
	if (recall_news(greeting, now, &b)) {
		rec_begin(o, "note");
		rec_pos(o, "r");
		rec_key(o, "caps", buf_cstr(&b));
		rec_end(o);
		run->written++;
	}
	buf_free(&b);
}

static void
print_heads(struct heads_run *run, const struct heads *hs)
{
	struct recout *o = run->l->out;
	size_t i, n = hs->n - print_bad(run, hs);

	rec_begin(o, "tree");
	rec_pos(o, "r");
	rec_pos(o, "full");
	rec_posu(o, n);
	rec_key(o, "sep", hs->sep);
	rec_end(o);
	for (i = 0; i < hs->n; i++)
		if (!hs->h[i].bad)
			print_head_line(o, &hs->h[i]);
	rec_begin(o, "end");
	rec_pos(o, "r");
	rec_pos(o, NULL);
	rec_posu(o, n);
	rec_end(o);
	run->written += n + 2;
	rec_begin(o, "end");
	rec_pos(o, NULL);
	rec_pos(o, NULL);
	rec_posu(o, run->written);
	rec_end(o);
}

int
listing_heads(const struct listing *l, const char *reference, int subscribed, struct err *e)
{
	struct heads_want want = { reference, subscribed, l->utf8, NULL, 0 };
	struct heads_run run;
	struct heads hs;
	struct imap im;
	char *caps = NULL;
	int r;

	memset(&run, 0, sizeof(run));
	memset(&hs, 0, sizeof(hs));
	run.l = l;
	/* ask for the session first: it connects while the stream is read */
	r = imap_ask_for(&im, l->transport, l->timeout, IMAP_HASTY, e);
	im.trace = l->trace;
	im.off = l->off;
	if (r == 0)
		r = pass_heads(&run, &want.known, &want.nknown, e);
	if (r == 0 && (r = imap_take(&im, e)) == 0) {
		caps = mem_dup(im.caps);
		if ((r = imap_heads_get(&im, &want, &hs, e)) == 0) {
			print_caps(&run, caps, im.caps);
			print_heads(&run, &hs);
		}
	}
	imap_close(&im);
	free(caps);
	imap_heads_free(&hs);
	while (want.nknown > 0)
		free(want.known[--want.nknown]);
	free(want.known);
	return r;
}
