/* The command line: OfflineIMAP's habits, and what this build refuses. */
#include <stdlib.h>

#include "driver/options.h"

#include "unit.h"

static const struct row {
	const char *argv[8];
	int ok;
	const char *want;	/* "accounts folders ui log conf noverrides dryrun allow single [verify]", or part of the error */
} rows[] = {
	{ { "-o" }, 1, "- - - - - 0 000" },
	{ { "-1o" }, 1, "- - - - - 0 001" },
	{ { "-oa", "A,B" }, 1, "A,B - - - - 0 000" },
	{ { "-aA", "-cF", "-uquiet" }, 1, "A - quiet - F 0 000" },
	{ { "-1oqcF" }, 1, "- - - - F 0 001" },
	{ { "-c", "F", "-k", "a=b", "-k", "S:c=d" }, 1, "- - - - F 2 000" },
	{ { "-f", "x,y", "-l", "log" }, 1, "- x,y - log - 0 000" },
	{ { "--dry-run", "--allow-delete" }, 1, "- - - - - 0 110" },
	{ { "--dry", "--allow" }, 1, "- - - - - 0 110" },
	{ { "some", "-o", "words", "--dry-run" }, 1, "- - - - - 0 100" },
	{ { "--", "-a", "A" }, 1, "- - - - - 0 000" },
	{ { "-a", "" }, 1, " - - - - 0 000" },
	{ { "--nonsense" }, 0, "no such option: --nonsense" },
	{ { "-z" }, 0, "no such option: -z" },
	{ { "-1z" }, 0, "no such option: -z" },
	{ { "-a" }, 0, "-a needs a value" },
	{ { "-oc" }, 0, "-c needs a value" },
	{ { "--delete-folder" }, 0, "needs a value" },
	{ { "--delete-folder", "X" }, 0, "not in this build" },
	{ { "--info" }, 0, "not in this build" },
	{ { "--migrate" }, 0, "not in this build" },
	{ { "--mbnames-prune" }, 0, "not in this build" },
	{ { "--update-keyring" }, 0, "not in this build" },
	{ { "--dry-run=yes" }, 0, "--dry-run=yes" },
	{ { "--verify" }, 1, "- - - - - 0 000 1" },
	{ { "--verif=full", "-a", "A" }, 1, "A - - - - 0 000 2" },
	{ { "--verify", "full" }, 1, "- - - - - 0 000 1" },
	{ { "--verify=" }, 0, "--verify=: it is --verify, by size" },
	{ { "--verify=some" }, 0, "--verify=some: it is --verify, by size" },
};

static const char *
text(const char *s)
{
	return s != NULL ? s : "-";
}

static void
parse(const struct row *r)
{
	char copy[8][32], *argv[10], got[256];
	struct options o = { 0 };
	struct err e = { 0 };
	int argc, i, ret;

	argv[0] = copy[7];
	strcpy(copy[7], "offlineimap");
	for (argc = 1; argc < 8 && r->argv[argc - 1] != NULL; argc++) {
		strlcpy(copy[argc - 1], r->argv[argc - 1], sizeof(copy[0]));
		argv[argc] = copy[argc - 1];
	}
	argv[argc] = NULL;
	ret = options_parse(&o, argc, argv, &e);
	CHECK_NUM(ret, r->ok ? 0 : -1);
	for (i = 0; i < argc; i++)
		CHECK(argv[i] != NULL);
	if (ret == 0) {
		snprintf(got, sizeof(got), "%s %s %s %s %s %zu %d%d%d", text(o.accounts),
		    text(o.folders), text(o.ui), text(o.log), text(o.args.conffile),
		    o.args.noverrides, o.dryrun, o.allowdelete, o.single);
		if (o.verify != VERIFY_NOT)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %d", (int)o.verify);
		CHECK_STR(got, r->want);
	} else {
		CHECK_NUM(e.status, EXIT_CONF);
		if (!CHECK(strstr(e.text, r->want) != NULL))
			printf("\tgot \"%s\"\n", e.text);
	}
	options_free(&o);
}

static void
debug(const char *types, int chain, int imap, int maildir, size_t warnings)
{
	char prog[] = "offlineimap", opt[] = "-d", *list = strdup(types);
	char *argv[] = { prog, opt, list, NULL };
	struct options o = { 0 };
	struct err e;

	unit_row("-d %s", types);
	CHECK_NUM(options_parse(&o, 3, argv, &e), 0);
	CHECK_NUM(o.debug_chain, chain);
	CHECK_NUM(o.debug_imap, imap);
	CHECK_NUM(o.debug_maildir, maildir);
	CHECK_NUM(o.nwarning, warnings);
	options_free(&o);
	free(list);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s %s", rows[i].argv[0], text(rows[i].argv[1]));
		parse(&rows[i]);
	}
	debug("chain", 1, 0, 0, 0);
	debug("imap,maildir", 0, 1, 1, 0);
	debug("ALL", 1, 1, 1, 0);
	debug("all", 1, 1, 1, 0);
	debug("thread", 0, 0, 0, 0);
	debug("Imap,,x", 0, 0, 0, 2);
	return unit_end("driver_options");
}
