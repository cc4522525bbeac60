/* The rows: what both sides agreed on for one message, or why it is kept apart. */
#ifndef STATE_MSG_H
#define STATE_MSG_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/flags.h"
#include "state/env.h"

struct state_msg {
	uint32_t	 uid;		/* under the folder's validity; not 0 */
	unsigned	 flags;		/* FLAG_ bits agreed on */
	unsigned	 kept;		/* KEPT_ number; 0: both sides are as the row says */
	uint64_t	 size;		/* RFC822.SIZE */
	int64_t		 date;		/* INTERNALDATE in unix seconds */
	int		 has_dig;
	unsigned char	 dig[DIGEST_LEN];	/* of the header block; 0 without has_dig */
	const char	*name;		/* local base name without info part; NULL if there is no file: "kept" says why */
	uint64_t	 kwset;		/* keywords, bits of the folder's kw table; reserved, 0 */
	const char	*objid;		/* EMAILID or its like, NULL if unknown; reserved */
};

/* Why a row is kept apart: numbers as stored, words as in records. */
enum {
	KEPT_NO,
	KEPT_READONLY,
	KEPT_SYNC_DELETES,
	KEPT_MAXDELETE,
	KEPT_REFUSED,
	KEPT_EXPUNGE,
	KEPT_AMBIGUOUS,
	KEPT_WINDOW,
	KEPT_NUL,
	KEPT_UNREADABLE,
	KEPT_EMPTY,
	KEPT_UIDVALIDITY,
	KEPT_VANISHED_LOCAL,
	KEPT_VANISHED_REMOTE,
	KEPT_FAILED,
	KEPT_ARCHIVE,		/* the server lost it; it stays on disk for good */
	KEPT_LATER,		/* an intent alone: refused for a reason of the moment */
	KEPT_DELETING,		/* its file went, and its deletion on the server was begun: nobody knows how far that came */
	KEPT_MAX		/* no word, the number of words */
};

/* The word, or NULL for KEPT_NO and for a number that has none. */
const char *state_kept_word(unsigned);
/* The number; KEPT_NO for NULL, KEPT_FAILED for a word that is not known. */
unsigned state_kept_number(const char *);

/* One row: 1, 0 if there is none, -1.  Strings are borrowed (env.h). */
int	 state_msg_get(struct state *, uint32_t folder, uint32_t uid, struct state_msg *,
	    struct err *);
/*
 * The first row with a uid above "after"; 1, 0 at the end, -1.  Going through a
 * folder this way moves a cursor along; rows may be written or deleted meanwhile.
 */
int	 state_msg_next(struct state *, uint32_t folder, uint32_t after, struct state_msg *,
	    struct err *);
/* Stores a row, new or again.  The folder must have its validity.  0 or -1. */
int	 state_msg_put(struct state *, uint32_t folder, const struct state_msg *, struct err *);
/* Deletes a row; one that is not there is fine.  0 or -1. */
int	 state_msg_del(struct state *, uint32_t folder, uint32_t uid, struct err *);

#endif
