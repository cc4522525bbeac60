/*
 * Rules that rename folders: "rename = s/regex/replacement/; s,a,b,g".
 *
 * Each rule is sed's s command with a POSIX extended regular expression, any
 * printable ASCII character but the backslash as delimiter, \1 to \9 and & in
 * the replacement, and the flags g and i.  Rules are separated by ";" or a line
 * end and applied in order.  Names are UTF-8, whatever the locale.
 */
#ifndef CONF_RENAME_H
#define CONF_RENAME_H

#include "base/buf.h"
#include "base/err.h"

struct rename;

/*
 * Compiles rules.  NULL or blank text gives none, which changes no name.
 * "where" stands in front of an error ("FILE:LINE: rename").  Returns the rules,
 * rename_free them; NULL with the error set (status 2).
 */
struct rename *rename_parse(const char *text, const char *where, struct err *);
void	 rename_free(struct rename *);		/* NULL is fine */

/*
 * Appends the name as the rules change it (as it is, if NULL); an overflow
 * poisons the buffer.
 */
void	 rename_apply(const struct rename *, const char *name, struct buf *);

#endif
