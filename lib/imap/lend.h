/*
 * The driver's part towards a tool that runs by hand and shuts itself in: a process of its
 * own, forked before that, which has no other use than to start transports when the tool
 * asks for sessions, and sees no byte of theirs but that there is one.
 */
#ifndef IMAP_LEND_H
#define IMAP_LEND_H

#include "base/err.h"

/*
 * From now on imap_ask_for gets its sessions over a socket, from the driver or from that
 * process; argv as for imap_open.  0 or -1.
 */
int	 lend_start(char *const argv[], struct err *);
/* Once all sessions are closed: waits for the transports' ends, as imap_close would. */
void	 lend_end(void);
/*
 * Starts a transport with one end of a socket pair as its standard input and output: the
 * other end and its pid, or -1 with the error set.
 */
int	 lend_transport(char *const argv[], int *pid, struct err *);

#endif
