/*
 * TLS 1.2 and newer above a socket.  What does it (lib/tls, with OpenSSL) is a module of its own
 * that tls_new loads when a session needs it: that takes 6 ms, which pass while the connection is
 * made, and none where there is no TLS.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"
#include "net/chan.h"
#include "net/server.h"

/*
 * Prepares a channel: reads the CAs and the client's certificate, which takes some
 * milliseconds that need not be spent while the server waits.  NULL with the error
 * set, 2 for a file of the configuration.  The server must outlive the handshake.
 */
struct chan *tls_new(const struct net_server *, struct err *);
/*
 * Takes the connected socket over, does the handshake and verifies the server:
 * by fingerprint if there are any, by chain and name if there are none or "chain"
 * says so.  0, or -1 with the error set (the channel stays the caller's): 1 for a
 * certificate, 75 for a broken connection.
 */
int	 tls_start(struct chan *, int fd, struct err *);

/* What the module exports, under the name tls_module: the same two, and whose they are. */
struct tls_module {
	const char *version;	/* both sides share structs: another build's module is none */
	struct chan *(*prepare)(const struct net_server *, struct err *);
	int	 (*start)(struct chan *, int fd, struct err *);
};

#endif
