/* The command behind a tool's IMAP session when it runs by hand. */
#ifndef CONF_TRANSPORT_H
#define CONF_TRANSPORT_H

#include "conf/args.h"

/*
 * For imap_open: "/bin/sh -c COMMAND" if a command is given (option -t), else imap-connect
 * with this tool's own -a, -c and -k.  Free the vector alone, the strings are borrowed.
 */
char	**transport_argv(const struct args *, const char *account, const char *command);

#endif
