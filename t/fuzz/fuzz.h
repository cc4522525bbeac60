/*
 * What the fuzz targets share.  A target is a file t/fuzz/NAME.c with the one function
 * that libFuzzer calls: it goes through a parser with bytes of any kind, and HOLDS what
 * must be true of whatever the parser made of them.  "make fuzz" runs them, "make check"
 * those of t/fuzz/seeds/NAME (replay.c).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A property does not hold: that is a finding like any crash. */
#define HOLDS(x) do {								\
	if (!(x)) {								\
		fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #x);	\
		abort();							\
	}									\
} while (0)

/* What is left of an input; what is not there reads as 0, or "". */
struct food {
	const uint8_t	*p;
	size_t		 n;
};

static inline unsigned
food_byte(struct food *f)
{
	if (f->n == 0)
		return 0;
	f->n--;
	return *f->p++;
}

static inline uint64_t
food_number(struct food *f, size_t bytes)
{
	uint64_t v = 0;

	while (bytes-- != 0)
		v = v << 8 | food_byte(f);
	return v;
}

/* All that is left as a string, malloc'ed; it ends at a NUL. */
static inline char *
food_rest(struct food *f)
{
	char *s = mem_ndup((const char *)f->p, f->n);

	f->n = 0;
	return s;
}

/* What stands before the next LF (which is used up) or the end, malloc'ed; it ends at a NUL. */
static inline char *
food_line(struct food *f)
{
	const uint8_t *lf = f->n != 0 ? memchr(f->p, '\n', f->n) : NULL;
	size_t n = lf != NULL ? (size_t)(lf - f->p) : f->n;
	char *s = mem_ndup((const char *)f->p, n);

	f->p += n + (lf != NULL);
	f->n -= n + (lf != NULL);
	return s;
}

/* A file without a name that holds the bytes, to be read from its start. */
static inline int
fuzz_file(const void *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || pwrite(fd, p, n, 0) != (ssize_t)n) {
		perror("memfd");
		exit(2);
	}
	return fd;
}

#endif
