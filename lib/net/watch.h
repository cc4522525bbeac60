/*
 * Looks at both directions of a session that passes by, and knows no more of IMAP
 * than where a line, a literal and a command end (RFC 3501, section 2.2): whether
 * the client waits for an answer, whether a line may be put in without ending up
 * in somebody's message, whether the client said LOGOUT.
 */
#ifndef NET_WATCH_H
#define NET_WATCH_H

#include <stddef.h>
#include <stdint.h>

#define WATCH_HEAD	160	/* bytes kept of the beginning of a line */
#define WATCH_TAIL	26	/* and of its end: room for "{18446744073709551615+}" and CRLF */

struct watch_line {
	char	 head[WATCH_HEAD];
	size_t	 nhead;
	char	 tail[WATCH_TAIL];
	size_t	 ntail;
	size_t	 len;		/* of the line so far */
	uint64_t literal;	/* bytes of a literal that are still to come */
	int	 begun;		/* in a line that a literal has interrupted */
};

struct watch {
	struct watch_line up, down;
	char	 tag[32];	/* of the command that the client is sending */
	uint64_t asked;		/* size of the literal for which it waits for "+" */
	int	 asking;
	int	 idle;		/* IDLE was sent: 1, and answered by "+": 2 */
	uint64_t open;		/* commands sent and not yet answered */
	int	 logout;
	char	 bye[WATCH_HEAD];	/* the server's last BYE, "" if none */
};

void	 watch_init(struct watch *);
/* Bytes from the client, and from the server, in the order they passed. */
void	 watch_up(struct watch *, const char *, size_t);
void	 watch_down(struct watch *, const char *, size_t);

/* 1 if the next byte must come from the server: an answer, or the rest of one. */
int	 watch_waits(const struct watch *);
/* 1 if nothing is under way in either direction, so that a command can be put between. */
int	 watch_rests(const struct watch *);
/* 1 if the client, and the server, stand between two lines. */
int	 watch_up_clean(const struct watch *);
int	 watch_down_clean(const struct watch *);

#endif
