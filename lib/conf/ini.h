/*
 * The configuration file's syntax: Python's configparser with its defaults
 * (offlineimap.conf(5), SYNTAX), but for these: a section or option that
 * stands twice is a warning and the last one wins, a byte order mark is
 * skipped, and bytes that are no UTF-8 stay as they are.
 */
#ifndef CONF_INI_H
#define CONF_INI_H

#include <stddef.h>

#include "base/err.h"
#include "conf/text.h"

struct ini_opt {
	char	*name;		/* lower case */
	char	*value;		/* lines joined by LF, before interpolation */
	char	*at;		/* "FILE:LINE", or "-k SECTION:OPTION" */
};

struct ini_sect {
	char		*name;
	char		*at;
	struct ini_opt	*opts;	/* in the order of the file */
	size_t		 nopts;
};

struct ini {
	char		*file;
	struct ini_sect	*sects;	/* the first is [DEFAULT], there or not */
	size_t		 nsects;
	struct list	 warnings;
};

/* Parses text; "file" is its name for messages.  0, or -1 (status 2). */
int	 ini_parse(struct ini **, const char *file, const char *text, size_t len,
	    struct err *);
/* Reads and parses a file.  -1: status 1 if it does not exist, else 2. */
int	 ini_read(struct ini **, const char *file, struct err *);
void	 ini_free(struct ini *);	/* wipes all values; takes NULL */

/* NULL if there is none of that name; "DEFAULT" is always there. */
const struct ini_sect *ini_section(const struct ini *, const char *name);
/* An option of a section or, failing that (or with NULL), of [DEFAULT]; NULL. */
const struct ini_opt *ini_find(const struct ini *, const struct ini_sect *, const char *name);
/*
 * Applies an override "[section:]option=value" as -k does: in the section
 * part "_" stands for a blank, unless only the literal name exists; without one
 * it is [general].
 */
int	 ini_override(struct ini *, const char *, struct err *);

/*
 * An option's value with %(name)s replaced by options of the section or of
 * [DEFAULT], to a depth of 10, and %% by %; malloc'ed.  NULL with the error set
 * (status 2) for any other "%".  In interp.c.
 */
char	*ini_value(const struct ini *, const struct ini_sect *, const struct ini_opt *,
	    struct err *);
/* 1 if each "%" of a value starts "%%" or "%(name)s". */
int	 ini_percent(const char *value);

#endif
