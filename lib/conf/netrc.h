/* ~/.netrc and its like, read as Python's netrc module does. */
#ifndef CONF_NETRC_H
#define CONF_NETRC_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Looks for the entry of a host: the last "machine" of that name whose login
 * is the user (NULL: whatever login; an entry without login suits any user), else the
 * "default" entry likewise.  Returns 1 and stores what was asked for: the login (malloc'ed,
 * NULL if the entry has none) and the password (into the buffer); each
 * may be NULL.  0 if there is no entry or no file; -1 with the error set if it
 * cannot be read, or, with "strict", if a password was found that others can
 * read.
 */
int	 netrc_find(const char *path, int strict, const char *host, const char *user,
	    char **login, struct buf *pass, struct err *);

#endif
