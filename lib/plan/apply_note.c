/*
 * Notes of a plan that are to be remembered of the server: its capabilities, and which
 * extension is not used for a folder any more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/apply.h"
#include "state/folder.h"
#include "state/meta.h"

#define DISTRUST_MAX	255

int
apply_note(struct apply *ap, const struct rec *rec)
{
	enum rung rung = rung_of(rec_get(rec, "rung"));
	const char *local = rec_get(rec, "local"), *caps = rec_get(rec, "caps");
	struct afolder *f;

	if (caps != NULL) {
		free(ap->caps);
		ap->caps = mem_dup(caps);
		return 0;
	}
	if (rung == RUNG_ANY || rec->pos[0] == NULL || local == NULL)
		return 0;
	f = afolder_get(ap, rec->pos[0], local);
	if (f->note != NULL && f->rung <= rung)
		return 0;
	free(f->note);
	f->note = mem_ndup(rec->line, rec->len);
	f->rung = rung;
	return 0;
}

/* Into the folder's record, if the state has the folder and trusted it more: 1, 0, -1. */
static int
remember(struct apply *ap, const struct afolder *f, struct err *e)
{
	struct state_folder sf;
	struct err why;
	int r = 0;

	if (state_folder_find(ap->st, f->remote, f->local, &sf, &why) != 1)
		return 0;
	if (sf.rung == RUNG_ANY || sf.rung > (unsigned)f->rung) {
		sf.rung = f->rung;
		sf.distrust += sf.distrust < DISTRUST_MAX;
		r = state_folder_put(ap->st, &sf, e) == -1 ? -1 : 1;
	}
	state_folder_free(&sf);
	return r;
}

void
apply_tell(struct apply *ap, const char *line)
{
	char *done = mem_printf("done\t%s", line);

	rec_copy(ap->out, done, strlen(done));
	ap->reported++;
	free(done);
}

int
apply_notes(struct apply *ap, struct err *e)
{
	struct afolder *f;
	int r = 0, any = ap->caps != NULL;

	for (f = ap->folders; f != NULL && !any; f = f->next)
		any = f->note != NULL;
	if (!any)
		return 0;
	if (state_begin(ap->st, 1, e) == -1)
		return -1;
	for (f = ap->folders; f != NULL && r != -1; f = f->next)
		if (f->note != NULL && (r = remember(ap, f, e)) == 0) {
			free(f->note);
			f->note = NULL;
		}
	if (r != -1 && ap->caps != NULL)
		r = state_caps_put(ap->st, ap->caps, e);
	if (r == -1) {
		state_abort(ap->st);
		return -1;
	}
	if (state_commit(ap->st, e) == -1)
		return -1;
	for (f = ap->folders; f != NULL; f = f->next)
		if (f->note != NULL)
			apply_tell(ap, f->note);
	return 0;
}
