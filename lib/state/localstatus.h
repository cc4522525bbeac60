/*
 * OfflineIMAP's LocalStatus as text: its old plain files, of both formats, and what
 * localstatus(1) prints of a SQLite one.
 *
 *   OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 1
 *   UID:FLAGS
 *
 *   OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2
 *   UID|FLAGS|MTIME|LABEL, LABEL
 */
#ifndef STATE_LOCALSTATUS_H
#define STATE_LOCALSTATUS_H

#include "base/err.h"
#include "state/foreign.h"

#define LOCALSTATUS_MAGIC	"OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT "

#define LOCALSTATUS_FLAGS	50	/* letters; what the table of the SQLite one says of its column */
#define LOCALSTATUS_LINE	80

/*
 * A row of the SQLite one as a line of format 2, with its LF; times and labels of Gmail, which are
 * nothing to us, are left out.  -1 if OfflineIMAP cannot have written such a row.
 */
int	 localstatus_line(char line[LOCALSTATUS_LINE], int64_t uid, const char *flags, size_t n);
/*
 * Reads it; both uids of a message are the same there, and validities are kept elsewhere.
 * The text is cut apart.  0; or -1, with file and line in the error.
 */
int	 localstatus_parse(struct foreign *, const char *name, char *text, size_t len,
	    struct err *);

#endif
