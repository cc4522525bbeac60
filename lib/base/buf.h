/*
 * A growing run of bytes with a maximum.  What would grow it beyond that
 * poisons it: later writes do nothing, and buf_bad() tells once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char	*data;		/* len bytes; not NUL-terminated, see buf_cstr */
	size_t	 len;
	size_t	 cap;
	size_t	 max;		/* bytes; what it may never exceed */
	int	 bad;		/* an overflow happened */
};

void	 buf_init(struct buf *, size_t max);
void	 buf_clear(struct buf *);		/* empty and sound again, memory kept */
void	 buf_free(struct buf *);
int	 buf_bad(const struct buf *);

void	 buf_put(struct buf *, const void *, size_t);
void	 buf_byte(struct buf *, int);
void	 buf_str(struct buf *, const char *);
void	 buf_printf(struct buf *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes behind the contents, or NULL; add what was used to len. */
char	*buf_room(struct buf *, size_t);
/* Drops the first n bytes. */
void	 buf_drop(struct buf *, size_t);
/* The contents as a string, valid until the next write; "" when empty. */
char	*buf_cstr(struct buf *);

#endif
