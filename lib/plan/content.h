/*
 * What is known of a message's content, in 24 bytes: a first sync holds one for each
 * message of the folder.  Digests, which most do not need, are kept elsewhere.
 */
#ifndef PLAN_CONTENT_H
#define PLAN_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/rec.h"

struct content {
	uint64_t	 size : 48;	/* bytes on the wire */
	uint64_t	 has : 8;	/* HAS_ bits */
	uint64_t	 date : 40;	/* unix seconds */
	/* borrowed: DIGEST_LEN bytes of its start (base/digest.h), as many of all of it */
	const unsigned char *dig;
};

enum { HAS_SIZE = 1, HAS_DATE = 2, HAS_DIG = 4, HAS_FULL = 8, HAS_START = HAS_SIZE | HAS_DIG };

#define CONTENT_DIGS	(2 * DIGEST_LEN)

/* Where digests are kept. */
struct digests {
	struct digests_block *last;
	size_t		 used;		/* bytes of it */
};

void	 digests_init(struct digests *);
void	 digests_free(struct digests *);

/*
 * Fills what a record says of size, date, dig, full; the digests go to "digs" and are
 * borrowed from there.  A size or date beyond all reason is not known.  0, or -1.
 */
int	 content_read(struct content *, unsigned char digs[CONTENT_DIGS], const struct rec *);
/* Moves the digests to where they last. */
void	 content_keep(struct content *, struct digests *);
/* What "from" says goes before what is known already; the digests last like content_keep's. */
void	 content_merge(struct content *to, const struct content *from, struct digests *);
/* The digest of all bytes, of a content that has it. */
const unsigned char *content_full(const struct content *);

#endif
