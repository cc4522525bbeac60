/* From the stream of listings to the plan: each folder is printed as soon as it is whole. */
#include "plan/planner.h"

#include "plan/folder.h"
#include "plan/pure.h"

struct planner {
	struct folder	 folder;
	struct plan	 plan;
};

/* A block's end. */
static int
end(struct planner *p, const struct rec *rec, struct err *e)
{
	if (p->folder.remote == NULL)
		return err_fail(e, "an end without a folder");
	if (folder_record(&p->folder, rec, e) == -1)
		return -1;
	/* the last block's: what could still follow belongs to others */
	return folder_whole(&p->folder) ? folder_finish(&p->folder, &p->plan, e) : 0;
}

static int
record(void *arg, const struct rec *rec, struct err *e)
{
	struct planner *p = arg;
	struct folder *f = &p->folder;

	if (rec_is(rec, "end"))
		return end(p, rec, e);
	if (f->remote != NULL && (rec_is(rec, "m") || rec_is(rec, "rows") ||
	    rec_is(rec, "was") || rec_is(rec, "gone") || rec_is(rec, "intent") || rec_is(rec, "folder") || rec_is(rec, "probe")))
		return folder_record(f, rec, e);
	if (rec_is(rec, "note")) {
		plan_line(&p->plan, rec->line, rec->len);
		return 0;
	}
	/* the folder before it ends here, if it has not */
	if (rec_leaves_pair(rec) && f->remote != NULL && folder_finish(f, &p->plan, e) == -1)
		return -1;
	if (rec_is(rec, "pair")) {
		plan_pair(&p->plan, rec);
		return folder_begin(f, rec, e);
	}
	if (rec_is(rec, "create"))
		return folder_create(f, rec, e);
	if (rec_is(rec, "keep") || rec_is(rec, "forget")) {
		plan_line(&p->plan, rec->line, rec->len);
		return 0;
	}
	return err_fail(e, "out of place in a listing: \"%.80s\"", rec->line);
}

/* The folder that is still at hand. */
static int
last(struct planner *p, struct err *e)
{
	return p->folder.remote == NULL ? folder_paired(&p->folder, e) :
	    folder_finish(&p->folder, &p->plan, e);
}

int
planner_run(struct recin *in, struct recout *out, struct err *e)
{
	struct planner p;
	int r;

	folder_init(&p.folder);
	plan_init(&p.plan, out);
	recin_feeds(in, out);
	if ((r = pure_read(in, out, "plan", record, &p, e)) == 0 && (r = last(&p, e)) == 0 &&
	    (r = plan_release(&p.plan, e)) == 0) {
		rec_begin(out, "end");
		rec_pos(out, NULL);
		rec_pos(out, NULL);
		rec_posu(out, p.plan.lines + 1);
		rec_end(out);
	}
	folder_free(&p.folder);
	plan_free(&p.plan);
	return r;
}
