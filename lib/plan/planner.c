/* From the stream of listings to the plan: each folder is printed as soon as it is whole. */
#include "plan/planner.h"

#include <string.h>

#include "plan/folder.h"

struct planner {
	struct folder	 folder;
	struct plan	 plan;
	int		 ended;		/* the stream's own end has been read */
	uint64_t	 lines;		/* before the present one */
};

static int
end(struct planner *p, const struct rec *rec, struct err *e)
{
	uint64_t n;

	if (rec->pos[0] != NULL && p->folder.remote == NULL)
		return err_fail(e, "an end without a folder");
	if (rec->pos[0] != NULL) {
		if (folder_record(&p->folder, rec, e) == -1)
			return -1;
		/* the last block's: what could still follow belongs to others */
		return folder_whole(&p->folder) ? folder_finish(&p->folder, &p->plan, e) : 0;
	}
	if (rec_number(rec->pos[2], &n) == -1 || n != p->lines)
		return err_fail(e, "the listing is cut off: %llu lines are missing or too many",
		    (unsigned long long)(n > p->lines ? n - p->lines : p->lines - n));
	p->ended = 1;
	if (p->folder.remote == NULL)
		return folder_paired(&p->folder, e);
	return folder_finish(&p->folder, &p->plan, e);
}

static int
record(struct planner *p, const struct rec *rec, struct err *e)
{
	struct folder *f = &p->folder;

	if (p->ended)
		return err_fail(e, "the listing goes on after its end: \"%.80s\"", rec->line);
	if (rec_is(rec, "end"))
		return end(p, rec, e);
	if (f->remote != NULL && (rec_is(rec, "m") || rec_is(rec, "rows") ||
	    rec_is(rec, "gone") || rec_is(rec, "intent") || rec_is(rec, "folder") || rec_is(rec, "probe")))
		return folder_record(f, rec, e);
	if (rec_is(rec, "note")) {
		plan_line(&p->plan, rec->line, rec->len);
		return 0;
	}
	/* the folder before it ends here, if it has not */
	if (rec_leaves_pair(rec) && f->remote != NULL && folder_finish(f, &p->plan, e) == -1)
		return -1;
	if (rec_is(rec, "pair"))
		return folder_begin(f, rec, e);
	if (rec_is(rec, "create"))
		return folder_create(f, rec, e);
	if (rec_is(rec, "keep") || rec_is(rec, "forget")) {
		plan_line(&p->plan, rec->line, rec->len);
		return 0;
	}
	return err_fail(e, "out of place in a listing: \"%.80s\"", rec->line);
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
	rec_begin(out, "plan");
	rec_pos(out, "1");
	rec_key(out, "account", rec_get(&rec, "account"));
	rec_end(out);
	return 0;
}

static int
read_all(struct planner *p, struct recin *in, struct err *e)
{
	struct rec rec;
	int got;

	for (p->lines = 1; (got = rec_read(in, &rec, e)) == 1; p->lines++)
		if (record(p, &rec, e) == -1)
			return -1;
	return got == 0 && !p->ended ? err_fail(e, "the listing is cut off") : got;
}

int
planner_run(struct recin *in, struct recout *out, struct err *e)
{
	struct planner p;
	int r;

	memset(&p, 0, sizeof(p));
	folder_init(&p.folder);
	p.plan.out = out;
	recin_feeds(in, out);
	if ((r = header(in, out, e)) == 0 && (r = read_all(&p, in, e)) == 0) {
		rec_begin(out, "end");
		rec_pos(out, NULL);
		rec_pos(out, NULL);
		rec_posu(out, p.plan.lines + 1);
		rec_end(out);
	}
	folder_free(&p.folder);
	return r;
}
