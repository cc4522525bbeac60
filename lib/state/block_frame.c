/* What a block begins and ends with. */
#include "base/dirhead.h"
#include "base/rung.h"
#include "state/block.h"
#include "state/validity.h"

void
block_folder(const struct state_source *src, struct recout *o, const char *remote,
    const char *local, const char *kind, const struct state_folder *f, const char *why)
{
	char cur[DIRHEAD_LEN], new[DIRHEAD_LEN];
	uint32_t fv;

	rec_begin(o, "folder");
	rec_pos(o, "s");
	rec_pos(o, remote);
	rec_pos(o, local);
	if (f->rhead.valid)
		rec_keyu(o, "count", f->rhead.count);
	rec_key(o, "cur", dirhead_format(&f->cur, cur));
	if (f->distrust != 0)
		rec_keyu(o, "distrust", f->distrust);
	if (validity_read(src->metadata, src->repo, remote, &fv))
		rec_keyu(o, "fv", fv);
	rec_keyu(o, "gen", f->gen);
	rec_keyu(o, "intents", f->intents);
	rec_keyu(o, "kept", f->kept);
	rec_key(o, "kind", kind);
	if (f->rhead.valid && f->rhead.modseq != 0)
		rec_keyu(o, "modseq", f->rhead.modseq);
	rec_key(o, "new", dirhead_format(&f->new, new));
	if (f->rhead.valid)
		rec_keyu(o, "next", f->rhead.next);
	if (f->renewed)
		rec_keyu(o, "renewed", 1);
	rec_keyu(o, "rows", f->rows);
	rec_key(o, "rules", f->rules);
	rec_key(o, "rung", rung_word(f->rung));
	if (f->validity != 0)
		rec_keyu(o, "validity", f->validity);
	if (f->past != 0)
		rec_keyu(o, "was", f->was);
	rec_key(o, "why", why);
	rec_end(o);
}

void
block_end(struct recout *o, const char *side, const char *remote, uint64_t n)
{
	rec_begin(o, "end");
	rec_pos(o, side);
	rec_pos(o, remote);
	rec_posu(o, n);
	rec_end(o);
}
