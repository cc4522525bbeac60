/*
 * The data of files that rows are about to name.  A row says that the message is here, and nobody reads
 * it again: it must be durable first, whoever wrote it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sync.h"
#include "plan/apply.h"

#define MANY		64	/* from here on one syncfs costs less than an fsync each */

static void *
together(void *arg)
{
	struct apply *ap = arg;

	/* if it fails, that may be for a stranger's file: each is asked for itself */
	ap->synced = syncfs(ap->syncfd) == 0;
	return NULL;
}

void
apply_sync_begin(struct apply *ap, size_t n)
{
	ap->syncing = ap->a->fsync && n >= MANY && ap->syncfd != -1 &&
	    pthread_create(&ap->syncer, NULL, together, ap) == 0;
}

int
apply_sync_end(struct apply *ap)
{
	if (!ap->syncing)
		return !ap->a->fsync;
	ap->syncing = 0;
	ENSURE(pthread_join(ap->syncer, NULL) == 0);
	return ap->synced;
}

static void
not_durable(struct action *a, int error)
{
	action_fail(a, EXIT_AGAIN, "making it durable: %s", strerror(error));
}

/* An fsync for each of up to "most" actions from i on that are open: where the next ones start. */
static size_t
some(struct action *const *a, size_t i, size_t n, size_t most, int (*at)(const struct action *))
{
	struct action **of = mem_alloc(most * sizeof(struct action *));
	int *fds = mem_alloc(most * sizeof(*fds)), *errors = mem_alloc(most * sizeof(*errors));
	size_t k, got = 0;

	for (; i < n && got < most; i++) {
		if (!action_open(a[i]))
			continue;
		fds[got] = at(a[i]);
		if (fds[got] == -1)
			not_durable(a[i], errno);
		else
			of[got++] = a[i];
	}
	sync_all(fds, errors, got);
	for (k = 0; k < got; k++) {
		if (errors[k] != 0)
			not_durable(of[k], errors[k]);
		close(fds[k]);
	}
	free(of);
	free(fds);
	free(errors);
	return i;
}

void
apply_sync_files(struct apply *ap, struct action *const *a, size_t n, int (*at)(const struct action *))
{
	size_t i;

	for (i = 0; i < n && ap->a->fsync; )
		i = some(a, i, n, ap->rows, at);
}
