/* The block of records that the state adds for one folder. */
#ifndef STATE_BLOCK_H
#define STATE_BLOCK_H

#include <stdint.h>

#include "base/dirhead.h"
#include "base/err.h"
#include "base/rec.h"
#include "state/folder.h"
#include "state/stream.h"

/* A pair of the stream, with what stood between it and our block; strings are owned. */
struct block_pair {
	char		*remote, *local;
	char		*rules;		/* without those of this run alone */
	struct dirhead	 cur, new;	/* the disk's head, not valid if none was told */
	int		 asked;		/* there is a question about a file */
	uint64_t	 validity;	/* the server's, 0 if it was not told */
};

/* block_frame.c.  The folder record of our side; one that the state does not have is all 0. */
void	 block_folder(const struct state_source *, struct recout *, const char *remote,
	    const char *local, const char *kind, const struct state_folder *, const char *why);
/* And an end record. */
void	 block_end(struct recout *, const char *side, const char *remote, uint64_t n);

/*
 * The whole block of a pair: folder, rows, intents, end; adds how many lines it wrote.  Where
 * the disk is as it was the rows are told as sets of uids (kind=sets), for nobody will need
 * the names of files then.  A folder that went with another partner so far fails for
 * itself (kind=failed, 0); what else goes wrong is -1.
 */
int	 block_write(const struct state_source *, struct recout *, const struct block_pair *,
	    uint64_t *lines, struct err *);

#endif
