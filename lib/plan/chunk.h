/*
 * A run of plan lines that imap-fetch asks for at once: those to fetch for, all of one
 * folder, and the lines that stand before, between and behind them.
 */
#ifndef PLAN_CHUNK_H
#define PLAN_CHUNK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/digest.h"
#include "base/queue.h"
#include "base/rec.h"

struct fetching;

/* One line to fetch for. */
struct want {
	uint32_t	 uid;
	char		*spool;		/* path, once it is there; owned */
	unsigned char	 dig[DIGEST_LEN];
	uint64_t	 size;
	time_t		 date;
	int		 hasdate;
	unsigned	 flags;		/* FLAG_ bits */
	int		 hasflags;
};

/* One UID FETCH. */
struct chunk {
	struct chunk	*next;
	char		*remote, *local;	/* NULL: only lines to pass */
	uint32_t	 validity;
	struct want	*want;		/* n of them, in the order of their lines */
	size_t		 n;
	struct queue	 lines;		/* all, in order */
	uint64_t	 bytes;		/* expected */
	int		 sent, done;
	struct fetching	*run;		/* the fetcher's, for its callbacks; borrowed */
};

struct chunk	*chunk_new(struct fetching *);
void		 chunk_free(struct chunk *);

/* 1 for a line of a plan that needs a message, and which. */
int	 chunk_copy(const struct rec *, uint32_t *validity, uint32_t *uid);
/* 1 if nothing more should be asked for with it. */
int	 chunk_full(const struct chunk *);
/* 1 if such a line can go with the chunk (which may be NULL: then not). */
int	 chunk_joins(const struct chunk *, const struct rec *, uint32_t validity);
/* Adds what a line wants; the line itself goes to the queue "lines" as any other. */
void	 chunk_add(struct chunk *, const struct rec *, uint32_t validity, uint32_t uid);
/*
 * Writes the lines, those whose message has been spooled with what sync-apply needs to
 * know.  Uses them up; 0, or -1 with the error set.
 */
int	 chunk_print(struct chunk *, struct recout *, struct err *);

#endif
