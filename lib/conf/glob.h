/*
 * Lists of folders: "folders = INBOX, lists?*, !lists/noise".
 *
 * Patterns are separated by commas, blanks around them do not count, and the
 * last one that matches decides.  "*" matches any characters, separators
 * included, "?" one character (UTF-8); a "!" in front excludes; a backslash
 * takes its special meaning from the next character.  If the first pattern
 * excludes, all else is included from the start, otherwise nothing is.  The
 * name INBOX matches in any case.
 */
#ifndef CONF_GLOB_H
#define CONF_GLOB_H

#include "base/err.h"

struct glob;

/*
 * Compiles a list.  NULL or blank text gives a list that includes everything.
 * "where" is what stands in front of an error ("FILE:LINE: folders").  Returns
 * the list, glob_free it; NULL with the error set (status 2).
 */
struct glob *glob_parse(const char *text, const char *where, struct err *);
void	 glob_free(struct glob *);		/* NULL is fine */

/* 1 if the list includes the name.  NULL includes everything. */
int	 glob_match(const struct glob *, const char *name);

#endif
