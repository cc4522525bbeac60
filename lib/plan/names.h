/*
 * Which remote folder belongs to which local one: names, separators, filters
 * and what is refused.  All that a later tool needs to know of it travels in
 * the pair record.
 *
 * Names are as the user sees them: remote ones modified UTF-7 as on the wire,
 * or UTF-8 if the account has utf8foldernames; nothing is converted here.
 * INBOX is one folder in any case (RFC 3501, 5.1).
 */
#ifndef PLAN_NAMES_H
#define PLAN_NAMES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "plan/rules.h"

#define NAME_MAX_BYTES	1000	/* of a whole folder name */
#define NAME_MAX_PART	255	/* of one directory's name */

struct account;
struct glob;
struct rename;

/* One side's part of the rules. */
struct name_side {
	struct glob	*folders;
	struct rename	*rename;
	const char	*sep;		/* "" for a flat side; borrowed */
	int		 create;	/* folders may be created here */
};

struct name_rules {
	struct name_side remote, local;
	int		 utf8;		/* utf8foldernames */
	char		 words[128];	/* the pair record's rules=, as the state keeps them */
	char		 maxdelete[32];	/* "N,P" or "-" */
	struct maxdelete limit;		/* the same */
	const char	*reference;	/* of LIST: what it names lies below; "" for none; borrowed */
	const char	*rtrash, *ltrash;	/* where deleted messages go on that side, or NULL; borrowed */
	int		 allowdelete, recover;
	char	*const	*only;		/* -f: these remote names alone; borrowed */
	size_t		 nonly;
};

/*
 * Takes the rules from an account, which must outlive them.  The remote
 * separator is "/" until the caller sets it.  -1 if a list or a rule in the
 * configuration is wrong.
 */
int	 name_rules_open(struct name_rules *, const struct account *, struct err *);
void	 name_rules_close(struct name_rules *);

/* 1 if the name is INBOX in some case. */
int	 name_inbox(const char *);
/* 1 if both name the same folder: equal, or both INBOX. */
int	 name_same(const char *, const char *);

/* The name that stands for it in comparisons: "INBOX" for every INBOX, else itself. */
const char *name_folded(const char *);

/*
 * Appends the local name of a remote folder, and the remote name of a local
 * one, which is below the reference: LIST would not name another.  A name that grows beyond
 * reason poisons the buffer.
 */
void	 name_to_local(const struct name_rules *, const char *remote, struct buf *);
void	 name_to_remote(const struct name_rules *, const char *local, struct buf *);

/* The FMD5 of a local folder: of its visible name, separators as they are. */
void	 name_fmd5(const struct name_rules *, const char *local, char [33]);

/* 1 if the user's lists select it. */
int	 name_selects_remote(const struct name_rules *, const char *);
int	 name_selects_local(const struct name_rules *, const char *);

/*
 * What is wrong with a name, as a word of name_words, or NULL.  A remote name
 * that is "new" is not on the server: it would have to be created.
 */
const char *name_bad_remote(const struct name_rules *, const char *, int new);
const char *name_bad_local(const struct name_rules *, const char *);

/*
 * 1 if the name holds the other side's separator, where the two differ, and
 * the rules leave one in: on the other side it would look like a subfolder.
 */
int	 name_ambiguous_remote(const struct name_rules *, const char *);
int	 name_ambiguous_local(const struct name_rules *, const char *);

/*
 * The words behind "keep ... why=" of sync-pair, each with a sentence for
 * people: what is the matter, what to do.  Ends with a NULL word.
 */
struct name_word {
	const char	*word;
	const char	*text;
};

extern const struct name_word name_words[];

/* The sentence of a word, or NULL if it is none of sync-pair's. */
const char *name_why(const char *word);

#endif
