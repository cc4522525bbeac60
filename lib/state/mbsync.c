/* mbsync's state file. */
#include "state/mbsync.h"

#include <ctype.h>
#include <string.h>

#include "base/flags.h"

/* What a line of the header sets. */
enum header { HEADER_FAR, HEADER_NEAR, HEADER_OTHER };

/* Names of isync 1.4 and later, and those before. */
static const struct {
	const char	*name;
	enum header	 what;
} headers[] = {
	{ "FarUidValidity", HEADER_FAR },
	{ "MasterUidValidity", HEADER_FAR },
	{ "NearUidValidity", HEADER_NEAR },
	{ "SlaveUidValidity", HEADER_NEAR },
	{ "MaxPulledUid", HEADER_OTHER },
	{ "MaxPushedUid", HEADER_OTHER },
	{ "MaxExpiredFarUid", HEADER_OTHER },
	{ "MaxExpiredMasterUid", HEADER_OTHER },
	{ "MaxExpiredSlaveUid", HEADER_OTHER },
};

/* "NAME NUMBER"; 0 or -1. */
static int
take_header(struct foreign *f, const char *line)
{
	size_t i, n = strcspn(line, " ");
	const char *p = line + n + 1;
	uint32_t number;

	if (line[n] == '\0' || foreign_number(&p, &number) == -1 || *p != '\0')
		return -1;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (strlen(headers[i].name) != n || strncmp(headers[i].name, line, n) != 0)
			continue;
		if (headers[i].what == HEADER_FAR)
			f->far = number;
		else if (headers[i].what == HEADER_NEAR)
			f->near = number;
		return 0;
	}
	return -1;
}

/* A uid; -1 stood for a message that was not to be copied, before isync 1.3. */
static int
take_uid(const char **p, uint32_t *uid, unsigned *bits)
{
	if (strncmp(*p, "-1 ", 3) == 0 || strcmp(*p, "-1") == 0) {
		*p += 2;
		*uid = UINT32_MAX;
	} else if (foreign_number(p, uid) == -1)
		return -1;
	if (*uid == UINT32_MAX) {
		*uid = 0;
		*bits |= FOREIGN_SKIPPED;
	}
	return 0;
}

/* The words in front of the flags, one letter each. */
static const char *
take_marks(const char *p, unsigned *bits)
{
	if (*p == '<' || *p == '>') {
		*bits |= FOREIGN_DUMMY;
		p++;
	}
	if (*p == '^') {
		*bits |= FOREIGN_SKIPPED;
		p++;
	} else if (*p == '~' || *p == 'X') {
		*bits |= FOREIGN_EXPIRED;
		p++;
	}
	return p;
}

/* "FAR NEAR MARKS-AND-FLAGS"; 0 or -1. */
static int
take_entry(struct foreign *f, const char *p, uint32_t line)
{
	static const char letters[] = "DFPRST";
	struct foreign_msg m = { .line = line };
	const char *at = letters;

	if (take_uid(&p, &m.far, &m.bits) == -1 || *p++ != ' ' ||
	    take_uid(&p, &m.near, &m.bits) == -1 || (*p != ' ' && *p != '\0') ||
	    (m.far == 0 && m.near == 0))
		return -1;
	if (*p == ' ')
		p++;
	for (p = take_marks(p, &m.bits); *p != '\0'; p++) {
		/* each once, in order */
		if ((at = strchr(at, *p)) == NULL)
			return -1;
		at++;
		m.flags |= flags_bit(*p);
	}
	*foreign_add(f, line) = m;
	return 0;
}

/* The header with the empty line behind it. */
static int
read_header(struct foreign *f, struct foreign_text *t, struct err *e)
{
	char *line;
	int got;

	while ((got = foreign_line(t, &line, e)) == 1 && *line != '\0') {
		if (t->line == 1 && isdigit((unsigned char)*line))
			return foreign_bad(t, "a state of isync before 1.1; run a later mbsync "
			    "once, which writes it anew", e);
		if (take_header(f, line) == -1)
			return foreign_bad(t, "malformed header", e);
	}
	return got == 0 ? err_fail(e, "%s: the header does not end", t->name) :
	    got == -1 ? -1 : 0;
}

int
mbsync_parse(struct foreign *f, const char *name, char *text, size_t len, struct err *e)
{
	struct foreign_text t;
	char *line;
	int got;

	foreign_text(&t, name, text, len);
	if (read_header(f, &t, e) == -1)
		return -1;
	while ((got = foreign_line(&t, &line, e)) == 1)
		if (take_entry(f, line, t.line) == -1)
			return foreign_bad(&t, "malformed", e);
	return got;
}
