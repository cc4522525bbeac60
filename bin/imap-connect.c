/* An authenticated IMAP session on standard input and output, in the clear. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/io.h"
#include "base/pct.h"
#include "base/rec.h"
#include "conf/args.h"
#include "net/connect.h"

static const char usage[] =
    "usage: imap-connect [-dhz] [-a ACCOUNT] [-c FILE] [-k [SECTION:]OPTION=VALUE]\n"
    "                    [-P FD] [-s FD]\n";

struct options {
	struct args	 args;
	int		 passfd;	/* -1: the configuration says how to get it */
	int		 statfd;	/* -1: no record is wanted */
};

static void
trace(const char *line)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	pct_show(&b, line);
	fprintf(stderr, "imap-connect: %s\n", buf_cstr(&b));
	buf_free(&b);
}

/* Secrets stay out of core files and out of reach of a debugger. */
static void
harden(void)
{
	static const struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
}

/* The figures as a record. */
static int
tell(int fd, const struct relay_stat *stat, struct err *e)
{
	struct recout out;

	recout_open(&out, fd);
	rec_begin(&out, "stat");
	rec_keyu(&out, "down", stat->down);
	rec_keyu(&out, "turns", stat->turns);
	rec_keyu(&out, "up", stat->up);
	rec_end(&out);
	if (recout_close(&out) == 0)
		return 0;
	return err_fail(e, "cannot write to descriptor %d: %s", fd, strerror(errno));
}

/* A descriptor's number, not one of the session's; -1 if it is none. */
static int
descriptor(const char *s)
{
	const char *wrong;
	int fd = (int)strtonum(s, 2, 1 << 20, &wrong);

	return wrong == NULL ? fd : -1;
}

int
main(int argc, char *argv[])
{
	struct options o = { .passfd = -1, .statfd = -1 };
	struct bulk bulk = { .ctl = -1 };
	struct relay_stat stat = { 0, 0, 0 };
	struct err e = { 0, "" };
	int ch, ret, bad = 0;

	io_std();
	harden();
	while ((ch = getopt(argc, argv, ARGS_OPTS "hP:s:z")) != -1) {
		if (ch == 'h') {
			fputs(usage, stdout);
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAIL;
		}
		if (ch == 'P')
			bad |= (o.passfd = descriptor(optarg)) == -1;
		else if (ch == 's')
			bad |= (o.statfd = descriptor(optarg)) == -1;
		else if (ch == 'z')
			bulk.forced = 1;
		else
			bad |= !args_add(&o.args, ch, optarg);
	}
	if (bad || optind != argc) {
		fputs(usage, stderr);
		return EXIT_CONF;
	}
	bulk.trace = o.args.debug ? trace : NULL;
	bulk.ctl = o.statfd;
	ret = connect_run(&o.args, o.passfd, &bulk, &stat, &e);
	if (o.statfd != -1 && ret == 0)
		ret = tell(o.statfd, &stat, &e);
	else if (o.statfd != -1)
		tell(o.statfd, &stat, NULL);
	args_free(&o.args);
	return ret == 0 ? EXIT_DONE : err_print("imap-connect", &e);
}
