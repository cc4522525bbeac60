/*
 * Messages that only one side has, and which of them are the same message after
 * all: uploads whose answer was lost, a state that was lost, the same mail put
 * on both sides.  By file name where that proves it, else by content, as
 * multisets of (size, digest); several large ones that start alike need a digest of
 * all their bytes, or flags and deletions of one would hit another.
 */
#ifndef PLAN_PAIR_H
#define PLAN_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "plan/content.h"

enum fate {
	FATE_OPEN,		/* unmatched so far, at the end: new */
	FATE_DONE,		/* decided elsewhere, takes no part */
	FATE_ADOPT,		/* paired with "match" */
	FATE_PROBE,		/* remote: its digest is asked for */
	FATE_WAIT,		/* depends on such an answer */
	FATE_AWAY,		/* remote: deleted here before the server renumbered it; it stays away */
	FATE_AMBIGUOUS		/* may be each other's copy, rewritten by the server */
};

/* A remote message without a row that names a file. */
struct rmsg {
	struct content	 c;
	uint32_t	 uid;
	uint32_t	 kw;		/* offset of its keywords in the folder's strings, 0: none */
	uint32_t	 match;		/* index of the local one */
	uint8_t		 flags;
	uint8_t		 fate;
	uint8_t		 bits;		/* RMSG_ */
	uint8_t		 claims;	/* files whose name claims its uid, 2 for more */
};

enum {
	RMSG_ROW = 1,		/* the state has a kept row without a file */
	RMSG_EXPUNGE = 2,	/* that waits for the message to be expunged */
	RMSG_LISTED = 4,	/* it is there */
	RMSG_UNKNOWN = 8,	/* the listing does not say whether it is */
	RMSG_PROBED = 16,	/* its digest has been asked for already */
	RMSG_WHOLE = 32,	/* that of all its bytes has been */
	RMSG_TWIN = 64,		/* that of all its bytes is wanted: others start alike */
	RMSG_MAYBE = 128	/* a kept row: it may be an upload in other bytes */
};

/* A local file that no row names, or whose row has yet to be found. */
struct lmsg {
	struct content	 c;
	uint64_t	 hash;		/* of its name */
	uint32_t	 uid;		/* that its name claims, 0: none */
	uint32_t	 match;		/* FATE_ADOPT: of the remote one; LMSG_ROW: of the row */
	uint32_t	 intent;	/* 1 + index of its intent, 0: none */
	uint8_t		 flags;
	uint8_t		 fate;
	uint8_t		 bits;		/* LMSG_ */
};

enum {
	LMSG_BAD = 1,		/* it may not be uploaded */
	LMSG_EMPTY = 2,		/* nor be taken for anything */
	LMSG_GONE = 4,		/* a name that a delta says is gone */
	LMSG_CLAIM = 8,		/* its name says which message it is, and may be believed */
	LMSG_BYNAME = 16,	/* adopted for the row of "match" (a row's index), not a remote one */
	LMSG_ROW = 32,		/* the row of "match" names it */
	LMSG_PAST = 64,		/* a row names it that is of another UIDVALIDITY */
	LMSG_ARCHIVED = 128	/* it is in the archive, without a row */
};

/* An upload begun and not known to have ended, or refused; or a file that is in the archive. */
struct intent {
	char		*name;		/* owned */
	struct content	 c;
	uint64_t	 hash;		/* of the name */
	uint32_t	 next;		/* the upload got a uid of at least that, */
	uint32_t	 validity;	/* under that UIDVALIDITY; 0: the bound is none */
	uint8_t		 refused;	/* it is not open: the server has not got it, or it is in the archive */
	uint8_t		 stored;	/* the server said that it has it, and its uid was not found */
	uint8_t		 archived;	/* that */
	uint8_t		 later;		/* the server may take it now */
	uint8_t		 found;		/* its file was listed */
	uint8_t		 gone;		/* its file provably is not there */
	uint8_t		 evidence;	/* a file is believed to be it under its new name */
	uint8_t		 foreign;	/* it was begun under another UIDVALIDITY */
};

struct pairing {
	struct rmsg	*r;		/* sorted by uid */
	size_t		 nr;
	struct lmsg	*l;
	size_t		 nl;
	const struct intent *intents;
	uint64_t	 probes, ambiguous;	/* results */
};

/*
 * Pairs what is FATE_OPEN on both sides by content, and settles intents.  What
 * must be asked becomes FATE_PROBE, what depends on the answer FATE_WAIT; what
 * was asked before is not asked again.  What is still FATE_OPEN afterwards has no counterpart.
 */
void	 pair_content(struct pairing *);

/* pair_equal.c, for pair.c: pairs those that are equal; 1 if length and start are. */
void	 pair_equal(struct pairing *);
int	 pair_same(const struct content *, const struct content *);

#endif
