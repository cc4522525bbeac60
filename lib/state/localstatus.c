/* OfflineIMAP's plain LocalStatus. */
#include "state/localstatus.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/flags.h"

int
localstatus_line(char line[LOCALSTATUS_LINE], int64_t uid, const char *flags, size_t n)
{
	size_t i;
	int len;

	if (uid < 1 || uid > UINT32_MAX || n > LOCALSTATUS_FLAGS)
		return -1;
	for (i = 0; i < n; i++)
		if (!isalpha((unsigned char)flags[i]))
			return -1;
	len = snprintf(line, LOCALSTATUS_LINE, "%lld|%.*s|0|\n", (long long)uid, (int)n, flags);
	return len < 0 || len >= LOCALSTATUS_LINE ? -1 : 0;
}

/* A uid and the separator behind it. */
static int
take_uid(const char **p, char sep, uint32_t *uid)
{
	return foreign_number(p, uid) == -1 || *uid == 0 || *(*p)++ != sep ? -1 : 0;
}

/* Letters, up to the separator ('\0': to the end); those that are none of the five count nothing. */
static int
take_flags(const char **p, char sep, unsigned *flags)
{
	for (; isalpha((unsigned char)**p); (*p)++)
		*flags |= flags_bit(**p);
	if (**p != sep)
		return -1;
	if (sep != '\0')
		(*p)++;
	return 0;
}

/* "MTIME|LABELS", of which nothing is needed. */
static int
take_rest(const char *p)
{
	const char *digits = p;

	while (isdigit((unsigned char)*p))
		p++;
	return p == digits || *p != '|' || strchr(p + 1, '|') != NULL ? -1 : 0;
}

static int
take(struct foreign *f, const char *line, int format, uint32_t no)
{
	struct foreign_msg *m;
	unsigned flags = 0;
	uint32_t uid;
	int r;

	if (format == 1)
		r = take_uid(&line, ':', &uid) == -1 ? -1 : take_flags(&line, '\0', &flags);
	else
		r = take_uid(&line, '|', &uid) == -1 || take_flags(&line, '|', &flags) == -1 ? -1 :
		    take_rest(line);
	if (r == -1)
		return -1;
	m = foreign_add(f, no);
	m->far = m->near = uid;
	m->flags = flags;
	return 0;
}

int
localstatus_parse(struct foreign *f, const char *name, char *text, size_t len, struct err *e)
{
	size_t magic = sizeof(LOCALSTATUS_MAGIC) - 1;
	struct foreign_text t;
	int got, format;
	char *line;

	foreign_text(&t, name, text, len);
	if ((got = foreign_line(&t, &line, e)) != 1)
		return got == 0 ? err_fail(e, "%s: it is empty", name) : -1;
	if (strncmp(line, LOCALSTATUS_MAGIC, magic) != 0 ||
	    (strcmp(line + magic, "1") != 0 && strcmp(line + magic, "2") != 0))
		return foreign_bad(&t, "no LocalStatus of format 1 or 2", e);
	format = line[magic] - '0';
	while ((got = foreign_line(&t, &line, e)) == 1)
		if (take(f, line, format, t.line) == -1)
			return foreign_bad(&t, "malformed", e);
	return got == -1 ? -1 : foreign_settle(f, name, e);
}
