/*
 * Passes bytes between a client on two descriptors and a server's channel: both
 * directions at any time, so that neither can block the other; at most 256 kB are
 * held of each.
 */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/bulk.h"
#include "net/chan.h"
#include "net/server.h"

struct relay_stat {
	uint64_t up, down;	/* bytes as they went over the wire, compressed or not, without TLS */
	uint64_t turns;		/* times something was sent after the server had been heard */
};

/*
 * Begins to compress between two commands when "bulk" says so, which puts another channel
 * in the place of the one given.
 *
 * Sends "first" (n bytes, at most 64 kB) to the client, then relays until either
 * side ends.  Of the server only its names and the timeout are used.  "in" and
 * "out" may be one socket; their flags are left alone.  When the client ends between
 * two commands the server is told LOGOUT.  Returns 0 if the session ended in good
 * order, or -1 with the error set (75): the server ended it without having been
 * asked, or kept the client waiting for the server's timeout; then the client has
 * got a BYE if its stream was between two lines.
 */
int	 relay(const struct net_server *, struct chan **, struct bulk *, int in, int out,
	    const char *first, size_t n, struct relay_stat *, struct err *);

#endif
