/* Speaking for the run of an account. */
#include "driver/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ON_MAX	16384	/* bytes of a few folders' names */

void
job_tell(struct job *j, enum event_kind kind, const char *text, const struct rec *rec)
{
	int verify = j->options->verify != VERIFY_NOT;
	struct event ev = { kind, j->account, j->dryrun && !verify, verify, text, rec, &j->summary };

	summary_hear(&j->summary, &ev);
	ui_hear(j->ui, &ev);
}

void
job_say(struct job *j, enum event_kind kind, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n >= 0)
		job_tell(j, kind, text, NULL);
	free(text);
}

void
job_failed(struct job *j, const struct err *e)
{
	summary_status(&j->summary, e->status);
	job_tell(j, EVENT_ERROR, e->text, NULL);
}

void
job_said(void *arg, const char *tool, const char *text)
{
	struct job *j = arg;
	char known[100];

	(void)tool;
	/* what imap-connect has said itself, from a tool that was told so */
	strlcpy(known, j->broker.failed.text, sizeof(known));
	if (j->broker.failed.status != 0 && strstr(text, known) != NULL &&
	    strncmp(text, "imap-connect: ", 14) != 0)
		return;
	job_tell(j, j->options->debug_imap || j->options->debug_maildir ? EVENT_TRACE : EVENT_SAID,
	    text, NULL);
}

const char *
job_next_step(const struct job *j)
{
	if (j->options->verify != VERIFY_NOT)
		return "what was not compared is not proven";
	return j->round == 0 || j->dryrun ? "nothing was changed" :
	    "what was done is in the state; the next run goes on from there";
}

/*
 * What a tool was at work on, as far as the driver knows: the folders that the pipe was about, and the
 * last one that sync-apply has reported on.
 */
static void
at_work(const struct job *j, const char *tool, struct buf *b)
{
	const struct pairs *p = &j->pairs;
	size_t i;

	if (j->round == 0 || strcmp(tool, "imap-connect") == 0)
		return;
	for (i = 0; i < p->npairs && i < PAIRS_NAMED; i++)
		buf_printf(b, "%s%s", i == 0 ? ", at work on " : ", ", p->named[i]);
	if (p->npairs > i)
		buf_printf(b, " and %llu more", (unsigned long long)(p->npairs - i));
	if (j->last != NULL && strcmp(tool, "sync-apply") == 0)
		buf_printf(b, ", after a word on %s", j->last);
}

void
job_died(void *arg, const char *tool, int status, int lines)
{
	struct job *j = arg;
	struct buf on;

	/* a report that came to its end speaks of lines that failed, not of the state */
	j->suspect |= strcmp(tool, "sync-state") == 0 ||
	    (strcmp(tool, "sync-apply") == 0 && !j->complete);
	buf_init(&on, ON_MAX);
	at_work(j, tool, &on);
	if (status > 128)
		job_say(j, EVENT_ERROR, "%s (account %s) was killed by signal %d (%s)%s: %s", tool,
		    j->account->name, status - 128, strsignal(status - 128), buf_cstr(&on),
		    job_next_step(j));
	else if (lines == 0 && !(j->complete && (strcmp(tool, "sync-apply") == 0 ||
	    strcmp(tool, "sync-verify") == 0)))
		/* the records of these have said what the status means */
		job_say(j, EVENT_ERROR, "%s (account %s) ended with status %d without a word%s: %s", tool,
		    j->account->name, status, buf_cstr(&on), job_next_step(j));
	buf_free(&on);
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
job_told(struct job *j, const struct rec *rec)
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

void
job_told_settle(struct job *j)
{
	if (j->ntold != 0)
		qsort(j->told, j->ntold, sizeof(*j->told), by_number);
	j->sorted = j->ntold;
}
