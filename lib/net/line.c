/* Lines from a channel, with a limit. */
#include "net/line.h"

#include <errno.h>
#include <string.h>

#include "net/chan.h"

#define STEP	4096

void
line_init(struct line *l)
{
	/* A whole line, its end, and what one more read may bring. */
	buf_init(&l->in, LINE_MAX_BYTES + 2 + STEP);
	l->at = 0;
}

void
line_free(struct line *l)
{
	buf_free(&l->in);
	l->at = 0;
}

/* Takes the line that ends at the LF "end": 1, or -1 with errno. */
static int
take(struct line *l, char *end, char **out)
{
	char *start = l->in.data + l->at;
	size_t len = (size_t)(end - start);

	l->at += len + 1;
	if (len > 0 && start[len - 1] == '\r')
		len--;
	if (len > LINE_MAX_BYTES) {
		errno = EMSGSIZE;
		return -1;
	}
	if (memchr(start, '\0', len) != NULL) {
		errno = EILSEQ;
		return -1;
	}
	start[len] = '\0';
	*out = start;
	return 1;
}

int
line_read(struct line *l, struct chan *c, int64_t deadline, char **out)
{
	char *lf, *to;
	ssize_t got;

	buf_drop(&l->in, l->at);
	l->at = 0;
	for (;;) {
		if (l->in.len != 0 && (lf = memchr(l->in.data, '\n', l->in.len)) != NULL)
			return take(l, lf, out);
		if (l->in.len > LINE_MAX_BYTES + 1 || (to = buf_room(&l->in, STEP)) == NULL) {
			errno = EMSGSIZE;
			return -1;
		}
		if ((got = chan_get(c, to, STEP, deadline)) <= 0)
			return (int)got;
		l->in.len += (size_t)got;
	}
}

size_t
line_rest(const struct line *l, const char **p)
{
	*p = l->in.data + l->at;
	return l->in.len - l->at;
}
