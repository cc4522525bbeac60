/* Finding files by their base names, for who is about to change them. */
#ifndef MAILDIR_LOCATE_H
#define MAILDIR_LOCATE_H

#include <stddef.h>

#include "base/err.h"
#include "maildir/folder.h"

struct md_found {
	const char *base;	/* wanted; borrowed */
	int	 where;		/* 'c', 'n', or 0: not seen */
	char	*file;		/* its file name there now; NULL when not seen */
	unsigned copies;	/* files with this base name; only the preferred one is in "file" */
};

/*
 * A base name that begins with ",U=" is a stand-in: the state of another program told the
 * message's number and not its name (plan/import.h).  Any file whose base name ends so is it.
 *
 * Looks for all of them in one reading of the folder (more while it moves and
 * one of them is still missing), whatever letters they carry now.  Sets where,
 * file and copies, and *proven: 1 if what was not seen is not there.  The
 * same base may stand in the array twice.  Memory is bound to n.  0 or -1.
 */
int	 locate_files(const struct mdfolder *, int infosep, struct md_found *, size_t n,
	    int *proven, struct err *);
/*
 * Looks for one file under the names that it has if its flags are these and it carries no other
 * letters, without reading the folder.  1 if it is there: where, file and copies are set (2 if what a
 * mail reader moved from new to cur is in new, too; others are not looked for).  0 says nothing about
 * whether it exists.
 */
int	 locate_guess(const struct mdfolder *, int infosep, unsigned flags, struct md_found *);
/* Frees the file names. */
void	 locate_free(struct md_found *, size_t n);

#endif
