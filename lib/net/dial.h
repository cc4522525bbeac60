/* From a name and a port to a connected socket. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/err.h"
#include "net/server.h"

/*
 * Resolves and connects.  Addresses are tried in the order of the resolver, but a
 * new one every 300 ms while the others have not answered yet (after RFC 8305),
 * so that a dead address family costs no more than that.  Returns a non-blocking,
 * close-on-exec socket with TCP_NODELAY and keep-alive, or -1 with the error set.
 */
int	 dial(const struct net_server *, struct err *);

#endif
