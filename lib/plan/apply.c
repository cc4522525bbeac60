/* sync-apply: reading the plan, and the order of the work. */
#include "plan/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "plan/trash.h"

#define DESCRIPTORS	8192	/* files and folders open at a time, if the system lets us */

int
apply_root(struct apply *ap, int create, struct err *e)
{
	if (ap->rootfd == -1)
		ap->rootfd = md_root(ap->a->local.root, create, e);
	return ap->rootfd == -1 ? -1 : 0;
}

int
apply_session(struct apply *ap, uint64_t bytes, struct err *e)
{
	unsigned how = bytes > IMAP_BULK_MIN ? IMAP_BULK : 0;

	if (ap->session) {
		if (ap->im.err.status != 0)
			*e = ap->im.err;
		return ap->im.err.status != 0 ? -1 : 0;
	}
	ap->session = 1;
	if (imap_ask_for(&ap->im, ap->transport, ap->timeout, how, e) == -1 ||
	    imap_take(&ap->im, e) == -1)
		return -1;
	ap->im.trace = ap->trace;
	ap->im.off = ap->a->remote.off;
	return 0;
}

int
apply_barred(struct apply *ap, struct action *a)
{
	if (a->verb == VERB_KEEP || a->verb == VERB_FORGET || a->verb == VERB_PROBE)
		return 0;
	if (a->side == SIDE_LOCAL && ap->a->local.readonly)
		action_skip(a, "the local repository is read-only (readonly = yes)");
	else if (a->side == SIDE_REMOTE && ap->a->remote.readonly)
		action_skip(a, "the remote repository is read-only (readonly = yes)");
	return a->outcome != NULL;
}

/* Counts a line for its folder's mark. */
static void
count(struct afolder *f, const struct rec *rec)
{
	f->lines++;
	f->sum += rec_hash(rec->line, rec->len);
}

/* One that was synced since the plan was made, and is gone, has vanished: empty, it would read as deletions. */
static int
create_expect(struct apply *ap, struct action *a, struct err *e)
{
	(void)ap;
	(void)e;
	if (a->f->rows != 0 || a->f->recovering)
		action_skip(a, "the state knows messages of it");
	return 0;
}

/* A folder made on the local side, at once: downloads may follow. */
static int
create_local(struct apply *ap, struct action *a, struct err *e)
{
	struct actions one = { .a = &a, .n = 1 };
	struct err why = { 0 };

	if (apply_check(ap, &one, create_expect, e) == -1)
		return -1;
	if (!action_open(a)) {
		apply_report(ap, a);
		return 0;
	}
	if (apply_root(ap, 1, e) == -1)
		return -1;
	if (md_create(ap->rootfd, a->f->local, ap->a->local.sep[0], &a->f->md, &why) == -1)
		action_fail(a, EXIT_FAIL, "%s", why.text);
	else {
		a->f->fresh = md_empty(&a->f->md);
		md_close(&a->f->md);
		action_done(a, NULL);
	}
	apply_report(ap, a);
	return 0;
}

/* A line for later: the record is kept as it is. */
static int
hold(struct queue *q, const struct rec *rec, struct err *e)
{
	if (queue_put(q, rec->line, rec->len) == -1)
		return err_again(e, "keeping the plan: %s", strerror(errno));
	return 0;
}

static int
mark_line(struct apply *ap, const struct rec *rec, struct err *e)
{
	struct afolder *f;
	int remote;

	if (rec->pos[0] == NULL || rec->pos[1] == NULL || rec->pos[2] == NULL)
		return err_fail(e, "bad mark line \"%.200s\"", rec->line);
	f = afolder_get(ap, rec->pos[1], rec->pos[2]);
	remote = strcmp(rec->pos[0], "remote") == 0;
	free(f->mark[remote]);
	f->mark[remote] = mem_ndup(rec->line, rec->len);
	return 0;
}

