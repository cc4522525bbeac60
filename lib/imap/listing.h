/*
 * What a server has in the folders of a stream of pairs (offlineimap-records(5)):
 * imap-list's second use.  All folders that need it are listed in one flight,
 * read-only, with UNSELECT between them.
 */
#ifndef IMAP_LISTING_H
#define IMAP_LISTING_H

#include "base/rec.h"
#include "imap/session.h"

struct listing {
	const char	*account;	/* its name, for a stream that starts here */
	struct recin	*in;		/* NULL: heads start a stream of their own */
	struct recout	*out;
	char		*const *transport;	/* for imap_open, when a session is needed */
	int		 timeout;	/* the same */
	int		 trace;
	int		 utf8;		/* folder names are UTF-8 */
	const char	*off;		/* extensions that are not used: ",A,B,", or NULL */
};

/*
 * Copies the stream and adds to each pair what the server has: the input is read to its
 * end first, then each folder goes out as soon as it is answered.  0, or -1 with
 * the error set: the stream could not be read or written (then it has no end),
 * or the session broke (then the folders concerned say kind=failed, and the
 * stream is whole).
 */
int	 listing_run(const struct listing *, struct err *);

/* Adds to a heads stream what the server has: tree and heads.  0 or -1. */
int	 listing_heads(const struct listing *, const char *reference, int subscribed, struct err *);

#endif
