/* From a server's parameters to an authenticated session. */
#ifndef NET_OPEN_H
#define NET_OPEN_H

#include "base/buf.h"
#include "base/err.h"
#include "net/auth.h"
#include "net/bulk.h"
#include "net/chan.h"
#include "net/server.h"

/* Gets what was remembered of the server as a comma list, "" for nothing; asked once at most. */
struct net_memory {
	void	(*get)(void *, struct buf *);
	void	*arg;
};

/*
 * Connects, secures, verifies and logs in.  Returns the channel, and in the buffer
 * (initialized by the caller) what the session's client shall read first: a
 * greeting "* PREAUTH [CAPABILITY ...] imap-connect ready" and whatever the server
 * sent behind its answer to the login.  Of "bulk" what is known of the server is set; its
 * trace (or NULL) gets each line of the dialogue with its secrets hidden.  A server that does
 * not name its capabilities by itself is believed to have those of the memory, but not in
 * the clear; XREMEMBERED in the greeting says so.  NULL with the error set.
 */
struct chan *net_open(const struct net_server *, const struct auth_password *,
	    const struct net_memory *, struct buf *, struct bulk *, struct err *);

#endif
