/*
 * The broker: at most so many authenticated sessions for an account, lent to
 * the tools that ask.  A tool asks over a SOCK_SEQPACKET socket of its own, whose
 * number is in its environment:
 *
 *	get			tool: I want one more session, and can wait for one that is lent
 *	get more		tool: it is worth a login, if there may be more
 *	get bulk [more]		tool: and it is to carry much (see imap-connect -s)
 *	put CARD		tool: back, quiescent; the descriptor comes with it
 *	drop			tool: I closed one
 *	session CARD		driver: here; the descriptor comes with it
 *	fail STATUS TEXT	driver: there will be none
 *
 * CARD is "fresh=1" for a session whose greeting is still unread, else the
 * words of the tool that gave it back, handed on as they are.
 */
#ifndef DRIVER_BROKER_H
#define DRIVER_BROKER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "driver/loop.h"
#include "driver/session.h"

#define BROKER_MSG	65536			/* bytes of one message */
#define BROKER_ENV	"OFFLINEIMAP_BROKER"

struct client;

/* What the broker has to tell. */
struct broker_news {
	void	(*connecting)(void *arg);		/* an imap-connect was started */
	void	(*said)(void *arg, const char *text);	/* a line of its standard error */
	void	(*died)(void *arg, int status);		/* it ended badly without a word */
	void	*arg;
};

struct broker {
	struct loop	*loop;
	char *const	*argv;		/* of imap-connect, borrowed */
	const struct buf *pass;		/* the password, borrowed; NULL: imap-connect finds it */
	int		 max;		/* sessions at once, at least 1 */
	struct broker_news news;
	struct session_news session_news;
	struct session	*sessions;
	struct client	*clients;	/* in the order of the pipe */
	int		 broke;		/* a tool ended, or gave one up, with a session in work */
	int		 closing;	/* no new sessions, no talk about their ends */
	struct err	 failed;	/* status not 0: none could be made */
	uint64_t	 turns, up, down;	/* of those that have ended */
};

/* Nothing is started yet.  End with broker_close. */
void	 broker_open(struct broker *, struct loop *, char *const argv[], const struct buf *pass,
	    int max, const struct broker_news *);
/* Starts the first session, so that it connects while the tools are started. */
void	 broker_warm(struct broker *);

/* A socket for one more tool: its end (close-on-exec, the caller's), or -1 with errno. */
int	 broker_client(struct broker *);

/* Ends what is overdue; for how long loop_turn may wait, -1 for ever. */
int	 broker_tick(struct broker *);
/*
 * Hangs up all sessions and waits until each has said LOGOUT and ended, some
 * seconds at most; then the figures are complete.
 */
void	 broker_close(struct broker *);

#endif
