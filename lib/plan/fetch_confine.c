/*
 * imap-fetch shuts itself in before it asks for its first session.  All below the root may get
 * new files and directories, for folders that are yet to be made; to remove files is allowed
 * in the tmp of each folder that is there, and everywhere below a root that is empty.  What is to be
 * removed from a new folder beside others stays until it is an old one.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/mem.h"
#include "base/spill.h"
#include "imap/lend.h"
#include "maildir/tree.h"
#include "plan/fetching.h"

static void
allow_path(struct confine *c, int rootfd, const char *path, unsigned what)
{
	int fd = openat(rootfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* one that is gone again will be treated as new */
	if (fd == -1)
		return;
	confine_allow(c, fd, what);
	close(fd);
}

/* Where a link leads is not below the root: it is allowed for itself. */
static void
allow_links(struct confine *c, int rootfd, const char *local)
{
	char *path = mem_dup(local), *slash = path;
	struct stat st;

	while (slash != NULL && *path != '\0') {
		if ((slash = strchr(slash, '/')) != NULL)
			*slash = '\0';
		if (fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			allow_path(c, rootfd, path, CONFINE_MAKE);
		if (slash != NULL)
			*slash++ = '/';
	}
	free(path);
}

static void
allow_folder(struct confine *c, int rootfd, const char *local)
{
	char *tmp = *local != '\0' ? mem_printf("%s/tmp", local) : mem_dup("tmp");

	allow_links(c, rootfd, local);
	allow_path(c, rootfd, tmp, CONFINE_MAKE | CONFINE_REMOVE);
	free(tmp);
}

static void
allow_folders(struct confine *c, const struct spools *s)
{
	struct tree t;
	struct err e;
	size_t i;

	/* a tree that cannot be read is one of new folders */
	if (tree_read(s->rootfd, s->sep, &t, &e) == 0) {
		if (t.seen == 0)
			confine_allow(c, s->rootfd, CONFINE_REMOVE);
		for (i = 0; i < t.n; i++)
			if (t.entry[i].kind == TREE_FOLDER)
				allow_folder(c, s->rootfd, t.entry[i].name);
	}
	tree_free(&t);
}

int
fetch_confine(struct fetching *run, struct err *e)
{
	struct confine c;

	if (lend_start(run->f->transport, e) == -1)
		return -1;
	spill_ready();
	spools_open(&run->spools);
	confine_begin(&c);
	if (run->spools.rootfd != -1) {
		confine_allow(&c, run->spools.rootfd, CONFINE_MAKE);
		if (c.why == 0)
			allow_folders(&c, &run->spools);
	}
	confine_enter(&c, CONFINE_SPOOL, run->f->trace);
	run->confined = 1;
	return 0;
}
