/* What the formats of foreign states have in common. */
#include "state/foreign.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
foreign_free(struct foreign *f)
{
	free(f->msg);
	memset(f, 0, sizeof(*f));
}

struct foreign_msg *
foreign_add(struct foreign *f, uint32_t line)
{
	struct foreign_msg *m;

	if (f->n == f->cap) {
		f->cap = f->cap + f->cap / 2 + 256;
		f->msg = mem_grow(f->msg, f->cap, sizeof(*f->msg));
	}
	m = &f->msg[f->n++];
	memset(m, 0, sizeof(*m));
	m->line = line;
	return m;
}

static int
by_near(const void *a, const void *b)
{
	const struct foreign_msg *x = a, *y = b;

	return (x->near > y->near) - (x->near < y->near);
}

static int
by_far(const void *a, const void *b)
{
	const struct foreign_msg *x = a, *y = b;

	return x->far != y->far ? (x->far > y->far) - (x->far < y->far) : by_near(x, y);
}

static int
twice(const char *name, const struct foreign_msg *x, const struct foreign_msg *y,
    const char *side, uint32_t uid, struct err *e)
{
	return err_fail(e, "%s: %s uid %u stands in it twice, in line %u and in line %u", name, side,
	    uid, x->line < y->line ? x->line : y->line, x->line < y->line ? y->line : x->line);
}

int
foreign_settle(struct foreign *f, const char *name, struct err *e)
{
	struct foreign_msg *m = f->msg;
	size_t i, n = 0;

	for (i = 0; i < f->n; i++)
		if (!(m[i].bits & FOREIGN_DEAD))
			m[n++] = m[i];
	f->n = n;
	f->last = 0;
	if (n < 2)
		return 0;
	qsort(m, n, sizeof(*m), by_near);
	for (i = 1; i < n; i++)
		if (m[i].near != 0 && m[i].near == m[i - 1].near)
			return twice(name, &m[i], &m[i - 1], "local", m[i].near, e);
	qsort(m, n, sizeof(*m), by_far);
	for (i = 1; i < n; i++)
		if (m[i].far != 0 && m[i].far == m[i - 1].far)
			return twice(name, &m[i], &m[i - 1], "remote", m[i].far, e);
	return 0;
}

void
foreign_text(struct foreign_text *t, const char *name, char *text, size_t len)
{
	t->name = name;
	t->at = text;
	t->end = text + len;
	t->line = 0;
}

int
foreign_bad(const struct foreign_text *t, const char *what, struct err *e)
{
	return err_fail(e, "%s:%u: %s", t->name, t->line, what);
}

int
foreign_line(struct foreign_text *t, char **line, struct err *e)
{
	char *lf;

	if (t->at == t->end)
		return 0;
	t->line++;
	if ((lf = memchr(t->at, '\n', (size_t)(t->end - t->at))) == NULL)
		return foreign_bad(t, "the line is cut off", e);
	if (memchr(t->at, '\0', (size_t)(lf - t->at)) != NULL)
		return foreign_bad(t, "a NUL in it", e);
	*lf = '\0';
	*line = t->at;
	t->at = lf + 1;
	return 1;
}

int
foreign_number(const char **at, uint32_t *out)
{
	const char *p = *at;
	uint64_t n = 0;

	for (; isdigit((unsigned char)*p); p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > UINT32_MAX)
			return -1;
	}
	if (p == *at)
		return -1;
	*at = p;
	*out = (uint32_t)n;
	return 0;
}
