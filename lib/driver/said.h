/* What a child says on its standard error: whole lines, each handed on once. */
#ifndef DRIVER_SAID_H
#define DRIVER_SAID_H

#include "base/buf.h"
#include "driver/loop.h"

#define SAID_MAX	4000u	/* bytes of one line; a longer one is handed on in pieces */

struct said {
	struct loop	*loop;
	int		 fd;		/* read end of the pipe, owned; -1 when closed */
	struct buf	 text;		/* of the line that is not yet whole */
	void		(*line)(void *arg, const char *text);
	void		*arg;
};

/*
 * Makes the pipe and listens on it; *child is its write end, which the caller
 * gives to the child and closes.  0 or -1 with errno.
 */
int	 said_open(struct said *, struct loop *, int *child,
	    void (*line)(void *, const char *), void *arg);
/*
 * After the child ended: hands on what is still in the pipe, without waiting
 * for others that may hold its write end, and closes it.
 */
void	 said_close(struct said *);

#endif
