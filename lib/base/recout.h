/*
 * Writing the records of offlineimap-records(5).  Fields are gathered in a buffer and
 * written when it is large, on rec_flush, and on recout_close.  Keys must come in C
 * order (checked).
 */
#ifndef BASE_RECOUT_H
#define BASE_RECOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define REC_LINE_MAX	(1u << 20)	/* bytes of one line */

struct recout {
	int		 fd;		/* not owned */
	struct buf	 out;
	char		 lastkey[32];
	int		 error;		/* errno of the first failed write */
};

void	 recout_open(struct recout *, int fd);
/* Flushes and frees.  -1 with errno set if any write had failed. */
int	 recout_close(struct recout *);

void	 rec_begin(struct recout *, const char *verb);
void	 rec_pos(struct recout *, const char *);		/* NULL: "-" */
void	 rec_posu(struct recout *, uint64_t);
void	 rec_posid(struct recout *, uint32_t validity, uint32_t uid);
void	 rec_key(struct recout *, const char *key, const char *val);	/* NULL: not written */
void	 rec_keyu(struct recout *, const char *key, uint64_t);
void	 rec_end(struct recout *);
/* A line already made (len bytes, no LF), passed on as it is. */
void	 rec_copy(struct recout *, const char *line, size_t len);
/* -1 with errno set if a write failed, now or before. */
int	 rec_flush(struct recout *);

#endif
