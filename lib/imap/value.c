/* Tokens and values of IMAP responses (RFC 3501 section 9). */
#include "imap/value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/rec.h"

#define CHUNK		65536u
#define ARENA_MAX	(64u << 20)	/* bytes of the values of one response */
#define DIGITS_MAX	18		/* of a literal's size */

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char mem[];
};

struct arena {
	struct chunk *first, *at;
	size_t total;		/* bytes in chunks */
};

struct arena *
arena_new(void)
{
	return mem_alloc(sizeof(struct arena));
}

/* Keeps the first chunk; what one large response needed is given back. */
void
arena_reset(struct arena *a)
{
	struct chunk *c, *next;

	if (a->first == NULL)
		return;
	for (c = a->first->next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	a->first->next = NULL;
	a->first->used = 0;
	a->total = a->first->size;
	a->at = a->first;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->first);
	free(a);
}

/* Room for n bytes, or NULL: the response would take more than any sound one does. */
static void *
take(struct arena *a, size_t n)
{
	struct chunk *c = a->at;
	size_t size;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || c->size - c->used < n) {
		size = n > CHUNK ? n : CHUNK;
		if (a->total + size > ARENA_MAX)
			return NULL;
		a->total += size;
		c = mem_grow(NULL, sizeof(*c) + size, 1);
		c->next = NULL;
		c->used = 0;
		c->size = size;
		if (a->at != NULL)
			a->at->next = c;
		else
			a->first = c;
		a->at = c;
	}
	c->used += n;
	return c->mem + c->used - n;
}

static struct value *
make(struct arena *a, enum value_kind kind, const char *s, size_t len)
{
	struct value *v = take(a, sizeof(*v));
	char *copy;

	if (v == NULL)
		return NULL;
	memset(v, 0, sizeof(*v));
	v->kind = kind;
	v->len = len;
	if (s != NULL) {
		if ((copy = take(a, len + 1)) == NULL)
			return NULL;
		memcpy(copy, s, len);
		copy[len] = '\0';
		v->s = copy;
	}
	return v;
}

/* Behind a string or a literal comes the end, a blank or a bracket: else its length is wrong. */
static int
ends(const struct value_text *t)
{
	return t->p == t->end || (*t->p != '\0' && strchr(" ()]", *t->p) != NULL);
}

static struct value *
quoted(struct arena *a, struct value_text *t)
{
	const char *p;
	struct value *v;
	char *to;

	for (p = t->p + 1; p < t->end && *p != '"'; p++)
		if (*p == '\\' && ++p == t->end)
			return NULL;
	if (p >= t->end)
		return NULL;
	v = make(a, VALUE_STRING, NULL, 0);
	to = take(a, (size_t)(p - t->p));
	if (v == NULL || to == NULL)
		return NULL;
	v->s = to;
	for (t->p++; t->p < p; t->p++) {
		if (*t->p == '\\')
			t->p++;
		*to++ = *t->p;
	}
	*to = '\0';
	v->len = (size_t)(to - v->s);
	t->p = p + 1;
	return v;
}

