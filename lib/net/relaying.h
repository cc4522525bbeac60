/* A session that passes by: what relay.c, which moves its bytes, and relay_end.c know of it. */
#ifndef NET_RELAYING_H
#define NET_RELAYING_H

#include "net/hold.h"
#include "net/relay.h"
#include "net/watch.h"

struct relay {
	const struct net_server *srv;
	struct chan	*chan;		/* the caller gets it back */
	uint64_t	 up0, down0;	/* what it had carried before */
	struct bulk	*bulk;
	struct err	 fault;		/* of bulk_start; status 0 if it is sound */
	int		 in, out;
	int		 insock, outsock;
	struct hold	 up, down;
	struct watch	 watch;
	struct relay_stat *stat;
	int		 client_eof;	/* it sends no more */
	int		 client_gone;	/* it reads no more */
	int		 server_eof;
	int		 server_dead;	/* it takes no more */
	int		 asked_out;	/* our LOGOUT is in "up" or sent */
	int		 heard;		/* the client got something since it last sent */
	short		 rwait, wwait;	/* what the channel waits for, 0 if it may be tried */
	short		 ready_in, ready_out;	/* what poll said of the client */
	int		 queued;	/* bytes that the kernel held for the server, when last asked */
	int64_t		 last;		/* when the server's side last moved, or was to blame for nothing */
};

/* Milliseconds that the server still has; -1 if it owes nothing. */
int64_t	 relay_patience(const struct relay *);
/* They are over: 1, unless it has acknowledged some of what the kernel still held for it. */
int	 relay_stuck(struct relay *);
/*
 * 1 if the client is gone, as only a killed or failing one is while answers are due or within a command: what
 * it has left here, be it the end of a message, is not for the server.  (Of a pair of pipes one may be closed
 * for itself.)
 */
int	 relay_deserted(const struct relay *);
/* 1 if nothing is left to relay; when the client has ended, and has its answers, LOGOUT is. */
int	 relay_over(struct relay *);

/* The three ends, with what relay() returns. */

/* The server does not answer: tells the client, if that cannot become part of a message. */
int	 relay_silent(struct relay *, struct err *);
/* The session broke between two commands: the client is told, at the end of a line. */
int	 relay_broken(struct relay *, struct err *);
/* Either side has ended it. */
int	 relay_verdict(struct relay *, struct err *);

#endif
