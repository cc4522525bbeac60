/* Renaming rules: sed's s command over POSIX extended regular expressions. */
#include "conf/rename.h"

#include <ctype.h>
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define GROUPS	10		/* the match and \1 to \9 */

struct rule {
	regex_t	 re;
	char	*with;		/* normalized: \0 to \9 are groups, \\ a backslash, no other escape */
	int	 all;		/* flag g */
};

struct rename {
	struct rule	*rules;
	size_t		 n;
};

/*
 * What is needed to compile one rule: the delimited parts as they were written
 * and where to complain.
 */
struct source {
	const char	*where;
	int		 delim;
	struct buf	 regex;		/* escapes of the delimiter resolved */
	struct buf	 with;		/* normalized */
	int		 groups;	/* the highest \N */
	int		 all, fold;
};

/*
 * Regular expressions see characters, not bytes, wherever the tool was started:
 * UTF-8 for this thread while it is in here.  Without such a locale (an
 * unusual C library) bytes have to do.
 */
static locale_t
locale_enter(void)
{
	static locale_t utf8;

	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return uselocale(utf8);
}

static void
locale_leave(locale_t old)
{
	uselocale(old);
}

/*
 * Copies the bracket expression at s, in which the delimiter and the backslash
 * are characters like others.  Where it ends: behind the "]".
 */
static const char *
bracket(struct source *src, const char *s)
{
	const char *first;
	int kind;

	buf_byte(&src->regex, *s++);
	if (*s == '^')
		buf_byte(&src->regex, *s++);
	for (first = s; *s != '\0' && (*s != ']' || s == first); s++) {
		if (*s == '[' && (s[1] == ':' || s[1] == '.' || s[1] == '=')) {
			kind = (unsigned char)s[1];
			do
				buf_byte(&src->regex, *s++);
			while (*s != '\0' && (*s != kind || s[1] != ']'));
			if (*s == '\0')
				return s;
			buf_byte(&src->regex, *s++);
		}
		buf_byte(&src->regex, *s);
	}
	if (*s == ']')
		buf_byte(&src->regex, *s++);
	return s;
}

/* The expression up to its delimiter.  Behind that, or NULL if there is none. */
static const char *
take_regex(struct source *src, const char *s)
{
	while (*s != '\0' && *s != src->delim) {
		if (*s == '[') {
			s = bracket(src, s);
			continue;
		}
		if (*s == '\\' && s[1] != '\0') {
			/* An escaped delimiter is that character itself, special or not. */
			if (s[1] != src->delim || strchr(".[]()*+?{}|^$", s[1]) != NULL)
				buf_byte(&src->regex, *s);
			s++;
		}
		buf_byte(&src->regex, *s++);
	}
	return *s == '\0' ? NULL : s + 1;
}

/* The replacement up to its delimiter.  Behind that, or NULL with the error set. */
static const char *
take_with(struct source *src, const char *s, struct err *e)
{
	struct buf *b = &src->with;

	for (; *s != '\0' && *s != src->delim; s++) {
		if (*s == '&') {
			buf_str(b, "\\0");
			continue;
		}
		if (*s != '\\') {
			buf_byte(b, *s);
			continue;
		}
		s++;
		if (*s == '\0')
			break;
		if (*s == '\\')
			buf_str(b, "\\\\");
		else if (*s == src->delim || !isalnum((unsigned char)*s))
			buf_byte(b, *s);
		else if (*s >= '1' && *s <= '9') {
			buf_printf(b, "\\%c", *s);
			if (*s - '0' > src->groups)
				src->groups = *s - '0';
		} else {
			err_conf(e, "%s: \\%c means nothing in a replacement", src->where, *s);
			return NULL;
		}
	}
	if (*s == '\0') {
		err_conf(e, "%s: unterminated rule: \"%c\" is missing behind the replacement",
		    src->where, src->delim);
		return NULL;
	}
	return s + 1;
}

/* Flags up to the rule's end.  Behind that, or NULL with the error set. */
static const char *
take_flags(struct source *src, const char *s, struct err *e)
{
	for (; *s != '\0' && *s != ';' && *s != '\n'; s++) {
		if (*s == 'g')
			src->all = 1;
		else if (*s == 'i' || *s == 'I')
			src->fold = 1;
		else if (*s != ' ' && *s != '\t' && *s != '\r') {
			err_conf(e, "%s: unknown flag \"%.20s\" behind a rule; there are g and i, "
			    "and \";\" between rules", src->where, s);
			return NULL;
		}
	}
	return *s != '\0' ? s + 1 : s;
}

