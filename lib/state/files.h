/* The files of some messages, as the state has them: for a folder whose disk has not moved. */
#ifndef STATE_FILES_H
#define STATE_FILES_H

#include <stdint.h>

#include "base/err.h"
#include "base/rec.h"
#include "base/uidset.h"
#include "state/env.h"

/*
 * Writes an "m l" record for each row among these uids that has a file and is not kept apart, and
 * adds up how many; that the folder is of that generation is proven for each piece that
 * is read.  0 or -1.
 */
int	 files_write(struct state *, struct recout *, const char *remote, const char *local,
	    uint64_t gen, struct uidset *, uint64_t *n, struct err *);

#endif
