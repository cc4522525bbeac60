/* The Maildir as records: what maildir-scan adds to the stream. */
#ifndef MAILDIR_STREAM_H
#define MAILDIR_STREAM_H

#include "base/err.h"
#include "base/rec.h"
#include "base/uidset.h"

struct maildir_source {		/* all borrowed */
	const char	*account;
	const char	*root;		/* localfolders */
	int		 sep;
	int		 infosep;
	/*
	 * Writes the records of the files that these uids have by the state of that generation, and
	 * adds up how many; 0 or -1.
	 */
	int		 (*files)(void *state, struct recout *, const char *remote, const char *local,
			    uint64_t gen, struct uidset *, uint64_t *n, struct err *);
	void		*state;
};

/*
 * Copies a stream of heads and puts the Maildir's tree before its end.  in NULL:
 * there is none, the stream starts here.  A missing root is a failed tree, in a record,
 * once the state knew folders; an empty one while it knew none.  0 or -1 (a
 * stream cut off; nothing more is written then).
 */
int	 maildir_write_heads(const struct maildir_source *, struct recin *in, struct recout *,
	    struct err *);

/*
 * Copies a stream of pairs and adds to each pair the folder's block: a delta if
 * nothing moved since the state's head, else all files.  Where the state's rows came as
 * sets, since the disk is as they say, the delta has the files that the server's block makes
 * matter.  A folder that cannot be listed is a block of kind failed.  0 or -1, as above.
 */
int	 maildir_write_pairs(const struct maildir_source *, struct recin *in, struct recout *,
	    struct err *);

#endif
