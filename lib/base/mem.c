/* Allocation that cannot fail quietly. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
need(void *p)
{
	if (p == NULL) {
		fputs("offlineimap: out of memory\n", stderr);
		exit(75);
	}
	return p;
}

void *
mem_alloc(size_t n)
{
	return need(calloc(1, n != 0 ? n : 1));
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return need(reallocarray(p, n, size));
}

char *
mem_dup(const char *s)
{
	return s == NULL ? NULL : need(strdup(s));
}

char *
mem_ndup(const char *s, size_t n)
{
	char *p = mem_alloc(n + 1);

	memcpy(p, s, n);
	return p;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	return need(n < 0 ? NULL : p);
}

void
mem_bug(const char *what, const char *file, int line)
{
	fprintf(stderr, "offlineimap: internal error: %s does not hold at %s:%d\n",
	    what, file, line);
	abort();
}
