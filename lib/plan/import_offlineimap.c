/*
 * OfflineIMAP: METADATA/Account-NAME/LocalStatus-sqlite/FOLDER, which localstatus(1) reads, or
 * LocalStatus/FOLDER; and the folder's UIDVALIDITY.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "plan/import_folder.h"
#include "state/localstatus.h"
#include "state/validity.h"

/* OfflineIMAP's file name for a folder; NULL if that is none. */
static char *
file_name(const struct import *im, const char *local)
{
	char *name = mem_dup(local), *p;

	/* both separators are dots there; the root, and a folder ".", are "dot" */
	for (p = name; *p != '\0'; p++)
		if (*p == im->a->local.sep[0] || *p == '/')
			*p = '.';
	if (*name == '\0' || strcmp(name, ".") == 0) {
		free(name);
		return mem_dup("dot");
	}
	if (io_component(name))
		return name;
	free(name);
	return NULL;
}

/* Reads what localstatus(1) prints of the database. */
static int
print_rows(const char *path, struct buf *b, struct err *e)
{
	const char *words[] = { "localstatus", path, NULL };
	struct spawn_fd out = { -1, STDOUT_FILENO };
	int p[2], r, status;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) == -1)
		return err_fail(e, "pipe: %s", strerror(errno));
	out.from = p[1];
	/* as execv(3) wants it; nobody writes to them */
	pid = spawn_tool((char **)words, &out, 1);
	close(p[1]);
	if (pid == -1) {
		close(p[0]);
		return err_fail(e, "localstatus: cannot be started: %s", strerror(errno));
	}
	if ((r = import_drain(p[0], b)) == -1)
		err_fail(e, "%s: reading its rows: %s", path, strerror(errno));
	close(p[0]);
	status = spawn_wait(pid);
	if (r == 0 && status == EXIT_AGAIN)
		return err_again(e, "%s: it is in use", path);
	if (r == 0 && status != 0)
		return err_fail(e, "%s: it cannot be read (localstatus ended with status %d)",
		    path, status);
	return r;
}

/*
 * Which of the two there is: 1 with the path, 0 for neither, -1.  An OfflineIMAP that has come
 * to use databases leaves the old files behind; an older one may have gone on with these.
 */
static int
choose(const char *dir, const char *name, char **path, int *database, struct err *e)
{
	char *sqlite = mem_printf("%s/LocalStatus-sqlite/%s", dir, name);
	char *plain = mem_printf("%s/LocalStatus/%s", dir, name);
	struct stat s, p;
	int r = 1, old = stat(plain, &p) == 0;

	*database = stat(sqlite, &s) == 0;
	if (*database && old && (p.st_mtim.tv_sec > s.st_mtim.tv_sec ||
	    (p.st_mtim.tv_sec == s.st_mtim.tv_sec && p.st_mtim.tv_nsec > s.st_mtim.tv_nsec)))
		r = err_fail(e, "%s is newer than %s; move the one away that OfflineIMAP did not use",
		    plain, sqlite);
	else if (!*database && !old)
		r = 0;
	*path = r == 0 ? NULL : *database ? sqlite : plain;
	if (*path != sqlite)
		free(sqlite);
	if (*path != plain)
		free(plain);
	return r;
}

/* Its text, from wherever; 0 or -1. */
static int
read_text(const char *path, int database, struct buf *b, struct err *e)
{
	if (database)
		return print_rows(path, b, e);
	return import_read(AT_FDCWD, path, path, b, e) == 1 ? 0 : -1;
}

int
import_offlineimap(const struct import *im, struct import_folder *f, struct err *e)
{
	const char *metadata = im->nplaces != 0 ? im->places[0] : im->a->metadata;
	char *name = file_name(im, f->local), *dir;
	struct buf b;
	int r, database;

	if (name == NULL)
		return 0;
	dir = mem_printf("%s/Account-%s", metadata, im->a->name);
	buf_init(&b, FOREIGN_MAX);
	r = choose(dir, name, &f->path, &database, e);
	if (r == 1) {
		r = read_text(f->path, database, &b, e);
		if (r == 0)
			r = localstatus_parse(&f->foreign, f->path, b.data, b.len, e);
		if (r == 0 && f->foreign.n != 0 &&
		    !validity_read(metadata, im->a->remote.name, f->remote, &f->foreign.far))
			r = err_fail(e, "%s: of which UIDVALIDITY it is no one knows: "
			    "%s/Repository-%s/FolderValidity does not say", f->path, metadata,
			    im->a->remote.name);
	}
	buf_free(&b);
	free(dir);
	free(name);
	return r;
}
