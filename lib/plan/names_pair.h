/*
 * The pairs of an account: what the state knows stays as it is, remote folders
 * find or get their local counterpart, then local ones their remote one.
 */
#ifndef PLAN_NAMES_PAIR_H
#define PLAN_NAMES_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rec.h"
#include "plan/names.h"
#include "plan/names_heads.h"

enum pairing_what {
	PAIRING_SILENT,		/* not selected: nothing is said */
	PAIRING_PAIR,
	PAIRING_KEEP,
	PAIRING_FORGET
};

/* What becomes of a folder, or of two. */
struct pairing {
	enum pairing_what	 what;
	char			*remote, *local;	/* either may be NULL in a keep */
	const char		*side;	/* of a keep; of a pair: where to create it, or NULL */
	const char		*why;	/* of a keep */
	struct head		*s, *r, *l;	/* what is known; each may be NULL */
};

struct pairs {
	const struct name_rules	 *rules;	/* borrowed */
	struct heads		 *heads;	/* borrowed; NULL without a stream */
	struct head		**bylocal;	/* the state by local name */
	struct pairing		**p;		/* by remote, then local name */
	size_t			  n, cap;
};

/*
 * Decides about all folders of a stream; both borrowed things must outlive the
 * result.  Cannot fail.
 */
void	 pairs_make(struct pairs *, const struct name_rules *, struct heads *);

/* The same for remote folders named by hand, of which nothing else is known. */
void	 pairs_name(struct pairs *, const struct name_rules *, char *const *, size_t);

void	 pairs_free(struct pairs *);

/* Adds a pairing with copies of the names, silent so far; it is the list's. */
struct pairing *pairs_add(struct pairs *, const char *remote, const char *local);
/* Makes it one that is left alone; both strings are constants. */
void	 pairing_keep(struct pairing *, const char *side, const char *why);
/*
 * Among the pairs from number "first" on, those that share a local or a
 * remote name are all refused: nobody can say which one is meant.
 */
void	 pairs_refuse_local(struct pairs *, size_t first);
void	 pairs_refuse_remote(struct pairs *, size_t first);
void	 pairs_sort(struct pairs *);

/* 1 if the server has a folder of that name or a pair creates it. */
int	 pairs_have(const struct pairs *, const char *remote);

/* 1 if the server has folders, and the lists of the user leave none of them: nothing can be said of any. */
int	 pairs_none(const struct pairs *);

/* What shall be listed of each pair, whatever the state knows of it. */
enum pairs_probe {
	PAIRS_CHANGES,		/* what sync-plan needs */
	PAIRS_SIZES,		/* every message, with its size */
	PAIRS_FULL		/* and the digest of all its bytes */
};

/*
 * Writes the pairs stream of an account.  Pairs that nothing happened to are
 * left out, unless "all", or there is something to probe.
 */
void	 pairs_print(const struct pairs *, const char *account, int all, enum pairs_probe,
	    struct recout *);

#endif
