/* Synchronizing one account. */
#include "driver/account.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "base/pct.h"
#include "conf/pass.h"
#include "driver/chain.h"
#include "driver/pairs.h"
#include "driver/pipe.h"
#include "driver/probes.h"
#include "driver/summary.h"

#define ROUNDS	3	/* plans at most, each with more knowledge than the last */

struct job {
	const struct account *account;
	const struct options *options;
	int		 dryrun;
	struct loop	*loop;
	struct ui	*ui;
	struct summary	 summary;
	struct pipe	 pipe;
	struct lock	 lock;
	struct buf	 pass;
	struct broker	 broker;
	struct pairs	 pairs;
	struct probes	 probes;
	struct queue	 plan;		/* a dry run's, until it is the last */
	int		 round;
	int		 complete;	/* the last tool's stream has ended properly */
	uint64_t	 lines;		/* of it */
	uint64_t	*told;		/* lines of earlier rounds that say that nothing was done */
	size_t		 ntold, sorted, toldcap;
};

static void
tell(struct job *j, enum event_kind kind, const char *text, const struct rec *rec)
{
	struct event ev = { kind, j->account, j->dryrun, text, rec, &j->summary };

	summary_hear(&j->summary, &ev);
	ui_hear(j->ui, &ev);
}

static void __attribute__((format(printf, 3, 4)))
say(struct job *j, enum event_kind kind, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(j, kind, text, NULL);
}

static void
failed(struct job *j, const struct err *e)
{
	summary_status(&j->summary, e->status);
	tell(j, EVENT_ERROR, e->text, NULL);
}

/* What the tools and imap-connect have to say. */
static void
on_said(void *arg, const char *tool, const char *text)
{
	struct job *j = arg;
	char known[100];

	(void)tool;
	/* what imap-connect has said itself, from a tool that was told so */
	strlcpy(known, j->broker.failed.text, sizeof(known));
	if (j->broker.failed.status != 0 && strstr(text, known) != NULL &&
	    strncmp(text, "imap-connect: ", 14) != 0)
		return;
	tell(j, j->options->debug_imap || j->options->debug_maildir ? EVENT_TRACE : EVENT_SAID,
	    text, NULL);
}

static const char *
next_step(const struct job *j)
{
	return j->round == 0 || j->dryrun ? "nothing was changed" :
	    "what was done is in the state; the next run goes on from there";
}

/* A tool that ended badly: which, how, and what comes of it. */
static void
on_died(void *arg, const char *tool, int status, int lines)
{
	struct job *j = arg;

	if (status > 128)
		say(j, EVENT_ERROR, "%s (account %s) was killed by signal %d (%s): %s", tool,
		    j->account->name, status - 128, strsignal(status - 128), next_step(j));
	else if (lines == 0 && !j->complete)
		say(j, EVENT_ERROR, "%s (account %s) ended with status %d without a word: %s", tool,
		    j->account->name, status, next_step(j));
}

static void
connect_said(void *arg, const char *text)
{
	on_said(arg, "imap-connect", text);
}

static void
connect_died(void *arg, int status)
{
	on_died(arg, "imap-connect", status, 0);
}

static void
connecting(void *arg)
{
	tell(arg, EVENT_CONNECT, NULL, NULL);
}

/* Phase one: which folders have changed. */
static int
on_pair(void *arg, const struct rec *rec, struct err *e)
{
	struct job *j = arg;

	return pairs_take(&j->pairs, rec, e);
}

