/*
 * The records of offlineimap-records(5): the only reader; the writer is recout.h.
 *
 * A line is VERB TAB positional... TAB key=value..., ends in LF, and every field
 * is percent-encoded.  The table in shape.c says for each verb how many
 * positionals it has and which keys; anything else is an error.  In a report
 * the outcome ("done", "skip" or "fail", "=detail" may follow) stands in front.
 */
#ifndef BASE_REC_H
#define BASE_REC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/recout.h"

#define REC_POS_MAX	6
#define REC_KEY_MAX	24

struct rec {
	const char	*outcome;	/* "done", "skip", "fail" or NULL */
	const char	*detail;	/* what followed the outcome's "=", decoded, or NULL */
	const char	*verb;
	const char	*pos[REC_POS_MAX];	/* decoded; NULL where absent ("-") */
	int		 npos;
	const char	*key[REC_KEY_MAX];
	const char	*val[REC_KEY_MAX];	/* decoded; NULL where absent */
	int		 nkey;
	const char	*line;		/* the line as it was read, LF dropped, NUL-terminated */
	size_t		 len;		/* its length */
};

struct recin {
	int		 fd;		/* not owned */
	const char	*name;		/* of the stream, for messages; borrowed */
	struct buf	 in;		/* bytes read; those before "at" are used up */
	size_t		 at;
	char		*scratch;	/* the fields of the current record, decoded */
	size_t		 scratchcap;
	uint64_t	 lineno;
	int		 eof;
	struct recout	*out;		/* see recin_feeds */
};

void	 recin_open(struct recin *, int fd, const char *name);
void	 recin_close(struct recin *);
/*
 * What is gathered in "out" (borrowed) is written before reading waits for more, so that
 * the next tool works on what this one has passed on.
 */
void	 recin_feeds(struct recin *, struct recout *out);

/*
 * Reads the next record, waiting for it.  Returns 1, or 0 at the end of the
 * stream, or -1 with the error set (read error, last line without LF, line
 * too long, unknown verb or key, wrong number of fields, bad encoding).
 * All pointers in the record live until the next call.
 */
int	 rec_read(struct recin *, struct rec *, struct err *);
/*
 * The same for a caller that polls: 2 if there is no whole line yet.  recin_fill
 * reads once from the descriptor (0 or -1; sets eof at the end).
 */
int	 rec_next(struct recin *, struct rec *, struct err *);
int	 recin_fill(struct recin *, struct err *);
/*
 * Waits for something to read, or the end, so many milliseconds (-1: for ever): 1, or 0 if it did
 * not come in time or a signal came, or -1 with the error set.
 */
int	 recin_wait(struct recin *, int64_t ms, struct err *);

/* Parses one line (no LF) in memory; "scratch" must hold len + 1 bytes. */
int	 rec_parse(struct rec *, const char *line, size_t len, char *scratch, struct err *);

static inline int
rec_is(const struct rec *rec, const char *verb)
{
	return *rec->verb == *verb && strcmp(rec->verb, verb) == 0;
}
/* 1 for one of that verb whose first field is this ("s", "remote": a side). */
int	 rec_of(const struct rec *, const char *verb, const char *side);
/* 1 for "end - - N", after which a stream has nothing more to say. */
int	 rec_last(const struct rec *);
/* 1 for a record of a listing with which what belongs to the pair before it is over. */
int	 rec_leaves_pair(const struct rec *);
/* The rules of a pair without those of this run alone, as the state keeps them; malloc'ed. */
char	*rec_lasting_rules(const char *rules);
/* 1 if two fields are both there and the same. */
int	 rec_same(const char *, const char *);
/* The value of a key; NULL if it is not there or absent. */
const char *rec_get(const struct rec *, const char *key);
/*
 * A value as a number.  Returns 0 and stores it; -1 if it is not there or no
 * decimal number up to 2^64-1.
 */
int	 rec_getu(const struct rec *, const char *key, uint64_t *);
/* A decimal number with nothing around it, or -1. */
int	 rec_number(const char *, uint64_t *);
/* Splits "VALIDITY:UID" (both 1..2^32-1; uid 0 is taken only if zero says so). */
int	 rec_id(const char *, uint32_t *validity, uint32_t *uid, int zero);

/*
 * The hash of a plan line that marks sum up: FNV-1a over its fields, leaving
 * out those whose key starts with "spool".  len excludes the LF.
 */
uint64_t rec_hash(const char *line, size_t len);

#endif
