/*
 * One folder of a listing on its way to its part of the plan: the blocks are
 * read into tables, each local file that a row names is decided as it passes,
 * the rest when all blocks are there.  Used by planner.c; the functions are
 * spread over folder.c (life, heads), saved.c, remote.c, local.c, doubt.c, decide.c, emit.c.
 */
#ifndef PLAN_FOLDER_H
#define PLAN_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/queue.h"
#include "base/rec.h"
#include "base/uidset.h"
#include "plan/guard.h"
#include "plan/pline.h"
#include "plan/mark.h"
#include "plan/merge.h"
#include "plan/pair.h"
#include "plan/recover.h"
#include "plan/rules.h"
#include "plan/sort.h"
#include "plan/table.h"
#include "plan/total.h"

enum kind { KIND_MISSING, KIND_NONE, KIND_FULL, KIND_DELTA, KIND_PRESENCE, KIND_FAILED };

/* One side's block. */
struct block {
	enum kind	 kind;
	int		 ended;		/* and counted */
	uint64_t	 n;		/* m lines */
};

struct folder {
	char		*remote, *local;	/* names; NULL between folders */
	char		*fmd5;		/* of file names of this folder */
	unsigned	 rules;
	char		*lasting;	/* the rules as text, for marks */
	struct maxdelete limit;
	char		*rtrash, *ltrash;	/* where deletions on that side go, or NULL */
	int		 rcreated, lcreated;	/* a create line stands before the pair */
	struct queue	 creates;	/* those lines */
	char		*cremote, *clocal;	/* the names in them, NULL: there is none */

	const char	*refused;	/* why the folder is left alone, NULL: it is not */
	char		*failure;	/* why the server's listing failed, or is not believed, or NULL */
	int		 again;		/* and that nothing is wrong with the folder */
	struct block	 s, r, l;
	int		 sets;		/* the rows came as sets: the disk has not moved, and says of few how they are */
	uint64_t	 rowmax;	/* how many rows the state says it has */

	struct rhead	 rsaved, rnow;	/* the state's heads, the listings' */
	struct lhead	 lsaved, lnow;
	char		*rules_saved;
	uint64_t	 gen;
	uint32_t	 fv;		/* FolderValidity's, 0 unknown */
	int		 renewed;	/* no sync has ended under the state's UIDVALIDITY yet */
	struct recovery	 recovery;
	uint32_t	 maxuid;	/* on the server */
	int		 elsewhere;	/* the files are in another directory than before */

	struct table	 rows;
	struct uidset	 archived;	/* rows that are kept for good, whatever the rules say now */
	struct uidset	 deleting;	/* rows whose deletion on the server was begun */
	struct digests	 digests;	/* of all contents below */
	struct rmsg	*r_only;
	size_t		 nr, rcap, nheld;	/* the first nheld: kept rows without a file */
	struct uidset	 gone;		/* what the server's block says is gone, until it ends */
	struct lmsg	*l_only;
	size_t		 nl, lcap;
	struct queue	 lines;		/* the records of l_only, same order */
	struct intent	*intents;
	size_t		 nintents;
	struct { uint32_t uid; uint8_t bit; } *probed;	/* what was asked for: RMSG_ bits */
	size_t		 nprobed;
	struct uidset	 asked;		/* what the server was asked for since it was missed */
	uint32_t	 askedof;	/* under that UIDVALIDITY */
	struct uidset	 doubted;	/* what is missed, and will be asked for */
	struct buf	 kw;		/* keyword lists, each with its NUL */

	/* the plan as it grows */
	struct recout	 out;		/* builds a line, writes nowhere */
	struct buf	 text;		/* "key TAB line" */
	struct buf	 other;
	struct sort	 sorted;
	struct guard	 rdeletes, ldeletes;
	uint64_t	 count, sum;	/* of the lines, as marks say them */
	int		 acts;		/* one of them is more than a word that stays (keep) */
	int		 probing;	/* it asks for something */
	uint64_t	 withheld;	/* decisions that a presence listing forbids */
	int		 undecided;	/* ambiguous, held or to be probed: no mark at all */
	int		 hold_remote, hold_local;	/* no mark for that side */
};

/* Once for all folders. */
void	 folder_init(struct folder *);
void	 folder_free(struct folder *);

/* A create line; it belongs to the pair that follows, which must be of the same names. */
int	 folder_create(struct folder *, const struct rec *, struct err *);
/* 0 if no create still waits for its pair, else -1. */
int	 folder_paired(const struct folder *, struct err *);
int	 folder_begin(struct folder *, const struct rec *pair, struct err *);
/* Any record of a folder's blocks.  -1 only where going on makes no sense (disk). */
int	 folder_record(struct folder *, const struct rec *, struct err *);
/* 1 if all three blocks are there and ended. */
int	 folder_whole(const struct folder *);
/* Prints the folder's lines and makes ready for the next one. */
int	 folder_finish(struct folder *, struct plan *, struct err *);
/* Drops what was read of it. */
void	 folder_clear(struct folder *);

/* The rest is between these files. */

/* The folder is left alone, for the first reason given. */
void	 folder_refuse(struct folder *, const char *why);

void	 saved_start(struct folder *, const struct rec *);
void	 saved_message(struct folder *, const struct rec *);
void	 saved_rows(struct folder *, const struct rec *);
void	 saved_intent(struct folder *, const struct rec *);
void	 saved_end(struct folder *);

void	 remote_start(struct folder *, const struct rec *);
void	 remote_message(struct folder *, const struct rec *);
void	 remote_gone(struct folder *, const struct rec *);
void	 remote_end(struct folder *);
/* The remote message without a row that has this uid, or NULL. */
struct rmsg *remote_find(const struct folder *, uint32_t uid);
/* 1 if it is there and not just waiting to be expunged. */
int	 remote_alive(const struct rmsg *);

int	 local_message(struct folder *, const struct rec *, struct err *);
/* The same where rows came as sets: the file is as its row is, and says how that is. */
int	 local_known(struct folder *, const struct rec *, struct err *);
int	 local_gone(struct folder *, const struct rec *, struct err *);
/* Finds the rows of the files that did not find them by uid, and pairs by name and content. */
void	 local_resolve(struct folder *);

/* Decides a message that has a row; name may be NULL, then the row's name is meant. */
int	 decide_row(struct folder *, struct row *, struct merge_view local, const char *name,
	    struct err *);
/* A line for a difference that stays. */
int	 decide_keep(struct folder *, const char *side, uint32_t uid, const char *name,
	    const char *why, struct err *);
/* The flags lines of a message that both sides have, and that the state will know. */
int	 decide_flags(struct folder *, const struct merge *, uint32_t uid, const char *name,
	    unsigned rflags, unsigned lflags, struct err *);
/* decide_files.c.  All files that found no row while they passed. */
int	 decide_files(struct folder *, struct err *);
/* Everything that is left once all blocks are there. */
int	 decide_rest(struct folder *, struct err *);

/* A line about a message of this folder, to be filled and emitted. */
void	 emit_init(const struct folder *, struct pline *, const char *verb, const char *side,
	    uint32_t uid, const char *name);
int	 emit(struct folder *, const struct pline *, struct err *);
/* A deletion with its keep, for the guard. */
int	 emit_guarded(struct folder *, struct guard *, const struct pline *, struct err *);
/* Releases the guard: -1, or 0. */
int	 emit_released(struct folder *, struct guard *, struct err *);

#endif
