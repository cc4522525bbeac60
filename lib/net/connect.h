/* What imap-connect does, between its options and its exit. */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include "base/err.h"
#include "conf/args.h"
#include "net/relay.h"

/*
 * Opens a session for the account of the options and relays it on standard input and
 * output.  The password comes from passfd (all it gives but for a newline at the end;
 * closed), or with -1 as the configuration says; both are wiped before the relay
 * begins.  Of "bulk" the caller has set trace, which (or NULL) gets the lines of the
 * dialogue until then, ctl and forced.  0, or -1
 * with the error set, which the client has been told as a BYE where that was possible.
 */
int	 connect_run(struct args *, int passfd, struct bulk *, struct relay_stat *, struct err *);

#endif
