/*
 * Which folders belong together, and under which names, is asked of the tools that say it for
 * every sync: sync-state -H | imap-list -H | maildir-scan -H | sync-pair -A.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rec.h"
#include "base/spawn.h"
#include "plan/import_folder.h"

#define TOOLS	4

static const struct {
	const char	*name, *option;
} tools[TOOLS] = {
	{ "sync-state", "-H" }, { "imap-list", "-H" }, { "maildir-scan", "-H" }, { "sync-pair", "-A" }
};

struct asking {
	pid_t	 pid[TOOLS];
	int	 n;			/* started */
	int	 fd;			/* what the last one prints; -1: nothing */
};

/* Starts one more tool behind those that run; 0 or -1 with errno. */
static int
start(const struct import *im, struct asking *as)
{
	struct spawn_fd fds[2] = { { as->fd, STDIN_FILENO }, { -1, STDOUT_FILENO } };
	int argc, p[2], saved;
	char **argv;

	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	argv = args_argv(im->args, tools[as->n].name, im->a->name, 1, &argc);
	argv[argc] = (char *)(uintptr_t)tools[as->n].option;
	fds[1].from = p[1];
	as->pid[as->n] = spawn_tool(argv, fds, 2);
	saved = errno;
	free(argv);
	close(p[1]);
	close(as->fd);
	as->fd = p[0];
	errno = saved;
	return as->pid[as->n] == -1 ? -1 : 0;
}

static struct import_folder *
add(struct import_list *l, const struct rec *pair)
{
	struct import_folder *f;

	if (l->n == l->cap) {
		l->cap = l->cap + l->cap / 2 + 64;
		l->f = mem_grow(l->f, l->cap, sizeof(*l->f));
	}
	f = &l->f[l->n++];
	memset(f, 0, sizeof(*f));
	f->md.dir = f->md.cur = f->md.new = f->md.tmp = -1;
	f->remote = mem_dup(pair->pos[0]);
	f->local = mem_dup(pair->pos[1]);
	f->fmd5 = mem_dup(rec_get(pair, "fmd5"));
	return f;
}

/* The records of sync-pair: pairs, each with its heads behind it. */
static int
read_pairs(struct recin *in, struct import_list *l, struct err *e)
{
	struct import_folder *f = NULL;
	struct rec rec;
	uint64_t validity;
	int got, whole = 0;

	while ((got = rec_read(in, &rec, e)) == 1) {
		whole = rec_last(&rec);
		if (rec_is(&rec, "pair")) {
			if (rec.pos[0] == NULL || rec.pos[1] == NULL || rec_get(&rec, "fmd5") == NULL)
				return err_fail(e, "%s: line %llu: a pair without names", in->name,
				    (unsigned long long)in->lineno);
			f = add(l, &rec);
		} else if (rec_leaves_pair(&rec))
			f = NULL;
		else if (f != NULL && rec_of(&rec, "folder", "s"))
			f->known = 1;
		else if (f != NULL && rec_of(&rec, "folder", "r") &&
		    rec_getu(&rec, "validity", &validity) == 0 && validity <= UINT32_MAX)
			f->validity = (uint32_t)validity;
	}
	if (got == 0 && !whole)
		return err_fail(e, "%s: it is cut off", in->name);
	return got;
}

/* Waits for all.  The first that failed is the cause, and has said why. */
static int
finish(struct asking *as, int r, struct err *e)
{
	int i, status, failed = as->n < TOOLS;

	for (i = 0; i < as->n; i++) {
		status = spawn_wait(as->pid[i]);
		if (status == 0 || failed)
			continue;
		err_again(e, "the folders are not known: %s ended with status %d", tools[i].name, status);
		if (status == EXIT_FAIL || status == EXIT_CONF)
			e->status = status;
		failed = 1;
		r = -1;
	}
	return r;
}

int
import_pairs(const struct import *im, struct import_list *l, struct err *e)
{
	struct asking as = { .fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
	struct recin in;
	int r = 0;

	if (as.fd == -1)
		return err_fail(e, "/dev/null: %s", strerror(errno));
	for (; as.n < TOOLS && r == 0; as.n += r == 0)
		if (start(im, &as) == -1)
			r = err_fail(e, "%s: cannot be started: %s", tools[as.n].name, strerror(errno));
	if (r == 0) {
		recin_open(&in, as.fd, "the list of folders");
		r = read_pairs(&in, l, e);
		recin_close(&in);
	}
	close(as.fd);
	return finish(&as, r, e);
}

static void
folder_free(struct import_folder *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->rows[i].name);
	free(f->rows);
	foreign_free(&f->foreign);
	md_close(&f->md);
	free(f->remote);
	free(f->local);
	free(f->fmd5);
	free(f->path);
}

void
import_list_free(struct import_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		folder_free(&l->f[i]);
	free(l->f);
	memset(l, 0, sizeof(*l));
}
