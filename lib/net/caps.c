/* Capability lists as text. */
#include "net/caps.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

char *
caps_find(const char *line)
{
	static const char star[] = "* CAPABILITY ", code[] = "[CAPABILITY ";
	const char *p, *end;

	if (strncasecmp(line, star, sizeof(star) - 1) == 0)
		return mem_dup(line + sizeof(star) - 1);
	/* A response code stands right behind the tag and the condition. */
	if ((p = strchr(line, ' ')) == NULL || (p = strchr(p + 1, ' ')) == NULL)
		return NULL;
	if (strncasecmp(p + 1, code, sizeof(code) - 1) != 0)
		return NULL;
	p += sizeof(code);
	if ((end = strchr(p, ']')) == NULL)
		return NULL;
	return mem_ndup(p, (size_t)(end - p));
}

/* The next name of a list: its length, 0 at the end; *p is moved behind it. */
static size_t
next(const char **p, const char **name)
{
	size_t n;

	*p += strspn(*p, " ");
	*name = *p;
	n = strcspn(*p, " ");
	*p += n;
	return n;
}

int
caps_has(const char *list, const char *name)
{
	const char *at;
	size_t n;

	while (list != NULL && (n = next(&list, &at)) != 0)
		if (n == strlen(name) && strncasecmp(at, name, n) == 0)
			return 1;
	return 0;
}

static int
begins(const char *name, size_t n, const char *with)
{
	return n >= strlen(with) && strncasecmp(name, with, strlen(with)) == 0;
}

/* 1 if it would be harmless inside "[CAPABILITY ...]". */
static int
atom(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || strchr("()[]{}\"\\%*", name[i]) != NULL)
			return 0;
	return 1;
}

static int
is(const char *name, size_t n, const char *what)
{
	return n == strlen(what) && begins(name, n, what);
}

static void
append(struct buf *b, size_t start, const char *name, size_t n)
{
	if (b->len != start)
		buf_byte(b, ' ');
	buf_put(b, name, n);
}

/* 1 if the name stands between two commas of the text. */
static int
among(const char *text, const char *name, size_t n)
{
	const char *p;

	for (p = text; p != NULL && *p != '\0'; p = strchr(p + 1, ','))
		if (strncasecmp(p + 1, name, n) == 0 && p[1 + n] == ',')
			return 1;
	return 0;
}

char *
caps_without(const char *list, const char *off)
{
	const char *at;
	struct buf b;
	char *rest;
	size_t n;

	buf_init(&b, strlen(list) + 2);
	while ((n = next(&list, &at)) != 0)
		if (!among(off, at, n))
			append(&b, 0, at, n);
	rest = mem_dup(buf_cstr(&b));
	buf_free(&b);
	return rest;
}

void
caps_filter(struct buf *b, const char *list)
{
	size_t n, start = b->len;
	const char *at;

	while (list != NULL && (n = next(&list, &at)) != 0) {
		if (is(at, n, "STARTTLS") || is(at, n, "LOGINDISABLED") || is(at, n, "SASL-IR"))
			continue;
		if (begins(at, n, "AUTH=") || begins(at, n, "COMPRESS=") || !atom(at, n))
			continue;
		/* words of our own: a server cannot mean them */
		if (begins(at, n, "XCONNECT=") || is(at, n, "XREMEMBERED"))
			continue;
		append(b, start, at, n);
	}
}

void
caps_own(struct buf *b, const char *list)
{
	size_t n;
	const char *at;

	buf_str(b, " XCONNECT=IMAP4rev1");
	while (list != NULL && (n = next(&list, &at)) != 0)
		if (atom(at, n) && (begins(at, n, "AUTH=") || begins(at, n, "COMPRESS=") ||
		    is(at, n, "LOGINDISABLED") || is(at, n, "SASL-IR"))) {
			buf_str(b, " XCONNECT=");
			buf_put(b, at, n);
		}
}

void
caps_recall(const char *kept, struct buf *login, struct buf *session)
{
	static const char own[] = "XCONNECT=";
	char *copy = mem_dup(kept), *rest = copy, *word;

	while ((word = strsep(&rest, ",")) != NULL)
		if (begins(word, strlen(word), own))
			append(login, 0, word + sizeof(own) - 1, strlen(word) - (sizeof(own) - 1));
		else if (*word != '\0')
			append(session, 0, word, strlen(word));
	free(copy);
}

void
caps_logins(struct buf *b, const char *list)
{
	size_t n, start = b->len;
	const char *at;

	while (list != NULL && (n = next(&list, &at)) != 0)
		if (begins(at, n, "AUTH=") || is(at, n, "LOGINDISABLED"))
			append(b, start, at, n);
	if (b->len == start)
		buf_str(b, "nothing");
}
