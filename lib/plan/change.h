/* The parts of a batch of changes; apply_change.c puts them together. */
#ifndef PLAN_CHANGE_H
#define PLAN_CHANGE_H

#include "plan/apply.h"
#include "plan/flight.h"
#include "plan/upload.h"

/* apply_expect.c: decides the actions that the state contradicts.  0 or -1. */
int	 change_expect(struct apply *, struct actions *, struct err *);

/* apply_talk.c: everything that the server must do; what it refuses is decided. */
void	 change_talk(struct flight *, struct uploads *);
/* 1 if the action is an open flag change on the server. */
int	 change_stores(const struct action *);

/* apply_rows.c, in a write transaction: an open action's row, and its outcome.  0 or -1. */
int	 change_row(struct apply *, struct action *, struct err *);
/* A refused upload's intent: kept for good, or dropped if the refusal may pass.  0 or -1. */
int	 change_refused(struct apply *, const struct upload *, struct err *);

#endif
