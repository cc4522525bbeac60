/*
 * A set of names, 8 bytes each and no names: keyed by a hash (SipHash-1-3 under
 * a random key, so that no sender of file names can choose collisions) whose low
 * bits are the caller's marks.
 */
#ifndef MAILDIR_KEYSET_H
#define MAILDIR_KEYSET_H

#include <stddef.h>
#include <stdint.h>

#define KEYSET_MARKS	15u		/* the bits of a slot that belong to the caller */

struct keyset {
	uint64_t	*slot;		/* 0: free */
	size_t		 n, cap;	/* cap is a power of 2 */
	uint64_t	 seed[2];
};

void	 keyset_init(struct keyset *);
void	 keyset_free(struct keyset *);
/* Empties it and keeps the memory if that is little. */
void	 keyset_clear(struct keyset *);
/*
 * The slot of a name, added without marks if it is not there.  Or marks into
 * it or test them; no other bits.  Lives until the next add.
 */
uint64_t *keyset_add(struct keyset *, const char *, size_t);
/* Takes marks away from all. */
void	 keyset_unmark(struct keyset *, uint64_t marks);

/* SipHash-1-3 of a run of bytes. */
uint64_t keyset_hash(const uint64_t seed[2], const void *, size_t);

#endif
