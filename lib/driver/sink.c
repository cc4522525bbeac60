/* Words for people. */
#include "driver/sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/pct.h"

#define LINE_MAX_BYTES	(64u << 10)

int
sink_open(struct sink *s, FILE *to, enum level level, const char *log, struct err *e)
{
	s->to = to;
	s->level = level;
	s->log = NULL;
	if (log != NULL && (s->log = fopen(log, "ae")) == NULL)
		return err_fail(e, "%s: %s", log, strerror(errno));
	return 0;
}

int
sink_close(struct sink *s)
{
	int r = fflush(s->to) != 0 || ferror(s->to) ? -1 : 0;

	if (s->log != NULL && (ferror(s->log) | fclose(s->log)) != 0)
		r = -1;
	s->log = NULL;
	return r;
}

/* "2026-11-21 06:29:50 INFO: text", as OfflineIMAP's -l. */
static void
log_line(FILE *log, enum level level, const char *text)
{
	static const char *const names[] = { "INFO", "WARNING", "ERROR" };
	char when[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(log, "%s %s: %s\n", when, names[level], text);
	fflush(log);
}

void
sink_say(struct sink *s, enum level level, const char *fmt, ...)
{
	struct buf shown;
	char *text = NULL;
	va_list ap;
	int n;

	if (level < s->level)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_init(&shown, LINE_MAX_BYTES);
	pct_show(&shown, text);
	if (buf_bad(&shown))
		buf_clear(&shown);
	fprintf(s->to, "%s\n", buf_cstr(&shown));
	fflush(s->to);
	if (s->log != NULL)
		log_line(s->log, level, buf_cstr(&shown));
	buf_free(&shown);
	free(text);
}
