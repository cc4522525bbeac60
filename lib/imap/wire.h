/* The bytes of a session: gathering responses, sending what is queued. */
#ifndef IMAP_WIRE_H
#define IMAP_WIRE_H

#include "imap/session.h"

#define WIRE_READ	65536	/* bytes of one read from the server */

struct imap_cmd {
	struct imap_cmd	*next;
	unsigned	 tag;
	int		 leaves;	/* it deselects if the answer is OK ('O') or NO ('N'); 0: it does not */
	struct imap_done done;
};

/* Something to send: bytes, or a literal's source, which may have to wait for "+". */
struct imap_seg {
	struct imap_seg	*next;
	struct buf	 bytes;		/* from at */
	size_t		 at;
	int		 wait;		/* for a continuation before the first byte */
	uint64_t	 left;		/* bytes the source still has to give */
	struct imap_source source;	/* read is NULL for plain bytes */
	unsigned	 tag;		/* of the command that a literal belongs to */
};

/* Marks the session as broken, unless it is already; returns -1. */
int	 wire_broke(struct imap *, const struct err *);
/* Uses up what was read: every whole response is dispatched.  0 or -1. */
int	 wire_take(struct imap *, struct err *);
/*
 * A command was answered before its literals went out: they and what is left of it
 * must not be sent, or the server would read them as commands.  -1 with the error
 * set if it was answered in the middle of one with more to wait for: nobody knows then what
 * the server takes the rest for.
 */
int	 wire_cancel(struct imap *, unsigned tag, struct err *);
/* Fills and writes segments as far as the descriptor takes them.  0 or -1. */
int	 wire_send(struct imap *, struct err *);
/* 1 if there is something that could be written now. */
int	 wire_wants(const struct imap *);

#endif
