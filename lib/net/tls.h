/*
 * TLS 1.2 and newer above a socket.  The only module that uses OpenSSL, and
 * reached from imap-connect alone: loading libssl costs 5 ms.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"
#include "net/chan.h"
#include "net/server.h"

/*
 * Takes the connected socket over, does the handshake and verifies the server:
 * by fingerprint if there are any, by chain and name if there are none or "chain"
 * says so.  NULL with the error set (the socket is closed then): 1 for a
 * certificate, 2 for a file of the configuration, 75 for a broken connection.
 */
struct chan *tls_open(int fd, const struct net_server *, struct err *);

#endif
