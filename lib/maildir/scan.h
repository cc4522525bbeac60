/*
 * Reading a folder's file names with proof.  readdir(3) misses files while
 * another process renames, so absence counts only from a pass during which
 * neither directory moved; presence counts from any pass.
 */
#ifndef MAILDIR_SCAN_H
#define MAILDIR_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "maildir/folder.h"

#define SCAN_PASSES	6		/* before it is given up as presence only */

struct scan {
	const struct mdfolder *f;
	struct dirhead	 cur, new;	/* before the last pass; not valid if they cannot be relied on */
	int		 proven;	/* of the last pass: absence can be believed */
	unsigned	 passes;	/* made so far */
	uint64_t	 sum, lastsum;	/* of the names of this pass and the one before */
};

void	 scan_init(struct scan *, const struct mdfolder *);
/*
 * One pass over new, then cur.  "each" gets every file that may be a message
 * (subdirectories and names with a leading dot are left out; nothing is opened);
 * where is 'n' or 'c'; the name lives until it returns; a result other than 0
 * ends the pass as an error.  From the second pass on it pauses first, a little longer
 * each time.  0, or -1 (a directory unreadable, or "each" said so).
 */
int	 scan_pass(struct scan *, int (*each)(void *, const char *file, int where), void *,
	    struct err *);
/* 1 if another pass may help: not proven, and not tried SCAN_PASSES times. */
int	 scan_again(const struct scan *);

#endif