/* One record of the plan. */
static int
take(struct apply *ap, const struct rec *rec, struct err *e)
{
	struct action *a;
	int r = 0;

	if (rec_is(rec, "plan") || rec_is(rec, "end")) {
		ap->header |= rec_is(rec, "plan");
		ap->ended |= rec_is(rec, "end");
		return 0;
	}
	if (rec_is(rec, "mark"))
		return mark_line(ap, rec, e);
	if (rec_is(rec, "note"))
		return apply_note(ap, rec);
	if (rec_is(rec, "stat"))
		return 0;
	/* a folder without a pair is left out: there is nothing to do or to remember */
	if (rec_is(rec, "keep") && (rec->pos[1] == NULL || rec->pos[2] == NULL)) {
		apply_tell(ap, rec->line);
		return 0;
	}
	if ((a = action_new(rec, e)) == NULL)
		return -1;
	a->f = afolder_get(ap, rec->pos[1], rec->pos[2]);
	count(a->f, rec);
	if (a->verb == VERB_COPY && a->side == SIDE_LOCAL)
		return apply_get(ap, a, e);
	if (a->verb == VERB_CREATE && a->side == SIDE_LOCAL)
		r = create_local(ap, a, e);
	else if (a->verb == VERB_RENEW)
		r = apply_renew(ap, a, e);
	else if (a->verb == VERB_PROBE) {
		ap->probed = 1;
		action_skip(a, ACTION_WAITS);
		apply_report(ap, a);
	} else if (action_deletes(a)) {
		a->f->deletes[a->side == SIDE_REMOTE]++;
		ap->ndeletes[a->side == SIDE_REMOTE]++;
		r = hold(a->verb == VERB_MOVE ? &ap->moves : &ap->deletes, rec, e);
	} else
		r = hold(a->verb == VERB_ADOPT ? &ap->adopts : a->verb == VERB_KEEP ? &ap->keeps :
		    &ap->changes, rec, e);
	action_free(a);
	return r;
}

/* A held line as an action again; NULL with the error set. */
static struct action *
taken_back(struct apply *ap, const char *line, size_t len, struct err *e)
{
	char *scratch = mem_alloc(len + 1);
	struct action *a = NULL;
	struct rec rec;

	if (rec_parse(&rec, line, len, scratch, e) == 0 && (a = action_new(&rec, e)) != NULL)
		a->f = afolder_get(ap, rec.pos[1], rec.pos[2]);
	free(scratch);
	return a;
}

/*
 * What the next batch may hold, after one of so many bytes that took so long.  One of few, or of none at all,
 * says nothing of the line.
 */
static void
pace(struct apply *ap, uint64_t bytes, int64_t ms)
{
	if (bytes > APPLY_LEAST && ms > APPLY_MS)
		ap->upbytes = bytes * APPLY_MS / (uint64_t)ms;
	else if (bytes >= ap->upbytes && ms < APPLY_MS / 2)
		ap->upbytes *= 2;
	if (ap->upbytes < APPLY_LEAST)
		ap->upbytes = APPLY_LEAST;
	if (ap->upbytes > APPLY_BYTES)
		ap->upbytes = APPLY_BYTES;
}

static int
run_batch(struct apply *ap, struct actions *as,
    int (*batch)(struct apply *, struct actions *, struct err *), struct err *e)
{
	int64_t since = io_now();
	size_t i;
	int r;

	if (as->n == 0)
		return 0;
	r = batch(ap, as, e);
	pace(ap, as->bytes, io_now() - since);
	for (i = 0; i < as->n; i++)
		if (!action_open(as->a[i]))
			apply_report(ap, as->a[i]);
	actions_clear(as);
	return r;
}

/*
 * Works off queues, one after the other, in batches that may reach from one to the next.  In a
 * plan that was announced and then cut, what could lose mail waits for a whole one.
 */
static int
drain(struct apply *ap, struct queue *const *q, size_t nq,
    int (*batch)(struct apply *, struct actions *, struct err *), struct err *e)
{
	int cut = ap->header && !ap->ended, got = 0, r = 0;
	struct actions as = { 0 };
	struct action *a;
	char *line;
	size_t len;

	while (r == 0 && nq > 0) {
		if ((got = queue_get(*q, &line, &len)) == -1)
			r = err_again(e, "reading back the plan: %s", strerror(errno));
		if (got != 1) {
			q++;
			nq--;
			continue;
		}
		if ((a = taken_back(ap, line, len, e)) == NULL) {
			r = -1;
			break;
		}
		if (as.n >= APPLY_BATCH || as.bytes >= ap->upbytes || actions_clash(&as, a))
			r = run_batch(ap, &as, batch, e);
		if (action_deletes(a) && cut)
			action_skip(a, "the plan was cut off before its end");
		else if (action_deletes(a) && ap->probed)
			/* copies wait for the answers, and all of them come before any deletion */
			action_skip(a, ACTION_WAITS);
		actions_add(&as, a);
	}
	if (r == 0)
		r = run_batch(ap, &as, batch, e);
	actions_clear(&as);
	return r;
}

