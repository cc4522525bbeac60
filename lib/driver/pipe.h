/* Which tools, with which arguments, make the pipe; and its text for a shell. */
#ifndef DRIVER_PIPE_H
#define DRIVER_PIPE_H

#include "base/buf.h"
#include "driver/chain.h"
#include "driver/options.h"

#define PIPE_TOOLS	10	/* the whole pipe */
#define PIPE_HEADS	4	/* of them to sync-pair: which folders changed */
#define PIPE_PLAN	8	/* to sync-plan: what to do; or to sync-verify: what differs */

struct pipe {
	struct chain_tool tool[PIPE_TOOLS];
	char		**connect;	/* imap-connect's arguments */
	struct args	  args;		/* as given, without passwords; borrowed strings */
	char		 *folders;	/* -f, or NULL */
};

/* The arguments of all tools for an account; options and name must outlive it. */
void	 pipe_open(struct pipe *, const struct options *, const char *account);
void	 pipe_close(struct pipe *);

/*
 * Appends the tools from one index up to, not with, another as one line of shell, without
 * a line feed.  Tools that are found by their name in PATH anyway stand there by name.
 */
void	 pipe_show(const struct pipe *, int from, int to, struct buf *);
/* Appends a printf(1) command that prints these lines. */
void	 pipe_print(struct buf *, const char *lines);
/* Appends one word, quoted for sh(1) if need be. */
void	 pipe_quote(struct buf *, const char *);

#endif
