/* Capability lists (RFC 3501, 6.1.1) as text: names with one space between. */
#ifndef NET_CAPS_H
#define NET_CAPS_H

#include "base/buf.h"

/*
 * Finds the capabilities in a line of a server: "* CAPABILITY ..." or the
 * response code "[CAPABILITY ...]" of an OK or PREAUTH, tagged or not.  A new
 * string to be freed, or NULL if there are none in it.
 */
char	*caps_find(const char *line);

/* 1 if the list (NULL is an empty one) has the name; case does not count. */
int	 caps_has(const char *list, const char *name);

/* The list without the names that stand in off (",A,B,", or NULL for none); a new string. */
char	*caps_without(const char *list, const char *off);

/*
 * Appends the list without what cannot be used behind a session that is already
 * protected and authenticated: STARTTLS, AUTH=..., LOGINDISABLED, SASL-IR,
 * COMPRESS=..., and without what is no atom.
 */
void	 caps_filter(struct buf *, const char *list);

/*
 * Appends what a session that does not name its capabilities should find remembered next
 * time, as words " XCONNECT=..." for the greeting: what concerns login and COMPRESS.
 */
void	 caps_own(struct buf *, const char *list);
/* Splits a remembered comma list into what holds for the login and what for the session. */
void	 caps_recall(const char *kept, struct buf *login, struct buf *session);

/* Appends what says how to log in, for a message: AUTH=... and LOGINDISABLED; "nothing" if none. */
void	 caps_logins(struct buf *, const char *list);

#endif
