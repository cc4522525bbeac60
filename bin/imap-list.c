/* imap-list: adds to a stream what the server has: heads, or the messages of folders. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/err.h"
#include "base/io.h"
#include "base/rec.h"
#include "base/spill.h"
#include "conf/args.h"
#include "conf/transport.h"
#include "imap/lend.h"
#include "imap/listing.h"

static void
usage(FILE *f)
{
	fputs("usage: imap-list [-dHh] [-a ACCOUNT] [-c FILE] [-k [SECTION:]OPTION=VALUE] [-t COMMAND]\n"
	    "adds what the IMAP server has to the stream on standard input; see imap-list(1)\n", f);
}

/* All that needs the configuration or a process is done: from here on, the stream and sessions. */
static int
shut_in(char *const argv[], int heads, int trace, struct err *e)
{
	struct confine c;

	if (lend_start(argv, e) == -1)
		return -1;
	/* heads are few */
	if (!heads)
		spill_ready();
	confine_begin(&c);
	confine_enter(&c, CONFINE_SESSIONS, trace);
	return 0;
}

static int
run(struct args *args, const char *transport, int heads, struct err *e)
{
	struct conf *conf = NULL;
	struct account *a = NULL;
	struct recin in;
	struct recout out;
	struct listing l;
	char **argv;
	int r;

	if (args_open(args, &conf, &a, e) == -1)
		return -1;
	recin_open(&in, STDIN_FILENO, "standard input");
	recout_open(&out, STDOUT_FILENO);
	memset(&l, 0, sizeof(l));
	argv = transport_argv(args, a, transport, &l.timeout);
	l.in = isatty(STDIN_FILENO) ? NULL : &in;
	l.account = a->name;
	l.out = &out;
	l.transport = argv;
	l.trace = args->debug;
	l.utf8 = a->utf8foldernames;
	l.off = a->remote.off;
	if ((r = shut_in(argv, heads, args->debug, e)) == 0)
		r = heads ? listing_heads(&l, a->remote.reference, a->remote.subscribedonly, e) :
		    listing_run(&l, e);
	lend_end();
	if (recout_close(&out) == -1 && r == 0)
		r = err_again(e, "standard output: %s", strerror(errno));
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
	struct err e = { 0 };
	int ch, heads = 0, r;

	io_std();
	while ((ch = getopt(argc, argv, ARGS_OPTS "Hht:")) != -1)
		switch (ch) {
		case 'H':
			heads = 1;
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
	if (optind != argc || (isatty(STDIN_FILENO) && !heads)) {
		usage(stderr);
		return EXIT_CONF;
	}
	r = run(&args, transport, heads, &e);
	args_free(&args);
	return r == 0 ? EXIT_DONE : err_print("imap-list", &e);
}
