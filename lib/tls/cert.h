/* A server's certificate: is it pinned, and what is wrong with it in words. */
#ifndef TLS_CERT_H
#define TLS_CERT_H

#include <openssl/x509.h>

#include "base/err.h"
#include "net/server.h"

/*
 * 1 if one of the server's fingerprints fits (SHA-1 to SHA-512 of the DER, told by their
 * length).
 */
int	 cert_pinned(X509 *, const struct net_server *);

/* Sets the error for a certificate that no fingerprint fits; returns -1. */
int	 cert_not_pinned(X509 *, const struct net_server *, struct err *);
/*
 * The same for one that failed the verification with an X509_V_ERR code: says
 * which check failed and how to trust this certificate all the same.  "at" is
 * the certificate of the chain that failed (may be NULL).
 */
int	 cert_not_trusted(X509 *, X509 *at, int code, const struct net_server *, struct err *);

#endif
