/*
 * The folders that a plan names, while it is carried out: what the state knows
 * of them, their Maildir directories, and the account of their lines that a mark needs.
 */
#ifndef PLAN_AFOLDER_H
#define PLAN_AFOLDER_H

#include <stdint.h>

#include "base/err.h"
#include "base/rung.h"
#include "maildir/folder.h"
#include "maildir/keyset.h"
#include "plan/echo.h"
#include "state/folder.h"

struct apply;

struct afolder {
	struct afolder	*next, *chain;	/* in order of appearance; in the hash table */
	char		*remote, *local;
	char		 fmd5[33];

	int		 loaded;	/* the state has been asked */
	char		*clash;		/* why it will not have these two names together, or NULL */
	uint32_t	 id;		/* in the state, 0 if it is not there (yet) */
	uint64_t	 gen0;		/* the folder's generation before this run's first commit; 0 if none */
	uint32_t	 validity;	/* 0 unknown */
	uint64_t	 rows;		/* when loaded */
	int		 recovering;	/* its UIDVALIDITY has changed, and not all is paired anew */
	int		 fresh;		/* made by this run, and empty then */
	int		 made;		/* on the server, by this run's CREATE */
	int		 unmade;	/* that was refused: what it holds there, if it is there, is not known */
	int		 settled;	/* every name in it is ours: fresh or marked, and no upload is open */
	int		 fvdone;	/* FolderValidity says the same */
	int		 distrust;	/* the server has contradicted itself here */
	int		 touched;	/* this run has changed rows; until its marks the heads are void */
	struct state_rhead rhead;	/* the heads as they were before that */
	struct dirhead	 cur, new;
	struct echo	 echo;		/* the server's, behind our own changes */

	struct mdfolder	 md;
	int		 open;		/* md is */
	struct dirhead	 incur, innew;	/* which directories it led to, where that lasts; not how they were */
	int		 dirty;		/* names in cur or new changed, or rows rest on them, and are not synced yet */

	uint64_t	 lines, sum;	/* of what was read, marks left out */
	uint64_t	 undone;	/* lines neither done nor kept */
	char		*mark[2];	/* raw mark lines: local, remote */
	uint64_t	 deletes[2];	/* delete lines read, by side */
	char		*note;		/* raw note line that names a rung, or NULL */
	enum rung	 rung;		/* that one */

	struct keyset	 names;		/* that rows name, while hasnames (apply_expect.c) */
	int		 hasnames;

	unsigned	 getgroup;	/* the group of downloads that it was last in */
	uint32_t	 getvalidity, getuid;	/* of that group: UIDVALIDITY, highest uid */

	/* one batch's use */
	int		 inflight;	/* it has a part, in this slot */
	size_t		 slot;

	/* one flight's use */
	uint32_t	 answered;	/* UIDVALIDITY that SELECT told, 0 none */
	int		 readonly;	/* SELECT said so */
	int		 again;		/* an upload of a run that was stopped is tried again */
	int		 wary;		/* a message was refused for now, in another run: ask before each */
	const char	*noroom;	/* one was refused for now in this one: no more is sent, and why */
	char		*refused;	/* why SELECT failed, or NULL */
	char		*unread;	/* why FETCH failed, or NULL */
};

/* The folder of these names, made if it is new.  NULL never. */
struct afolder	*afolder_get(struct apply *, const char *remote, const char *local);
void		 afolder_free_all(struct apply *);

/*
 * Reads what the state knows, once; in a state transaction.  A pair of names that the state
 * contradicts is the folder's affair: clash says it.  0 or -1.
 */
int	 afolder_load(struct apply *, struct afolder *, struct err *);
/*
 * The folder's number in the state, made if need be, with that UIDVALIDITY; in a write
 * transaction.  -1 if the state has another one, or on error.
 */
int	 afolder_make(struct apply *, struct afolder *, uint32_t validity, struct err *);

/*
 * Before the first row of a folder changes in this run: takes its heads out of the state, in the
 * same write transaction.  A head says that a side equals the rows; while only a part of a plan
 * has been carried out it would hide the rest (hazard 1).  apply_marks puts heads back.  Which
 * directories those of the disk were of stays known; of a folder that is new it becomes known: a head may be
 * long in coming, and until then one made anew, and empty, would read as deletions.
 */
int	 afolder_touch(struct apply *, struct afolder *, struct err *);

/*
 * Opens the Maildir folder if it is not; 0, or -1 with the error set.  Where that would be more
 * than APPLY_FOLDERS the others are synced and closed: of two folders, only the one opened last
 * is known to be open.
 */
int	 afolder_open(struct apply *, struct afolder *, struct err *);
/*
 * Syncs what changed in the folders that are open (unless fsync = no) and closes them.  0, or -1;
 * then also for every later call: what a failed sync left behind is nobody's to commit.
 */
int	 afolder_sync(struct apply *, struct err *);

/*
 * Writes OfflineIMAP's own FolderValidity: only once all is done in a folder and no upload is
 * open, for then every ,U= in it is of this UIDVALIDITY, unless the Maildir was read-only and a file
 * has kept another name.  0 or -1.
 */
int	 afolder_note(struct apply *, struct afolder *, struct err *);
/* 1 if the file's base name tells a uid in this folder that is not its own. */
int	 afolder_strange(const struct afolder *, const char *base, uint32_t uid);
/* Removes it, durably: before the state has a row with such a name.  0 or -1. */
int	 afolder_unnote(struct apply *, const struct afolder *, struct err *);

#endif
