/* Synchronizing one account. */
#include "driver/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "base/pct.h"
#include "conf/pass.h"
#include "driver/chain.h"
#include "driver/job.h"
#include "plan/action.h"
#include "state/repair.h"

#define ROUNDS	3	/* plans at most, each with more knowledge than the last */
#define SHOWN_MAX	(32u << 10)	/* bytes of records that -d chain repeats */

static void
connect_said(void *arg, const char *text)
{
	job_said(arg, "imap-connect", text);
}

static void
connect_died(void *arg, int status)
{
	job_died(arg, "imap-connect", status, 0);
}

static void
connecting(void *arg)
{
	job_tell(arg, EVENT_CONNECT, NULL, NULL);
}

/* Phase one: which folders have changed. */
static int
on_pair(void *arg, const struct rec *rec, struct err *e)
{
	struct job *j = arg;

	/* sync-apply does not report notes, so they are told at once; sync-verify does */
	if (rec_is(rec, "note") && rec_get(rec, "caps") == NULL && j->options->verify == VERIFY_NOT)
		job_tell(j, EVENT_NOTE, NULL, rec);
	return pairs_take(&j->pairs, rec, e);
}

static int
on_feed(void *arg, struct buf *b, struct err *e)
{
	struct job *j = arg;
	size_t before = b->len;
	int more = pairs_feed(&j->pairs, b, e);

	if (j->options->debug_chain && j->round > 1)
		buf_put(&j->shown, b->data + before, b->len - before);
	return more;
}

/* Phase two: a line of the plan or of the report. */
static int
on_line(void *arg, const struct rec *rec, struct err *e)
{
	struct job *j = arg;
	int waits;
	uint64_t n;

	if (rec_is(rec, "end")) {
		j->complete = rec_number(rec->pos[2], &n) == 0 && n == j->lines;
		if (!j->complete)
			return err_fail(e, "the %s is cut off: %llu lines",
			    j->options->verify != VERIFY_NOT ? "list of differences" :
			    j->dryrun ? "plan" : "report", (unsigned long long)j->lines);
	}
	j->lines++;
	if (rec->outcome != NULL && rec->npos > 1 && rec->pos[1] != NULL &&
	    (j->last == NULL || strcmp(j->last, rec->pos[1]) != 0)) {
		free(j->last);
		j->last = mem_dup(rec->pos[1]);
	}
	/* what the state remembers of a server is news to the user as well */
	if (rec_is(rec, "note") && rec_get(rec, "rung") != NULL)
		job_tell(j, EVENT_NOTE, NULL, rec);
	if (rec_is(rec, "probe")) {
		probes_add(&j->probes, rec->line, j->round);
		j->asked++;
	}
	waits = rec->detail != NULL && strcmp(rec->detail, ACTION_WAITS) == 0 && !rec_is(rec, "probe");
	if (waits)
		probes_wait(&j->probes, rec->line, j->round);
	if (j->dryrun && j->options->verify == VERIFY_NOT) {
		if (queue_put(&j->plan, rec->line, rec->len) == -1)
			return err_again(e, "a temporary file in $TMPDIR: %s", strerror(errno));
	} else if (ui_wants_records(j->ui) || ((!waits || j->round == ROUNDS) && !job_told(j, rec)))
		job_tell(j, EVENT_RECORD, NULL, rec);
	return 0;
}

/* Runs some tools of the pipe; -1 if that failed, which has been said. */
static int
run_tools(struct job *j, int from, int to)
{
	struct chain_news news = { .record = from == 0 ? on_pair : on_line, .said = job_said,
	    .died = job_died, .arg = j };
	struct err e;
	int status;

	if (from != 0)
		news.feed = on_feed;
	j->complete = 0;
	j->lines = 0;
	free(j->last);
	j->last = NULL;
	status = chain_run(j->loop, &j->broker, j->dryrun ? NULL : &j->lock,
	    &j->pipe.tool[from], to - from, &news, &e);
	if (e.status != 0)
		job_failed(j, &e);
	if (j->broker.failed.status != 0)
		status = err_worst(j->broker.failed.status, j->round == 0 ? 0 : status);
	summary_status(&j->summary, status);
	if (j->loop->stop != 0)
		return -1;
	if (status == 0 && e.status == 0 && !(from == 0 ? j->pairs.complete : j->complete)) {
		err_fail(&e, "%s: its records are cut off", j->pipe.tool[to - 1].argv[0]);
		job_failed(j, &e);
	}
	return e.status == 0 && (from == 0 ? j->pairs.complete : j->complete) ? 0 : -1;
}

