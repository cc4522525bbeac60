/*
 * OfflineIMAP's own note of a remote folder's UIDVALIDITY:
 * METADATA/Repository-REPO/FolderValidity/NAME, one decimal line.
 */
#ifndef STATE_VALIDITY_H
#define STATE_VALIDITY_H

#include <stdint.h>

#include "base/err.h"

/*
 * Reads it: 1, or 0 if there is none, it cannot be read or is no UIDVALIDITY.  The
 * folder is the remote name as the user sees it.
 */
int	 validity_read(const char *metadata, const char *repo, const char *folder, uint32_t *);
/*
 * Writes it (synced, renamed into place; directories 0700) unless it says so already, or the
 * folder's name cannot be a file's: then there is none.  0 or -1.
 */
int	 validity_write(const char *metadata, const char *repo, const char *folder, uint32_t,
	    struct err *);
/* Removes it; one that is not there is fine.  0, or -1 with the error and errno set. */
int	 validity_forget(const char *metadata, const char *repo, const char *folder, struct err *);

#endif
