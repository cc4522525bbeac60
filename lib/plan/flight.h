/*
 * A flight of sync-apply: one SELECT (or EXAMINE) for each folder of a batch,
 * commands behind it, UNSELECT, the next folder; answers found by order.
 */
#ifndef PLAN_FLIGHT_H
#define PLAN_FLIGHT_H

#include "imap/set.h"
#include "plan/apply.h"

struct flight {
	struct apply	*ap;
	struct actions	*as;
	struct afolder	**folders;	/* of the batch, each once */
	size_t		 n;
	size_t		*order;		/* folders in the flight, in order */
	size_t		 norder, front;
};

/* The folders of the actions, in order of appearance; free with flight_free. */
void	 flight_init(struct flight *, struct apply *, struct actions *);
void	 flight_free(struct flight *);
/* Before the commands of a new flight: sets the session's callbacks. */
void	 flight_start(struct flight *);
/*
 * Queues SELECT or EXAMINE of a folder; what it is told goes to the folder's answered,
 * readonly and refused.  -1 if the name cannot be sent (refused is set then).
 */
int	 flight_select(struct flight *, struct afolder *, int readonly);
/* Queues UNSELECT: the end of that folder's part. */
void	 flight_unselect(struct flight *);
/* Waits for all answers; 0, or -1 if the session broke (ap->im.err). */
int	 flight_end(struct flight *);


/*
 * Queues "UID FETCH set (UID FLAGS)" for a set of uids, in pieces.  What comes first for a
 * uid goes to the actions on it: onserver, seen.  If it is refused, absence proves
 * nothing: the folder's unread says so.
 */
void	 flight_fetch_flags(struct flight *, struct uidset *);
/*
 * Queues "UID STORE set +FLAGS.SILENT (...)" (or "-FLAGS.SILENT") in pieces; failed is called
 * with arg for each piece that the server refuses.
 */
struct flight_store {
	struct flight	*fl;
	struct afolder	*f;
	unsigned	 flags;
	int		 remove;
	char		*refused;	/* the server's words, or NULL; owned */
};
void	 flight_store(struct flight *, struct flight_store *, struct uidset *);

/*
 * Why nothing of this folder can be changed now, or NULL: SELECT or FETCH refused, another
 * UIDVALIDITY.
 */
const char *flight_obstacle(const struct afolder *, uint32_t validity, char *room, size_t size);

#endif
