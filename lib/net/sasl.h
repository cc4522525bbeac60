/* What the login mechanisms put on the wire.  All results hold secrets: free with secret_free. */
#ifndef NET_SASL_H
#define NET_SASL_H

#include <stddef.h>

/* Overwrites a string and frees it; NULL is fine. */
void	 secret_free(char *);

/* Base64 (RFC 4648, with padding); a new string. */
char	*sasl_base64(const void *, size_t);
/* The bytes of a base64 text, with a NUL behind them, and their number; NULL if it is none. */
char	*sasl_unbase64(const char *, size_t *len);

/* The initial response of PLAIN (RFC 4616), in base64. */
char	*sasl_plain(const char *user, const char *password);

/* The answer of CRAM-MD5 (RFC 2195) to a challenge, both in base64; NULL for a bad challenge. */
char	*sasl_cram(const char *challenge, const char *user, const char *password);

/*
 * An argument as a quoted string (RFC 3501, "quoted"), or NULL if it holds bytes
 * that only a literal may carry: CR, LF, or beyond ASCII.
 */
char	*sasl_quote(const char *);

#endif
