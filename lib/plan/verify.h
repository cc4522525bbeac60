/*
 * Comparing both sides of a listing that holds all there is: not what changed since
 * some state, but two multisets of messages, folder by folder.  What differs
 * comes out as records (offlineimap-records(5)).
 */
#ifndef PLAN_VERIFY_H
#define PLAN_VERIFY_H

#include "base/err.h"
#include "base/rec.h"

/*
 * Reads a listing to its end and writes what differs.  0 with *status: EXIT_DONE, nothing
 * does; EXIT_FAIL, something does or cannot be compared; EXIT_AGAIN, all that could be compared is
 * the same, but a folder could not be listed this time.  Or -1, then what was written
 * lacks its end line and nothing is proven.
 */
int	 verify_run(struct recin *, struct recout *, int *status, struct err *);

#endif