/* More of the plan: a message that is long in coming does not keep those before it waiting. */
static int
read_more(struct apply *ap, struct recin *in, struct err *e)
{
	int ready;

	do {
		if (apply_get_left(ap) == 0 && apply_get_flush(ap, e) == -1)
			return -1;
		ready = recin_wait(in, apply_get_left(ap), e);
	} while (ready == 0);
	return ready == -1 ? -1 : recin_fill(in, e);
}

static int
read_plan(struct apply *ap, struct recin *in, struct err *e)
{
	struct rec rec;
	int got;

	for (;;) {
		if ((got = rec_next(in, &rec, e)) == 2) {
			if (read_more(ap, in, e) == -1)
				return -1;
			continue;
		}
		if (got != 1)
			return got;
		if (take(ap, &rec, e) == -1)
			return -1;
	}
}

static int
open_state(struct apply *ap, struct err *e)
{
	struct rlimit rl;

	ap->rows = APPLY_ROWS;
	ap->perbatch = APPLY_FOLDERS;
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < DESCRIPTORS) {
		rl.rlim_cur = rl.rlim_max < DESCRIPTORS ? rl.rlim_max : DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &rl);
		/* a message takes one, a folder four, and half of them is for all else */
		if (rl.rlim_cur / 4 < ap->rows)
			ap->rows = rl.rlim_cur / 4;
		if (rl.rlim_cur / 16 < ap->perbatch)
			ap->perbatch = rl.rlim_cur / 16;
	}
	return state_open(&ap->st, ap->a->statedir, ap->a->name,
	    STATE_WRITE | (ap->a->fsync ? 0 : STATE_NOSYNC), e);
}

static void
finish(struct apply *ap)
{
	rec_begin(ap->out, "stat");
	rec_keyu(ap->out, "msgs", ap->msgs);
	rec_end(ap->out);
	rec_begin(ap->out, "end");
	rec_pos(ap->out, NULL);
	rec_pos(ap->out, NULL);
	rec_posu(ap->out, ap->reported + 1);
	rec_end(ap->out);
}

int
apply_run(struct apply *ap, struct recin *in, int *status, struct err *e)
{
	struct queue *const adopts[] = { &ap->adopts };
	struct queue *const rest[] = { &ap->changes, &ap->keeps, &ap->deletes, &ap->moves };
	int r;

	ap->ftail = &ap->folders;
	ap->rootfd = -1;
	ap->upbytes = APPLY_FIRST;
	apply_get_open(ap);
	queue_init(&ap->adopts);
	queue_init(&ap->changes);
	queue_init(&ap->keeps);
	queue_init(&ap->deletes);
	queue_init(&ap->moves);
	r = name_rules_open(&ap->rules, ap->a, e);
	if (r == 0)
		r = open_state(ap, e);
	if (r == 0)
		r = read_plan(ap, in, e);
	/* what has come is put in place even if the rest of the plan cannot be read */
	if (ap->st != NULL && apply_get_flush(ap, r == 0 ? e : &(struct err){ 0 }) == -1)
		r = -1;
	if (r == 0)
		r = drain(ap, adopts, 1, apply_adopt, e);
	if (r == 0)
		r = drain(ap, rest, sizeof(rest) / sizeof(rest[0]), apply_batch, e);
	if (r == 0 && !(ap->header && !ap->ended))
		r = apply_marks(ap, e);
	if (r == 0)
		r = apply_notes(ap, e);
	if (r == 0)
		finish(ap);
	if (ap->session)
		imap_close(&ap->im);
	actions_clear(&ap->gets);
	apply_get_close(ap);
	queue_free(&ap->adopts);
	queue_free(&ap->changes);
	queue_free(&ap->keeps);
	queue_free(&ap->deletes);
	queue_free(&ap->moves);
	afolder_free_all(ap);
	trash_close(ap);
	if (ap->rootfd != -1)
		close(ap->rootfd);
	state_close(ap->st);
	free(ap->caps);
	name_rules_close(&ap->rules);
	*status = ap->status;
	return r;
}
