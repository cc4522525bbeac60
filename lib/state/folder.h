/*
 * The folders of the state: a pair of names, the heads of both sides as of the
 * last mark, and figures of the rows.
 */
#ifndef STATE_FOLDER_H
#define STATE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/dirhead.h"
#include "base/err.h"
#include "state/env.h"

struct state_rhead {
	int		 valid;		/* 0: nothing is known, the rest is 0 */
	uint32_t	 next;		/* UIDNEXT */
	uint64_t	 count;		/* MESSAGES */
	uint64_t	 modseq;	/* HIGHESTMODSEQ, 0 if the server has none */
};

/* Strings are owned by the struct; state_folder_free frees them. */
struct state_folder {
	uint32_t	 id;		/* never used again for another folder */
	uint64_t	 gen;		/* generation of the last commit that touched it */
	char		*remote;	/* name as the user sees it */
	char		*local;		/* "" is the root folder */
	uint32_t	 validity;	/* UIDVALIDITY of all rows, 0 while unknown */
	struct state_rhead rhead;
	struct dirhead	 cur, new;	/* of the Maildir */
	char		*rules;		/* at the last mark, the pair record's list; NULL if none yet */
	uint64_t	 written_at;	/* unix seconds of the last mark, 0 never */
	uint64_t	 lastfull;	/* unix seconds of the last mark of the server's side, 0 never */
	unsigned	 rung;		/* enum rung: the highest it may be listed by */
	unsigned	 distrust;	/* 0 to 255: how often it was caught lying */
	char		*mailboxid;	/* OBJECTID (RFC 8474), NULL if unknown */
	/*
	 * UIDVALIDITY changed: the rows of before stay, under another number, until all messages
	 * are paired anew.  state_folder_renew and state_folder_settle alone set these two.
	 */
	uint32_t	 past;		/* that number, 0: there are none */
	uint64_t	 was;		/* rows there */
	int		 renewed;	/* no later sync has ended under the present validity */
	int		 old;		/* it is the past of another; state_folders leaves it out */
	/* figures, exact in every transaction; state_folder_put does not take them */
	uint64_t	 rows;
	uint64_t	 kept;		/* rows with a kept word */
	uint64_t	 intents;	/* refused ones too */
};

/*
 * Finds a folder by both names: 1 and the folder, 0 if neither name is known
 * (the folder is then empty; freeing it is allowed), -1 with the error.  A name that is
 * known with another partner is an error of status EXIT_CONF.
 */
int	 state_folder_find(struct state *, const char *remote, const char *local,
	    struct state_folder *, struct err *);
/* The same by one name, of side 'r' or 'l': 1, 0, -1. */
int	 state_folder_named(struct state *, char side, const char *name, struct state_folder *,
	    struct err *);
/* The same by number: 1, 0, -1. */
int	 state_folder_get(struct state *, uint32_t id, struct state_folder *, struct err *);
/* Frees the strings and empties the struct. */
void	 state_folder_free(struct state_folder *);

/* The id of that pair, made if it is new.  0, or -1 (a clash as in find). */
int	 state_folder_make(struct state *, const char *remote, const char *local, uint32_t *id,
	    struct err *);
/*
 * Stores all but names, past, gen, rows, kept and intents of the folder with that id.  Another
 * validity is refused while there are rows (state_folder_clear first).
 */
int	 state_folder_put(struct state *, const struct state_folder *, struct err *);
/*
 * The folder has another UIDVALIDITY from now on, and no rows, heads or refused uploads: what
 * rows there are become its past, in place of an older one; if there are none, that stays.
 * Gives the folder's number, which may be a new one.  0 or -1.
 */
int	 state_folder_renew(struct state *, uint32_t id, uint32_t validity, uint32_t *now,
	    struct err *);
/* Drops its past, if it has any.  0 or -1. */
int	 state_folder_settle(struct state *, uint32_t id, struct err *);
/* Drops all rows and intents. */
int	 state_folder_clear(struct state *, uint32_t id, struct err *);
/* Drops the folder with its rows, intents, past and names.  An id that is not there is fine. */
int	 state_folder_drop(struct state *, uint32_t id, struct err *);

/*
 * All folders, sorted by remote name.  0 and an array (NULL and 0 when there are none)
 * for state_folders_free, or -1.
 */
int	 state_folders(struct state *, struct state_folder **, size_t *, struct err *);
void	 state_folders_free(struct state_folder *, size_t);

#endif
