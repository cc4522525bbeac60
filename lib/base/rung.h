/*
 * The rungs of the ladder: how a server tells what it has, the best last.  The state
 * and the records name the highest one that a folder may be listed by.
 */
#ifndef BASE_RUNG_H
#define BASE_RUNG_H

enum rung {
	RUNG_ANY,		/* nothing is known against any */
	RUNG_PLAIN,		/* FETCH of all flags */
	RUNG_SEARCH,		/* ESEARCH: a set of uids for each flag */
	RUNG_CONDSTORE,		/* what changed since a modseq, and a search for what is gone */
	RUNG_QRESYNC		/* the server tells what is gone, too */
};

/* "plain", "search", "condstore", "qresync"; NULL for RUNG_ANY and what is none. */
const char *rung_word(unsigned);
/* The rung of a word; RUNG_ANY for NULL and what is none. */
enum rung rung_of(const char *word);

#endif
