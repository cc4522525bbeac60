/* imap-fetch: fetches the message of each "copy local" line of a plan into a spool file. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/rec.h"
#include "conf/args.h"
#include "conf/transport.h"
#include "plan/fetcher.h"

static void
usage(FILE *f)
{
	fputs("usage: imap-fetch [-dh] [-a ACCOUNT] [-c FILE] [-k [SECTION:]OPTION=VALUE] [-t COMMAND]\n"
	    "fetches the messages that the plan on standard input copies; see imap-fetch(1)\n", f);
}

static int
run(struct args *args, const char *transport, int *status, struct err *why, struct err *e)
{
	struct conf *conf = NULL;
	struct account *a = NULL;
	struct fetcher f;
	struct recin in;
	char **argv;
	int r;

	if (args_open(args, &conf, &a, e) == -1)
		return -1;
	recin_open(&in, STDIN_FILENO, "the plan");
	memset(&f, 0, sizeof(f));
	argv = transport_argv(args, a, transport, &f.timeout);
	f.a = a;
	f.in = &in;
	f.out = STDOUT_FILENO;
	f.transport = argv;
	f.trace = args->debug;
	r = fetcher_run(&f, status, why, e);
	recin_close(&in);
	free(argv);
	account_free(a);
	conf_free(conf);
	return r;
}

int
main(int argc, char *argv[])
{
	struct args args = { 0 };
	const char *transport = NULL;
	struct err e = { 0 }, why = { 0 };
	int ch, status = 0, r;

	io_std();
	signal(SIGPIPE, SIG_IGN);
	while ((ch = getopt(argc, argv, ARGS_OPTS "ht:")) != -1)
		switch (ch) {
		case 'h':
			usage(stdout);
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAIL;
		case 't':
			transport = optarg;
			break;
		default:
			if (!args_add(&args, ch, optarg)) {
				usage(stderr);
				return EXIT_CONF;
			}
		}
	if (optind != argc) {
		usage(stderr);
		return EXIT_CONF;
	}
	r = run(&args, transport, &status, &why, &e);
	args_free(&args);
	if (status != 0)
		err_print("imap-fetch", &why);
	if (r == -1)
		return err_worst(status, err_print("imap-fetch", &e));
	return status;
}
