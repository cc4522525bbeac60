/*
 * The data of an IMAP response as four kinds of value (RFC 3501 section 4):
 * atom, string (quoted or literal), list, NIL; numbers are atoms of digits.
 */
#ifndef IMAP_VALUE_H
#define IMAP_VALUE_H

#include <stddef.h>
#include <stdint.h>

#define VALUE_DEPTH	32	/* lists within lists; deeper is an error */

enum value_kind {
	VALUE_ATOM,
	VALUE_STRING,
	VALUE_STREAMED,		/* a literal that went to the session's sink; len is its size */
	VALUE_LIST,
	VALUE_NIL
};

struct value {
	enum value_kind	 kind;
	const char	*s;		/* ATOM, STRING: len bytes and a NUL; may hold NULs if a literal did */
	size_t		 len;
	struct value	*kids;		/* LIST: the first of them, or NULL */
	struct value	*next;		/* the one behind in the same list */
};

/* Memory for the values of one response, used again for the next. */
struct arena;
struct arena	*arena_new(void);
void		 arena_reset(struct arena *);
void		 arena_free(struct arena *);

/*
 * Reads values from p up to end, separated by blanks, until the end (or a
 * closing "]" if bracket says so; *stop is set behind it).  streamed lists the
 * offsets from base of the "{" of literals whose bytes are not in the text.
 * Returns the first value with *ok set, NULL for none; *ok 0 if it is malformed.
 */
struct value_text {
	const char	*base, *p, *end;
	const size_t	*streamed;
	size_t		 nstreamed;
};
struct value	*value_read(struct arena *, struct value_text *, int bracket, int *ok);

int		 value_is(const struct value *, const char *);	/* an atom equal in any case */
/* An atom of digits as a number; 0 or -1. */
int		 value_num(const struct value *, uint64_t *);
/* The bytes of an atom or string as a C string, or NULL (NIL, list, a NUL inside). */
const char	*value_text(const struct value *);
const struct value *value_at(const struct value *, size_t);	/* the n-th sibling, or NULL */

#endif
