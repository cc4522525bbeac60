/* All folders below a root. */
#ifndef MAILDIR_TREE_H
#define MAILDIR_TREE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/dirhead.h"
#include "base/err.h"

#define TREE_DEPTH	64		/* directories below each other */
#define TREE_MAX	200000		/* directories looked at */

enum tree_kind {
	TREE_FOLDER,
	TREE_HALF,		/* has cur or new, but not all three */
	TREE_CLOSED,		/* cannot be looked into: errno in "error" */
	TREE_AGAIN		/* another name of a folder; tree_read does not tell this */
};

struct tree_entry {
	char		*name;		/* local name; "" is the root */
	enum tree_kind	 kind;
	int		 error;
	struct dirhead	 cur, new;	/* of a TREE_FOLDER; not valid if they cannot be relied on */
	dev_t		 dev;		/* and what cur is, in any case */
	ino_t		 ino;
	int		 link;		/* a symbolic link leads there */
};

struct tree {
	struct tree_entry *entry;	/* sorted by name, bytes */
	size_t		 n, cap;
	size_t		 seen;		/* directory entries met, of whatever kind */
	size_t		 links;		/* folders that a symbolic link leads to */
};

/*
 * Reads the tree: with sep '/' all the way down, else one level.  Symbolic
 * links to directories count; one that leads back to a directory above itself
 * does not.  0, or -1 (the root unreadable, too many directories).  Free it
 * in either case.
 */
int	 tree_read(int rootfd, int sep, struct tree *, struct err *);
void	 tree_free(struct tree *);

#endif
