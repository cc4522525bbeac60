/*
 * The trash: messages that are to be deleted on a side are moved to a folder there, once.
 *
 * On the server by MOVE (RFC 6851), which is one step, so that nothing has to be
 * remembered: what is stopped has happened or has not.  Without MOVE by COPY, in front of the mark
 * of an ordinary deletion; then the trash is first searched for what an earlier run may
 * have put there.  On disk by a rename.
 *
 * A mail program that moves a message to the trash itself makes two changes of it: a new message
 * in one folder, which is copied to the other side as any new one, and a deletion in another.  So
 * what the trash of this side is known to hold already, equal in all bytes and, on the server, in
 * date, is not put there a second time, but deleted.  Deletions come last, so that
 * this run's copies have arrived.
 */
#ifndef PLAN_TRASH_H
#define PLAN_TRASH_H

#include "plan/apply.h"
#include "plan/flight.h"
#include "plan/upload.h"

/* trash_find.c.  Before the first flight: how each of its moves on the server is made.  0 or -1. */
int	 trash_prepare(struct flight *, struct uploads *, struct err *);
/* After it: a move that relies on an upload of this batch is skipped if that failed. */
void	 trash_arrived(struct flight *);

/* trash_server.c.  Queues the copies of a folder, which is selected; then, what was refused of them. */
void	 trash_copy(struct flight *, struct part *);
void	 trash_judge(struct part *);
/*
 * What is moved or copied has no mark that could be taken back: such commands of a folder go out only
 * when its SELECT has told the right UIDVALIDITY (hazard 16), which is waited for.  1, 0 if they may not
 * (the moves are decided then), -1 if the session broke.
 */
int	 trash_cleared(struct flight *, struct part *, enum trashing);
/* Queues "UID MOVE set trash" (or COPY) in pieces; the part gets the server's words if it refuses. */
void	 trash_send(struct flight *, struct part *, const char *command, struct uidset *);
/*
 * 1 if a trash folder that is not on the server may be made; forgets what was refused for the lack of it, and
 * queues that, for the first part of the flight that needs it.
 */
int	 trash_may_create(const struct apply *);
void	 trash_create(struct flight *, struct part *, int first);

/* trash_disk.c.  Moves the located files of the batch's local moves; what fails is decided.  0 or -1. */
int	 trash_files(struct flight *, struct err *);
/* Makes it durable: 0, or -1 with errno.  Closes it. */
int	 trash_sync(struct apply *);
void	 trash_close(struct apply *);

#endif
