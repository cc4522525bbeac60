/*
 * The echo of our own changes (hazard 21, RFC 7162): they move a folder's HIGHESTMODSEQ, UIDNEXT
 * and MESSAGES, so that a later run would list it only to find what we did ourselves.
 *
 * The head is taken behind our changes only where that is proven.  At the end of its part of
 * a flight the folder is left and examined anew, and the server is asked what has changed since
 * the head that the folder's mark states.  If that is exactly what we changed, message by message
 * as we left it, and UIDNEXT and EXISTS have moved by our uploads and deletions and nothing
 * else, then what that EXAMINE told is a head as good as any listing's: whatever another client
 * did since the old one would have shown, and what it does later comes behind the new one.
 * Several flights of one run make a chain, each from what the one before has proven.  If
 * anything cannot be explained, or was not asked, the head stays where the plan has it.
 */
#ifndef PLAN_ECHO_H
#define PLAN_ECHO_H

#include <stddef.h>
#include <stdint.h>

#include "base/uidset.h"
#include "imap/mailbox.h"
#include "state/folder.h"

struct afolder;
struct fetch;
struct part;
struct uploads;

struct echo_head {
	uint32_t	 validity, next;
	uint64_t	 count, modseq;
};

struct echo_new {
	uint32_t	 uid;
	unsigned	 flags;
};

/* A folder's, from its first flight to its marks. */
struct echo {
	int		 known;		/* head is the one to start from */
	int		 moved;		/* by changes of ours */
	int		 lost;		/* something could not be explained, or was not asked */
	struct echo_head head;

	/* of one flight */
	int		 watching;
	int		 strange;	/* something was told that is not our doing */
	unsigned	 due;		/* commands of the question that are not answered OK */
	int		 examined;	/* the new EXAMINE was answered */
	struct mailbox	 box;		/* as it told */
	int		 fetched;	/* a message that was there before has changed */
	struct echo_new	*fresh;		/* messages with uids from head.next on */
	size_t		 nfresh, cap;
	struct uidset	 gone;		/* expunged, so that nothing may be told of them */
};

/* Before the folder is changed in a flight: watching is 1 if its head may be proven. */
void	 echo_begin(struct part *, int condstore);
/* Takes over the set of what was expunged: the question is about that too. */
void	 echo_gone(struct afolder *, struct uidset *);
/* Gives up: the folder is changed and nothing asked. */
void	 echo_lose(struct afolder *);
/* The answers to the question: untagged ones (with what a FETCH says), and each tagged one. */
void	 echo_told(struct part *, const struct imap_resp *, const struct fetch *);
void	 echo_answered(struct part *, const struct imap_resp *);
/* After a whole flight, while its actions are open: of flags, marks and uploads; of expunging. */
void	 echo_changed(struct part *, const struct uploads *);
void	 echo_emptied(struct part *);

/* With the mark: the head as it was proven, in place of the planned one. */
void	 echo_take(const struct afolder *, struct state_rhead *);
void	 echo_free(struct echo *);

#endif
