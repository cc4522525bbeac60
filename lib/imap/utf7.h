/*
 * Modified UTF-7, the form of mailbox names on the wire (RFC 3501, 5.1.3).
 * Strict in both directions: what decodes is exactly what encoding the result
 * gives back, so that a name has one form on each side.
 */
#ifndef IMAP_UTF7_H
#define IMAP_UTF7_H

#include "base/buf.h"

/*
 * Appends the UTF-8 form of a name.  Returns 0, or -1 if it is no modified
 * UTF-7: a byte outside 0x20-0x7e, a shift that is not closed, superfluous or
 * holds what needs none, bits left over, half a surrogate pair, a NUL.  What
 * was appended before a failure stays.
 */
int	 utf7_decode(struct buf *, const char *);

/* Appends the modified UTF-7 form of a name; -1 if it is not UTF-8. */
int	 utf7_encode(struct buf *, const char *);

/* 1 if utf7_decode would take it. */
int	 utf7_valid(const char *);

#endif
