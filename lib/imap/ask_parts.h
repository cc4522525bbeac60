/* What the ask*.c files have between them: commands, answers, judgement. */
#ifndef IMAP_ASK_PARTS_H
#define IMAP_ASK_PARTS_H

#include "imap/ask.h"
#include "base/recout.h"

#define LISTED_MAX	20000000u	/* messages of a folder that are believed */

/* The message whose bytes are coming, and where records are made. */
struct ask_taker {
	struct digest	 digest, full;
	unsigned char	 dig[DIGEST_LEN], whole[DIGEST_LEN];
	int		 hasdig;
	struct recout	 line;
};

/* What stands behind the commands of a folder, for their tagged answers; arg is the ask. */
struct ask_done {
	int	(*examined)(struct imap *, void *, const struct imap_resp *, struct err *);
	int	(*fetched)(struct imap *, void *, const struct imap_resp *, struct err *);
	/* those that only this rung asks */
	int	(*rung)(struct imap *, void *, const struct imap_resp *, struct err *);
	int	(*unselected)(struct imap *, void *, const struct imap_resp *, struct err *);
};

/* ask_send.c: queues the commands for one folder; 0, or -1 if its name cannot be sent. */
int	 ask_send(struct imap *, struct ask *, int utf8, const struct ask_done *, struct err *);

/* ask_take.c */
void	 ask_take_open(struct ask_taker *);
void	 ask_take_close(struct ask_taker *);
struct imap_sink ask_take_sink(struct ask_taker *);
/* An untagged response while this ask's answers are coming; 0 or -1. */
int	 ask_take(struct ask_taker *, struct ask *, const struct imap_resp *, struct err *);
/* A message as a record in the ask's queue; 0 or -1. */
int	 ask_found(struct ask_taker *, struct ask *, uint32_t uid, unsigned flags, struct err *);

/* ask_judge.c: what a whole answer is worth. */
enum ask_verdict { ASK_DONE, ASK_AGAIN };
int	 ask_judge(struct ask_taker *, struct ask *, enum ask_verdict *, struct err *);

/* ask.c: forgets the answer of the last try. */
void	 ask_clear(struct ask *);

/* 1 for the rungs that answer with what changed. */
static inline int
ask_is_delta(const struct ask *a)
{
	return a->rung >= RUNG_CONDSTORE;
}

#endif
