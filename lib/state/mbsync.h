/*
 * The sync state of mbsync (isync 1.1 to 1.5): a header, an empty line, and a line for each
 * message,
 *
 *   FarUidValidity 1795243535
 *   NearUidValidity 1
 *   MaxPulledUid 3
 *   MaxPushedUid 3
 *
 *   1 1 FS
 *   2 0 ~
 *
 * uids of both sides, then "<" or ">" for a placeholder on the far or near side, "~" (once
 * "X") for an expired message, "^" for one that was skipped, and the flags.  Beside it, a
 * run that was stopped leaves its journal, of changes to these.
 */
#ifndef STATE_MBSYNC_H
#define STATE_MBSYNC_H

#include "base/err.h"
#include "state/foreign.h"

/* Reads a state file into an empty struct; the text is cut apart.  0, or -1 with file and line. */
int	 mbsync_parse(struct foreign *, const char *name, char *text, size_t len, struct err *);
/*
 * Carries out a journal (of isync 1.4) on what was read; to be settled afterwards.  One of
 * another version, or with a placeholder being replaced, is refused: mbsync finishes it itself.
 * A message that one side was found to lack, and the other was to lose, stays one that both had:
 * whether it goes is for whoever looks at both sides now.
 */
int	 mbsync_replay(struct foreign *, const char *name, char *text, size_t len, struct err *);

#endif
