/*
 * One session: an imap-connect behind a socket, from its start until it has
 * ended.  It connects, can be lent to a tool any number of times, and is hung
 * up in the end, which it answers with LOGOUT and its figures.
 */
#ifndef DRIVER_SESSION_H
#define DRIVER_SESSION_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "driver/loop.h"
#include "driver/said.h"

enum session_state {
	SESSION_CONNECTING,	/* its greeting has not come */
	SESSION_IDLE,		/* here, and free */
	SESSION_LENT,		/* a tool has it */
	SESSION_HUNGUP		/* its socket is closed; it will end */
};

struct session;

/* What happens to a session, for whoever keeps it. */
struct session_news {
	void	(*ready)(void *arg);			/* one has become idle */
	void	(*said)(void *arg, const char *text);	/* a line of its standard error */
	/* It has ended, "was" is its state before; frees nothing: session_free. */
	void	(*ended)(void *arg, struct session *, enum session_state was, int status);
	void	*arg;
};

struct session {
	struct session	*next;		/* for the keeper */
	const void	*owner;		/* likewise: who has it */
	struct loop	*loop;
	const struct session_news *news;	/* borrowed */
	enum session_state state;
	pid_t		 pid;
	int		 fd;		/* our end; -1 while LENT or HUNGUP */
	ino_t		 ino;		/* of that socket, to know it again */
	int		 statfd;	/* where it writes its figures when it ends, and hears of bulk */
	int		 bulk;		/* it has been told that it will carry much */
	int64_t		 deadline;	/* while HUNGUP: when it is ended by force */
	struct said	 said;
	char		 last[sizeof(((struct err *)0)->text)];	/* line that it said, "" if none */
	char		*card;		/* "fresh=1" until a tool gives it another */
	uint64_t	 turns, up, down;	/* once it has ended */
};

/*
 * Starts argv with -s FD, and -P FD for the password unless it is NULL.  NULL
 * with errno if that failed.  Loop and news must outlive it.
 */
struct session *session_start(struct loop *, char *const argv[], const struct buf *pass,
	    const struct session_news *);
/* Only after it has ended. */
void	 session_free(struct session *);

/* Tells it that much is to come: before it is lent, so that it can be compressed from there. */
void	 session_bulk(struct session *);
/* To a tool's socket: "session CARD" and the descriptor.  0, or -1: it is still idle. */
int	 session_lend(struct session *, int sock);
/* Back from the tool; takes the descriptor. */
void	 session_return(struct session *, int fd, const char *card);
/* Lets go of it; the process ends by itself, or at its deadline by force. */
void	 session_hangup(struct session *);
/* Sees to the deadline; milliseconds until the next call is due, -1 for never. */
int	 session_tick(struct session *, int64_t now);

#endif
