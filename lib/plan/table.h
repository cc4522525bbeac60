/*
 * The rows of one folder that have a local name: 16 bytes each, sorted by
 * uid.  Names are held as hashes; whoever prints a name has it from elsewhere.
 */
#ifndef PLAN_TABLE_H
#define PLAN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct row {
	uint64_t	 hash;		/* of the name */
	uint32_t	 uid;
	uint16_t	 content;	/* of size and digest; 0 if the row does not know them */
	uint16_t	 bits;
};

enum {
	ROW_KEPT = 1 << 12,	/* the state holds a word against it */
	ROW_SEEN = 1 << 13,	/* the local side has been decided */
	ROW_ONCE = 1 << 14,	/* remote: it was listed; local, if rows are no sets: one file claims its uid */
	ROW_TWICE = 1 << 15	/* more than one does */
};

struct table {
	struct row	*rows;
	size_t		 n, cap;
};

/* Empties and frees. */
void	 table_free(struct table *);
/* Makes room for that many rows at once; a hint. */
void	 table_reserve(struct table *, uint64_t);
/* Adds a row behind the others; -1 if its uid is not above the last one. */
int	 table_add(struct table *, uint32_t uid, uint64_t name, unsigned flags, int kept,
	    uint16_t content);
/* The row of a uid, or NULL. */
struct row *table_find(const struct table *, uint32_t uid);
/* Index of the first row with at least that uid; n if there is none. */
size_t	 table_from(const struct table *, uint32_t uid);

uint64_t table_hash(const char *name);
/* What a row remembers of size and digest; never 0. */
uint16_t table_content(uint64_t size, const unsigned char dig[DIGEST_LEN]);

unsigned row_flags(const struct row *);		/* agreed on */
/* The remote's view: where is an enum merge_where. */
unsigned row_rflags(const struct row *);
unsigned row_where(const struct row *);
void	 row_set_remote(struct row *, unsigned where, unsigned flags);
/* Of a row that came in a set, whose flags were not told yet. */
void	 row_set_flags(struct row *, unsigned flags);

#endif
