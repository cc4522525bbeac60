/*
 * What the state knows of the messages that are to be moved to a trash folder, and of what is in
 * that folder already: which of these may be equal to which of those.  Either side.
 */
#ifndef PLAN_TRASH_KNOWN_H
#define PLAN_TRASH_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "base/uidset.h"
#include "plan/flight.h"

/* What is known of a message. */
struct known {
	uint64_t	 size;
	int64_t		 date;		/* 0: not known */
	int		 hasdig, hasfull;
	unsigned char	 dig[DIGEST_LEN];
	unsigned char	 full[DIGEST_LEN];	/* of all its bytes */
};

/* One that is to be moved. */
struct doomed {
	struct action	*a;
	struct known	 is;
	int		 wanted;	/* it may be in the trash already */
};

/* One that is in the trash, or is on its way there. */
struct there {
	uint32_t	 uid;		/* 0: an upload */
	char		*name;		/* of its file as the state has it, owned; or NULL */
	struct action	*upload;
	struct known	 is;
	int		 used;		/* it stands for one of the doomed */
};

struct search {
	struct flight	*fl;
	const char	*name;		/* of the trash; borrowed */
	enum side	 side;
	struct doomed	*d;		/* by size */
	size_t		 n;
	struct there	*t;
	size_t		 nt, capt;
	size_t		 nserver;	/* those with a uid */
	uint32_t	 validity;	/* of these */
	int		 synced;	/* the state knows messages of the trash */
	struct uidset	 leaving;	/* in the trash, and to be deleted there by this very batch, or held */
};

/*
 * Gathers the batch's open moves of that side to that trash.  0, or -1 with the error set; with
 * fromstate what the state has in the trash are candidates.  search_close in any case.
 */
int	 search_open(struct search *, struct flight *, enum side, const char *name, int fromstate,
	    struct err *);
void	 search_close(struct search *);

/* Adds one that is there, if it may be equal to one that is to be moved. */
void	 search_candidate(struct search *, const struct there *);

/* 1 unless the two are known to differ; 1 if they are equal for sure, which takes all their bytes. */
int	 known_may_equal(const struct known *, const struct known *);
int	 known_equal(const struct known *, const struct known *);

/* 1 for an open move of that side. */
int	 trash_is_move(const struct action *, enum side);

#endif
