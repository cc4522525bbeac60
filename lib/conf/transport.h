/* The command behind a tool's IMAP session when it runs by hand. */
#ifndef CONF_TRANSPORT_H
#define CONF_TRANSPORT_H

#include "conf/account.h"
#include "conf/args.h"

/*
 * For imap_open: "/bin/sh -c COMMAND" if a command is given (option -t), else imap-connect
 * with this tool's own -a, -c and -k.  Free the vector alone, the strings are borrowed.
 * *timeout is how many seconds the tool itself bears the server's silence, 0 for no limit:
 * imap-connect, which the driver's sessions come from, too, sees what still goes up the wire
 * and ends a silent session with a BYE; of a command nothing is known.
 */
char	**transport_argv(const struct args *, const struct account *, const char *command,
	    int *timeout);

#endif
