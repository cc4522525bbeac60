/* A directory's head: stat to struct to text and back. */
#include "base/dirhead.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rec.h"

#define NSEC	1000000000

void
dirhead_stat(struct dirhead *h, const struct stat *st)
{
	h->valid = 1;
	h->dev = st->st_dev;
	h->ino = st->st_ino;
	h->mtime = (int64_t)st->st_mtim.tv_sec * NSEC + st->st_mtim.tv_nsec;
	h->ctime = (int64_t)st->st_ctim.tv_sec * NSEC + st->st_ctim.tv_nsec;
}

int
dirhead_equal(const struct dirhead *a, const struct dirhead *b)
{
	return a->valid && b->valid && a->dev == b->dev && a->ino == b->ino &&
	    a->mtime == b->mtime && a->ctime == b->ctime;
}

int
dirhead_elsewhere(const struct dirhead *a, const struct dirhead *b)
{
	return a->valid && b->valid && (a->dev != b->dev || a->ino != b->ino);
}

void
dirhead_void(struct dirhead *h)
{
	h->mtime = h->ctime = 0;
}

const char *
dirhead_format(const struct dirhead *h, char to[DIRHEAD_LEN])
{
	int n;

	if (!h->valid)
		return NULL;
	n = snprintf(to, DIRHEAD_LEN, "%" PRIu64 ":%" PRIu64 ":%" PRId64 ":%" PRId64,
	    h->dev, h->ino, h->mtime, h->ctime);
	ENSURE(n > 0 && n < DIRHEAD_LEN);
	return to;
}

/* A time: decimal, a minus in front if before 1970; 0 or -1. */
static int
nanoseconds(const char *s, int64_t *t)
{
	int minus = *s == '-';
	uint64_t n;

	if (rec_number(s + minus, &n) == -1 || n > INT64_MAX)
		return -1;
	*t = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

int
dirhead_parse(struct dirhead *h, const char *text)
{
	char copy[DIRHEAD_LEN], *next = copy;
	const char *dev, *ino, *mtime, *ctime;
	struct dirhead got = { .valid = 1 };

	memset(h, 0, sizeof(*h));
	if (text == NULL)
		return 0;
	if (strlen(text) >= sizeof(copy))
		return -1;
	memcpy(copy, text, strlen(text) + 1);
	dev = strsep(&next, ":");
	ino = strsep(&next, ":");
	mtime = strsep(&next, ":");
	ctime = strsep(&next, ":");
	if (ctime == NULL || next != NULL || rec_number(dev, &got.dev) == -1 ||
	    rec_number(ino, &got.ino) == -1 || nanoseconds(mtime, &got.mtime) == -1 ||
	    nanoseconds(ctime, &got.ctime) == -1)
		return -1;
	*h = got;
	return 0;
}
