/* sync-apply: carries out a plan and reports; the only tool that changes mail or state. */
#include <errno.h>
#include <getopt.h>
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
#include "driver/lock.h"
#include "plan/apply.h"

static void
usage(FILE *f)
{
	fputs("usage: sync-apply [-dh] [-a ACCOUNT] [-c FILE] [-k [SECTION:]OPTION=VALUE] [-t COMMAND]\n"
	    "                  [--allow-delete]\n"
	    "carries out the plan on standard input; see sync-apply(1)\n", f);
}

static int
run(struct args *args, const char *transport, int allow, int *status, struct err *e)
{
	struct conf *conf = NULL;
	struct account *a = NULL;
	struct apply *ap;
	struct lock lock;
	struct recin in;
	struct recout out;
	char **argv;
	int r;

	if (args_open(args, &conf, &a, e) == -1)
		return -1;
	if (lock_take(a, &lock, e) == -1) {
		account_free(a);
		conf_free(conf);
		return -1;
	}
	recin_open(&in, STDIN_FILENO, "the plan");
	recout_open(&out, STDOUT_FILENO);
	ap = calloc(1, sizeof(*ap));
	if (ap == NULL)
		abort();
	argv = transport_argv(args, a, transport, &ap->timeout);
	ap->a = a;
	ap->out = &out;
	ap->transport = argv;
	ap->trace = args->debug;
	ap->allowdelete = allow;
	ap->unguarded = !lock.inherited;
	r = apply_run(ap, &in, status, e);
	if (recout_close(&out) == -1 && r == 0)
		r = err_again(e, "standard output: %s", strerror(errno));
	recin_close(&in);
	free(ap);
	free(argv);
	lock_release(&lock);
	account_free(a);
	conf_free(conf);
	return r;
}

int
main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "allow-delete", no_argument, NULL, 'A' },
		{ NULL, 0, NULL, 0 }
	};
	struct args args = { 0 };
	const char *transport = NULL;
	struct err e = { 0 };
	int ch, allow = 0, status = 0, r;

	io_std();
	/* a reader that went away is an error of write(2), not a death in mid-work */
	signal(SIGPIPE, SIG_IGN);
	while ((ch = getopt_long(argc, argv, ARGS_OPTS "ht:", longs, NULL)) != -1)
		switch (ch) {
		case 'A':
			allow = 1;
			break;
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
	r = run(&args, transport, allow, &status, &e);
	args_free(&args);
	if (r == -1)
		return err_worst(status, err_print("sync-apply", &e));
	return status;
}
