/*
 * Where a session's descriptor comes from and goes to: the driver's broker
 * (offlineimap(1) lends sessions over an inherited socket), or a transport
 * that this tool starts itself.
 */
#ifndef IMAP_BORROW_H
#define IMAP_BORROW_H

#include "imap/session.h"

/* 1 if somebody lends sessions. */
int	 borrow_broker(void);
/* The socket to another broker than the driver (imap/lend.h); -1: to it again. */
void	 borrow_use(int fd);
/*
 * Asks the broker, as imap_ask_for says, without waiting; then borrow_fd() is readable when the answer
 * is there, and borrow_take fills fd, caps, enabled, tag and greeted.  0 or -1.
 */
int	 borrow_ask(unsigned how, struct err *);
int	 borrow_fd(void);
int	 borrow_take(struct imap *, struct err *);
/* Gives a quiescent session back with its card; closes the descriptor. */
int	 borrow_return(struct imap *);
/* Tells the broker that a lent session is gone. */
void	 borrow_drop(void);

#endif