/* Compiles what the source holds and adds it; 0 or -1. */
static int
add(struct rename *rn, struct source *src, struct err *e)
{
	struct rule r = { .all = src->all };
	locale_t old;
	char why[200];
	int rc;

	if (src->regex.len == 0)
		return err_conf(e, "%s: empty regular expression", src->where);
	if (buf_bad(&src->regex) || buf_bad(&src->with))
		return err_conf(e, "%s: rule too long", src->where);
	old = locale_enter();
	rc = regcomp(&r.re, buf_cstr(&src->regex), REG_EXTENDED | (src->fold ? REG_ICASE : 0));
	if (rc != 0)
		regerror(rc, &r.re, why, sizeof(why));
	locale_leave(old);
	if (rc != 0)
		return err_conf(e, "%s: \"%.200s\": %s", src->where, buf_cstr(&src->regex), why);
	if ((size_t)src->groups > r.re.re_nsub) {
		regfree(&r.re);
		return err_conf(e, "%s: \\%d, but \"%.200s\" has no such group", src->where,
		    src->groups, buf_cstr(&src->regex));
	}
	r.with = mem_dup(buf_cstr(&src->with));
	rn->rules = mem_grow(rn->rules, rn->n + 1, sizeof(*rn->rules));
	rn->rules[rn->n++] = r;
	return 0;
}

/* Reads the rule at s and adds it.  Behind it, or NULL with the error set. */
static const char *
take_rule(struct rename *rn, const char *s, const char *where, struct err *e)
{
	struct source src = { .where = where };
	const char *end = NULL;

	if (s[0] != 's' || s[1] < 0x20 || s[1] > 0x7e || s[1] == '\\') {
		err_conf(e, "%s: a rule is s/regex/replacement/, not \"%.40s\"", where, s);
		return NULL;
	}
	buf_init(&src.regex, 1 << 16);
	buf_init(&src.with, 1 << 16);
	src.delim = (unsigned char)s[1];
	if ((s = take_regex(&src, s + 2)) == NULL)
		err_conf(e, "%s: unterminated rule: \"%c\" is missing behind the expression",
		    where, src.delim);
	else if ((s = take_with(&src, s, e)) != NULL &&
	    (s = take_flags(&src, s, e)) != NULL && add(rn, &src, e) == 0)
		end = s;
	buf_free(&src.regex);
	buf_free(&src.with);
	return end;
}

struct rename *
rename_parse(const char *text, const char *where, struct err *e)
{
	struct rename *rn = mem_alloc(sizeof(*rn));
	const char *s = text != NULL ? text : "";

	for (;;) {
		s += strspn(s, " \t\r\n;");
		if (*s == '\0')
			return rn;
		if ((s = take_rule(rn, s, where, e)) == NULL)
			break;
	}
	rename_free(rn);
	return NULL;
}

void
rename_free(struct rename *rn)
{
	size_t i;

	if (rn == NULL)
		return;
	for (i = 0; i < rn->n; i++) {
		regfree(&rn->rules[i].re);
		free(rn->rules[i].with);
	}
	free(rn->rules);
	free(rn);
}

static void
put_with(struct buf *b, const char *with, const char *s, const regmatch_t *m)
{
	for (; *with != '\0'; with++) {
		if (*with != '\\')
			buf_byte(b, *with);
		else if (*++with == '\\')
			buf_byte(b, '\\');
		else if (m[*with - '0'].rm_so != -1)
			buf_put(b, s + m[*with - '0'].rm_so,
			    (size_t)(m[*with - '0'].rm_eo - m[*with - '0'].rm_so));
	}
}

/* The end of the character at "at": its first byte and what continues it. */
static size_t
next_char(const char *s, size_t at, size_t len)
{
	for (at++; at < len && ((unsigned char)s[at] & 0xc0) == 0x80; at++)
		continue;
	return at;
}

/*
 * One rule over s.  As in sed, an empty match directly behind the last one
 * does not count.
 */
static void
apply(const struct rule *r, const char *s, size_t len, struct buf *b)
{
	size_t at = 0, copied = 0, last = len + 1;
	regmatch_t m[GROUPS];

	while (at <= len) {
		m[0].rm_so = (regoff_t)at;
		m[0].rm_eo = (regoff_t)len;
		if (regexec(&r->re, s, GROUPS, m, REG_STARTEND | (at > 0 ? REG_NOTBOL : 0)) != 0)
			break;
		if (m[0].rm_eo > m[0].rm_so || (size_t)m[0].rm_so != last) {
			buf_put(b, s + copied, (size_t)m[0].rm_so - copied);
			put_with(b, r->with, s, m);
			copied = last = (size_t)m[0].rm_eo;
			if (!r->all)
				break;
		}
		at = (size_t)m[0].rm_eo;
		if (m[0].rm_eo == m[0].rm_so)
			at = next_char(s, at, len);
	}
	buf_put(b, s + copied, len - copied);
}

void
rename_apply(const struct rename *rn, const char *name, struct buf *out)
{
	struct buf a, b, t;
	locale_t old;
	size_t i;

	buf_init(&a, out->max);
	buf_init(&b, out->max);
	buf_str(&a, name);
	old = locale_enter();
	for (i = 0; rn != NULL && i < rn->n && !buf_bad(&a); i++) {
		buf_clear(&b);
		apply(&rn->rules[i], buf_cstr(&a), a.len, &b);
		t = a;
		a = b;
		b = t;
	}
	locale_leave(old);
	if (buf_bad(&a))
		out->bad = 1;
	buf_put(out, a.data != NULL ? a.data : "", a.len);
	buf_free(&a);
	buf_free(&b);
}
