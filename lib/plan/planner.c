/* From the stream of listings to the plan. */
#include "plan/planner.h"

#include <errno.h>
#include <string.h>

#include "plan/folder.h"
#include "plan/shelf.h"

struct planner {
	struct folder	 folder;
	struct shelf	 shelf;
	int		 ended;		/* the stream's own end has been read */
	uint64_t	 lines;		/* before the present one */
};

/* A line of the pairs stream that stays as it is. */
static int
pass(struct planner *p, const struct rec *rec, const char *remote, const char *local,
    struct err *e)
{
	shelf_folder(&p->shelf, remote != NULL ? remote : "", local != NULL ? local : "");
	if (shelf_put(&p->shelf, rec->line, rec->len) == -1)
		return err_again(e, "temporary file: %s; free some space", strerror(errno));
	return 0;
}

static int
end(struct planner *p, const struct rec *rec, struct err *e)
{
	uint64_t n;

	if (rec->pos[0] != NULL)
		return p->folder.remote == NULL ? err_fail(e, "an end without a folder") :
		    folder_record(&p->folder, rec, e);
	if (rec_number(rec->pos[2], &n) == -1 || n != p->lines)
		return err_fail(e, "the listing is cut off: %llu lines are missing or too many",
		    (unsigned long long)(n > p->lines ? n - p->lines : p->lines - n));
	p->ended = 1;
	if (p->folder.remote == NULL)
		return folder_paired(&p->folder, e);
	return folder_finish(&p->folder, &p->shelf, e);
}

static int
record(struct planner *p, const struct rec *rec, struct err *e)
{
	struct folder *f = &p->folder;

	if (p->ended)
		return err_fail(e, "the listing goes on after its end: \"%.80s\"", rec->line);
	if (rec_is(rec, "end"))
		return end(p, rec, e);
	if (rec_is(rec, "note"))
		return pass(p, rec, rec->pos[0], NULL, e);
	if (rec_is(rec, "keep") || rec_is(rec, "forget"))
		return pass(p, rec, rec->pos[1], rec->pos[2], e);
	if (rec_is(rec, "create") || rec_is(rec, "pair")) {
		/* the folder before it ends here */
		if (f->remote != NULL && folder_finish(f, &p->shelf, e) == -1)
			return -1;
		return rec_is(rec, "pair") ? folder_begin(f, rec, e) : folder_create(f, rec, e);
	}
	if (f->remote != NULL && (rec_is(rec, "folder") || rec_is(rec, "m") ||
	    rec_is(rec, "gone") || rec_is(rec, "intent") || rec_is(rec, "probe")))
		return folder_record(f, rec, e);
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
	if (got == 0 && !p->ended) {
		/* a folder that is whole is proven by its own ends */
		if (p->folder.remote != NULL && folder_whole(&p->folder) &&
		    folder_finish(&p->folder, &p->shelf, e) == -1)
			return -1;
		return err_fail(e, "the listing is cut off");
	}
	return got;
}

int
planner_run(struct recin *in, struct recout *out, struct err *e)
{
	struct planner p;
	int r;

	memset(&p, 0, sizeof(p));
	folder_init(&p.folder);
	shelf_init(&p.shelf);
	if ((r = header(in, out, e)) == 0) {
		r = read_all(&p, in, e);
		/* what is whole is printed even if the rest is missing */
		if (shelf_write(&p.shelf, out) == -1 && r == 0)
			r = err_again(e, "writing the plan: %s", strerror(errno));
	}
	if (r == 0) {
		rec_begin(out, "end");
		rec_pos(out, NULL);
		rec_pos(out, NULL);
		rec_posu(out, p.shelf.lines + 1);
		rec_end(out);
	}
	folder_free(&p.folder);
	shelf_free(&p.shelf);
	return r;
}
