/*
 * The digest of a message's header block, and a folder's FMD5.
 *
 * The header block is everything up to and including the first empty line
 * (or the whole message if there is none), with each CRLF taken as LF; the
 * digest is the first 128 bits of its SHA-256.  A server's copy and a
 * Maildir's copy of the same message give the same digest.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sha2.h>

#define DIGEST_LEN	16		/* bytes */
#define DIGEST_HEX	(2 * DIGEST_LEN + 1)

struct digest {
	SHA2_CTX	 sha;
	int		 done;		/* the empty line has been seen */
	int		 cr;		/* a CR is held back */
	int		 bol;		/* at the start of a line */
};

void	 digest_init(struct digest *);
/* Feeds bytes of the message, in either line ending; what follows the header is ignored. */
void	 digest_add(struct digest *, const void *, size_t);
void	 digest_end(struct digest *, unsigned char [DIGEST_LEN]);

void	 digest_hex(const unsigned char [DIGEST_LEN], char [DIGEST_HEX]);
int	 digest_unhex(const char *, unsigned char [DIGEST_LEN]);	/* 0 or -1 */

/* MD5 of a folder name as 32 hex digits, OfflineIMAP's FMD5. */
void	 digest_fmd5(const char *name, char [33]);

/* First 8 bytes of SHA-256 of a string: a table key that nobody can make collide cheaply. */
uint64_t digest_key(const char *, size_t);

#endif
