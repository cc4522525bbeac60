/* The options that all tools share: -a ACCOUNT, -c FILE, -k [section:]opt=val, -d. */
#ifndef CONF_ARGS_H
#define CONF_ARGS_H

#include <stddef.h>

#include "base/err.h"
#include "conf/account.h"

#define ARGS_OPTS	"a:c:dk:"	/* for getopt(3) */

/* Starts as all zero ("= { 0 }"); strings are borrowed from main's argv. */
struct args {
	const char	 *account;
	const char	 *conffile;
	char		**overrides;
	size_t		  noverrides;
	int		  debug;	/* how often -d was given */
};

/* Takes one option of ARGS_OPTS; 1 if it was one, 0 if not. */
int	 args_add(struct args *, int ch, char *optarg);
void	 args_free(struct args *);

/*
 * Loads the configuration and the account of -a; without -a, the only one of
 * "accounts".  Both are the caller's: account_free, conf_free.  On -1 both are NULL.
 */
int	 args_open(struct args *, struct conf **, struct account **, struct err *);

/*
 * The argument vector of a child: tool, then -a, -c and each -k as given here,
 * NULL at the end.  "account" stands in for the one of -a (NULL: as in args).  Room for
 * "extra" more pointers stays behind; *argc is the count so far.  Free the
 * vector alone, the strings are borrowed.
 */
char	**args_argv(const struct args *, const char *tool, const char *account,
	    int extra, int *argc);

#endif
