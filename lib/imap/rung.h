/*
 * Which rung of the ladder a server and a folder stand on (RFC 7162, 4731, 5161):
 * what the server has and the user did not switch off, what this session has
 * enabled, and what the folder's state allows.
 */
#ifndef IMAP_RUNG_H
#define IMAP_RUNG_H

#include <stdint.h>

#include "base/rung.h"
#include "imap/session.h"

/* 1 if HIGHESTMODSEQ can be asked for.  QRESYNC implies CONDSTORE. */
int	 rung_condstore(const struct imap *);
/* 1 if QRESYNC could be enabled, or is. */
int	 rung_qresync(const struct imap *);
/* Queues ENABLE QRESYNC where it is worth it and not done yet; 1 if it did. */
int	 rung_enable(struct imap *);

/* What is known of one folder. */
struct rung_folder {
	enum rung	 limit;		/* the state's; RUNG_ANY for none */
	int		 delta;		/* the state has rows and a head that a delta can start from */
	uint64_t	 rows;		/* messages that the state has */
	int		 search;	/* a search would be needed to find what is gone */
};

/* How to list it, and how to list all of it if that fails. */
enum rung rung_choose(const struct imap *, const struct rung_folder *);
enum rung rung_full(const struct imap *, const struct rung_folder *);

#endif
