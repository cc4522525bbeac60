/* One folder's listing as records (offlineimap-records(5)). */
#ifndef MAILDIR_LIST_H
#define MAILDIR_LIST_H

#include <stdint.h>

#include "base/err.h"
#include "base/rec.h"
#include "maildir/folder.h"
#include "maildir/keyset.h"

/* Marks of names in the set. */
#define LIST_ROW	1u	/* the state has a row for it: it need not be measured */
#define LIST_PROBE	2u	/* measure it in any case */
/* 4 and 8 are used while listing. */

struct list_folder {
	const char	*remote, *local;	/* names; borrowed */
	const char	*fmd5;			/* NULL: no uid is read from names */
	int		 infosep;
	struct mdfolder	*f;
	int		 other;			/* it is another directory than the state's head is of */
	int		 all;			/* every file is measured, those that cannot be uploaded too */
};

/*
 * Writes the folder's block: every file with name and flags, and size, date and digest of those
 * that the set does not mark LIST_ROW (of all that can be read, if it is to be so).  Nothing is written before the whole listing is
 * known.  *lines gets the number of lines.  0; or -1, with nothing written if *lines is 0
 * (else the block is cut off and the stream with it).
 */
int	 list_full(struct recout *, const struct list_folder *, struct keyset *,
	    uint64_t *lines, struct err *);
/* What such a block begins and ends with, for one whose files others tell. */
void	 list_begin(struct recout *, const struct list_folder *, const char *kind,
	    const struct dirhead *cur, const struct dirhead *new, const char *why);
void	 list_end(struct recout *, const struct list_folder *, uint64_t count);
/* The same for a folder of which nothing is listed: kind is delta, none or failed. */
void	 list_empty(struct recout *, const struct list_folder *, const char *kind,
	    const struct dirhead *cur, const struct dirhead *new, const char *why);
#define LIST_EMPTY	2	/* lines that it writes */

#endif
