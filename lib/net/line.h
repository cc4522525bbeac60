/*
 * Lines of the dialogue before login, where a server has no business to send
 * a literal.  The parser for the rest of IMAP is in lib/imap.
 */
#ifndef NET_LINE_H
#define NET_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define LINE_MAX_BYTES	(16u << 10)	/* of one line, its end not counted */

struct chan;

struct line {
	struct buf	 in;		/* received; what lies before "at" is used up */
	size_t		 at;
};

void	 line_init(struct line *);
void	 line_free(struct line *);

/*
 * Reads a line, which ends in CRLF or LF: 1 and the line without its end (lives
 * until the next call), 0 at the end of the stream (with or without the
 * beginning of a line), -1 with errno: ETIMEDOUT, EMSGSIZE (too long), EILSEQ
 * (a NUL in it), or what the channel said.
 */
int	 line_read(struct line *, struct chan *, int64_t deadline, char **);

/* What has been received behind the last line read; lives until the next call. */
size_t	 line_rest(const struct line *, const char **);

#endif
