/* Message files: opening what may be anything, measuring, and putting in place. */
#ifndef MAILDIR_FILE_H
#define MAILDIR_FILE_H

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/digest.h"
#include "base/err.h"
#include "maildir/wire.h"

/*
 * Opens a message for reading: regular files only, never through a link, never
 * waiting (a FIFO or a device may have the name of a message).  A descriptor, or
 * -1 with errno; what is no regular file gives EINVAL or ELOOP.  st may be NULL.
 */
int	 md_file_open(int dirfd, const char *file, struct stat *st);

struct md_measured {
	uint64_t	 size;		/* bytes on the wire */
	unsigned char	 dig[DIGEST_LEN];	/* of its start, see base/digest.h */
	unsigned char	 full[DIGEST_LEN];	/* of all of it, where that is more */
	time_t		 mtime;
	const char	*bad;		/* NULL; "nul", "empty"; "unreadable": then only this counts */
	int		 error;		/* errno behind "unreadable" */
};

/*
 * Reads a message once, 64 kB at a time.  0 (look at "bad"), or -1 if there is
 * no such file any more.
 */
int	 md_measure(int dirfd, const char *file, struct md_measured *);

/*
 * Renames without replacing anything: RENAME_NOREPLACE, or link and unlink
 * where the file system has no such rename.  To its own name is done already.
 * 0, or -1 with errno (EEXIST, ENOENT, ...).  Directories are not synced.
 */
int	 md_rename(int fromdir, const char *from, int todir, const char *to);

#endif
