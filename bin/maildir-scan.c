/* maildir-scan: what the disk has, added to the stream; maildir-scan(1). */
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/rec.h"
#include "conf/args.h"
#include "maildir/stream.h"
#include "state/files.h"

#define TOOL "maildir-scan"

static int
usage(FILE *to)
{
	fprintf(to, "usage: " TOOL " [-Hd] [-a account] [-c file] [-k [section:]option=value]\n");
	return to == stdout && fflush(to) == 0 ? EXIT_DONE : EXIT_CONF;
}

/* The state, opened once it is asked. */
struct known {
	const struct account *a;
	struct state	*st;
};

static int
files(void *arg, struct recout *o, const char *remote, const char *local, uint64_t gen,
    struct uidset *uids, uint64_t *n, struct err *e)
{
	struct known *k = arg;

	if (k->st == NULL && state_open(&k->st, k->a->statedir, k->a->name, STATE_READ, e) == -1)
		return -1;
	return files_write(k->st, o, remote, local, gen, uids, n, e);
}

/* The stream from standard input to standard output; a terminal gives none. */
static int
scan(const struct account *a, int heads, struct err *e)
{
	struct known known = { a, NULL };
	const struct maildir_source src = {
		.account = a->name, .root = a->local.root,
		.sep = (unsigned char)a->local.sep[0], .infosep = (unsigned char)a->infosep,
		.files = files, .state = &known
	};
	struct recout out;
	struct recin in;
	int r, tty = isatty(STDIN_FILENO);

	if (tty && !heads)
		return err_conf(e, "standard input is a terminal: without -H a stream of "
		    "pairs is needed, as sync-pair(1) writes it");
	recin_open(&in, STDIN_FILENO, "standard input");
	recout_open(&out, STDOUT_FILENO);
	if (heads)
		r = maildir_write_heads(&src, tty ? NULL : &in, &out, e);
	else
		r = maildir_write_pairs(&src, &in, &out, e);
	recin_close(&in);
	state_close(known.st);
	if (recout_close(&out) == -1 && r == 0)
		r = err_fail(e, "standard output: %s", strerror(errno));
	return r;
}

int
main(int argc, char *argv[])
{
	struct account *a = NULL;
	struct args args = { 0 };
	struct conf *conf = NULL;
	struct err e = { 0 };
	int ch, heads = 0, status = EXIT_DONE;

	io_std();
	while ((ch = getopt(argc, argv, ARGS_OPTS "Hh")) != -1) {
		if (ch == 'H')
			heads = 1;
		else if (ch == 'h')
			return usage(stdout);
		else if (!args_add(&args, ch, optarg))
			return usage(stderr);
	}
	if (optind != argc)
		return usage(stderr);
	if (args_open(&args, &conf, &a, &e) == -1 || scan(a, heads, &e) == -1)
		status = err_print(TOOL, &e);
	account_free(a);
	conf_free(conf);
	args_free(&args);
	return status;
}
