/*
 * One message, three views, one decision: what the state's row says against what
 * each side has now.  Pure functions; t/unit/plan_merge.c holds the table of all cases.
 */
#ifndef PLAN_MERGE_H
#define PLAN_MERGE_H

enum merge_where {
	MERGE_ABSENT,		/* provably not there */
	MERGE_PRESENT,
	MERGE_UNKNOWN		/* the listing proves no absence */
};

struct merge_view {
	enum merge_where where;
	unsigned	 flags;		/* if present */
};

enum merge_verb {
	MERGE_NOTHING,
	MERGE_FLAGS,		/* what the fields below say */
	MERGE_DELETE_LOCAL,
	MERGE_DELETE_REMOTE,
	MERGE_FORGET,
	MERGE_KEEP_LOCAL,	/* a deletion that is not carried out there: why */
	MERGE_KEEP_REMOTE,
	MERGE_WITHHELD		/* cannot be decided by this listing, and must be asked again */
};

struct merge {
	enum merge_verb	 verb;
	const char	*why;		/* of a keep: "readonly", "archive" or "sync_deletes" */
	/* MERGE_FLAGS: */
	unsigned	 row;		/* the row after the changes both sides made alike */
	unsigned	 ladd, ldel;	/* what the local side must take over */
	unsigned	 radd, rdel;
	int		 lkeep, rkeep;	/* that side may not be written: keep instead */
	int		 settled;	/* no difference is left: a kept word of the row is void */
};

/* A message that the state has a row with a local name for. */
void	 merge_row(struct merge *, unsigned row, struct merge_view remote,
	    struct merge_view local, unsigned rules);
/*
 * A message on both sides; "row" is what they agreed on, 0 if they never did.  Per flag:
 * who differs from the row has changed it.
 */
void	 merge_flags(struct merge *, unsigned row, unsigned remote, unsigned local,
	    unsigned rules);

#endif
