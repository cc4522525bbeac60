/* The command line of offlineimap: OfflineIMAP's, and a little more. */
#ifndef DRIVER_OPTIONS_H
#define DRIVER_OPTIONS_H

#include <stddef.h>

#include "base/err.h"
#include "conf/args.h"

/* Starts as all zero; strings are borrowed from argv. */
struct options {
	struct args	 args;		/* -c, -k; what the tools get too */
	const char	*accounts;	/* -a: a comma list, or NULL */
	const char	*folders;	/* -f: likewise */
	const char	*ui;		/* -u, as it was written */
	const char	*log;		/* -l */
	int		 dryrun;
	enum {
		VERIFY_NOT,
		VERIFY_SIZES,
		VERIFY_FULL
	}		 verify;
	int		 allowdelete, recover;
	int		 single;	/* -1: one session, one account at a time */
	int		 debug_chain, debug_imap, debug_maildir;
	int		 help, version, longversion;
	char		*warning[8];	/* malloc'ed: what was accepted and does nothing */
	size_t		 nwarning;
};

/*
 * Parses as optparse does: short options bundled, values attached or not,
 * long options abbreviated, other arguments ignored.  -1 with EXIT_CONF for
 * what is unknown, lacks its value, or asks for what this build cannot do.
 */
int	 options_parse(struct options *, int argc, char *argv[], struct err *);
void	 options_free(struct options *);

/* One line, and all options; both with line feeds. */
extern const char options_usage[];
extern const char options_help[];

#endif
