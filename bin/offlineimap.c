/* offlineimap: brings an IMAP account and a Maildir together, by a pipe of tools. */
#include <stdio.h>

#include "base/io.h"
#include "driver/options.h"
#include "driver/run.h"

static int
about(const struct options *o)
{
	if (o->help)
		printf("%s%s", options_usage, options_help);
	else if (o->version)
		printf("%s\n", VERSION);
	else
		printf("offlineimap v%s\n", VERSION);
	return fflush(stdout) != 0 || ferror(stdout) ? EXIT_FAIL : EXIT_DONE;
}

int
main(int argc, char *argv[])
{
	struct options o = { 0 };
	struct err e;
	int status;

	io_std();
	if (options_parse(&o, argc, argv, &e) == -1) {
		fputs(options_usage, stderr);
		status = err_print("offlineimap", &e);
	} else if (o.help || o.version || o.longversion)
		status = about(&o);
	else
		status = run(&o);
	options_free(&o);
	return status;
}
