/*
 * SHA-256 (FIPS 180-4), with the processor's own instructions where it has them: libmd
 * takes more time for the start of a message than all else that is done with it.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN	32	/* bytes of a digest */

struct sha256 {
	uint32_t	 state[8];
	uint64_t	 n;		/* bytes fed */
	unsigned char	 block[64];	/* the last n % 64 of them */
};

void	 sha256_init(struct sha256 *);
void	 sha256_add(struct sha256 *, const void *, size_t);
void	 sha256_end(struct sha256 *, unsigned char [SHA256_LEN]);

#endif
