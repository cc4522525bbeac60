/* Heads as the records carry them, and the mark lines that move them. */
#ifndef PLAN_MARK_H
#define PLAN_MARK_H

#include <stdint.h>

#include "base/rec.h"

/* Of a server's folder; 0 is unknown, and count means nothing without has_count. */
struct rhead {
	uint32_t	 validity, next;
	uint64_t	 modseq, count;
	int		 has_count;
};

/* Of a Maildir; NULL is unknown.  Owned. */
struct lhead {
	char		*cur, *new;
};

/* Reads a head from a folder record: 0, or -1 if a value is no number or out of range. */
int	 rhead_read(struct rhead *, const struct rec *);
void	 lhead_read(struct lhead *, const struct rec *);
void	 lhead_free(struct lhead *);
/* Forgets everything but the validity unless the head can serve: next above every uid, a count. */
void	 rhead_check(struct rhead *, uint32_t maxuid);
int	 rhead_equal(const struct rhead *, const struct rhead *);
int	 lhead_equal(const struct lhead *, const struct lhead *);

/* What both marks of a folder say. */
struct mark {
	const char	*remote, *local;	/* borrowed, as rules is */
	const char	*rules;
	uint64_t	 gen, lines, sum;
};

void	 mark_remote(struct recout *, const struct mark *, const struct rhead *);
void	 mark_local(struct recout *, const struct mark *, const struct lhead *);

#endif
