/* From a server's parameters to an authenticated session. */
#ifndef NET_OPEN_H
#define NET_OPEN_H

#include "base/buf.h"
#include "base/err.h"
#include "net/auth.h"
#include "net/bulk.h"
#include "net/chan.h"
#include "net/server.h"

/*
 * Connects, secures, verifies and logs in.  Returns the channel, and in the buffer
 * (initialized by the caller) what the session's client shall read first: a
 * greeting "* PREAUTH [CAPABILITY ...] imap-connect ready" and whatever the server
 * sent behind its answer to the login.  Of "bulk" what is known of the server is set; its
 * trace (or NULL) gets each line of the dialogue with its secrets hidden.  NULL with the
 * error set.
 */
struct chan *net_open(const struct net_server *, const struct auth_password *, struct buf *,
	    struct bulk *, struct err *);

#endif