static struct value *
literal(struct arena *a, struct value_text *t)
{
	size_t off = (size_t)(t->p - t->base), i;
	uint64_t n = 0;
	const char *p = t->p + 1;
	struct value *v;

	for (; p < t->end && *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	if (p == t->p + 1 || p - t->p > DIGITS_MAX + 1)
		return NULL;
	if (p < t->end && *p == '+')
		p++;
	if (p >= t->end || *p++ != '}')
		return NULL;
	if (p < t->end && *p == '\r')
		p++;
	if (p >= t->end || *p++ != '\n')
		return NULL;
	for (i = 0; i < t->nstreamed; i++)
		if (t->streamed[i] == off) {
			t->p = p;
			return make(a, VALUE_STREAMED, NULL, n);
		}
	if (n > (uint64_t)(t->end - p))
		return NULL;
	v = make(a, VALUE_STRING, p, (size_t)n);
	t->p = p + n;
	return v;
}

/*
 * If a section such as [HEADER.FIELDS (DATE)] of BODY or BINARY begins at p: where it
 * ends, else NULL.  Elsewhere a bracket is a character like any other.
 */
static const char *
section(const char *from, const char *p, const char *end)
{
	if (*p != '[' || p - from < 4 ||
	    (strncasecmp(from, "BODY", 4) != 0 && strncasecmp(from, "BINA", 4) != 0))
		return NULL;
	for (; p < end && *p != '\r' && *p != '\n'; p++)
		if (*p == ']')
			return p;
	return NULL;
}

/* An atom, with the section that belongs to it. */
static struct value *
atom(struct arena *a, struct value_text *t, int bracket)
{
	const char *from = t->p, *close;

	for (; t->p < t->end; t->p++) {
		if ((close = section(from, t->p, t->end)) != NULL)
			t->p = close;
		else if ((*t->p == ']' && bracket) ||
		    (strchr(" ()\"\r\n", *t->p) != NULL && *t->p != '\0'))
			break;
	}
	if (t->p == from)
		return NULL;
	if (t->p - from == 3 && strncasecmp(from, "NIL", 3) == 0)
		return make(a, VALUE_NIL, NULL, 0);
	return make(a, VALUE_ATOM, from, (size_t)(t->p - from));
}

static struct value *series(struct arena *, struct value_text *, int, int, int *);

static struct value *
one(struct arena *a, struct value_text *t, int bracket, int depth, int *ok)
{
	struct value *v;

	switch (*t->p) {
	case '"':
		v = quoted(a, t);
		break;
	case '{':
		v = literal(a, t);
		break;
	case '~':
		if (t->p + 1 < t->end && t->p[1] == '{') {
			t->p++;
			v = literal(a, t);
			break;
		}
		v = atom(a, t, bracket);
		break;
	case '(':
		if (depth == VALUE_DEPTH) {
			*ok = 0;
			return NULL;
		}
		t->p++;
		if ((v = make(a, VALUE_LIST, NULL, 0)) != NULL)
			v->kids = series(a, t, ')', depth + 1, ok);
		break;
	default:
		v = atom(a, t, bracket);
	}
	if (v == NULL || (v->kind != VALUE_ATOM && v->kind != VALUE_LIST && !ends(t)))
		*ok = 0;
	return v;
}

/* Values up to the closing character (consumed), or to the end if it is 0. */
static struct value *
series(struct arena *a, struct value_text *t, int close, int depth, int *ok)
{
	struct value *first = NULL, **tail = &first;

	while (*ok) {
		while (t->p < t->end && *t->p == ' ')
			t->p++;
		if (t->p == t->end) {
			if (close != 0)
				*ok = 0;
			break;
		}
		if (close != 0 && *t->p == close) {
			t->p++;
			break;
		}
		if ((*tail = one(a, t, close == ']', depth, ok)) != NULL)
			tail = &(*tail)->next;
	}
	return first;
}

struct value *
value_read(struct arena *a, struct value_text *t, int bracket, int *ok)
{
	*ok = 1;
	return series(a, t, bracket ? ']' : 0, 0, ok);
}

int
value_is(const struct value *v, const char *word)
{
	return v != NULL && v->kind == VALUE_ATOM && strcasecmp(v->s, word) == 0;
}

int
value_num(const struct value *v, uint64_t *n)
{
	return v != NULL && v->kind == VALUE_ATOM ? rec_number(v->s, n) : -1;
}

const char *
value_text(const struct value *v)
{
	if (v == NULL || (v->kind != VALUE_ATOM && v->kind != VALUE_STRING) ||
	    strlen(v->s) != v->len)
		return NULL;
	return v->s;
}

const struct value *
value_at(const struct value *v, size_t n)
{
	for (; v != NULL && n != 0; n--)
		v = v->next;
	return v;
}
