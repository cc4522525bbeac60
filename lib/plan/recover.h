/*
 * A folder whose UIDVALIDITY has changed is recovered: all its messages are paired anew, by
 * content, as in a first run.  What the rows of before still say is what both sides agreed
 * on, by the name of the file.
 */
#ifndef PLAN_RECOVER_H
#define PLAN_RECOVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/rec.h"
#include "plan/pair.h"

struct folder;

enum recovering {
	RECOVER_NOT,
	RECOVER_BEGIN,		/* the rows are of another UIDVALIDITY: this plan renews the folder */
	RECOVER_GO		/* that has been done, and not all that follows */
};

/* A row of before that names a file. */
struct past {
	uint64_t	 key;		/* hash of the name, or of what a new uid leaves of it */
	uint64_t	 name;		/* hash of the name */
	uint8_t		 flags;		/* agreed on */
	uint8_t		 seen;		/* the file is there */
	uint8_t		 archived;	/* it is in the archive: the server has it no more */
};

/* Those of a folder; all zero is none. */
struct recovery {
	enum recovering	 what;
	uint32_t	 from;		/* the UIDVALIDITY of before, as far as it is known */
	struct past	*past;		/* owned; sorted by key once the server's block has begun */
	size_t		 npast, cap;
	struct lmsg	*away;		/* owned: what was deleted here and only marked on the server */
	size_t		 naway, awaycap;
	int		 stems;		/* keys are of what a new uid leaves of a name */
	uint64_t	 paired, up, down;	/* lines planned */
};

void	 recovery_free(struct recovery *);

/* A record of what was before, of the state's block. */
void	 recover_was(struct folder *, const struct rec *);
/*
 * The server's block begins: NULL if the folder can be recovered, or there is nothing to recover;
 * else the word for why it is left alone, with the folder's failure in words.
 */
const char *recover_start(struct folder *);
/* A file passes: LMSG_ bits, 0 if it was not known before.  *stale: its name, uid and all, is still that of then. */
unsigned recover_file(struct folder *, const char *name, int *stale);
/* What both sides had agreed on of that file, as far as the recovery goes by it; 0 if nothing. */
unsigned recover_base(const struct folder *, const char *name, unsigned lflags);
/*
 * The rest is paired: what is marked deleted on the server, and was so before by us, is not
 * fetched (FATE_AWAY), for which digests may be needed.
 */
void	 recover_away(struct folder *);
/*
 * Everything is paired: why the user has to say that this goes on, NULL if nothing speaks
 * against it; as recover_start.
 */
const char *recover_doubt(struct folder *);

#endif
