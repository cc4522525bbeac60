/*
 * Percent-encoding of record fields: every byte outside 0x21-0x7e, and '%',
 * becomes %XX; the empty string is a lone "%", a lone dash is "%2D".  And the
 * way to show foreign text to a person.
 */
#ifndef BASE_PCT_H
#define BASE_PCT_H

#include "base/buf.h"

/* How many of the first n bytes need no encoding. */
size_t	 pct_plain(const char *, size_t n);
void	 pct_encode(struct buf *, const char *);	/* NULL becomes "-" */
/*
 * Decodes a field in place.  Returns the string, NULL with *absent set for
 * "-", NULL for what is no encoding (a bad %XX, a %00, a raw byte out of range).
 */
char	*pct_decode(char *, int *absent);

/*
 * Appends text for a terminal or a log: printable UTF-8 stays, everything else
 * (controls, C1 as bytes or characters, broken sequences, bidirectional
 * overrides) becomes \xNN.  One line in, one line out.
 */
void	 pct_show(struct buf *, const char *);

/* 1 if the bytes are well-formed UTF-8 (RFC 3629). */
int	 pct_utf8(const char *);

#endif
