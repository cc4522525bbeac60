/* A folder's life from its pair record to its place on the shelf. */
#include "plan/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/doubt.h"

#define KW_MAX		(64u << 20)	/* bytes of keywords of new messages */
#define TEXT_MAX	(4u * REC_LINE_MAX)

void
folder_init(struct folder *f)
{
	memset(f, 0, sizeof(*f));
	queue_init(&f->creates);
	queue_init(&f->lines);
	uidset_init(&f->asked);
	uidset_init(&f->doubted);
	buf_init(&f->kw, KW_MAX);
	recout_open(&f->out, -1);
	buf_init(&f->text, TEXT_MAX);
	buf_init(&f->other, TEXT_MAX);
	sort_init(&f->sorted, SORT_MEMORY);
	guard_init(&f->rdeletes);
	guard_init(&f->ldeletes);
}

void
folder_clear(struct folder *f)
{
	size_t i;

	free(f->remote);
	free(f->local);
	free(f->fmd5);
	free(f->lasting);
	free(f->rtrash);
	free(f->ltrash);
	free(f->cremote);
	free(f->clocal);
	free(f->failure);
	free(f->rules_saved);
	free(f->r_only);
	free(f->l_only);
	free(f->probed);
	for (i = 0; i < f->nintents; i++)
		free(f->intents[i].name);
	free(f->intents);
	uidset_free(&f->asked);
	uidset_free(&f->doubted);
	recovery_free(&f->recovery);
	lhead_free(&f->lsaved);
	lhead_free(&f->lnow);
	table_free(&f->rows);
	uidset_free(&f->archived);
	uidset_free(&f->deleting);
	uidset_free(&f->gone);
	digests_free(&f->digests);
	queue_free(&f->creates);
	queue_free(&f->lines);
	buf_free(&f->kw);
	recout_close(&f->out);
	buf_free(&f->text);
	buf_free(&f->other);
	sort_free(&f->sorted);
	guard_free(&f->rdeletes);
	guard_free(&f->ldeletes);
	folder_init(f);
}

void
folder_free(struct folder *f)
{
	folder_clear(f);
	recout_close(&f->out);
}

void
folder_refuse(struct folder *f, const char *why)
{
	if (f->refused == NULL)
		f->refused = why;
}

int
folder_create(struct folder *f, const struct rec *rec, struct err *e)
{
	const char *side = rec->pos[0];

	if (side == NULL || rec->pos[1] == NULL || rec->pos[2] == NULL)
		return err_fail(e, "a create without side or names: \"%.80s\"", rec->line);
	f->rcreated |= strcmp(side, "remote") == 0;
	f->lcreated |= strcmp(side, "local") == 0;
	if (f->cremote != NULL && (strcmp(f->cremote, rec->pos[1]) != 0 ||
	    strcmp(f->clocal, rec->pos[2]) != 0))
		return folder_paired(f, e);
	if (f->cremote == NULL) {
		f->cremote = mem_dup(rec->pos[1]);
		f->clocal = mem_dup(rec->pos[2]);
	}
	if (queue_put(&f->creates, rec->line, rec->len) == -1)
		return err_again(e, "temporary file: %s", strerror(errno));
	return 0;
}

int
folder_paired(const struct folder *f, struct err *e)
{
	if (f->cremote == NULL || (f->remote != NULL && strcmp(f->cremote, f->remote) == 0 &&
	    strcmp(f->clocal, f->local) == 0))
		return 0;
	return err_fail(e, "a create is not followed by its pair: \"%.80s\"", f->cremote);
}

int
folder_begin(struct folder *f, const struct rec *rec, struct err *e)
{
	if (rec->pos[0] == NULL || rec->pos[1] == NULL)
		return err_fail(e, "a pair without both names: \"%.80s\"", rec->line);
	f->remote = mem_dup(rec->pos[0]);
	f->local = mem_dup(rec->pos[1]);
	f->fmd5 = mem_dup(rec_get(rec, "fmd5"));
	if (folder_paired(f, e) == -1)
		return -1;
	if (rules_parse(rec_get(rec, "rules"), &f->rules) == -1 ||
	    maxdelete_read(rec, &f->limit) == -1)
		folder_refuse(f, "listing");
	f->rtrash = mem_dup(rec_get(rec, "rtrash"));
	f->ltrash = mem_dup(rec_get(rec, "ltrash"));
	f->lasting = rec_lasting_rules(rec_get(rec, "rules"));
	return 0;
}

static enum kind
kind_of(const char *s)
{
	static const struct {
		const char *word;
		enum kind kind;
	} kinds[] = {
		{ "none", KIND_NONE }, { "full", KIND_FULL }, { "delta", KIND_DELTA },
		{ "presence", KIND_PRESENCE }, { "failed", KIND_FAILED },
	};
	size_t i;

	for (i = 0; s != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, s) == 0)
			return kinds[i].kind;
	return KIND_MISSING;
}

