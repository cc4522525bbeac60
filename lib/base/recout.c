/* Writing of record lines; offlineimap-records(5). */
#include "base/recout.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/pct.h"

#define OUT_WHEN	32768	/* bytes gathered before they are written */

void
recout_open(struct recout *o, int fd)
{
	memset(o, 0, sizeof(*o));
	o->fd = fd;
	buf_init(&o->out, REC_LINE_MAX + 2 * OUT_WHEN);
}

int
rec_flush(struct recout *o)
{
	if (o->error == 0 && io_write(o->fd, o->out.data, o->out.len) == -1)
		o->error = errno;
	buf_clear(&o->out);
	errno = o->error;
	return o->error != 0 ? -1 : 0;
}

int
recout_close(struct recout *o)
{
	int r = rec_flush(o), error = o->error;

	buf_free(&o->out);
	errno = error;
	return r;
}

void
rec_begin(struct recout *o, const char *verb)
{
	if (o->out.len >= OUT_WHEN)
		rec_flush(o);
	o->lastkey[0] = '\0';
	buf_str(&o->out, verb);
}

void
rec_pos(struct recout *o, const char *s)
{
	ENSURE(o->lastkey[0] == '\0');
	buf_byte(&o->out, '\t');
	pct_encode(&o->out, s);
}

/* A number as it is written. */
static void
number(struct buf *b, uint64_t n)
{
	char text[20], *p = text + sizeof(text);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_put(b, p, (size_t)(text + sizeof(text) - p));
}

void
rec_posu(struct recout *o, uint64_t n)
{
	buf_byte(&o->out, '\t');
	number(&o->out, n);
}

void
rec_posid(struct recout *o, uint32_t validity, uint32_t uid)
{
	rec_posu(o, validity);
	buf_byte(&o->out, ':');
	number(&o->out, uid);
}

static void
key(struct recout *o, const char *k)
{
	size_t n = strlen(k);
	char *to = buf_room(&o->out, n + 2);

	ENSURE(n < sizeof(o->lastkey) && strcmp(o->lastkey, k) < 0);
	memcpy(o->lastkey, k, n + 1);
	if (to == NULL)
		return;
	to[0] = '\t';
	memcpy(to + 1, o->lastkey, n);
	to[n + 1] = '=';
	o->out.len += n + 2;
}

void
rec_key(struct recout *o, const char *k, const char *val)
{
	if (val == NULL)
		return;
	key(o, k);
	pct_encode(&o->out, val);
}

void
rec_keyu(struct recout *o, const char *k, uint64_t n)
{
	key(o, k);
	number(&o->out, n);
}

void
rec_end(struct recout *o)
{
	buf_byte(&o->out, '\n');
	ENSURE(!buf_bad(&o->out));
}

void
rec_copy(struct recout *o, const char *line, size_t len)
{
	if (o->out.len >= OUT_WHEN)
		rec_flush(o);
	buf_put(&o->out, line, len);
	rec_end(o);
}
