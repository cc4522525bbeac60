/* The parts of a batch; apply_batch.c puts them together. */
#ifndef PLAN_CHANGE_H
#define PLAN_CHANGE_H

#include "plan/apply.h"
#include "plan/flight.h"
#include "plan/upload.h"

/* apply_expect.c, for apply_check: decides an action that the state contradicts.  0 or -1. */
int	 change_expect(struct apply *, struct action *, struct err *);

/*
 * apply_create.c: makes the batch's folders on the server and waits for the answers.  All else of a folder
 * that could not be made, or is there already, is skipped, in this batch and in later ones.
 */
void	 change_create(struct flight *);
/* Queues CREATE, and SUBSCRIBE with the second callback where only what is subscribed to is synced. */
void	 create_send(struct flight *, const char *remote, struct imap_done, struct imap_done);

/* apply_talk.c: everything that the server must do at first; what it refuses is decided. */
void	 change_talk(struct flight *, struct uploads *);
/* 1 if the action is an open flag change on the server. */
int	 change_stores(const struct action *);

/* apply_change.c.  1 if the action needs its file.  Then: does it still say what it is to be done for? */
int	 change_wants_file(const struct action *);
void	 change_cause(struct apply *, struct action *);
/* Intents of all uploads, and of deletions on the server, one commit, before the first byte (hazard 25).  0 or -1. */
int	 change_intend(struct apply *, const struct actions *, struct uploads *, struct err *);
/* Then: begins to make many uploads durable while they are sent (apply_sync_begin); change_disk ends it. */
void	 change_sync(const struct uploads *);
/* Letters and names of files, as the server has taken it. */
void	 change_disk(struct flight *, struct uploads *);
/* One commit of all that is open but deletions; it gets its outcome.  0 or -1. */
int	 change_commit(struct apply *, struct actions *, struct uploads *, struct err *);

/* apply_rows.c, in a write transaction: an open action's row, and its outcome.  0 or -1. */
int	 change_row(struct apply *, struct action *, struct err *);
/* A refused upload's intent says so, and whether that may pass.  0 or -1. */
int	 change_refused(struct apply *, const struct upload *, struct err *);
/*
 * Uploads of a folder that the server has taken, and whose uids were not found: their intents say so, and what they
 * may be waits with them, so that none goes up again or comes down (hazard 25).  0 or -1.
 */
int	 change_unfound(struct apply *, struct uploads *, const struct part *, struct err *);

/* apply_delete.c.  As change_expect, for a deletion. */
int	 delete_expect(struct apply *, struct action *, struct err *);
/*
 * In a write transaction, before anything is sent: the row of a deletion on the server says that it is under
 * way.  1 if something changed in the state, 0, -1.
 */
int	 delete_begin(struct apply *, struct action *, struct err *);
/*
 * apply_copies.c, for a deletion here of a message that has several files of its name, in an open folder: those
 * that are equal go, but for the action's own.  -1, with the action decided, if one is not.
 */
int	 delete_copies(struct apply *, struct action *);
/* 1 if the action is an open deletion. */
int	 delete_open(const struct action *);
/* 1 if it is one on the server that is marked first, and then expunged. */
int	 delete_marks(const struct action *);
/* 1 if it goes to the trash in one step, mark and all. */
int	 delete_by_move(const struct action *);
/* 1 if what is marked is expunged; else the mark is all. */
int	 delete_expunges(const struct apply *);
/* What the disk has of it, after its file was looked for: found or proven absent. */
void	 delete_look(struct apply *, struct action *, int proven);
/* What the server had of it before it was marked; refused is what it said to the marks, or NULL. */
void	 delete_judge(const struct afolder *, struct action *, const char *refused);
/* The rest of it, once everything else is in the state.  0 or -1. */
int	 delete_finish(struct flight *, struct err *);

/* apply_expunge.c.  The server's second flight; what fails is decided. */
void	 delete_expunge(struct flight *);

#endif
