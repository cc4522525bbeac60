/* One line of a plan about a message or a folder, as a struct. */
#ifndef PLAN_PLINE_H
#define PLAN_PLINE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/rec.h"

struct pline {
	const char	*verb, *side;
	const char	*remote, *local;	/* folder names; all strings are borrowed */
	const char	*to;			/* move: the folder on that side; NULL for other verbs */
	uint32_t	 validity, uid;		/* uid 0: the message has none */
	const char	*name, *why, *text, *kw, *dig;	/* NULL: the key is left out */
	const char	*gone;			/* probe: a set of uids in place of the one, or NULL */
	int		 add, del;		/* flag bits; 0: left out */
	int		 flags, was;		/* flag bits; -1: left out */
	int		 has_size, has_date, has_gen;
	int		 full;			/* probe: all bytes count */
	int		 again;			/* keep: it may be otherwise next time */
	uint64_t	 size, date, gen;
	uint32_t	 next_validity, next;	/* next 0: left out */
	uint32_t	 now, saved;		/* 0: left out */
	int		 has_counts;
	uint64_t	 paired, up, down;
};

void	 pline_init(struct pline *, const char *verb, const char *side, const char *remote,
	    const char *local);
/* Writes the record. */
void	 pline_write(struct recout *, const struct pline *);
/*
 * Appends what lines of one folder are sorted by: creates, renew, then uid as a number (none
 * last), then name as encoded, then verb, then side.  Printable.
 */
void	 pline_key(struct buf *, const struct pline *);

#endif
