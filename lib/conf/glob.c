/* Lists of folders as patterns, the last match wins. */
#include "conf/glob.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct pattern {
	char	*text;		/* as written, backslashes included */
	int	 exclude;
};

struct glob {
	struct pattern	*p;
	size_t		 n;
};

static int
blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * The pattern at s, up to a comma that is not quoted; *len leaves out blanks
 * behind it that are not quoted.  Where it ends, NULL if a backslash does.
 */
static const char *
pattern_end(const char *s, size_t *len)
{
	const char *p;

	*len = 0;
	for (p = s; *p != '\0' && *p != ','; p++) {
		if (*p == '\\' && *++p == '\0')
			return NULL;
		if (!blank((unsigned char)*p) || (p > s && p[-1] == '\\'))
			*len = (size_t)(p - s) + 1;
	}
	return p;
}

static void
add(struct glob *g, const char *text, size_t len, int exclude)
{
	g->p = mem_grow(g->p, g->n + 1, sizeof(*g->p));
	g->p[g->n].text = mem_ndup(text, len);
	g->p[g->n++].exclude = exclude;
}

static const char *
skip_blanks(const char *s)
{
	while (blank((unsigned char)*s))
		s++;
	return s;
}

struct glob *
glob_parse(const char *text, const char *where, struct err *e)
{
	struct glob *g = mem_alloc(sizeof(*g));
	const char *s = skip_blanks(text != NULL ? text : ""), *end;
	int exclude, items = *s != '\0';
	size_t len;

	for (; *s != '\0'; s = *end == ',' ? end + 1 : end) {
		s = skip_blanks(s);
		if ((exclude = *s == '!'))
			s = skip_blanks(s + 1);
		if ((end = pattern_end(s, &len)) == NULL) {
			err_conf(e, "%s: a backslash ends the list; write \\\\ for one", where);
			goto bad;
		}
		if (len == 0 && exclude) {
			err_conf(e, "%s: \"!\" without a pattern", where);
			goto bad;
		}
		if (len != 0)
			add(g, s, len, exclude);
	}
	if (items && g->n == 0) {
		err_conf(e, "%s: no pattern in \"%s\"", where, text);
		goto bad;
	}
	return g;
bad:
	glob_free(g);
	return NULL;
}

void
glob_free(struct glob *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->n; i++)
		free(g->p[i].text);
	free(g->p);
	free(g);
}

/* The bytes of the character at s; a broken one counts as one byte. */
static size_t
character(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t i, n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	for (i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

static int
same(int a, int b, int fold)
{
	return a == b || (fold && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/*
 * Matches one character or "?" at *p against *s and steps both; 0 if they
 * differ or there is nothing left of either.
 */
static int
step(const char **p, const char **s, int fold)
{
	const char *q = *p;

	if (**s == '\0' || *q == '\0' || *q == '*')
		return 0;
	if (*q == '?') {
		*s += character(*s);
		*p = q + 1;
		return 1;
	}
	if (*q == '\\')
		q++;
	if (!same(*q, **s, fold))
		return 0;
	*p = q + 1;
	(*s)++;
	return 1;
}

/*
 * Only the last star is ever tried again, so the time is at most the product
 * of both lengths.
 */
static int
match(const char *p, const char *s, int fold)
{
	const char *star = NULL, *from = NULL;

	for (;;) {
		if (*p == '*') {
			star = ++p;
			from = s;
		} else if (*p == '\0' && *s == '\0') {
			return 1;
		} else if (!step(&p, &s, fold)) {
			if (star == NULL || *from == '\0')
				return 0;
			from += character(from);
			p = star;
			s = from;
		}
	}
}

int
glob_match(const struct glob *g, const char *name)
{
	int in, fold = strcasecmp(name, "INBOX") == 0;
	size_t i;

	if (g == NULL || g->n == 0)
		return 1;
	in = g->p[0].exclude;
	for (i = 0; i < g->n; i++)
		if (match(g->p[i].text, name, fold))
			in = !g->p[i].exclude;
	return in;
}
