/* Whole reads and writes, waits, temporary files, and safe steps in a tree. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * First thing in a main: descriptors 0 to 2 that the caller had closed must not
 * become a lock, a database or a session, into which we then print.  What stands
 * in their place cannot be read, or written; what goes to standard error is lost.
 */
void	 io_std(void);

/* All n bytes, whatever signals do; 0, or -1 with errno. */
int	 io_write(int, const void *, size_t);
int	 io_pwrite(int, const void *, size_t, off_t);

/* An unlinked file in $TMPDIR or /tmp, close-on-exec; -1 with errno. */
int	 io_temp(void);

int	 io_nonblock(int, int on);
int	 io_cloexec(int, int on);

/* Milliseconds of a clock that only moves forward. */
int64_t	 io_now(void);

/*
 * A directory below dirfd by a relative path.  Each component is opened for
 * itself with O_DIRECTORY; "", ".", ".." and an absolute path are refused with
 * EINVAL.  Symbolic links to directories are followed, as OfflineIMAP does.
 * With create, missing ones are made (0700), and each new entry is synced.
 */
int	 io_opendir(int dirfd, const char *path, int create);

/* 1 if the name can be one component of a path: no "/", not "", "." or "..". */
int	 io_component(const char *);

/*
 * Makes a directory and its parents (absolute or relative path, the user's own
 * configuration, so not checked), 0700.  0 or -1 with errno.
 */
int	 io_mkdirs(const char *path);

/*
 * Writes a small file whole: NAME.tmp, synced, renamed, directory synced.  A name may have
 * IO_REPLACE_MAX bytes: NAME_MAX less what is added to it.
 */
#define IO_REPLACE_MAX	251
int	 io_replace(int dirfd, const char *name, const void *, size_t);

#endif
