/* One line of a plan, read for being carried out, and what became of it. */
#ifndef PLAN_ACTION_H
#define PLAN_ACTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/rec.h"

/* Said of a probe, and of a deletion beside one: the driver takes up both in its next round. */
#define ACTION_WAITS	"needs another listing"

/* Said of changes to a folder on the server that as a whole takes none: the driver tells of it once. */
#define ACTION_READONLY	"the folder is read-only on the server"
#define ACTION_NOROOM	"the server takes nothing more for this folder now"

enum verb {
	VERB_CREATE, VERB_RENEW, VERB_COPY, VERB_ADOPT, VERB_AGREE, VERB_FLAGS,
	VERB_DELETE, VERB_MOVE, VERB_FORGET, VERB_KEEP, VERB_PROBE
};

enum side { SIDE_LOCAL, SIDE_REMOTE, SIDE_BOTH };

/* How a message on the server gets into the trash. */
enum trashing {
	TRASH_MOVE,		/* by MOVE, in one */
	TRASH_COPY,		/* by COPY; then it is deleted */
	TRASH_THERE		/* it is there already: it is deleted */
};

struct afolder;

struct action {
	enum verb	 verb;
	enum side	 side;
	struct afolder	*f;
	uint32_t	 validity, uid;	/* 0: the line names none */
	uint32_t	 nextv, next;	/* copy remote: UIDVALIDITY and UIDNEXT when planned; 0 for a new folder */
	const char	*name;		/* local base name; NULL: whatever the state names */
	const char	*why;		/* keep */
	const char	*to;		/* move: the folder, on that side */
	const char	*spool;		/* copy local: what imap-fetch wrote, or NULL */
	unsigned	 flags, was, add, del;	/* FLAG_ bits */
	int		 haswas;
	uint32_t	 now, saved;	/* renew: UIDVALIDITY */
	uint64_t	 size, spoolsize, gen;
	int64_t		 date;		/* -1: not told */
	int		 hasdig;
	unsigned char	 dig[DIGEST_LEN];	/* of the header; of the spool for copy local */
	char		*line;		/* the line itself, len bytes and a NUL */
	size_t		 len;
	char		*fields;	/* what name, why, spool point into */
	char		*rowname;	/* what the state's row names: owned, or NULL */

	/* what became of it; outcome NULL while it is undecided */
	const char	*outcome;	/* "done", "skip", "fail" */
	char		*detail;	/* owned, or NULL */
	int		 status;	/* exit status that a fail asks for */

	/* on the way */
	size_t		 at;		/* its place in the batch */
	char		*file;		/* the file as located, owned; NULL: not there */
	int		 where;		/* 'c' or 'n' */
	unsigned	 copies;	/* files that have its name, where all were looked for */
	uint32_t	 newuid, newvalidity;	/* of an upload, 0 while unknown */
	unsigned	 rowflags;	/* flags in the state's row when it was looked at */
	unsigned	 seen;		/* flags of the target as the server had them before us */
	int		 onserver;	/* the server had the message then */
	unsigned	 told;		/* flags that it told last, behind our commands */
	int		 hastold;
	int		 retried;	/* a deletion that a stopped run had begun */
	int		 begun;		/* its row says that it is being deleted on the server */
	unsigned	 rowkept;	/* and what kept it apart before: a KEPT_ number */
	int		 untold;	/* a deletion: the server did not tell how far it came, or left it marked */
	int		 marked;	/* our \Deleted was sent for it */
	int		 takeback;	/* and it was not there before: if the message stays, the mark goes */
	enum trashing	 how;		/* of a move on the server */
	int		 moved;		/* a local move: its file has left the folder */
	struct action	*arrival;	/* its upload that brings the same message there, in this batch */
	int		 undo;		/* its STORE hit a stranger and is to be taken back */
};

/*
 * Makes an action of a record that is one of the verbs above; the folder is set
 * by the caller.  NULL with the error set if a field is missing or malformed.
 */
struct action	*action_new(const struct rec *, struct err *);
void		 action_free(struct action *);

/* Takes the state's name of the file in place of the plan's. */
void		 action_set_name(struct action *, const char *);

/* Decides the outcome, once; the detail is a format, NULL for none. */
void	 action_done(struct action *, const char *, ...) __attribute__((format(printf, 2, 3)));
void	 action_skip(struct action *, const char *, ...) __attribute__((format(printf, 2, 3)));
void	 action_fail(struct action *, int status, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
/* 1 for a deletion, the move to the trash included. */
int	 action_deletes(const struct action *);
/*
 * A call on its file said no (errno): if the file is gone, or its name taken, the disk is not what
 * the plan thought, a skip; all else is a fail, which may work next time.
 */
void	 action_unable(struct action *, const char *what);
/* 1 while nothing is decided. */
int	 action_open(const struct action *);

/* Actions in a row, owned by it. */
struct actions {
	struct action	**a;
	size_t		 n, cap;
	uint64_t	 bytes;		/* of the messages among them */
	uint64_t	*keys;		/* for actions_clash: a hash table, 0 is free */
	size_t		 nkeys, keycap;
};

/* What is still open failed, all for the same reason. */
void	 actions_fail(struct actions *, const struct err *);
void	 actions_add(struct actions *, struct action *);
/*
 * 1 if an action that makes something (a message, a pair) is for the uid or the file of one
 * among them, or for another UIDVALIDITY: a plan may hold a line twice, or be two.  Then
 * what the first did must be in the state before the second is looked at.
 */
int	 actions_clash(const struct actions *, const struct action *);
void	 actions_clear(struct actions *);	/* frees the actions */

#endif
