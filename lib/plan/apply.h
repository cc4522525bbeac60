/*
 * Carrying out a plan: the only code that changes mail or state.
 *
 * Order: folders are made or renewed and downloads put in place as their lines come; when
 * the stream has ended, adoptions, then flags and uploads, then deletions, moves to the
 * trash after them, then marks, each committed before the next begins.  Only the deletions' \Deleted marks
 * go to the server before, with the last of the flags and uploads: nothing is lost by
 * them, and that is one wait for all.  Every line's expectation is checked on the
 * spot; one that does not hold is skipped.
 */
#ifndef PLAN_APPLY_H
#define PLAN_APPLY_H

#include <pthread.h>
#include <stdint.h>

#include "base/err.h"
#include "base/queue.h"
#include "base/rec.h"
#include "conf/account.h"
#include "imap/session.h"
#include "maildir/folder.h"
#include "plan/action.h"
#include "plan/afolder.h"
#include "plan/names.h"
#include "state/env.h"

#define APPLY_BATCH	5000		/* actions of one batch, and so of one commit */
#define APPLY_BYTES	(64u << 20)	/* messages of one batch */
#define APPLY_FIRST	(8u << 20)	/* and of the first that goes up: how fast the line is, it tells */
#define APPLY_LEAST	(1u << 20)
#define APPLY_MS	20000		/* what a batch that goes up should take at most */
#define APPLY_ROWS	500		/* downloads of one batch: each holds a descriptor */
#define APPLY_FOLDERS	100		/* folders open at a time: each holds four */

struct apply {
	const struct account *a;
	struct recout	*out;
	char		*const *transport;
	int		 timeout;	/* for imap_open */
	int		 trace;
	int		 allowdelete;
	int		 unguarded;	/* the lock was free since the plan was made: it may be partly done */

	/* private */
	size_t		 rows, perbatch;	/* downloads and open folders: what descriptors allow */
	struct name_rules rules;
	struct state	*st;
	int		 rootfd;	/* of the Maildir, -1 until a line needs it */
	struct mdfolder	 trash;		/* the local trash, where files were moved; its name */
	char		*trashname;	/* NULL: it is not open */
	struct imap	 im;
	int		 session;	/* im is open */
	int		 settled;	/* apply_settle has waited */
	uint64_t	 ndeletes[2];	/* delete lines read, of all folders: local, remote */
	uint64_t	 total;		/* rows of all folders before the first of them goes, if counted */
	int		 counted;
	struct afolder	*folders, **ftail;
	struct afolder	*table[4096];
	size_t		 nopen;		/* folders whose directories are open */
	int		 probed;	/* the planner has questions left */
	int		 unsynced;	/* errno of a directory that could not be synced */
	/*
	 * lines held until the stream has ended; keeps after changes: a row keeps its word; moves after deletions,
	 * which are what leaves the trash: a message is not taken for there for the sake of one that is about to go
	 */
	struct queue	 adopts, changes, keeps, deletes, moves;
	uint64_t	 upbytes;	/* of messages in a batch of them: APPLY_MS of this line's time */
	struct actions	 gets;		/* downloads of the batch at hand */
	int64_t		 getsince;	/* when its first came (io_now) */
	size_t		 getfolders;	/* folders in it */
	char		*caps;		/* of the server, to be remembered; NULL: nothing is new */
	unsigned	 getgroup;	/* its number */
	int		 syncfd;	/* for syncfs, opened before a download was written; or -1 */
	dev_t		 syncdev;	/* its device */
	pthread_t	 syncer;	/* of the syncfs that is under way */
	int		 syncing, synced;	/* there is one; it went well */
	int		 header, ended;	/* "plan" and "end" were read */
	uint64_t	 reported;	/* lines of the report */
	uint64_t	 msgs;		/* messages copied */
	int		 status;	/* worst exit status so far */
};

/*
 * Reads the plan and carries it out; the report goes to out.  0, or -1 with the error
 * set when it could not go on.  *status is the worst exit status of the lines.
 */
int	 apply_run(struct apply *, struct recin *, int *status, struct err *);

