/* What each verb of offlineimap-records(5) takes; for rec.c. */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include <stddef.h>

struct shape {
	const char	*verb;
	int		 npos;		/* positional fields */
	const char	*keys;		/* in C order, a blank before and behind each */
};

/* The shape of a verb, or NULL. */
const struct shape *shape_of(const char *verb);
/*
 * Looks for a key (n bytes) in a shape's keys, from the word at p on ("keys + 1" is the first).
 * Where it stands, or NULL.  Lines are mostly in C order: looking on from there is quick.
 */
const char *shape_key(const char *p, const char *key, size_t n);

#endif
