/* What the tests of the state share: a directory that goes away, and calls that must work. */
#ifndef UNIT_STATE_H
#define UNIT_STATE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "state/env.h"
#include "state/folder.h"
#include "state/intent.h"
#include "state/log.h"
#include "state/msg.h"

/* Ends the test if a call failed, with its error. */
#define MUST(call) do {							\
	if ((call) < 0) {						\
		printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #call, unit_err.text);	\
		exit(1);						\
	}								\
} while (0)

static struct err unit_err;

/* A new directory, 0755; malloc'ed. */
static inline char *
state_temp(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf("%s/state.XXXXXX", tmp != NULL ? tmp : "/tmp");

	if (mkdtemp(dir) == NULL) {
		perror(dir);
		exit(1);
	}
	return dir;
}

static inline int
state_remove_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Removes it with all in it, and frees the name. */
static inline void
state_untemp(char *dir)
{
	nftw(dir, state_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

/* Opens the state of account "A". */
static inline struct state *
state_must_open(const char *dir, int mode)
{
	struct state *st;

	MUST(state_open(&st, dir, "A", mode, &unit_err));
	return st;
}

#endif
