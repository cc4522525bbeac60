/*
 * Taking over the state of another program (sync-state import): OfflineIMAP's LocalStatus or
 * mbsync's sync state becomes rows of ours, for folders that our state does not know.  What
 * changed since that program's last run is then seen by the next sync as what it is.
 *
 * A row of it is believed as one of our own: under the UIDVALIDITY that the other program
 * noted, and the one that the server has now; with the file that bears the message's number.
 * A message whose file is gone gets a stand-in for its name, ",U=..." alone, that locate.h
 * takes for any file whose name ends so: it is to be deleted on the server only if there is
 * still none.
 */
#ifndef PLAN_IMPORT_H
#define PLAN_IMPORT_H

#include <stddef.h>

#include "base/err.h"
#include "base/recout.h"
#include "conf/account.h"
#include "conf/args.h"

enum import_from {
	IMPORT_OFFLINEIMAP,
	IMPORT_MBSYNC
};

struct import {
	const struct account *a;	/* all borrowed */
	const struct args *args;	/* for the tools that list the folders */
	enum import_from from;
	char	*const *places;		/* operands: where its state lies; none: where it mostly does */
	size_t	 nplaces;
};

/*
 * Lists the folders (by sync-state, imap-list, maildir-scan and sync-pair), reads, and writes
 * all rows in one transaction; then reports, an import record for each pair of folders.
 * The account's lock must be held.  *status is the worst of the folders that failed.
 * 0, or -1: nothing has been written, or not been reported.
 */
int	 import_run(const struct import *, struct recout *, int *status, struct err *);

#endif
