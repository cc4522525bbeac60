/* The one growing buffer. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->bad = 0;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

int
buf_bad(const struct buf *b)
{
	return b->bad;
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap;

	if (b->bad || n > b->max || b->len > b->max - n) {
		b->bad = 1;
		return NULL;
	}
	if (b->data == NULL || b->len + n + 1 > b->cap) {
		cap = b->cap != 0 ? b->cap : 128;
		while (cap < b->len + n + 1)
			cap *= 2;
		b->data = mem_grow(b->data, cap, 1);
		b->cap = cap;
	}
	return b->data + b->len;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	char *to = buf_room(b, n);

	if (to != NULL && n != 0) {
		memcpy(to, p, n);
		b->len += n;
	}
}

void
buf_byte(struct buf *b, int c)
{
	char ch = (char)c;

	buf_put(b, &ch, 1);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	ENSURE(n >= 0);
	if ((to = buf_room(b, (size_t)n)) == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_drop(struct buf *b, size_t n)
{
	ENSURE(n <= b->len);
	if (n != 0 && n != b->len)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

char *
buf_cstr(struct buf *b)
{
	static char empty[1];

	if (b->data == NULL)
		return empty;
	b->data[b->len] = '\0';
	return b->data;
}
