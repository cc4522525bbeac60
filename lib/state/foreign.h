/*
 * What another program's state says of one folder, before it becomes rows of ours: the
 * messages that it had on both sides, or had begun to carry over.  The parsers of each
 * format are localstatus.h and mbsync.h; they believe nothing that is not exactly as those
 * programs write it, and say file and line of what is not.
 */
#ifndef STATE_FOREIGN_H
#define STATE_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FOREIGN_MAX	(256u << 20)	/* bytes of a state file */
#define FOREIGN_TUID	12		/* letters of mbsync's mark in a message */

enum {
	FOREIGN_EXPIRED = 1,	/* left out of the Maildir on purpose (MaxMessages) */
	FOREIGN_PENDING = 2,	/* was to be copied, and it is not known whether it was */
	FOREIGN_DUMMY = 4,	/* one side has a placeholder (MaxSize) */
	FOREIGN_SKIPPED = 8,	/* was never to be copied */
	FOREIGN_DEAD = 16	/* struck out */
};

struct foreign_msg {
	uint32_t	 far;		/* uid on the server, 0: it is not there */
	uint32_t	 near;		/* uid in the name of its file, 0: there is none */
	uint32_t	 wasfar, wasnear;	/* of a deletion that was under way (mbsync.h) */
	unsigned	 flags;		/* FLAG_ bits agreed on */
	unsigned	 bits;		/* FOREIGN_ */
	uint32_t	 line;		/* where it was read */
	char		 tuid[FOREIGN_TUID + 1];	/* of a copy under way, or "" */
};

struct foreign {
	uint32_t	 far, near;	/* UIDVALIDITY of both sides, 0 unknown */
	struct foreign_msg *msg;
	size_t		 n, cap;
	size_t		 last;		/* index that a journal spoke of last */
};

/* Starts as all 0. */
void	 foreign_free(struct foreign *);
/* A new message at the end, all 0; lives until the next. */
struct foreign_msg *foreign_add(struct foreign *, uint32_t line);
/*
 * Drops what is dead, sorts by far uid, and refuses two messages of one uid on either side.
 * "name" is the file's, for the error.  0 or -1.
 */
int	 foreign_settle(struct foreign *, const char *name, struct err *);

/* Lines of a file in memory, which are cut apart in place. */
struct foreign_text {
	const char	*name;		/* of the file; borrowed */
	char		*at, *end;
	uint32_t	 line;		/* number of the one read last */
};

void	 foreign_text(struct foreign_text *, const char *name, char *text, size_t len);
/* The next line without its LF: 1, 0 at the end, -1 (no LF at its end, a NUL in it). */
int	 foreign_line(struct foreign_text *, char **, struct err *);
/* "NAME:LINE: what"; -1. */
int	 foreign_bad(const struct foreign_text *, const char *what, struct err *);
/* Takes a number, decimal and below 2^32, from *at and moves it behind; 0 or -1. */
int	 foreign_number(const char **at, uint32_t *);

#endif
