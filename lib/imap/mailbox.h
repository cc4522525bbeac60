/* Selecting folders, and what SELECT, EXAMINE and STATUS tell (RFC 3501, 7162). */
#ifndef IMAP_MAILBOX_H
#define IMAP_MAILBOX_H

#include <stdint.h>

#include "imap/session.h"

#define MAILBOX_MAX	1000	/* bytes of a name in a command */

struct mailbox {
	uint32_t	 validity;	/* 0: not told */
	uint32_t	 next;		/* UIDNEXT; 0: not told */
	uint64_t	 exists;
	int		 counted;	/* EXISTS (or MESSAGES) was told */
	uint64_t	 modseq;	/* HIGHESTMODSEQ; 0: none, or NOMODSEQ */
	int		 readonly;	/* [READ-ONLY] in the tagged answer, as EXAMINE always has */
};

/*
 * Puts a name as a quoted string, in modified UTF-7 if the account's names are
 * UTF-8.  -1 with the error set for what may not reach a command (too long,
 * controls, 8-bit bytes, malformed UTF-8); nothing has been put then.
 */
int	 mailbox_put(struct imap *, const char *name, int utf8, struct err *);
/* The same, appended to text. */
int	 mailbox_text(const char *name, int utf8, struct buf *, struct err *);
/* 0 if mailbox_put would take it. */
int	 mailbox_check(const char *name, int utf8, struct err *);

/* Takes what an untagged response tells of the selected folder; 1 if it did. */
int	 mailbox_note(struct mailbox *, const struct imap_resp *);
/* The attributes of a STATUS response's list, into a mailbox. */
void	 mailbox_status(struct mailbox *, const struct value *list);

#endif
