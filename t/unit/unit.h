/*
 * The few lines that every unit test needs.  A test is a main that goes
 * through tables of rows, names the row before it checks it, and returns
 * unit_end().
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int unit_checks;
static int unit_failures;
static char unit_rowname[256];

/* Names the row that the next checks belong to (printf form). */
static inline void __attribute__((format(printf, 1, 2)))
unit_row(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(unit_rowname, sizeof unit_rowname, fmt, ap) < 0)
		unit_rowname[0] = '\0';
	va_end(ap);
}

/* Counts one check; returns whether it held, so a test can leave a row. */
static inline int
unit_check(int held, const char *what, const char *file, int line)
{
	unit_checks++;
	if (held)
		return 1;
	unit_failures++;
	printf("%s:%d: %s%s%s\n", file, line, unit_rowname,
	    unit_rowname[0] ? ": " : "", what);
	return 0;
}

static inline int
unit_str(const char *got, const char *want, const char *file, int line)
{
	unit_checks++;
	if ((got == NULL) == (want == NULL) && (got == NULL || strcmp(got, want) == 0))
		return 1;
	unit_failures++;
	printf("%s:%d: %s%sgot \"%s\", want \"%s\"\n", file, line, unit_rowname,
	    unit_rowname[0] ? ": " : "", got ? got : "(null)", want ? want : "(null)");
	return 0;
}

static inline int
unit_num(long long got, long long want, const char *file, int line)
{
	unit_checks++;
	if (got == want)
		return 1;
	unit_failures++;
	printf("%s:%d: %s%sgot %lld, want %lld\n", file, line, unit_rowname,
	    unit_rowname[0] ? ": " : "", got, want);
	return 0;
}

#define CHECK(cond)		unit_check(!!(cond), #cond, __FILE__, __LINE__)
#define CHECK_STR(got, want)	unit_str((got), (want), __FILE__, __LINE__)
#define CHECK_NUM(got, want)	unit_num((long long)(got), (long long)(want), __FILE__, __LINE__)

/* Prints the tally.  The status for main to return. */
static inline int
unit_end(const char *name)
{
	printf("%s: %d checks, %d failed\n", name, unit_checks, unit_failures);
	return unit_failures != 0 || unit_checks == 0;
}

#endif
