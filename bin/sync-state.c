/* sync-state: what the last sync knew, as heads (-H) or rows of the folders named. */
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/rec.h"
#include "conf/args.h"
#include "state/env.h"
#include "state/stream.h"

static const char usage_text[] =
    "usage: sync-state -H [-a account] [-c file] [-k [section:]option=value]\n"
    "       sync-state [-a account] [-c file] [-k [section:]option=value] < pairs\n";

static int
usage(void)
{
	fputs(usage_text, stderr);
	return EXIT_CONF;
}

/* -1 if there is work to do, else the status to exit with. */
static int
take_options(struct args *args, int *heads, int argc, char *argv[])
{
	int ch;

	while ((ch = getopt(argc, argv, ARGS_OPTS "Hh")) != -1) {
		if (args_add(args, ch, optarg))
			continue;
		if (ch == 'H')
			*heads = 1;
		else if (ch == 'h')
			return fputs(usage_text, stdout) == EOF || fflush(stdout) == EOF;
		else
			return usage();
	}
	/* without -H there is nothing to do but to wait for a stream that nobody types */
	if (optind != argc || (!*heads && isatty(STDIN_FILENO)))
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

int
main(int argc, char *argv[])
{
	struct args args = { 0 };
	struct account *account = NULL;
	struct conf *conf = NULL;
	struct err e;
	int heads = 0, status;

	io_std();
	status = take_options(&args, &heads, argc, argv);
	if (status == -1) {
		if (args_open(&args, &conf, &account, &e) == -1 ||
		    run(account, heads, &e) == -1)
			status = err_print("sync-state", &e);
		else
			status = EXIT_DONE;
	}
	account_free(account);
	conf_free(conf);
	args_free(&args);
	return status;
}
