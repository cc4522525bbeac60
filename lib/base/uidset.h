/* Sets of uids (RFC 3501, sequence-set): ranges, never expanded. */
#ifndef BASE_UIDSET_H
#define BASE_UIDSET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct uidrange {
	uint32_t	 lo, hi;
};

#define UIDSET_RUNS	64		/* each is at least twice as long as the next */

struct uidset {
	struct uidrange	*r;		/* ascending, disjoint once sorted */
	size_t		 n, cap;
	/* private */
	size_t		*run;		/* where each run but the first begins: they are sorted in themselves */
	unsigned	 nrun;		/* 0: there is one only, so the set is sorted */
};

void	 uidset_init(struct uidset *);
void	 uidset_free(struct uidset *);
void	 uidset_clear(struct uidset *);
void	 uidset_add(struct uidset *, uint32_t lo, uint32_t hi);
/* Sorts and merges; the functions below do it when needed. */
void	 uidset_sort(struct uidset *);
int	 uidset_has(const struct uidset *, uint32_t);	/* does not sort */
uint64_t uidset_count(struct uidset *);
/* Adds to "to" what is in both, and what is in a and not in b. */
void	 uidset_and(struct uidset *to, struct uidset *a, struct uidset *b);
void	 uidset_minus(struct uidset *to, struct uidset *a, struct uidset *b);
/* Adds to "to" those from lo to hi. */
void	 uidset_part(struct uidset *to, struct uidset *from, uint32_t lo, uint32_t hi);
/* Adds what "1:3,7" holds ("*" is refused); 0 or -1. */
int	 uidset_parse(struct uidset *, const char *);
/* The same of "VALIDITY:SET", as records have it; NULL is none. */
int	 uidset_parse_id(struct uidset *, const char *, uint32_t *validity);
/*
 * Appends text from range *at on, at most about max bytes, and moves *at: call
 * until *at reaches n.  One range is never split.
 */
void	 uidset_text(struct uidset *, size_t *at, size_t max, struct buf *);

#endif
