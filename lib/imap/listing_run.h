/* A run of imap-list over a stream of pairs, as the listing*.c files share it. */
#ifndef IMAP_LISTING_RUN_H
#define IMAP_LISTING_RUN_H

#include "base/queue.h"
#include "imap/ask.h"
#include "imap/listing.h"

/* The head of a folder as a record gives it. */
struct listing_head {
	int		 told;		/* the record was there and named a validity */
	int		 known;		/* all four figures were there, modseq not 0 */
	uint64_t	 validity, next, count, modseq;
};

/* One pair of the stream. */
struct listing_pair {
	char		*local;		/* its name, for the records */
	char		*rules;		/* without the word that holds for one run only */
	uint64_t	 lines;		/* of the input to print before its block */
	int		 absent;	/* the folder is about to be created on the server */
	int		 unchanged;
	struct listing_head state, now;
	uint64_t	 gen;		/* of the state's block */
	uint64_t	 rows;		/* messages in it */
	int		 whole;		/* and it has been read to its end */
	enum rung	 limit;		/* the state's word */
	int		 nomodseq;	/* the server has no CONDSTORE, or it is switched off: no modseq is believed */
	uint64_t	 stuck;		/* intents and kept rows in the state */
	int		 samerules;
	uint32_t	 probed;	/* UIDVALIDITY of what is asked about, 0: nothing is */
	struct ask	*ask;
};

struct listing_run {
	const struct listing *l;
	struct queue	 lines;		/* the input, until its turn in the output */
	uint64_t	 pending;	/* queued lines that belong to no pair yet */
	uint64_t	 written;	/* lines of the output */
	struct listing_pair *pairs;
	size_t		 npairs, cap;
	size_t		 printed;	/* pairs that are out */
	struct listing_pair *cur;	/* the pair whose records are being read, or NULL */
	char		*creating;	/* remote folder of a "create remote" just read */
	int		 ended;
};

/* listing_read.c: the whole input; 0 or -1. */
int	 listing_read(struct listing_run *, struct err *);

/* listing_rung.c: which folders need no question; how many do. */
size_t	 listing_decide(struct listing_run *);
/* By which rung each is asked, once the session is there; 0, or -1 if that broke. */
int	 listing_climb(struct listing_run *, struct imap *);

/*
 * listing_print.c: prints the pairs that are answered, up to the first that is not; with
 * an error of the session (or NULL) those too, as failed.  0 or -1.
 */
int	 listing_print(struct listing_run *, const struct err *broke, struct err *);
/* What stands behind the last pair, and the end. */
int	 listing_finish(struct listing_run *, struct err *);

#endif
