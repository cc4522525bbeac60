/*
 * One poll loop for all that the driver waits for: descriptors, children that
 * end, signals.  Handlers run one at a time, from loop_turn.
 */
#ifndef DRIVER_LOOP_H
#define DRIVER_LOOP_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

struct loop_watch {
	int	 fd;		/* -1: to be removed */
	short	 events;	/* of poll(2); 0 still tells of a hangup */
	void	(*ready)(void *arg, short revents);
	void	*arg;
};

struct loop_child {
	pid_t	 pid;		/* 0: to be removed */
	void	(*ended)(void *arg, int status);	/* status as of spawn_status */
	void	*arg;
};

struct loop {
	struct loop_watch	*watch;
	size_t			 nwatch, watchcap;
	struct loop_child	*child;
	size_t			 nchild, childcap;
	int			 sigfd;
	sigset_t		 old;		/* the mask before */
	int			 stop;		/* number of the signal that asked for an end, 0 none */
	int			 asked;		/* how often it was asked */
};

/*
 * Blocks SIGCHLD, SIGINT, SIGTERM and SIGHUP, which are from now on read by
 * loop_turn; ignores SIGPIPE, SIGUSR1 and SIGUSR2.  0 or -1 with errno.
 */
int	 loop_open(struct loop *);
void	 loop_close(struct loop *);

/* Calls ready whenever the descriptor has one of the events, a hangup or an error. */
void	 loop_add(struct loop *, int fd, short events, void (*ready)(void *, short), void *arg);
/* Changes the events of a descriptor that was added. */
void	 loop_want(struct loop *, int fd, short events);
/* Forgets it; safe from within a handler, before or after close. */
void	 loop_del(struct loop *, int fd);

/* Calls ended once, when the child has ended. */
void	 loop_child(struct loop *, pid_t, void (*ended)(void *, int), void *arg);

/*
 * Waits for something (ms as for poll, -1 for ever) and calls the handlers.
 * 1 if something happened, 0 at the timeout, -1 with errno.
 */
int	 loop_turn(struct loop *, int ms);

/* Lets INT, TERM and HUP through as before (while a person types), and back. */
void	 loop_release(struct loop *);
void	 loop_hold(struct loop *);

#endif
