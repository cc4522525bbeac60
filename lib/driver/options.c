/* Options as OfflineIMAP's optparse took them, by getopt_long(3). */
#include "driver/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

const char options_usage[] =
    "usage: offlineimap [-1hoqsV] [-a accounts] [-c file] [-d types] [-f folders]\n"
    "                   [-k [section:]option=value] [-l file] [-u ui] [--dry-run]\n"
    "                   [--recover] [--verify[=full]]\n";

const char options_help[] =
    "\n"
    "  -a A,B             synchronize these accounts, not those of the configuration\n"
    "  -c FILE            configuration file\n"
    "  -f F,G             only these folders (remote names, untranslated)\n"
    "  -k [SECTION:]O=V   set an option as if it stood in the file; may be repeated\n"
    "  -o                 once, without autorefresh\n"
    "  -1                 one session at a time\n"
    "  -u UI              basic (default), quiet (errors alone), plan (records)\n"
    "  -l FILE            append what is said to FILE as well\n"
    "  -d TYPES           chain: print the pipe; imap, maildir: trace; ALL\n"
    "  --dry-run          print what would be done, write nothing\n"
    "  --verify           prove that both sides are the same, by size and flags\n"
    "  --verify=full      the same by all bytes and flags\n"
    "  --allow-delete     let through, once, deletions that maxdelete holds\n"
    "  --recover          go on where a new UIDVALIDITY leaves doubts; best with -f\n"
    "  -V, --version      the version\n"
    "  -h, --help         this\n"
    "\n"
    "-q, -s, -P DIR and --ignore-keyring are accepted and do nothing.\n"
    "offlineimap(7) says what this is, offlineimap(1) how to use it.\n";

enum {
	DRY_RUN = 256, ALLOW_DELETE, RECOVER, VERIFY, VERSION_SHORT, IGNORE_KEYRING,
	INFO, DELETE_FOLDER, MIGRATE, PRUNE, UPDATE_KEYRING
};

static const struct option longs[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, VERSION_SHORT },
	{ "dry-run", no_argument, NULL, DRY_RUN },
	{ "allow-delete", no_argument, NULL, ALLOW_DELETE },
	{ "recover", no_argument, NULL, RECOVER },
	{ "verify", optional_argument, NULL, VERIFY },
	{ "ignore-keyring", no_argument, NULL, IGNORE_KEYRING },
	{ "info", no_argument, NULL, INFO },
	{ "delete-folder", required_argument, NULL, DELETE_FOLDER },
	{ "migrate-fmd5-using-nametrans", no_argument, NULL, MIGRATE },
	{ "mbnames-prune", no_argument, NULL, PRUNE },
	{ "update-keyring", no_argument, NULL, UPDATE_KEYRING },
	{ NULL, 0, NULL, 0 }
};

static void
warn(struct options *o, char *text)
{
	if (o->nwarning < sizeof(o->warning) / sizeof(o->warning[0]))
		o->warning[o->nwarning++] = text;
	else
		free(text);
}

/* OfflineIMAP only warns of a type that it does not know. */
static void
debug_type(struct options *o, const char *type)
{
	int all = strcasecmp(type, "all") == 0;

	if (!all && strcmp(type, "chain") != 0 && strcmp(type, "imap") != 0 &&
	    strcmp(type, "maildir") != 0 && strcmp(type, "thread") != 0 && *type != '\0')
		warn(o, mem_printf("-d: there is no type \"%s\"", type));
	o->debug_chain |= all || strcmp(type, "chain") == 0;
	o->debug_imap |= all || strcmp(type, "imap") == 0;
	o->debug_maildir |= all || strcmp(type, "maildir") == 0;
}

static void
debug_types(struct options *o, const char *list)
{
	char *copy = mem_dup(list), *rest = copy, *type;

	while ((type = strsep(&rest, ",")) != NULL)
		debug_type(o, type);
	free(copy);
}

/* Options that do nothing here, and those that this build has to refuse. */
static int
other(struct options *o, int ch, struct err *e)
{
	switch (ch) {
	case 'q':
		warn(o, mem_dup("-q: every run is quick, the option does nothing"));
		return 0;
	case 's':
		warn(o, mem_dup("-s: logging to syslog is not in this build"));
		return 0;
	case 'P':
		warn(o, mem_dup("-P: there is no Python to profile, the option does nothing"));
		return 0;
	case IGNORE_KEYRING:
		return 0;
	case INFO:
		return err_conf(e, "--info is not in this build; "
		    "try \"imap-list -H -a ACCOUNT\" for the folders of the server");
	case DELETE_FOLDER:
		return err_conf(e, "--delete-folder is not in this build; "
		    "delete the folder with another client");
	case MIGRATE:
		return err_conf(e, "--migrate-fmd5-using-nametrans is not in this build; "
		    "equal messages are paired by content without it");
	case PRUNE:
		return err_conf(e, "--mbnames-prune: mbnames is not in this build");
	case UPDATE_KEYRING:
		return err_conf(e, "--update-keyring: keyrings are not in this build; "
		    "use remotepasscommand");
	}
	return err_conf(e, "unknown option, or a value is missing");
}

static int
verify(struct options *o, const char *how, struct err *e)
{
	if (how != NULL && strcmp(how, "full") != 0)
		return err_conf(e, "--verify=%s: it is --verify, by size, or --verify=full, by all bytes",
		    how);
	o->verify = how == NULL ? VERIFY_SIZES : VERIFY_FULL;
	return 0;
}

static int
option(struct options *o, int ch, struct err *e)
{
	switch (ch) {
	case 'a': o->accounts = optarg; break;
	case 'd': debug_types(o, optarg); break;
	case 'f': o->folders = optarg; break;
	case 'h': o->help = 1; break;
	case 'l': o->log = optarg; break;
	case 'o': break;
	case 'u': o->ui = optarg; break;
	case '1': o->single = 1; break;
	case 'V': o->longversion = 1; break;
	case VERSION_SHORT: o->version = 1; break;
	case DRY_RUN: o->dryrun = 1; break;
	case ALLOW_DELETE: o->allowdelete = 1; break;
	case RECOVER: o->recover = 1; break;
	case VERIFY: return verify(o, optarg, e);
	default:
		if (!args_add(&o->args, ch, optarg))
			return other(o, ch, e);
	}
	return 0;
}

/* What getopt did not like, in words; it is silent itself. */
static int
bad(const char *arg, int ch, struct err *e)
{
	const char *dashes = optopt > 255 || optopt == 0 ? "" : "-";
	char letter[2] = { (char)(optopt < 256 ? optopt : 0), '\0' };

	if (ch == ':')
		return err_conf(e, "option %s%s needs a value", dashes,
		    *dashes != '\0' ? letter : arg);
	return err_conf(e, "no such option: %s%s", dashes, *dashes != '\0' ? letter : arg);
}

int
options_parse(struct options *o, int argc, char *argv[], struct err *e)
{
	int ch;

	opterr = 0;
	optind = 0;	/* from the start, with nothing left of an earlier call */
	while ((ch = getopt_long(argc, argv, ":1a:c:d:f:hk:l:oP:qsu:V", longs, NULL)) != -1)
		if (ch == '?' || ch == ':') {
			if (bad(argv[optind - 1], ch, e) == -1)
				return -1;
		} else if (option(o, ch, e) == -1)
			return -1;
	return 0;
}

void
options_free(struct options *o)
{
	args_free(&o->args);
	while (o->nwarning > 0)
		free(o->warning[--o->nwarning]);
}
