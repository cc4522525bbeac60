/* Bytes on their way: put in behind, taken out in front. */
#ifndef NET_HOLD_H
#define NET_HOLD_H

#include <stddef.h>

#define HOLD	(256u << 10)	/* bytes held at most */

struct hold {
	char	*data;		/* owned; untouched memory costs nothing, so it is not cleared */
	size_t	 at, len;	/* what is held: len bytes from data + at */
};

void	 hold_init(struct hold *);
void	 hold_free(struct hold *);
/* The room behind what is held, which may be moved for it; add what was used to len. */
size_t	 hold_room(struct hold *, char **);
/* Puts bytes there; HOLD - len must suffice. */
void	 hold_put(struct hold *, const char *, size_t);
/* Drops the first n. */
void	 hold_drop(struct hold *, size_t);

#endif
