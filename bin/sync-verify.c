/* sync-verify: what differs in a listing of all there is.  Reads no configuration. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/err.h"
#include "base/io.h"
#include "base/rec.h"
#include "base/spill.h"
#include "plan/verify.h"

static const char usage[] = "usage: sync-verify [-dh] < listing\n";

int
main(int argc, char *argv[])
{
	struct err e = { 0 };
	struct recin in;
	struct recout out;
	struct confine c;
	int ch, trace = 0, r, status = EXIT_DONE;

	io_std();
	/* the options that all tools of the chain take say nothing to this one */
	while ((ch = getopt(argc, argv, "a:c:dhk:")) != -1)
		switch (ch) {
		case 'a':
		case 'c':
		case 'k':
			break;
		case 'd':
			trace = 1;
			break;
		case 'h':
			return fputs(usage, stdout) == EOF || fflush(stdout) == EOF ?
			    EXIT_FAIL : EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_CONF;
		}
	if (optind != argc) {
		fputs(usage, stderr);
		return EXIT_CONF;
	}
	spill_ready();
	confine_begin(&c);
	confine_enter(&c, CONFINE_PIPES, trace);
	recin_open(&in, STDIN_FILENO, "stdin");
	recout_open(&out, STDOUT_FILENO);
	r = verify_run(&in, &out, &status, &e);
	recin_close(&in);
	if (recout_close(&out) == -1 && r == 0)
		r = err_fail(&e, "standard output: %s", strerror(errno));
	return r == -1 ? err_print("sync-verify", &e) : status;
}
