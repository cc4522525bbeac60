/* What the files of import share: one pair of folders on its way into the state. */
#ifndef PLAN_IMPORT_FOLDER_H
#define PLAN_IMPORT_FOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "maildir/folder.h"
#include "plan/import.h"
#include "state/foreign.h"

struct import_row {
	uint32_t	 uid;
	unsigned	 flags;		/* FLAG_ bits */
	unsigned	 kept;		/* KEPT_ number */
	char		*name;		/* base name or stand-in, owned; NULL: kept, without a file */
};

struct import_folder {
	char		*remote, *local, *fmd5;	/* owned, like all strings here */
	int		 known;		/* the state has it: nothing is imported */
	uint32_t	 validity;	/* UIDVALIDITY of the server now, 0: not told */
	char		*path;		/* of the foreign state; NULL: there is none */
	struct foreign	 foreign;
	struct mdfolder	 md;		/* all closed if there is no such directory */
	struct import_row *rows;	/* by uid, ascending */
	size_t		 n;
	uint64_t	 found;		/* rows whose file is there */
	uint64_t	 gone;		/* rows whose file is gone */
	uint64_t	 left;		/* messages that get no row */
	int		 written;
	struct err	 err;		/* why it is refused; status 0: it is not */
};

struct import_list {
	struct import_folder *f;
	size_t		 n, cap;
};

/* import_pairs.c: asks the four tools which folders belong together; 0 or -1. */
int	 import_pairs(const struct import *, struct import_list *, struct err *);
void	 import_list_free(struct import_list *);

/*
 * import_offlineimap.c, import_mbsync.c: reads the folder's foreign state, if there is one, and
 * its path.  0, or -1 with the error: the folder is refused.
 */
int	 import_offlineimap(const struct import *, struct import_folder *, struct err *);
int	 import_mbsync(const struct import *, struct import_folder *, struct err *);

/* import_rows.c: finds the files, and makes rows of the foreign messages.  0 or -1. */
int	 import_rows(const struct import *, struct import_folder *, struct err *);

/*
 * import_read.c: a regular file, whole, appended.  1, 0 if there is none, -1; "shown" stands for
 * it in the error.
 */
int	 import_read(int dirfd, const char *name, const char *shown, struct buf *, struct err *);
/* All that can be read from a descriptor; 0 or -1 with errno (EFBIG beyond the buffer). */
int	 import_drain(int fd, struct buf *);

#endif