static int
on_feed(void *arg, struct buf *b, struct err *e)
{
	struct job *j = arg;

	return pairs_feed(&j->pairs, b, e);
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * A folder that is planned again has the same things kept, skipped and failed
 * again.  1 if an earlier round has said so; remembers the line.
 */
static int
told_before(struct job *j, const struct rec *rec)
{
	size_t at = rec->outcome != NULL ? strcspn(rec->line, "\t") + 1 : 0;
	uint64_t hash = rec_hash(rec->line + at, rec->len - at);

	if (!rec_is(rec, "keep") && (rec->outcome == NULL || strcmp(rec->outcome, "done") == 0))
		return 0;
	if (j->sorted != 0 && bsearch(&hash, j->told, j->sorted, sizeof(hash), by_number) != NULL)
		return 1;
	if (j->ntold == j->toldcap) {
		j->toldcap = j->toldcap * 2 + 256;
		j->told = mem_grow(j->told, j->toldcap, sizeof(*j->told));
	}
	j->told[j->ntold++] = hash;
	return 0;
}

/* Phase two: a line of the plan or of the report. */
static int
on_line(void *arg, const struct rec *rec, struct err *e)
{
	struct job *j = arg;
	uint64_t n;

	if (rec_is(rec, "end")) {
		j->complete = rec_number(rec->pos[2], &n) == 0 && n == j->lines;
		if (!j->complete)
			return err_fail(e, "the %s is cut off: %llu lines", j->dryrun ? "plan" :
			    "report", (unsigned long long)j->lines);
	}
	j->lines++;
	if (rec_is(rec, "probe"))
		probes_add(&j->probes, rec->line, j->round);
	if (j->dryrun) {
		if (queue_put(&j->plan, rec->line, rec->len) == -1)
			return err_again(e, "a temporary file in $TMPDIR: %s", strerror(errno));
	} else if (ui_wants_records(j->ui) || !told_before(j, rec))
		tell(j, EVENT_RECORD, NULL, rec);
	return 0;
}

/* Runs some tools of the pipe; -1 if that failed, which has been said. */
static int
run_tools(struct job *j, int from, int to)
{
	struct chain_news news = { .record = from == 0 ? on_pair : on_line, .said = on_said,
	    .died = on_died, .arg = j };
	struct err e;
	int status;

	if (from != 0)
		news.feed = on_feed;
	j->complete = 0;
	j->lines = 0;
	status = chain_run(j->loop, &j->broker, j->dryrun ? NULL : &j->lock,
	    &j->pipe.tool[from], to - from, &news, &e);
	if (e.status != 0)
		failed(j, &e);
	if (j->broker.failed.status != 0)
		status = err_worst(j->broker.failed.status, j->round == 0 ? 0 : status);
	summary_status(&j->summary, status);
	if (j->loop->stop != 0)
		return -1;
	if (status == 0 && e.status == 0 && !(from == 0 ? j->pairs.complete : j->complete)) {
		err_fail(&e, "%s: its records are cut off", j->pipe.tool[to - 1].argv[0]);
		failed(j, &e);
	}
	return from == 0 ? (status != 0 || e.status != 0 ? -1 : 0) : j->complete ? 0 : -1;
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
			tell(j, EVENT_RECORD, NULL, &rec);
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
unanswered(struct job *j, size_t fresh)
{
	struct err e;

	if (j->probes.n == 0 || fresh == 0)
		return;
	err_again(&e, "account %s: after %d rounds %zu questions of the planner are still open; "
	    "their messages wait for the next run", j->account->name, j->round, fresh);
	failed(j, &e);
}

/* Phase two, as often as there are new questions. */
static void
rounds(struct job *j)
{
	size_t fresh = 0;
	int ok = 0;

	do {
		j->round++;
		pairs_rewind(&j->pairs, &j->probes, j->round, j->dryrun);
		queue_free(&j->plan);
		queue_init(&j->plan);
		if (j->ntold != 0)
			qsort(j->told, j->ntold, sizeof(*j->told), by_number);
		j->sorted = j->ntold;
		ok = run_tools(j, PIPE_HEADS, j->dryrun ? PIPE_PLAN : PIPE_TOOLS) == 0;
		fresh = probes_settle(&j->probes, j->round);
	} while (ok && fresh != 0 && j->round < ROUNDS);
	if (ok && j->dryrun)
		replay(j, &j->plan);
	if (ok)
		unanswered(j, fresh);
	else
		say(j, EVENT_INFO, "Account %s: %s", j->account->name, next_step(j));
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
		failed(j, &e);
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
	if (run_tools(j, 0, PIPE_HEADS) == -1)
		say(j, EVENT_INFO, "Account %s: %s", j->account->name, next_step(j));
	else if (j->pairs.work == 0)
		no_work(j);
	else
		rounds(j);
	broker_close(&j->broker);
	j->summary.turns = j->broker.turns;
	j->summary.up = j->broker.up;
	j->summary.down = j->broker.down;
}

/* -d chain: the pipe, for a shell. */
static void
show_chain(struct job *j)
{
	struct buf b;

	buf_init(&b, REC_LINE_MAX);
	pipe_show(&j->pipe, j->dryrun ? PIPE_PLAN : PIPE_TOOLS, &b);
	tell(j, EVENT_TRACE, buf_cstr(&b), NULL);
	buf_free(&b);
}

static void
start(struct job *j)
{
	struct err e;

	if (j->options->debug_chain)
		show_chain(j);
	if (!j->dryrun && lock_take(j->account, &j->lock, &e) == -1) {
		failed(j, &e);
		return;
	}
	if (password(j) == 0)
		sync_both(j);
	pass_clear(&j->pass);
	if (!j->dryrun)
		lock_release(&j->lock);
	if (j->loop->stop != 0) {
		err_again(&e, "interrupted (%s): %s", strsignal(j->loop->stop), next_step(j));
		failed(j, &e);
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
	j->dryrun = dryrun;
	j->loop = loop;
	j->ui = ui;
	summary_open(&j->summary, dryrun);
	pipe_open(&j->pipe, o, a->name);
	pairs_open(&j->pairs);
	queue_init(&j->plan);
	tell(j, EVENT_ACCOUNT, NULL, NULL);
	start(j);
	summary_close(&j->summary);
	tell(j, EVENT_DONE, NULL, NULL);
	status = j->summary.status;
	pipe_close(&j->pipe);
	pairs_close(&j->pairs);
	probes_free(&j->probes);
	queue_free(&j->plan);
	free(j->told);
	free(j);
	return status;
}
