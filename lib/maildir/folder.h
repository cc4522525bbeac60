/*
 * A Maildir folder below the root (localfolders), by its local name: with the
 * separator '/' a path, with any other one directory; "" is the root itself.
 */
#ifndef MAILDIR_FOLDER_H
#define MAILDIR_FOLDER_H

#include "base/dirhead.h"
#include "base/err.h"

struct mdfolder {
	int	 dir, cur, new, tmp;	/* descriptors, -1 when closed */
};

enum {
	MD_OPEN = 0,
	MD_NONE = 1,		/* there is no such directory */
	MD_HALF = 2		/* it lacks one or more of cur, new, tmp */
};

/*
 * 1 if a folder can have that local name: components that are safe, not cur,
 * new or tmp (no listing would ever find those), none longer than NAME_MAX, and
 * no '/' unless that is the separator.
 */
int	 md_name_ok(const char *local, int sep);

/*
 * The root directory, by the user's own path.  With create it is made, durably,
 * if missing.  A descriptor, or -1 with errno (ENOENT: there is none) and the
 * error set.
 */
int	 md_root(const char *path, int create, struct err *);

/*
 * Opens a folder: MD_OPEN; MD_NONE or MD_HALF, with the error saying which;
 * -1 if that could not be found out (unreadable, a bad name).
 */
int	 md_open(int rootfd, const char *local, int sep, struct mdfolder *, struct err *);
/*
 * Makes a folder, or completes a half-made one, 0700, every new entry synced
 * in its parent, and opens it.  0 or -1.
 */
int	 md_create(int rootfd, const char *local, int sep, struct mdfolder *, struct err *);
void	 md_close(struct mdfolder *);
/* 1 if neither cur nor new holds anything; 0 also where that cannot be seen. */
int	 md_empty(const struct mdfolder *);
/* The descriptor for 'c' or 'n'. */
int	 md_where(const struct mdfolder *, int where);

#define MD_HEAD_YOUNG	2	/* seconds: a change this recent may hide a next one */

/* The head of an open directory, as it is; 0, or -1 with errno. */
int	 md_head_get(int fd, struct dirhead *);
/* 1 if it is at least MD_HEAD_YOUNG old. */
int	 md_head_old(const struct dirhead *);
/*
 * 1 if that head may be stored and believed later: old enough and
 * (fd is any descriptor there) not on NFS, SMB, FUSE and the like.
 */
int	 md_head_sure(const struct dirhead *, int fd);

#endif
