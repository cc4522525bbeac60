/* What the options' values mean. */
#include "conf/opt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "conf/text.h"

/* Whether a name is the option's; a "?" at its end stands for one letter. */
static int
named(const struct opt *o, const char *name)
{
	size_t n = strlen(o->name);

	if (o->name[n - 1] != '?')
		return strcmp(o->name, name) == 0;
	return strlen(name) == n && strncmp(o->name, name, n - 1) == 0 &&
	    name[n - 1] >= 'a' && name[n - 1] <= 'z';
}

const struct opt *
opt_find(const char *name, unsigned where)
{
	const struct opt *t;
	size_t i, n;

	t = opt_table(&n);
	for (i = 0; i < n; i++)
		if ((t[i].where & where) != 0 && named(&t[i], name))
			return &t[i];
	return NULL;
}

/* Whether a value is one of the words in "a|b|c". */
static int
among(const char *value, const char *words)
{
	size_t n, len = strlen(value);

	for (; words != NULL; words = words[n] == '|' ? words + n + 1 : NULL) {
		n = strcspn(words, "|");
		if (n == len && strncmp(words, value, n) == 0)
			return 1;
	}
	return 0;
}

int
opt_asks(const struct opt *o, const char *value)
{
	int a, b;
	double d;
	char *end;

	if (*value == '\0')
		return 0;
	switch (o->type) {
	case OPT_BOOL:
		return opt_bool(value, &a) == -1 || o->dflt == NULL ||
		    opt_bool(o->dflt, &b) == -1 || a != b;
	case OPT_INT:
	case OPT_FLOAT:
		d = strtod(value, &end);
		return *end != '\0' || o->dflt == NULL || d != strtod(o->dflt, NULL);
	case OPT_LONG:
		return strcmp(value, "[]") != 0 && strcmp(value, "None") != 0;
	default:
		return !among(value, o->dflt);
	}
}

int
opt_bool(const char *s, int *to)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(s, words[i]) == 0) {
			*to = (int)(i & 1);
			return 0;
		}
	return -1;
}

int
opt_int(const char *s, long long min, long long max, long long *to)
{
	const char *end = s + strlen(s), *bad;
	char digits[32];
	size_t n = 0;

	text_trim(&s, &end);
	if (s < end && (*s == '+' || *s == '-')) {
		if (*s == '-')
			digits[n++] = '-';
		s++;
	}
	for (; s < end && n < sizeof(digits) - 1; s++) {
		/* Python's digit groups: one "_" between two digits */
		if (*s == '_' && n > 0 && isdigit((unsigned char)digits[n - 1]) && s + 1 < end)
			s++;
		if (!isdigit((unsigned char)*s))
			return -1;
		digits[n++] = *s;
	}
	digits[n] = '\0';
	if (s != end || n == 0)
		return -1;
	*to = strtonum(digits, min, max, &bad);
	return bad != NULL ? -1 : 0;
}

int
opt_maxdelete(const char *s, int *on, unsigned *count, unsigned *percent)
{
	struct list l = { NULL, 0 };
	long long n = 0, p = 0;
	size_t len;
	int yes, rc = -1;

	if (strcmp(s, "0") != 0 && strcmp(s, "1") != 0 && opt_bool(s, &yes) == 0) {
		*on = yes;
		*count = *percent = 50;
		return 0;
	}
	list_split(&l, s, ',');
	if (l.n == 2) {
		len = strlen(l.v[1]);
		while (len > 0 && l.v[1][len - 1] == '%')
			l.v[1][--len] = '\0';
		if (opt_int(l.v[1], 0, 100, &p) == -1)
			goto out;
	}
	if (l.n < 1 || l.n > 2 || opt_int(l.v[0], 0, 2147483647, &n) == -1)
		goto out;
	*on = 1;
	*count = (unsigned)n;
	*percent = (unsigned)p;
	rc = 0;
out:
	list_free(&l);
	return rc;
}

char *
opt_fingerprint(const char *s)
{
	static const size_t sizes[] = { 40, 56, 64, 96, 128 };
	const char *end = s + strlen(s);
	char *hex = mem_alloc(strlen(s) + 1);
	size_t i, n = 0, blank;

	while (s < end) {
		if ((blank = *s == ':' ? 1 : text_blank(s, end)) > 0) {
			s += blank;
			continue;
		}
		if (!isxdigit((unsigned char)*s))
			break;
		hex[n++] = *s++;
	}
	hex[n] = '\0';
	text_lower(hex);
	for (i = 0; s == end && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (n == sizes[i])
			return hex;
	free(hex);
	return NULL;
}
