/*
 * What happens to one folder, gathered where one line tells of many messages:
 * flags, deletions, what is kept, and in a dry run copies.
 */
#ifndef DRIVER_CHANGES_H
#define DRIVER_CHANGES_H

#include <stdint.h>

#include "base/buf.h"
#include "conf/account.h"
#include "driver/event.h"
#include "driver/sink.h"
#include "driver/summary.h"

#define CHANGES_FLAGS	"DFRST"
#define CHANGES_WHY	16	/* different reasons counted apart */
#define CHANGES_NAMES	300	/* bytes of file names that are shown with one */
#define CHANGES_DOUBTS	8	/* files that the server may have already, and that a command is shown for */

struct changes_set {		/* UIDs as "1:3,7" */
	struct buf	 text;
	uint64_t	 n;
	uint32_t	 first, last;	/* the run not yet in the text */
};

struct changes_kept {
	char		 why[32];
	int		 side;
	uint64_t	 n, named;
	char		 names[CHANGES_NAMES];	/* "a, b", the first of them */
};

struct changes {
	char		*remote, *local;	/* the folder; NULL: none yet */
	uint64_t	 copies[2];
	uint64_t	 add[2][5], del[2][5];	/* by side and letter of CHANGES_FLAGS */
	struct changes_set deleted[2], moved[2];	/* moved: to the trash */
	char		*to[2];		/* which trash that is */
	struct changes_kept kept[CHANGES_WHY];
	int		 nkept;
	char		*doubts[CHANGES_DOUBTS];	/* why=ambiguous: names of files, owned */
	int		 ndoubts;
	struct changes_set doubted;	/* and the messages on the server that they may be */
};

void	 changes_open(struct changes *);
void	 changes_close(struct changes *);

/* 1 if the record is of the folder gathered now. */
int	 changes_same(const struct changes *, const struct rec *);
/* Begins with the record's folder; the former must have been told. */
void	 changes_begin(struct changes *, const struct rec *);
/* Takes a copy, flags, delete, move or keep line. */
void	 changes_add(struct changes *, const struct rec *);
/* Says all that was gathered and empties it; prefix as "[DRYRUN] " or "". */
void	 changes_tell(struct changes *, const struct account *, struct sink *, const char *prefix);

#endif
