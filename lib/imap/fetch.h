/* What a FETCH response tells of one message (RFC 3501 section 7.4.2). */
#ifndef IMAP_FETCH_H
#define IMAP_FETCH_H

#include <stdint.h>
#include <time.h>

#include "imap/session.h"

enum {
	FETCH_UID = 1,
	FETCH_FLAGS = 2,
	FETCH_SIZE = 4,
	FETCH_DATE = 8,
	FETCH_BODY = 16,	/* a BODY[...] was there, whatever its value */
	FETCH_MODSEQ = 32
};

struct fetch {
	unsigned	 has;		/* which of the above */
	uint32_t	 uid;
	unsigned	 flags;		/* FLAG_ bits */
	const struct value *words;	/* all flags and keywords as they came, or NULL */
	uint64_t	 size;		/* RFC822.SIZE: the server's word, not to be believed */
	time_t		 date;		/* INTERNALDATE */
	uint64_t	 modseq;
	const struct value *body;	/* STREAMED, STRING or NIL */
};

/* 1 if the response is a FETCH and was read, 0 if it is something else, -1 if malformed. */
int	 fetch_parse(struct fetch *, const struct imap_resp *);

/* Appends "\Seen \Flagged ..." for the bits. */
void	 fetch_flagnames(struct buf *, unsigned);

#endif
