/* Spills in blocks of one unlinked file. */
#include "base/spill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

#define BLOCK	((size_t)256 << 10)	/* what a queue spills at a time */

/* The file, and which of its blocks nobody uses. */
static struct {
	int		 open;
	int		 fd;
	int		 why;		/* errno of spill_ready, if it failed */
	uint32_t	 made;		/* blocks that the file has, used or not */
	uint32_t	*unused;
	size_t		 n, cap;
} file;

void
spill_ready(void)
{
	if (file.open)
		return;
	file.fd = io_temp();
	file.open = file.fd != -1;
	file.why = file.open ? 0 : errno;
}

void
spill_init(struct spill *s)
{
	memset(s, 0, sizeof(*s));
}

/* A block more, at the end. */
static int
extend(struct spill *s)
{
	if (!file.open) {
		if (file.why != 0) {
			errno = file.why;
			return -1;
		}
		if ((file.fd = io_temp()) == -1)
			return -1;
		file.open = 1;
	}
	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 8;
		s->block = mem_grow(s->block, s->cap, sizeof(*s->block));
	}
	ENSURE(file.made < UINT32_MAX);
	s->block[s->n++] = file.n != 0 ? file.unused[--file.n] : file.made++;
	return 0;
}

void
spill_clear(struct spill *s)
{
	if (file.n + s->n > file.cap) {
		file.cap = file.n + s->n;
		file.unused = mem_grow(file.unused, file.cap, sizeof(*file.unused));
	}
	if (s->n != 0)
		memcpy(file.unused + file.n, s->block, s->n * sizeof(*s->block));
	file.n += s->n;
	free(s->block);
	spill_init(s);
	if (file.n != file.made || file.made == 0)
		return;
	/* nobody has any: where this fails the blocks are only used again */
	if (ftruncate(file.fd, 0) == -1)
		return;
	free(file.unused);
	file.unused = NULL;
	file.made = 0;
	file.n = file.cap = 0;
}

/* Where a byte lies in the file, and how many of n follow it in its block. */
static off_t
place(const struct spill *s, off_t at, size_t *n)
{
	size_t in = (size_t)at % BLOCK;

	if (*n > BLOCK - in)
		*n = BLOCK - in;
	return (off_t)s->block[(size_t)at / BLOCK] * (off_t)BLOCK + (off_t)in;
}

int
spill_write(struct spill *s, const void *p, size_t n, off_t at)
{
	const char *from = p;
	size_t part;
	off_t to;

	for (; n != 0; from += part, at += (off_t)part, n -= part) {
		if ((size_t)at / BLOCK == s->n && extend(s) == -1)
			return -1;
		ENSURE((size_t)at / BLOCK < s->n);
		part = n;
		to = place(s, at, &part);
		if (io_pwrite(file.fd, from, part, to) == -1)
			return -1;
	}
	return 0;
}

ssize_t
spill_read(const struct spill *s, void *p, size_t n, off_t at)
{
	ssize_t got;
	off_t from;

	ENSURE((size_t)at / BLOCK < s->n);
	from = place(s, at, &n);
	got = pread(file.fd, p, n, from);
	if (got == 0) {
		/* it was written, so somebody has cut the file */
		errno = EIO;
		return -1;
	}
	return got;
}
