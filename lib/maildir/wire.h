/*
 * Message bytes between their two forms: LF on disk, CRLF on the wire.  Nothing
 * else is altered: a CRLF on disk stays one, a lone CR stays alone.
 */
#ifndef MAILDIR_WIRE_H
#define MAILDIR_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MD_CHUNK	65536

/* From a file to the wire. */
struct md_wire {
	int	 fd;		/* not owned */
	int	 cr;		/* the byte before was a CR */
	int	 lf;		/* a CR was sent for a bare LF: the LF is due */
	size_t	 at, len;	/* unread part of "in" */
	uint64_t out;		/* bytes given out */
	char	 in[MD_CHUNK];
};

void	 md_wire_open(struct md_wire *, int fd);
/* Like read(2): up to n bytes in wire form, 0 at the end, -1 with errno. */
ssize_t	 md_wire_read(struct md_wire *, char *, size_t n);

/* How many bytes more than on disk a message takes on the wire; fed chunk by chunk. */
struct md_grow {
	int	 cr;		/* the last byte was a CR */
	uint64_t more;		/* bare LFs so far */
};

void	 md_grow_add(struct md_grow *, const char *, size_t n);

/* From the wire to a file. */
struct md_text {
	int	 cr;		/* a CR is held back */
	uint64_t out;		/* bytes given out */
};

void	 md_text_init(struct md_text *);
/*
 * Turns n bytes of wire form; "to" (n + 1 bytes, not the input) gets the result.
 * Returns its length.
 */
size_t	 md_text_feed(struct md_text *, const char *, size_t n, char *to);
/* At the end: a CR that was held back.  Returns 0 or 1. */
size_t	 md_text_end(struct md_text *, char *to);

#endif
