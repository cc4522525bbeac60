/*
 * The messages of both sides of one folder, as multisets of content and flags.
 * Content is the size, or the digest of all bytes.  Uids prove nothing.  They say which
 * of them a difference is about; and where sizes are all there is, a file that the state
 * has given a uid and the message of that uid are not taken for others of their size.
 *
 * Messages are sorted on disk beyond SORT_MEMORY: memory holds those that differ.
 */
#ifndef PLAN_COMPARE_H
#define PLAN_COMPARE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/uidset.h"
#include "plan/sort.h"

/* One message of one side. */
struct item {
	uint64_t	 size;
	unsigned char	 dig[DIGEST_LEN];
	uint32_t	 uid;		/* of a file: that of its name, 0 if there is none */
	uint8_t		 remote;	/* the server's, else a file */
	uint8_t		 flags;
	uint8_t		 sized, digested;	/* size, dig are known */
	uint8_t		 bad;		/* a file's flaw, 0 none */
};

/* The word of "bad=" as a number, 0 for NULL, and back. */
uint8_t	 compare_bad(const char *word);
const char *compare_bad_word(uint8_t);

struct compare {
	int		 full;		/* by digest */
	int		 firm;		/* the state confirms the uids of files */
	struct uidset	 claimed;	/* uids of files */
	struct sort	 all;		/* by content, flags, uid */
	struct sort	 left;		/* those without a counterpart, by uid */
	struct buf	 key, line;	/* of what is added to one of them */
	uint64_t	 equal;		/* pairs */
};

void	 compare_init(struct compare *);
void	 compare_free(struct compare *);

/* Adds a message; name is a file's, "" of the server's.  0, or -1 with errno. */
int	 compare_add(struct compare *, const struct item *, const char *name);
/* 1 if its content can be compared with others. */
int	 compare_able(const struct compare *, const struct item *);
/*
 * After the last: calls differs once for each difference, by uid, with the server's
 * message or NULL, the file and its name or NULL; both if a uid says that the two
 * belong together.  0, or -1 with errno.
 */
int	 compare_all(struct compare *, void (*differs)(void *arg, const struct item *remote,
	    const struct item *local, const char *name), void *arg);

#endif
