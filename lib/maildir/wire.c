/* Line ends between disk and wire, byte by byte across every chunk edge. */
#include "maildir/wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
md_wire_open(struct md_wire *w, int fd)
{
	w->fd = fd;
	w->cr = w->lf = 0;
	w->at = w->len = 0;
	w->out = 0;
}

/* Fills "in": its length, 0 at the end, -1 with errno. */
static ssize_t
refill(struct md_wire *w)
{
	ssize_t n;

	do
		n = read(w->fd, w->in, sizeof(w->in));
	while (n < 0 && errno == EINTR);
	w->at = 0;
	w->len = n > 0 ? (size_t)n : 0;
	return n;
}

/* Moves what fits: bytes of "in" to "to"; returns how many came out. */
static size_t
convert(struct md_wire *w, char *to, size_t n)
{
	size_t put = 0, run;
	const char *from, *lf;

	while (put < n && (w->lf || w->at < w->len)) {
		if (w->lf) {
			to[put++] = '\n';
			w->lf = w->cr = 0;
			w->at++;
			continue;
		}
		from = w->in + w->at;
		run = w->len - w->at < n - put ? w->len - w->at : n - put;
		lf = memchr(from, '\n', run);
		if (lf == from && !w->cr) {
			to[put++] = '\r';
			w->lf = 1;
			continue;
		}
		if (lf == from)
			run = 1;
		else if (lf != NULL)
			run = (size_t)(lf - from);
		memcpy(to + put, from, run);
		w->cr = from[run - 1] == '\r';
		w->at += run;
		put += run;
	}
	return put;
}

ssize_t
md_wire_read(struct md_wire *w, char *to, size_t n)
{
	size_t put;
	ssize_t got;

	if (!w->lf && w->at == w->len && n != 0) {
		got = refill(w);
		if (got <= 0)
			return got;
	}
	put = convert(w, to, n);
	w->out += put;
	return (ssize_t)put;
}

void
md_grow_add(struct md_grow *g, const char *p, size_t n)
{
	const char *end = p + n, *lf;

	if (n == 0)
		return;
	if (*p == '\n' && !g->cr)
		g->more++;
	for (lf = p + 1; lf < end && (lf = memchr(lf, '\n', (size_t)(end - lf))) != NULL; lf++)
		if (lf[-1] != '\r')
			g->more++;
	g->cr = end[-1] == '\r';
}

void
md_text_init(struct md_text *t)
{
	t->cr = 0;
	t->out = 0;
}

size_t
md_text_feed(struct md_text *t, const char *p, size_t n, char *to)
{
	const char *end = p + n, *cr;
	char *start = to;
	size_t run;

	while (p < end) {
		if (t->cr && *p != '\n')
			*to++ = '\r';
		t->cr = 0;
		cr = memchr(p, '\r', (size_t)(end - p));
		run = (size_t)((cr != NULL ? cr : end) - p);
		memcpy(to, p, run);
		to += run;
		p += run;
		if (cr != NULL) {
			t->cr = 1;
			p++;
		}
	}
	t->out += (uint64_t)(to - start);
	return (size_t)(to - start);
}

size_t
md_text_end(struct md_text *t, char *to)
{
	if (!t->cr)
		return 0;
	*to = '\r';
	t->cr = 0;
	t->out++;
	return 1;
}
