/* sync-pair: which folders belong together, and which of them changed. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/rec.h"
#include "conf/args.h"
#include "plan/names_pair.h"

static const char usage_text[] =
    "usage: sync-pair [-A] [-a account] [-c file] [-f folder,...] [-k [section:]option=value]\n"
    "                 [--allow-delete] [--probe[=full]] [--recover] < heads\n"
    "       sync-pair [-a account] [-c file] [-k [section:]option=value] [-s sep]\n"
    "                 [--allow-delete] [--probe[=full]] [--recover] folder ...\n";

struct options {
	struct args	  args;
	char		**only;		/* the names of all -f; allocated, the strings too */
	size_t		  nonly;
	const char	 *sep;		/* -s */
	int		  all, allowdelete, recover;
	enum pairs_probe  probe;
	char		**folders;	/* the operands */
	size_t		  nfolders;
};

/* Adds the names of a comma list; blanks and case count. */
static void
add_only(struct options *o, const char *list)
{
	char *copy = mem_dup(list), *rest = copy, *name;

	while ((name = strsep(&rest, ",")) != NULL) {
		o->only = mem_grow(o->only, o->nonly + 1, sizeof(*o->only));
		o->only[o->nonly++] = mem_dup(name);
	}
	free(copy);
}

static int
usage(void)
{
	fputs(usage_text, stderr);
	return EXIT_CONF;
}

/* --probe: of everything the size, or with "full" the digest too.  0 or -1. */
static int
take_probe(struct options *o, const char *how)
{
	o->probe = how == NULL ? PAIRS_SIZES : PAIRS_FULL;
	return how == NULL || strcmp(how, "full") == 0 ? 0 : -1;
}

/* -1 if there is work to do, else the status to exit with. */
static int
take_options(struct options *o, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'A' },
		{ "allow-delete", no_argument, NULL, 'D' },
		{ "probe", optional_argument, NULL, 'P' },
		{ "recover", no_argument, NULL, 'R' },
		{ NULL, 0, NULL, 0 }
	};
	int ch;

	while ((ch = getopt_long(argc, argv, ARGS_OPTS "Af:hs:", longs, NULL)) != -1) {
		if (args_add(&o->args, ch, optarg))
			continue;
		if (ch == 'A')
			o->all = 1;
		else if (ch == 'D')
			o->allowdelete = 1;
		else if (ch == 'R')
			o->recover = 1;
		else if (ch == 'f')
			add_only(o, optarg);
		else if (ch == 's')
			o->sep = optarg;
		else if (ch == 'P' && take_probe(o, optarg) == 0)
			continue;
		else if (ch == 'h')
			return fputs(usage_text, stdout) == EOF || fflush(stdout) == EOF;
		else
			return usage();
	}
	o->folders = argv + optind;
	o->nfolders = (size_t)(argc - optind);
	if (o->nfolders != 0 ? o->nonly != 0 || o->all : o->sep != NULL)
		return usage();
	return -1;
}

/* Says which folders of -f there are not.  OfflineIMAP's words. */
static int
say_missing(const struct options *o, const struct pairs *ps)
{
	struct err e;
	size_t i;
	int status = 0;

	for (i = 0; i < o->nonly; i++) {
		if (pairs_have(ps, o->only[i]))
			continue;
		err_fail(&e, "getfolder() asked for a nonexisting folder '%s'.", o->only[i]);
		status = err_print("sync-pair", &e);
	}
	return status;
}

/* A list with a slip in it must not look like a mailbox in which nothing happens.  OfflineIMAP's words. */
static int
say_none(const char *account)
{
	struct err e;

	err_fail(&e, "Account %s: no folder to sync (folderfilter issue?): the options folders and "
	    "rename, or -f, leave none of those on the server", account);
	return err_print("sync-pair", &e);
}

/* Pairs and prints; the exit status. */
static int
run(const struct options *o, const char *account, struct name_rules *rules)
{
	struct heads heads = { 0 };
	struct pairs ps = { 0 };
	struct recout out;
	struct err e;
	int status;

	if (o->nfolders != 0) {
		rules->remote.sep = o->sep != NULL ? o->sep : "/";
		pairs_name(&ps, rules, o->folders, o->nfolders);
	} else if (heads_read(&heads, STDIN_FILENO, account, &e) == 0) {
		rules->remote.sep = heads.sep;
		pairs_make(&ps, rules, &heads);
	} else {
		heads_free(&heads);
		return err_print("sync-pair", &e);
	}
	recout_open(&out, STDOUT_FILENO);
	pairs_print(&ps, account, o->all, o->probe, &out);
	status = say_missing(o, &ps);
	if (status == 0 && pairs_none(&ps))
		status = say_none(account);
	if (recout_close(&out) == -1) {
		err_fail(&e, "stdout: %s", strerror(errno));
		status = err_print("sync-pair", &e);
	}
	pairs_free(&ps);
	heads_free(&heads);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options o = { .sep = NULL };
	struct name_rules rules = { .utf8 = 0 };
	struct account *account = NULL;
	struct conf *conf = NULL;
	struct err e;
	int status;

	io_std();
	status = take_options(&o, argc, argv);
	if (status != -1)
		goto out;
	if (args_open(&o.args, &conf, &account, &e) == -1 ||
	    name_rules_open(&rules, account, &e) == -1) {
		status = err_print("sync-pair", &e);
		goto out;
	}
	rules.allowdelete = o.allowdelete;
	rules.recover = o.recover;
	rules.only = o.only;
	rules.nonly = o.nonly;
	status = run(&o, account->name, &rules);
out:
	while (o.nonly > 0)
		free(o.only[--o.nonly]);
	free(o.only);
	name_rules_close(&rules);
	account_free(account);
	conf_free(conf);
	args_free(&o.args);
	return status;
}
