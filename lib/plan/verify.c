/* From the stream of listings to what differs, folder by folder. */
#include "plan/verify.h"

#include <errno.h>
#include <string.h>

#include "plan/pure.h"
#include "plan/verify_folder.h"

struct verify {
	struct vfolder	 folder;
	struct vout	 out;
};

/* A folder that sync-pair has left alone is on one side only, or it cannot be told what is. */
static void
kept(struct verify *v, const struct rec *rec)
{
	const char *side = rec->pos[0];

	if (rec->pos[1] == NULL || rec->pos[2] == NULL)
		side = rec->pos[1] == NULL ? "remote" : "local";
	vout_folder(&v->out, side, rec->pos[1], rec->pos[2], rec_get(rec, "why"),
	    rec_get(rec, "text"), 0);
}

/* What a listing says that it leaves out is not proven to be on the other side. */
static void
noted(struct verify *v, const struct rec *rec)
{
	int remote = rec_same(rec->pos[0], "r");
	const char *text = rec_get(rec, "text");

	if (text != NULL && rec_get(rec, "rung") == NULL)
		vout_folder(&v->out, "both", NULL, remote ? NULL : rec->pos[0], "left-out", text, 0);
}

static int
record(void *arg, const struct rec *rec, struct err *e)
{
	struct verify *v = arg;

	if (rec_is(rec, "end") && v->folder.remote == NULL)
		return err_fail(e, "an end without a folder");
	if (rec_leaves_pair(rec) && vfolder_finish(&v->folder, &v->out, e) == -1)
		return -1;
	if (rec_is(rec, "pair"))
		return vfolder_begin(&v->folder, rec, e);
	if (v->folder.remote != NULL && (rec_is(rec, "m") || rec_is(rec, "gone") ||
	    rec_is(rec, "was") || rec_is(rec, "intent") || rec_is(rec, "folder") || rec_is(rec, "probe") ||
	    rec_is(rec, "end")))
		return vfolder_record(&v->folder, rec, e);
	if (rec_is(rec, "keep"))
		kept(v, rec);
	else if (rec_is(rec, "note"))
		noted(v, rec);
	else if (!rec_is(rec, "create") && !rec_is(rec, "forget"))
		return err_fail(e, "out of place in a listing: \"%.80s\"", rec->line);
	return 0;
}

static void
finish(const struct vout *out)
{
	rec_begin(out->to, "stat");
	rec_keyu(out->to, "differ", out->differ);
	rec_keyu(out->to, "folders", out->folders);
	rec_keyu(out->to, "msgs", out->equal);
	rec_end(out->to);
	rec_begin(out->to, "end");
	rec_pos(out->to, NULL);
	rec_pos(out->to, NULL);
	rec_posu(out->to, out->differ + 2);
	rec_end(out->to);
}

int
verify_run(struct recin *in, struct recout *out, int *status, struct err *e)
{
	struct verify v;
	int r;

	memset(&v, 0, sizeof(v));
	vfolder_init(&v.folder);
	v.out.to = out;
	recin_feeds(in, out);
	if ((r = pure_read(in, out, "verify", record, &v, e)) == 0 &&
	    (r = vfolder_finish(&v.folder, &v.out, e)) == 0) {
		finish(&v.out);
		*status = v.out.status;
	}
	vfolder_free(&v.folder);
	return r;
}
