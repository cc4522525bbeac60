/* Logging in (RFC 3501, 6.2). */
#ifndef NET_AUTH_H
#define NET_AUTH_H

#include "base/err.h"
#include "net/talk.h"

/* Gets the password when it is needed: a new string, wiped by who asked; -1 with the error set. */
struct auth_password {
	int	(*get)(void *, char **, struct err *);
	void	*arg;
};

/*
 * Logs in with the first of the server's mechanisms (srv->mechs) that is offered and
 * works.  Afterwards the talk's capabilities are those that hold from now on, if the server
 * named them.  Remembered ones (t->guessed) are asked for after a refusal that may be due to them.
 * Fails with 1 (refused, or nothing usable), 75 (the server says so by a response
 * code of RFC 5530, or the connection broke) or 2 (no user, an impossible password).
 */
int	 auth_login(struct talk *, const struct auth_password *, struct err *);

#endif