/* Tells of the lines in a queue. */
static void
replay(struct job *j, struct queue *q)
{
	char *line, *scratch;
	struct rec rec;
	struct err e;
	size_t len;

	while (queue_get(q, &line, &len) == 1) {
		scratch = mem_alloc(len + 1);
		if (rec_parse(&rec, line, len, scratch, &e) == 0)
			job_tell(j, EVENT_RECORD, NULL, &rec);
		free(scratch);
	}
}

/* Nothing changed: what sync-pair left alone is all there is, as a plan. */
static void
no_work(struct job *j)
{
	struct queue *plan = &j->plan;
	char *line;
	uint64_t n = 1;
	size_t len;
	struct buf b;

	buf_init(&b, REC_LINE_MAX);
	buf_str(&b, "plan\t1\taccount=");
	pct_encode(&b, j->account->name);
	queue_put(plan, b.data, b.len);
	while (queue_get(&j->pairs.now, &line, &len) == 1)
		if (strncmp(line, "keep\t", 5) == 0 || strncmp(line, "note\t", 5) == 0) {
			queue_put(plan, line, len);
			n++;
		}
	buf_clear(&b);
	buf_printf(&b, "end\t-\t-\t%llu", (unsigned long long)n);
	queue_put(plan, b.data, b.len);
	buf_free(&b);
	replay(j, plan);
}

static void
unanswered(struct job *j)
{
	struct err e;

	if (j->asked == 0)
		return;
	err_again(&e, "account %s: after %d rounds %zu questions of the planner are still open; "
	    "their messages wait for the next run", j->account->name, j->round, j->asked);
	job_failed(j, &e);
}

/*
 * -d chain: the pipe, for a shell; a later round with what went in, if it is not too
 * long.  A dry run's round that is not the last is a comment: its plan was not the one.
 */
static void
show_chain(struct job *j, int last)
{
	struct buf b;

	buf_init(&b, REC_LINE_MAX);
	if (buf_bad(&j->shown))
		buf_str(&b, "# the records that go in now are too many to show: ... | ");
	else if (j->round > 1) {
		buf_str(&b, last ? "" : "# ");
		pipe_print(&b, buf_cstr(&j->shown));
		buf_str(&b, " | ");
	} else
		buf_str(&b, last ? "" : "# ");
	pipe_show(&j->pipe, j->round > 1 ? PIPE_HEADS : 0, j->dryrun ? PIPE_PLAN : PIPE_TOOLS, &b);
	job_tell(j, EVENT_TRACE, buf_cstr(&b), NULL);
	buf_free(&b);
	buf_clear(&j->shown);
}

/* Phase two, as often as there are new questions. */
static void
rounds(struct job *j)
{
	size_t fresh = 0;
	int ok, more;

	do {
		j->round++;
		j->asked = 0;
		pairs_rewind(&j->pairs, &j->probes, j->round, j->dryrun);
		queue_free(&j->plan);
		queue_init(&j->plan);
		job_told_settle(j);
		ok = run_tools(j, PIPE_HEADS, j->dryrun ? PIPE_PLAN : PIPE_TOOLS) == 0;
		fresh = probes_settle(&j->probes, j->round);
		/* what a broken session had sent may still come: to list at once would miss it (hazard 25) */
		more = ok && fresh != 0 && j->round < ROUNDS && !j->broker.broke;
		if (j->options->debug_chain && (j->dryrun || j->round > 1))
			show_chain(j, !j->dryrun || !more);
	} while (more);
	if (ok && j->dryrun)
		replay(j, &j->plan);
	if (ok)
		unanswered(j);
	else
		job_say(j, EVENT_INFO, "Account %s: %s", j->account->name, job_next_step(j));
}

/* What differs is told as it is found; what was not compared, by the end. */
static void
verify(struct job *j)
{
	j->round = 1;
	pairs_rewind(&j->pairs, &j->probes, j->round, 0);
	if (run_tools(j, PIPE_HEADS, PIPE_PLAN) == -1)
		job_say(j, EVENT_INFO, "Account %s: %s", j->account->name, job_next_step(j));
}

