/*
 * The five flags that both sides share, as bits and as the letters of records
 * and Maildir names: D \Draft, F \Flagged, R \Answered, S \Seen, T \Deleted.
 */
#ifndef BASE_FLAGS_H
#define BASE_FLAGS_H

enum {
	FLAG_DRAFT = 1,
	FLAG_FLAGGED = 2,
	FLAG_ANSWERED = 4,
	FLAG_SEEN = 8,
	FLAG_DELETED = 16,
	FLAG_ALL = 31
};

#define FLAGS_LEN	6	/* five letters and the NUL */

/* The letters, sorted; "" for none.  Returns its second argument. */
const char *flags_format(unsigned, char [FLAGS_LEN]);
/* Letters to bits: 0, or -1 (NULL, an unknown letter, not strictly sorted). */
int	 flags_parse(const char *, unsigned *);
/* The bit of a letter, 0 if it is none of the five. */
unsigned flags_bit(char);

/* The bit of an IMAP flag ("\\Seen", in any case; RFC 3501, 2.3.2), 0 if it is none of the five. */
unsigned flags_imap(const char *);
/* The IMAP name of one bit, NULL if it is not exactly one of the five. */
const char *flags_name(unsigned);

#endif