static struct block *
block_of(struct folder *f, const char *side)
{
	if (side == NULL || side[0] == '\0' || side[1] != '\0')
		return NULL;
	return side[0] == 's' ? &f->s : side[0] == 'r' ? &f->r : side[0] == 'l' ? &f->l : NULL;
}

static void
block_start(struct folder *f, struct block *b, const struct rec *rec)
{
	const char *kind = rec_get(rec, "kind");

	if (kind != NULL && strcmp(kind, "head") == 0)
		return;
	if (b->kind != KIND_MISSING || (b != &f->s && !f->s.ended) || (b == &f->l && !f->r.ended))
		folder_refuse(f, "failed");
	b->kind = kind_of(kind);
	if (b == &f->s && kind != NULL && strcmp(kind, "sets") == 0) {
		b->kind = KIND_FULL;
		f->sets = 1;
	}
	if ((b->kind == KIND_FAILED || (b->kind == KIND_PRESENCE && b == &f->r)) &&
	    f->refused == NULL) {
		free(f->failure);
		f->failure = mem_dup(rec_get(rec, "why"));
		f->again = b->kind == KIND_FAILED && rec_get(rec, "again") != NULL;
	}
	if (b->kind == KIND_FAILED)
		folder_refuse(f, "failed");
	if (f->refused != NULL)
		return;
	/* rows are sets only where the disk has not moved */
	if (b->kind == KIND_MISSING || (b == &f->l && f->sets && b->kind != KIND_DELTA &&
	    b->kind != KIND_NONE))
		folder_refuse(f, "listing");
	else if (b == &f->s)
		saved_start(f, rec);
	else if (b == &f->r)
		remote_start(f, rec);
	else {
		lhead_read(&f->lnow, rec);
		f->elsewhere = rec_get(rec, "other") != NULL;
	}
}

static void
block_end(struct folder *f, struct block *b, const struct rec *rec)
{
	uint64_t n;

	if (b->kind == KIND_MISSING || b->ended || rec_number(rec->pos[2], &n) == -1 || n != b->n)
		folder_refuse(f, "failed");
	b->ended = 1;
	if (f->refused != NULL)
		return;
	if (b == &f->s)
		saved_end(f);
	else if (b == &f->r)
		remote_end(f);
}

static int
same_folder(const struct folder *f, const struct rec *rec)
{
	return rec->pos[1] != NULL && strcmp(rec->pos[1], f->remote) == 0;
}

/* A record within the block that is open. */
static int
inside(struct folder *f, struct block *b, const struct rec *rec, struct err *e)
{
	int message = rec_is(rec, "m");

	b->n += message;
	if (b->kind == KIND_MISSING || b->kind == KIND_NONE || b->ended)
		folder_refuse(f, "listing");
	if (f->refused != NULL)
		return 0;
	if (b == &f->l && message)
		return f->sets ? local_known(f, rec, e) : local_message(f, rec, e);
	if (b == &f->l && !f->sets)
		return local_gone(f, rec, e);
	if (b == &f->r && message)
		remote_message(f, rec);
	else if (b == &f->r && rec_is(rec, "gone"))
		remote_gone(f, rec);
	else if (b == &f->s && message)
		saved_message(f, rec);
	else if (b == &f->s && rec_is(rec, "rows"))
		saved_rows(f, rec);
	else if (b == &f->s && rec_is(rec, "was"))
		recover_was(f, rec);
	else if (b == &f->s && rec_is(rec, "intent"))
		saved_intent(f, rec);
	else
		folder_refuse(f, "listing");
	return 0;
}

static void
probe(struct folder *f, const struct rec *rec)
{
	uint32_t validity, uid;

	if (rec_of(rec, "probe", "remote") && rec_get(rec, "gone") != NULL) {
		doubt_asked(f, rec);
		return;
	}
	if (rec_id(rec->pos[3], &validity, &uid, 0) == -1)
		return;		/* of another kind of thing: nothing to remember */
	f->probed = mem_grow(f->probed, f->nprobed + 1, sizeof(*f->probed));
	f->probed[f->nprobed].uid = uid;
	f->probed[f->nprobed++].bit = rec_get(rec, "full") != NULL ? RMSG_WHOLE : RMSG_PROBED;
}

int
folder_record(struct folder *f, const struct rec *rec, struct err *e)
{
	struct block *b = block_of(f, rec->pos[0]);

	if (rec_is(rec, "probe")) {
		probe(f, rec);
	} else if (b == NULL) {
		return err_fail(e, "unknown side in \"%.80s\"", rec->line);
	} else if (rec_is(rec, "folder")) {
		if (!same_folder(f, rec) || rec->pos[2] == NULL ||
		    strcmp(rec->pos[2], f->local) != 0)
			folder_refuse(f, "listing");
		block_start(f, b, rec);
	} else if (rec_is(rec, "end")) {
		if (!same_folder(f, rec))
			folder_refuse(f, "listing");
		block_end(f, b, rec);
	} else
		return inside(f, b, rec, e);
	return 0;
}

int
folder_whole(const struct folder *f)
{
	return f->s.ended && f->r.ended && f->l.ended;
}
