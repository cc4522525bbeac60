/* A listing in, records out. */
#include "plan/pure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/io.h"
#include "base/spill.h"

/* The first line: 0, or -1. */
static int
header(struct recin *in, struct recout *out, const char *verb, struct err *e)
{
	struct rec rec;
	int got = rec_read(in, &rec, e);

	if (got == -1)
		return -1;
	if (got == 0 || !rec_is(&rec, "listing"))
		return err_fail(e, "this is no listing: the chain ahead of it has failed or is not complete");
	if (rec.pos[0] == NULL || strcmp(rec.pos[0], "1") != 0)
		return err_fail(e, "a listing of version %.20s; all tools must be of one release",
		    rec.pos[0] != NULL ? rec.pos[0] : "-");
	rec_begin(out, verb);
	rec_pos(out, "1");
	rec_key(out, "account", rec_get(&rec, "account"));
	rec_end(out);
	return 0;
}

/* The stream's own end, behind so many lines. */
static int
check_end(const struct rec *rec, uint64_t lines, struct err *e)
{
	uint64_t n;

	if (rec_number(rec->pos[2], &n) == 0 && n == lines)
		return 0;
	return err_fail(e, "the listing is cut off: %llu lines are missing or too many",
	    (unsigned long long)(n > lines ? n - lines : lines - n));
}

int
pure_read(struct recin *in, struct recout *out, const char *verb,
    int (*record)(void *, const struct rec *, struct err *), void *arg, struct err *e)
{
	struct rec rec;
	uint64_t lines;
	int got, ended = 0;

	if (header(in, out, verb, e) == -1)
		return -1;
	for (lines = 1; (got = rec_read(in, &rec, e)) == 1; lines++) {
		if (ended)
			return err_fail(e, "the listing goes on after its end: \"%.80s\"", rec.line);
		ended = rec_last(&rec);
		if ((ended ? check_end(&rec, lines, e) : record(arg, &rec, e)) == -1)
			return -1;
	}
	return got == 0 && !ended ? err_fail(e, "the listing is cut off") : got;
}

static int
usage(FILE *to, const char *name)
{
	fprintf(to, "usage: %s [-dh] < listing\n", name);
	return to == stdout && fflush(to) == 0 ? EXIT_DONE : to == stdout ? EXIT_FAIL : EXIT_CONF;
}

int
pure_main(int argc, char *argv[], const char *name,
    int (*run)(struct recin *, struct recout *, int *, struct err *))
{
	struct err e = { 0 };
	struct recin in;
	struct recout out;
	struct confine c;
	int ch, trace = 0, status = EXIT_DONE, r;

	io_std();
	/* the options that all tools of the chain take say nothing to these */
	while ((ch = getopt(argc, argv, "a:c:dhk:")) != -1)
		if (ch == 'd')
			trace = 1;
		else if (ch == 'h')
			return usage(stdout, name);
		else if (ch == '?')
			return usage(stderr, name);
	if (optind != argc)
		return usage(stderr, name);
	spill_ready();
	confine_begin(&c);
	confine_enter(&c, CONFINE_PIPES, trace);
	recin_open(&in, STDIN_FILENO, "stdin");
	recout_open(&out, STDOUT_FILENO);
	r = run(&in, &out, &status, &e);
	recin_close(&in);
	if (recout_close(&out) == -1 && r == 0)
		r = err_fail(&e, "standard output: %s", strerror(errno));
	return r == -1 ? err_print(name, &e) : status;
}
