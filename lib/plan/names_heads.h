/* The heads stream in memory: what the state, the server and the disk have. */
#ifndef PLAN_NAMES_HEADS_H
#define PLAN_NAMES_HEADS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct pairing;

/* A "folder" line.  Numbers that were not given are 0. */
struct head {
	char		*remote;	/* NULL in a local listing */
	char		*local;		/* NULL in a remote listing */
	char		*keys;		/* the line behind its names: "\tkey=value..." */
	uint64_t	 validity, next, count, modseq;
	int		 known;		/* validity, next and count were given */
	uint64_t	 intents, kept, rows;
	char		*cur, *new, *rules;	/* NULL where not given */
	int		 renewed;	/* no sync has ended under this validity yet */
	int		 again;		/* the listing names this folder a second time */
	struct pairing	*owner;		/* who decides about it, or NULL so far */
};

struct headlist {
	struct head	*h;		/* by name (the state by remote name), bytes compared */
	size_t		 n, cap;
	struct head	*inbox;		/* INBOX in some case, or NULL; the one in capitals first */
	int		 ended;		/* its end line was there */
	uint64_t	 told;		/* folders that its tree line told */
	int		 tree;		/* its tree line was there */
};

struct heads {
	char		*account;
	char		*sep;		/* of the server; "" if it is flat */
	struct headlist	 state, remote, local;
	struct buf	 passed;	/* lines of others, to be passed on as they are */
	uint64_t	 npassed;
};

/*
 * Reads a whole heads stream.  -1 if it is cut, inconsistent, of another
 * account, or if one side could not be listed (then the text says why):
 * no absence may be believed.  heads_free in any case.
 */
int	 heads_read(struct heads *, int fd, const char *account, struct err *);
void	 heads_free(struct heads *);

/*
 * The folder of that name in a listing by remote or by local name, INBOX in
 * any case; NULL if there is none.  The state can only be asked by remote name.
 */
struct head *headlist_find(struct headlist *, const char *name);


#endif
