/* The user name and the password of an account's server. */
#ifndef CONF_PASS_H
#define CONF_PASS_H

#include "base/buf.h"
#include "base/err.h"
#include "conf/account.h"

#define PASS_MAX	4096	/* bytes of a password */

/* remoteuser, else the login in netrc for the host; malloc'ed. */
int	 pass_user(const struct account *, char **, struct err *);

/*
 * Stores the password in the buffer (initialized by this function): remotepass,
 * remotepassfile (first line, blanks trimmed), remotepasscommand (first line),
 * ~/.netrc, /etc/netrc, else asked on the terminal without echo.  Whatever
 * comes of it, end with pass_clear.
 */
int	 pass_get(const struct account *, struct buf *, struct err *);
/* Wipes the buffer and frees it. */
void	 pass_clear(struct buf *);

#endif