/* For the other apply_*.c files. */
void	 apply_report(struct apply *, struct action *);		/* apply_report.c: prints it; counts it for its folder */
int	 apply_root(struct apply *, int create, struct err *);	/* opens the Maildir root */
/* Gets the IMAP session, if there is none, to carry messages of so many bytes. */
int	 apply_session(struct apply *, uint64_t bytes, struct err *);
/*
 * apply_again.c: in a session, before what a stopped run may have sent is looked for and sent anew: waits, once
 * in a run, for the server to finish what it had of it.  0, or -1 if the session broke.
 */
int	 apply_settle(struct apply *);
/*
 * Has each action that is not barred looked at by what the state says, in one read
 * transaction; those of a folder whose names the state contradicts fail.  0 or -1.
 */
int	 apply_check(struct apply *, struct actions *,
	    int (*)(struct apply *, struct action *, struct err *), struct err *);
/* 1 if the line may not touch that side (readonly), then it is skipped. */
int	 apply_barred(struct apply *, struct action *);
/* apply_report.c, in a write transaction: the outcome of changes to existing mail, into the audit log. */
int	 apply_log(struct apply *, const struct action *, struct err *);

/* 0 with the action skipped if its file has its own uid's row already; -1. */
int	 expect_unpaired(struct apply *, struct action *, struct err *);

/* apply_get.c: downloads. */
int	 apply_get(struct apply *, struct action *, struct err *);	/* takes it over */
int	 apply_get_flush(struct apply *, struct err *);
/* Milliseconds that those at hand may still wait for more: 0 if they are due, -1 if there are none. */
int64_t	 apply_get_left(const struct apply *);
void	 apply_get_open(struct apply *);	/* before anything is read */
void	 apply_get_close(struct apply *);
/*
 * apply_sync.c: before rows name files the data of these is made durable, unless fsync = no.  All at once
 * if n files are worth that, which are all in the Maildir's own file system (else n is 0): that is begun, and goes on
 * beside whatever comes in between, to its end; 1 if it was done, or need not be.
 */
void	 apply_sync_begin(struct apply *, size_t n);
int	 apply_sync_end(struct apply *);
/*
 * Else each for itself, as many at a time as descriptors allow; "at" opens one, or returns -1 with errno.
 * What cannot be made durable fails.
 */
void	 apply_sync_files(struct apply *, struct action *const *, size_t n, int (*at)(const struct action *));
/* apply_renew.c: a folder whose UIDVALIDITY has changed, at once: all else of it is of the new one. */
int	 apply_renew(struct apply *, struct action *, struct err *);
/* apply_adopt.c, apply_batch.c: one batch each; every action gets its outcome. */
int	 apply_adopt(struct apply *, struct actions *, struct err *);
int	 apply_batch(struct apply *, struct actions *, struct err *);
/* apply_mark.c: the heads of a folder whose lines are all done or kept. */
int	 apply_marks(struct apply *, struct err *);

/*
 * apply_note.c: what was found out about the server is kept, for the account or for a folder;
 * other notes are for people.  apply_notes writes it, behind the marks: it makes a new generation.
 */
int	 apply_note(struct apply *, const struct rec *);
int	 apply_notes(struct apply *, struct err *);
/* A line of the plan goes to the report as it is, done. */
void	 apply_tell(struct apply *, const char *line);

/*
 * apply_file.c: finds the files of actions of one folder, which is open: of those with a name that
 * are undecided.  0 or -1.
 */
int	 apply_locate(struct apply *, struct afolder *, struct action *const *, size_t n, int *proven,
	    struct err *);
/*
 * apply_copies.c: of several files that have the name of a located one those that are equal to it in all bytes
 * go, links to the very file only if that is wanted: 0, or 1 if one is not equal; then all stay.  -1.
 */
int	 copies_remove(struct apply *, const struct action *, int links, struct err *);
/* Opens a located file, for apply_sync_files. */
int	 apply_file_at(const struct action *);
/*
 * Gives a located file its name with uid, keeping directory and letters, and removes its copies, which would keep
 * the old name.  The new base name is appended to base.  0, or -1 with errno.
 */
int	 apply_rename_uid(struct apply *, struct action *, uint32_t uid, struct buf *base);

#endif
