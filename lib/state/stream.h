/* The state as records: what sync-state adds to the stream (offlineimap-records(5)). */
#ifndef STATE_STREAM_H
#define STATE_STREAM_H

#include "base/err.h"
#include "base/rec.h"
#include "state/env.h"

struct state_source {
	struct state	*st;
	const char	*account;	/* all borrowed */
	const char	*metadata;	/* for FolderValidity */
	const char	*repo;		/* name of the remote repository */
};

/* Writes the heads of all folders as a stream of its own.  0 or -1. */
int	 state_write_heads(const struct state_source *, struct recout *, struct err *);
/*
 * Copies a stream of pairs and adds to each pair the folder's rows and intents.
 * 0, or -1 (a stream that is cut off or not of this account, a broken state).
 */
int	 state_write_rows(const struct state_source *, struct recin *, struct recout *,
	    struct err *);

#endif
