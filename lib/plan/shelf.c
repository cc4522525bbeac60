/* Lines of finished folders, spilled when they are many. */
#include "plan/shelf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

#define SHELF_MEMORY	(1u << 20)

struct shelf_part {
	char	*remote, *local;
	size_t	 number;	/* as they came */
	off_t	 at, end;	/* of the lines, as if all were in the file */
};

void
shelf_init(struct shelf *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
	buf_init(&s->mem, SHELF_MEMORY + REC_LINE_MAX + 1);
}

void
shelf_free(struct shelf *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		free(s->parts[i].remote);
		free(s->parts[i].local);
	}
	free(s->parts);
	buf_free(&s->mem);
	if (s->fd != -1)
		close(s->fd);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

void
shelf_folder(struct shelf *s, const char *remote, const char *local)
{
	struct shelf_part *p;

	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 16;
		s->parts = mem_grow(s->parts, s->cap, sizeof(*s->parts));
	}
	p = &s->parts[s->n];
	p->remote = mem_dup(remote);
	p->local = mem_dup(local);
	p->number = s->n++;
	p->at = p->end = s->end + (off_t)s->mem.len;
}

int
shelf_put(struct shelf *s, const char *line, size_t len)
{
	ENSURE(s->n > 0);
	if (s->mem.len > SHELF_MEMORY) {
		if (s->fd == -1 && (s->fd = io_temp()) == -1)
			return -1;
		if (io_pwrite(s->fd, s->mem.data, s->mem.len, s->end) == -1)
			return -1;
		s->end += (off_t)s->mem.len;
		buf_clear(&s->mem);
	}
	buf_put(&s->mem, line, len);
	buf_byte(&s->mem, '\n');
	ENSURE(!buf_bad(&s->mem));
	s->parts[s->n - 1].end = s->end + (off_t)s->mem.len;
	s->lines++;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct shelf_part *x = a, *y = b;
	int d = strcmp(x->remote, y->remote);

	if (d == 0)
		d = strcmp(x->local, y->local);
	return d != 0 ? d : (x->number > y->number) - (x->number < y->number);
}

#define CHUNK	16384

/* Whole lines or parts of them, as they are. */
static void
put_bytes(struct recout *o, const char *p, size_t n)
{
	size_t some;

	for (; n > 0; p += some, n -= some) {
		some = n < CHUNK ? n : CHUNK;
		if (o->out.len >= CHUNK)
			rec_flush(o);
		buf_put(&o->out, p, some);
	}
}

/* Writes the bytes from "at" on that lie in the file. */
static int
from_file(struct shelf *s, struct recout *o, off_t at, off_t end)
{
	char chunk[CHUNK];
	ssize_t n;

	while (at < end) {
		n = pread(s->fd, chunk, end - at < (off_t)sizeof(chunk) ? (size_t)(end - at) :
		    sizeof(chunk), at);
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -1;
		}
		put_bytes(o, chunk, (size_t)n);
		at += n;
	}
	return 0;
}

int
shelf_write(struct shelf *s, struct recout *o)
{
	struct shelf_part *p;
	off_t at;
	size_t i;

	if (s->n > 1)
		qsort(s->parts, s->n, sizeof(*s->parts), by_name);
	for (i = 0; i < s->n; i++) {
		p = &s->parts[i];
		at = p->at;
		if (at < s->end) {
			if (from_file(s, o, at, p->end < s->end ? p->end : s->end) == -1)
				return -1;
			at = s->end;
		}
		if (at < p->end)
			put_bytes(o, s->mem.data + (at - s->end), (size_t)(p->end - at));
	}
	return rec_flush(o);
}
