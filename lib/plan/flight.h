/*
 * A flight of sync-apply: one SELECT (or EXAMINE) for each folder of a batch,
 * commands behind it, UNSELECT, the next folder; answers found by order.  However
 * long it is, it is waited for once: the session reads whenever it writes.
 */
#ifndef PLAN_FLIGHT_H
#define PLAN_FLIGHT_H

#include "base/uidset.h"
#include "plan/apply.h"

/* One folder's part of a batch. */
struct part {
	struct afolder	*f;
	struct action	**a;		/* by uid, then as they came; borrowed */
	size_t		 n;
	size_t		 up, nup;	/* its uploads, in struct uploads */
	struct uidset	 maybe;		/* what arrived beside them and may be one whose uid was not found */
	uint32_t	 maybev;	/* under that UIDVALIDITY */
	const char	*trash;		/* where its messages are moved on the server; borrowed, NULL: nowhere */
	char		*untrashed;	/* why they could not be put there, or NULL */
	int		 notrash;	/* the server said that there is no such folder */
};

struct flight {
	struct apply	*ap;
	struct actions	*as;
	struct part	*part;		/* folders in order of appearance, each once */
	size_t		 n;
	struct action	**sorted;	/* what the parts point into */
	struct stop	*order;		/* where the flight goes, in order */
	size_t		 norder, front;
};

/* A folder selected: to be worked on, or to see what has become of it. */
struct stop {
	struct part	*p;
	int		 check;
};

/* How a folder is selected. */
enum select {
	SELECT_READ,		/* EXAMINE: nothing will be changed in it */
	SELECT_CHANGE,		/* what is changed moves the folder's head by an unknown amount */
	SELECT_WATCH		/* the same, but at the end that is asked for: see echo.h */
};

/* Sorts the actions by folder, in order of appearance; free with flight_free. */
void	 flight_init(struct flight *, struct apply *, struct actions *);
void	 flight_free(struct flight *);
/* The first of the part's actions for a uid, and in n how many there are. */
struct action **flight_uid(const struct part *, uint32_t uid, size_t *n);

/* Before the commands of a new flight: sets the session's callbacks. */
void	 flight_start(struct flight *);
/*
 * Queues SELECT or EXAMINE of a folder; what it is told goes to the folder's answered,
 * readonly and refused.  -1 if the name cannot be sent (refused is set then).
 */
int	 flight_select(struct flight *, struct part *, enum select);
/* Queues UNSELECT: the end of that folder's part; and the question what has changed. */
void	 flight_unselect(struct flight *, struct part *);
/* Waits for all answers; 0, or -1 if the session broke (ap->im.err). */
int	 flight_end(struct flight *);

/*
 * Queues "UID FETCH set (UID FLAGS)" for a set of uids, in pieces.  What comes first for a
 * uid goes to the actions on it: onserver, seen.  If it is refused, absence proves
 * nothing: the folder's unread says so.
 */
void	 flight_fetch_flags(struct flight *, struct part *, struct uidset *);
/*
 * Queues "UID STORE set +FLAGS.SILENT (...)" (or "-FLAGS.SILENT") in pieces; refused gets the
 * server's words if it refuses one.
 */
struct flight_store {
	unsigned	 flags;
	int		 remove;
	char		*refused;	/* owned, or NULL */
};
void	 flight_store(struct flight *, struct flight_store *, struct uidset *);
/* Queues a command in as many pieces as its set needs; before and after are its text around that. */
void	 flight_set(struct flight *, const char *before, struct uidset *, const char *after,
	    struct imap_done);

/* Keeps the server's words, once. */
void	 flight_refused(char **why, const struct imap_resp *);
/*
 * Why nothing of this folder can be changed now, or NULL: SELECT or FETCH refused, another
 * UIDVALIDITY.
 */
const char *flight_obstacle(const struct afolder *, uint32_t validity, char *room, size_t size);

#endif
