/* Three-way decisions, per message and per flag. */
#include "plan/merge.h"

#include <string.h>

#include "plan/rules.h"

void
merge_flags(struct merge *m, unsigned row, unsigned remote, unsigned local, unsigned rules)
{
	unsigned rchange = row ^ remote, lchange = row ^ local;
	unsigned common = rchange & lchange;

	memset(m, 0, sizeof(*m));
	m->row = row ^ common;
	rchange &= ~common;
	lchange &= ~common;
	m->ladd = remote & rchange;
	m->ldel = ~remote & rchange;
	m->radd = local & lchange;
	m->rdel = ~local & lchange;
	m->lkeep = rchange != 0 && (rules & RULE_LREADONLY);
	m->rkeep = lchange != 0 && (rules & RULE_RREADONLY);
	m->settled = rchange == 0 && lchange == 0;
	m->verb = MERGE_FLAGS;
}

/* One side lacks it, the other has it: the deletion goes there, unless a rule forbids. */
static void
deletion(struct merge *m, enum merge_verb act, enum merge_verb keep, const char *why)
{
	m->verb = why != NULL ? keep : act;
	m->why = why;
}

/* Why nothing may be deleted locally or remotely, or NULL. */
static const char *
local_stays(unsigned rules)
{
	return rules & RULE_LREADONLY ? "readonly" : rules & RULE_ARCHIVE ? "archive" :
	    rules & RULE_RNODELETE ? "sync_deletes" : NULL;
}

static const char *
remote_stays(unsigned rules)
{
	return rules & RULE_RREADONLY ? "readonly" : rules & RULE_LNODELETE ? "sync_deletes" : NULL;
}

/* Side "known" is sure, the other is not: only a side that equals the row can wait. */
static int
can_wait(unsigned row, struct merge_view known)
{
	return known.where == MERGE_UNKNOWN ||
	    (known.where == MERGE_PRESENT && known.flags == row);
}

void
merge_row(struct merge *m, unsigned row, struct merge_view remote, struct merge_view local,
    unsigned rules)
{
	memset(m, 0, sizeof(*m));
	m->row = row;
	if (remote.where == MERGE_UNKNOWN || local.where == MERGE_UNKNOWN)
		m->verb = can_wait(row, remote) && can_wait(row, local) ?
		    MERGE_NOTHING : MERGE_WITHHELD;
	else if (remote.where == MERGE_ABSENT && local.where == MERGE_ABSENT)
		m->verb = MERGE_FORGET;
	else if (local.where == MERGE_ABSENT)
		deletion(m, MERGE_DELETE_REMOTE, MERGE_KEEP_REMOTE, remote_stays(rules));
	else if (remote.where == MERGE_ABSENT)
		deletion(m, MERGE_DELETE_LOCAL, MERGE_KEEP_LOCAL, local_stays(rules));
	else
		merge_flags(m, row, remote.flags, local.flags, rules);
}
