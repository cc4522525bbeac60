/* Errors as text and exit status. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/pct.h"

static int
set(struct err *e, int status, const char *fmt, va_list ap)
{
	if (e == NULL)
		return -1;
	e->status = status;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	return -1;
}

#define SETTER(name, status)				\
int							\
name(struct err *e, const char *fmt, ...)		\
{							\
	va_list ap;					\
							\
	va_start(ap, fmt);				\
	set(e, status, fmt, ap);			\
	va_end(ap);					\
	return -1;					\
}

SETTER(err_fail, EXIT_FAIL)
SETTER(err_conf, EXIT_CONF)
SETTER(err_again, EXIT_AGAIN)

int
err_worst(int a, int b)
{
	static const int order[] = { EXIT_CONF, EXIT_FAIL, EXIT_AGAIN };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a != 0 ? a : b;
}

int
err_print(const char *prog, const struct err *e)
{
	struct buf b;

	buf_init(&b, 4096);
	pct_show(&b, e->text);
	fprintf(stderr, "%s: %s\n", prog, buf_cstr(&b));
	buf_free(&b);
	return e->status != 0 ? e->status : EXIT_FAIL;
}
