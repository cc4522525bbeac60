/* A fixed buffer between two ends; see hold.h. */
#include "net/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
hold_init(struct hold *h)
{
	*h = (struct hold){ .data = mem_grow(NULL, HOLD, 1) };
}

void
hold_free(struct hold *h)
{
	free(h->data);
	h->data = NULL;
}

/* Bytes are moved to the front only if there is little room behind them. */
size_t
hold_room(struct hold *h, char **to)
{
	if (h->len == 0)
		h->at = 0;
	if (h->at != 0 && HOLD - h->at - h->len < HOLD / 2) {
		memmove(h->data, h->data + h->at, h->len);
		h->at = 0;
	}
	*to = h->data + h->at + h->len;
	return HOLD - h->at - h->len;
}

void
hold_put(struct hold *h, const char *p, size_t n)
{
	char *to;

	ENSURE(n <= hold_room(h, &to));
	memcpy(to, p, n);
	h->len += n;
}

void
hold_drop(struct hold *h, size_t n)
{
	h->at += n;
	h->len -= n;
}
