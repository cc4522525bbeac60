/* From the stream of listings to what differs, folder by folder. */
#include "plan/verify.h"

#include <errno.h>
#include <string.h>

#include "plan/verify_folder.h"

struct verify {
	struct vfolder	 folder;
	struct vout	 out;
	int		 ended;		/* the stream's own end has been read */
	uint64_t	 lines;		/* before the present one */
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
end(struct verify *v, const struct rec *rec, struct err *e)
{
	uint64_t n;

	if (rec->pos[0] != NULL)
		return v->folder.remote == NULL ? err_fail(e, "an end without a folder") :
		    vfolder_record(&v->folder, rec, e);
	if (rec_number(rec->pos[2], &n) == -1 || n != v->lines)
		return err_fail(e, "the listing is cut off: %llu lines are missing or too many",
		    (unsigned long long)(n > v->lines ? n - v->lines : v->lines - n));
	v->ended = 1;
	return vfolder_finish(&v->folder, &v->out, e);
}

static int
record(struct verify *v, const struct rec *rec, struct err *e)
{
	if (v->ended)
		return err_fail(e, "the listing goes on after its end: \"%.80s\"", rec->line);
	if (rec_is(rec, "end"))
		return end(v, rec, e);
	if (rec_leaves_pair(rec) && vfolder_finish(&v->folder, &v->out, e) == -1)
		return -1;
	if (rec_is(rec, "pair"))
		return vfolder_begin(&v->folder, rec, e);
	if (v->folder.remote != NULL && (rec_is(rec, "m") || rec_is(rec, "gone") ||
	    rec_is(rec, "intent") || rec_is(rec, "folder") || rec_is(rec, "probe")))
		return vfolder_record(&v->folder, rec, e);
	if (rec_is(rec, "keep"))
		kept(v, rec);
	else if (rec_is(rec, "note"))
		noted(v, rec);
	else if (!rec_is(rec, "create") && !rec_is(rec, "forget"))
		return err_fail(e, "out of place in a listing: \"%.80s\"", rec->line);
	return 0;
}

/* The first line: 0, or -1. */
static int
header(struct recin *in, struct recout *out, struct err *e)
{
	struct rec rec;
	int got = rec_read(in, &rec, e);

	if (got == -1)
		return -1;
	if (got == 0 || !rec_is(&rec, "listing"))
		return err_fail(e, "this is no listing: the chain ahead of it has failed or is not complete");
	if (rec.pos[0] == NULL || strcmp(rec.pos[0], "1") != 0)
		return err_fail(e, "a listing of version %.20s; all tools must be of one release",
		    rec.pos[0] != NULL ? rec.pos[0] : "-");
	rec_begin(out, "verify");
	rec_pos(out, "1");
	rec_key(out, "account", rec_get(&rec, "account"));
	rec_end(out);
	return 0;
}

static int
read_all(struct verify *v, struct recin *in, struct err *e)
{
	struct rec rec;
	int got;

	for (v->lines = 1; (got = rec_read(in, &rec, e)) == 1; v->lines++)
		if (record(v, &rec, e) == -1)
			return -1;
	return got == 0 && !v->ended ? err_fail(e, "the listing is cut off") : got;
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
	if ((r = header(in, out, e)) == 0 && (r = read_all(&v, in, e)) == 0) {
		finish(&v.out);
		*status = v.out.status;
	}
	vfolder_free(&v.folder);
	return r;
}
