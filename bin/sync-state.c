/* sync-state: what the last sync knew, as heads (-H) or rows of the folders named; and import. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/rec.h"
#include "conf/args.h"
#include "driver/lock.h"
#include "plan/import.h"
#include "state/env.h"
#include "state/stream.h"

static const char usage_text[] =
    "usage: sync-state -H [-a account] [-c file] [-k [section:]option=value]\n"
    "       sync-state [-a account] [-c file] [-k [section:]option=value] < pairs\n"
    "       sync-state [-a account] [-c file] [-k [section:]option=value] import\n"
    "                  [offlineimap [metadata] | mbsync [directory | folder=file ...]]\n";

struct options {
	struct args	 args;
	int		 heads;
	int		 import;	/* the operands are its own */
	struct import	 from;
};

static int
usage(void)
{
	fputs(usage_text, stderr);
	return EXIT_CONF;
}

/* The operands of import: 0, or -1 for what makes no sense. */
static int
take_import(struct options *o, int argc, char *argv[])
{
	o->import = 1;
	o->from.from = IMPORT_OFFLINEIMAP;
	if (argc > 0 && strcmp(argv[0], "mbsync") == 0)
		o->from.from = IMPORT_MBSYNC;
	else if (argc > 0 && strcmp(argv[0], "offlineimap") != 0)
		return -1;
	o->from.places = argv + (argc > 0);
	o->from.nplaces = argc > 0 ? (size_t)argc - 1 : 0;
	return o->from.from == IMPORT_OFFLINEIMAP && o->from.nplaces > 1 ? -1 : 0;
}

/* -1 if there is work to do, else the status to exit with. */
static int
take_options(struct options *o, int argc, char *argv[])
{
	int ch;

	while ((ch = getopt(argc, argv, ARGS_OPTS "Hh")) != -1) {
		if (args_add(&o->args, ch, optarg))
			continue;
		if (ch == 'H')
			o->heads = 1;
		else if (ch == 'h')
			return fputs(usage_text, stdout) == EOF || fflush(stdout) == EOF;
		else
			return usage();
	}
	argc -= optind;
	argv += optind;
	if (argc > 0 && strcmp(argv[0], "import") == 0 && !o->heads)
		return take_import(o, argc - 1, argv + 1) == -1 ? usage() : -1;
	/* without -H there is nothing to do but to wait for a stream that nobody types */
	if (argc != 0 || (!o->heads && isatty(STDIN_FILENO)))
		return usage();
	return -1;
}

/* Reads the state and writes the stream; 0 or -1. */
static int
run(const struct account *a, int heads, struct err *e)
{
	struct state_source src = { NULL, a->name, a->metadata, a->remote.name };
	struct recout out;
	struct recin in;
	int r;

	if (state_open(&src.st, a->statedir, a->name, STATE_READ, e) == -1)
		return -1;
	recout_open(&out, STDOUT_FILENO);
	if (heads) {
		r = state_write_heads(&src, &out, e);
	} else {
		recin_open(&in, STDIN_FILENO, "standard input");
		r = state_write_rows(&src, &in, &out, e);
		recin_close(&in);
	}
	/* the streams' writers have flushed and reported */
	recout_close(&out);
	state_close(src.st);
	return r;
}

/* Takes over another program's state, under the account's lock; *status is of its folders. */
static int
import(struct options *o, const struct account *a, int *status, struct err *e)
{
	struct recout out;
	struct lock lock;
	int r;

	if (lock_take(a, &lock, e) == -1)
		return -1;
	/* a reader that went away is an error of write(2) */
	signal(SIGPIPE, SIG_IGN);
	o->from.a = a;
	o->from.args = &o->args;
	recout_open(&out, STDOUT_FILENO);
	r = import_run(&o->from, &out, status, e);
	if (recout_close(&out) == -1 && r == 0)
		r = err_fail(e, "standard output: %s", strerror(errno));
	lock_release(&lock);
	return r;
}

int
main(int argc, char *argv[])
{
	struct options o = { .heads = 0 };
	struct account *account = NULL;
	struct conf *conf = NULL;
	struct err e;
	int status, r;

	io_std();
	status = take_options(&o, argc, argv);
	if (status == -1) {
		status = EXIT_DONE;
		r = args_open(&o.args, &conf, &account, &e);
		if (r == 0)
			r = o.import ? import(&o, account, &status, &e) : run(account, o.heads, &e);
		if (r == -1)
			status = err_print("sync-state", &e);
	}
	account_free(account);
	conf_free(conf);
	args_free(&o.args);
	return status;
}
