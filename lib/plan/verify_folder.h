/* One folder of a listing on its way to what differs in it; used by verify.c. */
#ifndef PLAN_VERIFY_FOLDER_H
#define PLAN_VERIFY_FOLDER_H

#include <stdint.h>

#include "base/err.h"
#include "base/rec.h"
#include "base/uidset.h"
#include "plan/compare.h"

/* The differences that go out. */
struct vout {
	struct recout	*to;		/* borrowed */
	uint64_t	 differ;	/* lines of them */
	uint64_t	 folders;	/* that both sides have, compared */
	uint64_t	 equal;		/* messages that both sides have */
	int		 status;	/* that they make */
};

/* One side's block. */
struct vblock {
	enum { VB_MISSING, VB_NONE, VB_FULL } kind;
	int		 ended;		/* and counted */
	uint64_t	 n;		/* m lines */
	uint64_t	 count;		/* as the server counts them */
	int		 counted;
};

/* What the state keeps apart, and why: a message by its uid, a refused upload by its name. */
struct vkept {
	uint64_t	 key;		/* see vkept_name */
	const char	*why;		/* one of a few constants */
};

struct vfolder {
	char		*remote, *local;	/* names; NULL between folders */
	unsigned	 rules;
	int		 asked;		/* there was a probe for all of it */
	char		*why;		/* nothing can be said of it, NULL: something can */
	char		*text;		/* and more words */
	int		 again;		/* next time it may be otherwise */
	struct vblock	 s, r, l;
	uint32_t	 svalidity, rvalidity;	/* 0: unknown */
	uint32_t	 last;		/* uid of the server's, the highest so far */
	struct vkept	*kept;
	size_t		 nkept, keptcap;	/* by key once the folder is finished */
	struct uidset	 uids;		/* of the server's messages */
	struct compare	 compare;
	struct vout	*out;		/* while it is finished */
};

void	 vfolder_init(struct vfolder *);
void	 vfolder_free(struct vfolder *);
int	 vfolder_begin(struct vfolder *, const struct rec *pair, struct err *);
/* Any record that belongs to the pair.  -1 only where going on makes no sense. */
int	 vfolder_record(struct vfolder *, const struct rec *, struct err *);
/* Tells what differs in it and makes ready for the next one; nothing between folders. */
int	 vfolder_finish(struct vfolder *, struct vout *, struct err *);

/* A name's key: a hash that no uid can be. */
uint64_t vkept_name(const char *);
/* Why the state keeps what has this key apart, or NULL. */
const char *vkept_why(const struct vfolder *, uint64_t key);

/* A difference of a whole folder; text may be NULL. */
void	 vout_folder(struct vout *, const char *side, const char *remote, const char *local,
	    const char *why, const char *text, int again);
/* One of messages: either may be NULL. */
void	 vfolder_differs(struct vfolder *, const struct item *remote, const struct item *local,
	    const char *name);

#endif
