/*
 * What lets a later scan of a directory be left out: device, inode, mtime and
 * ctime (hazard 10: each alone repeats).  As text DEV:INO:MTIME:CTIME, decimal,
 * times in nanoseconds since the epoch.
 */
#ifndef BASE_DIRHEAD_H
#define BASE_DIRHEAD_H

#include <stdint.h>
#include <sys/stat.h>

#define DIRHEAD_LEN	96	/* bytes of the text with its NUL */

struct dirhead {
	int		 valid;		/* 0: nothing is known, the rest is 0 */
	uint64_t	 dev, ino;
	int64_t		 mtime, ctime;	/* nanoseconds since the epoch */
};

/* Takes it from a stat; always valid (whether it is racy is the caller's to see). */
void	 dirhead_stat(struct dirhead *, const struct stat *);
/* 1 if both are valid and equal. */
int	 dirhead_equal(const struct dirhead *, const struct dirhead *);
/* 1 if both are valid and not of the same directory. */
int	 dirhead_elsewhere(const struct dirhead *, const struct dirhead *);
/* Forgets how the directory was, not which it is: equal to no other head from then on. */
void	 dirhead_void(struct dirhead *);
/* The text, or NULL (absent) for one that is not valid; returns its second argument. */
const char *dirhead_format(const struct dirhead *, char [DIRHEAD_LEN]);
/* Parses the text; NULL (absent) gives one that is not valid.  0, or -1 for garbage. */
int	 dirhead_parse(struct dirhead *, const char *);

#endif
