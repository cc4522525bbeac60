/* From a name and a port to a connected socket. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/err.h"
#include "net/server.h"

struct attempts;

/*
 * Resolves, and begins to connect to the first address; NULL with the error set.
 * Between the two calls there is time to do something else.
 */
struct attempts *dial_start(const struct net_server *, struct err *);
/*
 * Waits for the connection, and frees the attempts.  Addresses are tried in the order of
 * the resolver, but a new one every 300 ms while the others have not answered yet (after
 * RFC 8305), so that a dead address family costs no more than that.  Returns a non-blocking,
 * close-on-exec socket with TCP_NODELAY and keep-alive, or -1 with the error set.
 */
int	 dial_end(struct attempts *, const struct net_server *, struct err *);
/* Gives up instead; NULL is fine. */
void	 dial_drop(struct attempts *);

#endif
