/*
 * The digest by which a server's copy and a Maildir's copy of a message are known
 * to be the same, and a folder's FMD5.
 *
 * It is the first 128 bits of the SHA-256 of the message's first DIGEST_BYTES in
 * wire form (each line end counts as two bytes), line ends taken as LF.  That is
 * the whole of a small message and the header of nearly every other: a header
 * alone does not tell messages apart that have none worth the name.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"

#define DIGEST_LEN	16		/* bytes */
#define DIGEST_HEX	(2 * DIGEST_LEN + 1)
#define DIGEST_BYTES	8192		/* what to fetch of a message: BODY.PEEK[]<0.8192> */

struct digest {
	struct sha256	 sha;
	size_t		 room;		/* bytes in wire form that still count */
	int		 cr;		/* a CR is held back; it has been counted */
};

void	 digest_init(struct digest *);
/* For a digest of the whole message, where the start does not tell two apart. */
void	 digest_init_whole(struct digest *);
/* Feeds bytes of the message from its start, in either line ending; what is beyond is ignored. */
void	 digest_add(struct digest *, const void *, size_t);
void	 digest_end(struct digest *, unsigned char [DIGEST_LEN]);

void	 digest_hex(const unsigned char [DIGEST_LEN], char [DIGEST_HEX]);
int	 digest_unhex(const char *, unsigned char [DIGEST_LEN]);	/* 0 or -1 */

/* MD5 of a folder name as 32 hex digits, OfflineIMAP's FMD5. */
void	 digest_fmd5(const char *name, char [33]);

/* First 8 bytes of SHA-256 of a string: a table key that nobody can make collide cheaply. */
uint64_t digest_key(const char *, size_t);

#endif
