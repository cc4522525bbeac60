/*
 * The heads of a server: every folder that can be selected, with what STATUS
 * tells of it, in one turn where the server has LIST-STATUS (RFC 5819), else
 * LIST with a STATUS for each folder (RFC 3501, 7162).
 */
#ifndef IMAP_HEADS_H
#define IMAP_HEADS_H

#include "imap/mailbox.h"

struct head {
	char		*name;		/* in UTF-8 if the account's names are, else as on the wire */
	struct mailbox	 box;
	int		 status;	/* STATUS told of it */
	int		 bad;		/* no modified UTF-7 where the account wants UTF-8: name is the wire's */
};

struct heads {
	struct head	*h;		/* sorted by name, each once */
	size_t		 n, cap;
	size_t		 bytes;		/* of all names */
	char		 sep[8];	/* hierarchy separator, "" for a flat server */
	uint64_t	 unfit;		/* folders left out: a NUL in their names, or longer than MAILBOX_MAX */
};

struct heads_want {
	const char	*reference;	/* of LIST, "" for none */
	int		 subscribed;	/* only what is subscribed */
	int		 utf8;
	char		**known;	/* folders to ask STATUS of in the first flight */
	size_t		 nknown;
};

/* 0, or -1 with the error set.  imap_heads_free either way. */
int	 imap_heads_get(struct imap *, const struct heads_want *, struct heads *, struct err *);
void	 imap_heads_free(struct heads *);

#endif
