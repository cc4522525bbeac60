/* The rules of a pair, as sync-pair decided them (offlineimap-records(5)). */
#ifndef PLAN_RULES_H
#define PLAN_RULES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/rec.h"

enum {
	RULE_ALLOWDELETE = 1,	/* maxdelete is lifted for this run */
	RULE_LNOCREATE = 2,
	RULE_LNODELETE = 4,	/* local deletions stay local */
	RULE_LREADONLY = 8,	/* nothing may be written to the local side */
	RULE_NOEXPUNGE = 16,
	RULE_RNOCREATE = 32,
	RULE_RNODELETE = 64,	/* remote deletions stay remote */
	RULE_RREADONLY = 128,
	RULE_RECOVER = 256,	/* a doubtful recovery goes on, in this run */
	RULE_ARCHIVE = 512	/* what the server lost stays on disk for good */
};

/* The comma list to bits; NULL and "" are none.  0, or -1 for an unknown word. */
int	 rules_parse(const char *, unsigned *);

/* When deletions of one side and folder are held: more than n and more than percent of the rows. */
struct maxdelete {
	int		 never;		/* nothing is held */
	uint64_t	 n;
	uint64_t	 percent;
};

/*
 * From a pair record: "N,P", or "-" for never; a record without the key gets
 * the default, 50 and 50 %.  0, or -1 for anything else.
 */
int	 maxdelete_read(const struct rec *, struct maxdelete *);
/* 1 if that many deletions out of that many rows must be held. */
int	 maxdelete_holds(const struct maxdelete *, uint64_t deletions, uint64_t rows);

#endif
