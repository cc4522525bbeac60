/* The tools of the pipe. */
#include "driver/pipe.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/spawn.h"

enum {
	HEADS = 1,		/* -H */
	FOLDERS = 2,		/* -f */
	TRACE_IMAP = 4,		/* -d */
	TRACE_MAILDIR = 8,
	ALLOW = 16,		/* --allow-delete */
	PROBE = 32,		/* --probe, to verify */
	RECOVER = 128,		/* --recover */
	PLANS = 64		/* its place is sync-verify's then */
};

static const struct {
	const char *name;
	int opts, uses;
} table[PIPE_TOOLS] = {
	{ "sync-state", HEADS, 0 },
	{ "imap-list", HEADS | TRACE_IMAP, CHAIN_SESSION },
	{ "maildir-scan", HEADS | TRACE_MAILDIR, 0 },
	{ "sync-pair", FOLDERS | ALLOW | PROBE | RECOVER, 0 },
	{ "sync-state", 0, 0 },
	{ "imap-list", TRACE_IMAP, CHAIN_SESSION },
	{ "maildir-scan", TRACE_MAILDIR, 0 },
	{ "sync-plan", TRACE_IMAP | TRACE_MAILDIR | PLANS, 0 },
	{ "imap-fetch", TRACE_IMAP, CHAIN_SESSION },
	{ "sync-apply", TRACE_IMAP | TRACE_MAILDIR | ALLOW, CHAIN_SESSION | CHAIN_LOCK },
};

static char opt_H[] = "-H", opt_d[] = "-d", opt_f[] = "-f", opt_allow[] = "--allow-delete";
static char opt_recover[] = "--recover", opt_probe[] = "--probe", opt_full[] = "--probe=full";

/* 1 for "[section:]remotepass=...": the tools have no use for it. */
static int
secret(const char *override)
{
	size_t n = strcspn(override, "=");
	const char *colon = memchr(override, ':', n);
	const char *name = colon != NULL ? colon + 1 : override;

	while (*name == ' ')
		name++;
	return strncasecmp(name, "remotepass", 10) == 0 &&
	    strspn(name + 10, " ") == (size_t)(override + n - (name + 10));
}

static void
public_args(struct args *to, const struct args *from)
{
	size_t i;

	*to = *from;
	to->debug = 0;
	to->overrides = mem_alloc((from->noverrides + 1) * sizeof(*to->overrides));
	to->noverrides = 0;
	for (i = 0; i < from->noverrides; i++)
		if (!secret(from->overrides[i]))
			to->overrides[to->noverrides++] = from->overrides[i];
}

static char **
arguments(struct pipe *p, const char *name, int opts, const struct options *o,
    const char *account)
{
	int n;
	char **argv = args_argv(&p->args, (opts & PLANS) && o->verify != VERIFY_NOT ?
	    "sync-verify" : name, account, 7, &n);

	if (opts & HEADS)
		argv[n++] = opt_H;
	if (((opts & TRACE_IMAP) && o->debug_imap) || ((opts & TRACE_MAILDIR) && o->debug_maildir))
		argv[n++] = opt_d;
	if ((opts & ALLOW) && o->allowdelete)
		argv[n++] = opt_allow;
	if ((opts & RECOVER) && o->recover)
		argv[n++] = opt_recover;
	if ((opts & PROBE) && o->verify != VERIFY_NOT)
		argv[n++] = o->verify == VERIFY_FULL ? opt_full : opt_probe;
	if ((opts & FOLDERS) && o->folders != NULL) {
		argv[n++] = opt_f;
		argv[n++] = p->folders;
	}
	argv[n] = NULL;
	return argv;
}

void
pipe_open(struct pipe *p, const struct options *o, const char *account)
{
	int i;

	public_args(&p->args, &o->args);
	p->folders = mem_dup(o->folders);
	for (i = 0; i < PIPE_TOOLS; i++) {
		p->tool[i].argv = arguments(p, table[i].name, table[i].opts, o, account);
		p->tool[i].uses = table[i].uses;
	}
	p->connect = arguments(p, "imap-connect", TRACE_IMAP, o, account);
}

void
pipe_close(struct pipe *p)
{
	int i;

	for (i = 0; i < PIPE_TOOLS; i++)
		free(p->tool[i].argv);
	free(p->connect);
	free(p->folders);
	free(p->args.overrides);
}

void
pipe_quote(struct buf *b, const char *s)
{
	if (*s != '\0' && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-./:,=+@%") == strlen(s)) {
		buf_str(b, s);
		return;
	}
	buf_byte(b, '\'');
	for (; *s != '\0'; s++)
		if (*s == '\'')
			buf_str(b, "'\\''");
		else
			buf_byte(b, *s);
	buf_byte(b, '\'');
}

void
pipe_print(struct buf *b, const char *lines)
{
	buf_str(b, "printf '");
	for (; *lines != '\0'; lines++)
		switch (*lines) {
		case '\t': buf_str(b, "\\t"); break;
		case '\n': buf_str(b, "\\n"); break;
		case '\\': buf_str(b, "\\\\"); break;
		case '%': buf_str(b, "%%"); break;
		case '\'': buf_str(b, "'\\''"); break;
		default: buf_byte(b, *lines);
		}
	buf_byte(b, '\'');
}

/* 1 if a shell would find this very file by its name alone. */
static int
in_path(const char *name, const char *file)
{
	const char *env = getenv("PATH");
	char *copy = mem_dup(env != NULL ? env : ""), *rest = copy, *dir, *path;
	struct stat want, got;
	int found = 0;

	while (!found && (dir = strsep(&rest, ":")) != NULL) {
		path = mem_printf("%s/%s", *dir != '\0' ? dir : ".", name);
		if (access(path, X_OK) == 0) {
			found = stat(path, &got) == 0 && stat(file, &want) == 0 &&
			    got.st_dev == want.st_dev && got.st_ino == want.st_ino ? 1 : -1;
		}
		free(path);
	}
	free(copy);
	return found == 1;
}

void
pipe_show(const struct pipe *p, int from, int to, struct buf *b)
{
	char **argv, *path;
	int i;

	for (i = from; i < to; i++) {
		argv = p->tool[i].argv;
		path = spawn_path(argv[0]);
		if (i != from)
			buf_str(b, " | ");
		pipe_quote(b, in_path(argv[0], path) ? argv[0] : path);
		free(path);
		while (*++argv != NULL) {
			buf_byte(b, ' ');
			pipe_quote(b, *argv);
		}
	}
}
