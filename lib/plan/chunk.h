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
#include "imap/fetch.h"
#include "plan/spool.h"

struct lane;

/* One line to fetch for. */
struct want {
	uint32_t	 uid;
	uint32_t	 expects;	/* bytes */
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
	size_t		 n, room;
	size_t		 at;		/* where the next answer is looked for first */
	struct queue	 lines;		/* all, in order */
	uint64_t	 bytes;		/* expected, of those whose message has not come */
	int		 tries;		/* how often it was sent */
	int		 done;		/* nothing more will come for it */

	/* while it is being fetched */
	struct lane	*lane;		/* by whom; NULL: it is not */
	struct chunk	*behind;	/* the one that the lane sent next */
	unsigned	 owed;		/* commands not answered yet */
};

struct chunk	*chunk_new(void);
void		 chunk_free(struct chunk *);

/* 1 for a line of a plan that needs a message, and which. */
int	 chunk_copy(const struct rec *, uint32_t *validity, uint32_t *uid);
/* Bytes to expect for such a line. */
uint64_t chunk_expects(const struct rec *);
/* 1 if nothing more should be asked for with it. */
int	 chunk_full(const struct chunk *);
/* 1 if such a line can go with the chunk (which may be NULL: then not). */
int	 chunk_joins(const struct chunk *, const struct rec *, uint32_t validity);
/* Adds what a line wants; the line itself goes to the queue "lines" as any other. */
void	 chunk_add(struct chunk *, const struct rec *, uint32_t validity, uint32_t uid);
/* 1 if both are of one folder, as the plan knows it. */
int	 chunk_same(const struct chunk *, const char *remote, uint32_t validity);
/* Who waits for this uid, whether or not it has come; NULL for nobody. */
struct want *chunk_find(struct chunk *, uint32_t uid);
/* The message is in the spool: it is this one's from now on. */
void	 chunk_keep(struct chunk *, struct want *, struct spool *, const struct fetch *);
/*
 * Appends the lines to a queue, those whose message has been spooled with what sync-apply
 * needs to know.  Uses them up; 0, or -1 with the error set.
 */
int	 chunk_print(struct chunk *, struct queue *, struct err *);

#endif
