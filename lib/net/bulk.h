/* When a session is compressed, and how that begins (RFC 4978). */
#ifndef NET_BULK_H
#define NET_BULK_H

#include "base/buf.h"
#include "base/err.h"
#include "net/chan.h"
#include "net/server.h"

#define BULK_TURN	10	/* milliseconds for a turn from which on a link is worth it */

struct bulk {
	int	 allowed;	/* usecompression */
	int	 forced;	/* -z: at once, near or far */
	int	 offered;	/* by the server */
	int	 turn;		/* milliseconds of the quickest answer so far, -1: not known */
	int	 ctl;		/* a socket where it is told that much will come, or -1 */
	int	 told;		/* it was */
	void	(*trace)(const char *);	/* as net_open's */
};

/* 1 if the server shall be asked now; looks whether there is word on ctl. */
int	 bulk_due(struct bulk *);

/*
 * Asks the server, whose side of the session must be at rest, and waits for its answer.
 * If it agrees *c is from now on the compressed channel; if not all stays as it was.
 * What the server has already sent behind an answer that was no is appended to "rest".  It is
 * not asked twice.  0, or -1 with the error set.
 */
int	 bulk_start(struct bulk *, struct chan **, const struct net_server *, struct buf *,
	    struct err *);

#endif
