/* Counting a run. */
#include "driver/summary.h"

#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "driver/differ.h"
#include "driver/words.h"

void
summary_open(struct summary *s, int dryrun, int verify)
{
	memset(s, 0, sizeof(*s));
	s->started = io_now();
	s->dryrun = dryrun;
	s->verify = verify;
}

void
summary_status(struct summary *s, int status)
{
	s->status = err_worst(s->status, status);
}

int
summary_side(const struct rec *rec)
{
	const char *side = rec->npos > 0 ? rec->pos[0] : NULL;

	if (side == NULL)
		return -1;
	return strcmp(side, "local") == 0 ? ON_LOCAL : strcmp(side, "remote") == 0 ? ON_REMOTE : -1;
}

static void
keep(struct summary *s, const struct rec *rec)
{
	const struct word *w = words_find(rec_get(rec, "why"));

	if (w == words_maxdelete)
		s->held++;
	else
		s->kept++;
	summary_status(s, rec_get(rec, "again") != NULL ? EXIT_AGAIN : w->status);
}

/* What sync-verify found. */
static void
found(struct summary *s, const struct rec *rec)
{
	if (rec_is(rec, "differ"))
		*(differ_unproven(rec) ? &s->unproven : &s->differ) += 1;
	else if (rec_is(rec, "stat"))
		s->told = rec_getu(rec, "msgs", &s->same) == 0 &&
		    rec_getu(rec, "folders", &s->folders) == 0;
}

/* A line that was done, or would be. */
static void
done(struct summary *s, const struct rec *rec)
{
	int side = summary_side(rec);

	if (rec_is(rec, "adopt"))
		s->adopted++;
	if (side == -1)
		return;
	if (rec_is(rec, "copy"))
		s->copied[side]++;
	else if (rec_is(rec, "flags"))
		s->flags[side]++;
	else if (rec_is(rec, "delete"))
		s->deleted[side]++;
	else if (rec_is(rec, "move"))
		s->moved[side]++;
	else if (rec_is(rec, "create"))
		s->created[side]++;
}

void
summary_hear(struct summary *s, const struct event *ev)
{
	const struct rec *rec = ev->rec;
	uint64_t n;

	/* in folders that have not changed, as sync-pair counts them */
	if (ev->kind == EVENT_NOTE && rec_getu(rec, "kept", &n) == 0)
		s->kept += n;
	if (ev->kind != EVENT_RECORD || rec_is(rec, "mark") || rec_is(rec, "probe"))
		return;
	if (s->verify)
		found(s, rec);
	else if (rec_is(rec, "keep"))
		keep(s, rec);
	else if (rec->outcome == NULL || strcmp(rec->outcome, "done") == 0)
		done(s, rec);
	else if (strcmp(rec->outcome, "skip") == 0)
		s->skipped++;
	else
		s->failed++;
}

void
summary_close(struct summary *s)
{
	s->ms = io_now() - s->started;
	if ((s->failed | s->differ | s->unproven) != 0 && s->status == 0)
		s->status = EXIT_FAIL;
}

/* "12", " kB" and the like, three digits at most before the unit. */
static void
bytes(struct buf *b, uint64_t n)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t i = 0;

	while (n >= 10000 && i + 1 < sizeof(unit) / sizeof(unit[0])) {
		n = n / 1000 + (n % 1000 >= 500);
		i++;
	}
	buf_printf(b, "%llu %s", (unsigned long long)n, unit[i]);
}

/* Figures in words; the second is for a dry run. */
struct part {
	uint64_t n;
	const char *text, *dry;
};

static void
parts(const struct summary *s, struct buf *b)
{
	uint64_t folders = s->created[ON_LOCAL] + s->created[ON_REMOTE];
	const struct part part[] = {
		{ folders, folders == 1 ? "folder created" : "folders created",
		    folders == 1 ? "folder to create" : "folders to create" },
		{ s->copied[ON_LOCAL], "new", "to download" },
		{ s->copied[ON_REMOTE], "uploaded", "to upload" },
		{ s->adopted, "paired", "to pair" },
		{ s->flags[ON_LOCAL] + s->flags[ON_REMOTE], "with other flags",
		    "to get other flags" },
		{ s->deleted[ON_LOCAL], "deleted locally", "to delete locally" },
		{ s->deleted[ON_REMOTE], "deleted remotely", "to delete remotely" },
		{ s->moved[ON_LOCAL], "moved to the local trash", "to move to the local trash" },
		{ s->moved[ON_REMOTE], "moved to the remote trash", "to move to the remote trash" },
		{ s->held, "held by maxdelete", "held by maxdelete" },
		{ s->kept, "kept", "kept" },
		{ s->skipped, "skipped", "skipped" },
		{ s->failed, "failed", "failed" },
	};
	const char *comma = "";
	size_t i;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (part[i].n != 0) {
			buf_printf(b, "%s%llu %s", comma, (unsigned long long)part[i].n,
			    s->dryrun ? part[i].dry : part[i].text);
			comma = ", ";
		}
	if (*comma == '\0')
		buf_str(b, s->status != 0 ? "nothing done" : s->dryrun ? "nothing to do" :
		    "nothing changed");
}

static void
verified(const struct summary *s, struct buf *b)
{
	if (!s->told) {
		buf_str(b, "nothing proven");
		return;
	}
	buf_printf(b, "%llu %s in %llu %s the same", (unsigned long long)s->same,
	    s->same == 1 ? "message" : "messages", (unsigned long long)s->folders,
	    s->folders == 1 ? "folder" : "folders");
	if (s->unproven != 0)
		buf_printf(b, ", %llu %s not proven", (unsigned long long)s->unproven,
		    s->unproven == 1 ? "folder" : "folders");
	if (s->differ != 0)
		buf_printf(b, ", %llu %s", (unsigned long long)s->differ,
		    s->differ == 1 ? "difference" : "differences");
	else if (s->status == 0)
		buf_str(b, ", no difference");
}

void
summary_words(const struct summary *s, struct buf *b)
{
	if (s->verify)
		verified(s, b);
	else
		parts(s, b);
	buf_printf(b, "; %llu %s, ", (unsigned long long)s->turns, s->turns == 1 ? "turn" : "turns");
	bytes(b, s->down);
	buf_str(b, " down, ");
	bytes(b, s->up);
	buf_printf(b, " up, %lld.%lld s", (long long)(s->ms / 1000), (long long)(s->ms / 100 % 10));
	if (s->dryrun)
		buf_str(b, "; nothing was changed");
}