/* The password, kept out of swap; asked for while signals work as usual. */
static int
password(struct job *j)
{
	struct err e;
	int r;

	loop_release(j->loop);
	r = pass_get(j->account, &j->pass, &e);
	loop_hold(j->loop);
	if (r == -1)
		job_failed(j, &e);
	else if (j->pass.len != 0)
		mlock(j->pass.data, j->pass.cap);
	return r;
}

static void
sync_both(struct job *j)
{
	struct broker_news news = { connecting, connect_said, connect_died, j };

	broker_open(&j->broker, j->loop, j->pipe.connect, &j->pass,
	    j->options->single ? 1 : j->account->remote.maxconnections, &news);
	broker_warm(&j->broker);
	if (run_tools(j, 0, PIPE_HEADS) == 0) {
		if (j->options->verify != VERIFY_NOT)
			verify(j);
		else if (j->pairs.work != 0)
			rounds(j);
		else {
			if (j->options->debug_chain && j->dryrun)
				show_chain(j, 1);
			no_work(j);
		}
	}
	broker_close(&j->broker);
	j->summary.turns += j->broker.turns;
	j->summary.up += j->broker.up;
	j->summary.down += j->broker.down;
}

/* Forgets what came of the run so far, but for what was done. */
static void
afresh(struct job *j)
{
	j->summary.status = EXIT_DONE;
	j->round = 0;
	j->asked = j->ntold = j->sorted = 0;
	j->suspect = 0;
	pairs_close(&j->pairs);
	pairs_open(&j->pairs);
	probes_free(&j->probes);
	queue_free(&j->plan);
	queue_init(&j->plan);
	buf_clear(&j->shown);
}

/*
 * A tool failed that reads the state: if that is because the state cannot be used any more it is
 * moved out of the way, once, and 1 returned: without it equal messages are paired by content.
 */
static int
mended(struct job *j)
{
	enum state_health health;
	struct err why, e;
	char *to;

	if (!j->suspect || j->mended || j->dryrun || j->loop->stop != 0)
		return 0;
	health = state_judge(j->account->statedir, j->account->name, &why);
	if (health != STATE_BROKEN && health != STATE_NEWER)
		return 0;
	j->mended = 1;
	/* what the tool met may be another thing than what is wrong */
	job_say(j, EVENT_WARNING, "Account %s: %s", j->account->name, why.text);
	if (state_move_aside(j->account->statedir, &to, &e) == -1) {
		job_failed(j, &e);
		return 0;
	}
	job_say(j, EVENT_WARNING, "Account %s: its state %s and was moved to %s; going on without, "
	    "what is equal on both sides is paired again", j->account->name,
	    health == STATE_NEWER ? "was written by a newer offlineimap" : "is broken", to);
	free(to);
	afresh(j);
	return 1;
}

static void
start(struct job *j)
{
	struct err e;

	/* a dry run that plans shows it when it is known which round is the last */
	if (j->options->debug_chain && (!j->dryrun || j->options->verify != VERIFY_NOT))
		show_chain(j, 1);
	if (!j->dryrun && lock_take(j->account, &j->lock, &e) == -1) {
		job_failed(j, &e);
		return;
	}
	if (password(j) == 0)
		do
			sync_both(j);
		while (mended(j));
	pass_clear(&j->pass);
	if (!j->dryrun)
		lock_release(&j->lock);
	if (j->loop->stop != 0) {
		err_again(&e, "interrupted (%s): %s", strsignal(j->loop->stop), job_next_step(j));
		job_failed(j, &e);
	}
}

int
account_run(const struct account *a, const struct options *o, int dryrun, struct loop *loop,
    struct ui *ui)
{
	struct job *j = mem_alloc(sizeof(*j));
	int status;

	j->account = a;
	j->options = o;
	j->dryrun = dryrun || o->verify != VERIFY_NOT;
	j->loop = loop;
	j->ui = ui;
	summary_open(&j->summary, j->dryrun, o->verify != VERIFY_NOT);
	pipe_open(&j->pipe, o, a->name);
	pairs_open(&j->pairs);
	queue_init(&j->plan);
	buf_init(&j->shown, SHOWN_MAX);
	job_tell(j, EVENT_ACCOUNT, NULL, NULL);
	start(j);
	summary_close(&j->summary);
	job_tell(j, EVENT_DONE, NULL, NULL);
	status = j->summary.status;
	pipe_close(&j->pipe);
	pairs_close(&j->pairs);
	probes_free(&j->probes);
	queue_free(&j->plan);
	buf_free(&j->shown);
	free(j->told);
	free(j->last);
	free(j);
	return status;
}
