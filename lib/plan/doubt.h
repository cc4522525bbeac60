/*
 * Much that is gone at once (hazard 27; a disk that is not mounted): it is not believed
 * at first sight.  Of the server it is asked a second time, by other means, before anything
 * is planned from it; a Maildir folder that lacks much and is another directory than the
 * one that was synced is left alone.
 */
#ifndef PLAN_DOUBT_H
#define PLAN_DOUBT_H

#include <stdint.h>

#include "base/err.h"
#include "base/rec.h"

struct folder;

/* 1 if so many of so many rows are much. */
int	 doubt_mass(uint64_t gone, uint64_t rows);
/* A probe record of the listing with gone=1: what it names has been asked for. */
void	 doubt_asked(struct folder *, const struct rec *);
/* The server's block has ended: what is missed and too much to be believed becomes unknown. */
void	 doubt_remote(struct folder *);
/* All files are known: the folder is refused if the directory is another one and lacks much. */
void	 doubt_local(struct folder *);
/* The probes for what became unknown so; 0 or -1. */
int	 doubt_probes(struct folder *, struct err *);

#endif
