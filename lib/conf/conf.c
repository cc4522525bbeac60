/* The configuration as a whole: where it is, [general], which accounts there are. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/opt.h"
#include "conf/sect.h"

#define ACCOUNT		"Account "

/* The file to read if -c names none; malloc'ed. */
static char *
lookup(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	char *path;

	if (xdg != NULL && *xdg != '\0')
		path = mem_printf("%s/offlineimap/config", xdg);
	else
		path = text_tilde("~/.config/offlineimap/config");
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return text_tilde("~/.offlineimaprc");
}

static int
read_general(struct conf *c, struct err *err)
{
	struct general *g = &c->general;
	struct list l = { NULL, 0 };
	struct sect s;
	char *names;

	sect_open(&s, c, ini_section(c->ini, "mbnames"), IN_MBNAMES, err);
	if (s.ini != NULL)
		sect_check(&s);
	sect_open(&s, c, ini_section(c->ini, "general"), IN_GENERAL, err);
	sect_check(&s);
	if ((names = sect_text(&s, "accounts")) != NULL)
		list_split(&l, names, ',');
	free(names);
	g->accounts = l.v;
	g->naccounts = l.n;
	g->metadata = sect_path(&s, "metadata");
	g->ui = sect_text(&s, "ui");
	g->ui_at = mem_dup(sect_at(&s, "ui"));
	g->ignore_readonly = sect_bool(&s, "ignore-readonly");
	g->fsync = sect_bool(&s, "fsync");
	g->dryrun = sect_bool(&s, "dry-run");
	g->socktimeout = sect_int(&s, "socktimeout", 0, INT_MAX / 1000);
	if (!s.bad && g->metadata == NULL)
		sect_error(&s, "metadata", "no directory is named");
	return s.bad ? -1 : 0;
}

int
conf_load(struct conf **out, const char *file, char *const overrides[], size_t n,
    struct err *err)
{
	struct conf *c = mem_alloc(sizeof(*c));
	char *path = file != NULL ? text_tilde(file) : lookup();
	size_t i;
	int rc;

	*out = NULL;
	/* no core file with a password in it; a debugger needs root */
	prctl(PR_SET_DUMPABLE, 0);
	rc = ini_read(&c->ini, path, err);
	if (rc == -1 && err->status == EXIT_FAIL)
		err_fail(err, "%s: the configuration file does not exist; write one "
		    "(offlineimap.conf.minimal is a start) or name it with -c", path);
	free(path);
	for (i = 0; rc == 0 && i < n; i++)
		rc = ini_override(c->ini, overrides[i], err);
	for (i = 0; rc == 0 && i < c->ini->warnings.n; i++)
		conf_warn(c, "%s", c->ini->warnings.v[i]);
	if (rc == 0)
		rc = read_general(c, err);
	if (rc == 0)
		*out = c;
	else
		conf_free(c);
	return rc;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	conf_names_free(c->general.accounts, c->general.naccounts);
	free(c->general.metadata);
	free(c->general.ui);
	free(c->general.ui_at);
	list_free(&c->warnings);
	ini_free(c->ini);
	free(c);
}

const char *
conf_file(const struct conf *c)
{
	return c->ini->file;
}

const struct general *
conf_general(const struct conf *c)
{
	return &c->general;
}

const char *
conf_warning(const struct conf *c, size_t i)
{
	return i < c->warnings.n ? c->warnings.v[i] : NULL;
}

/* "there is no account ...", and which there are. */
static int
unknown(const struct conf *c, const char *name, struct err *err)
{
	struct list l = { NULL, 0 };
	const char *s;
	char *all;
	size_t i;

	for (i = 0; i < c->ini->nsects; i++) {
		s = c->ini->sects[i].name;
		if (strncmp(s, ACCOUNT, strlen(ACCOUNT)) == 0)
			list_add(&l, s + strlen(ACCOUNT), strlen(s) - strlen(ACCOUNT));
	}
	all = list_join(&l);
	err_fail(err, "%s: there is no account '%s'%s%s", c->ini->file, name,
	    l.n > 0 ? "; there are: " : " (no section [Account ...] at all)", all);
	free(all);
	list_free(&l);
	return -1;
}

const struct ini_sect *
conf_section(const struct conf *c, const char *kind, const char *name, struct err *err)
{
	char *full = mem_printf("%s%s", kind, name);
	const struct ini_sect *s = ini_section(c->ini, full);

	free(full);
	if (s == NULL && strcmp(kind, ACCOUNT) == 0)
		unknown(c, name, err);
	return s;
}

int
conf_names(struct conf *c, const char *wanted, char ***names, size_t *n, struct err *err)
{
	struct list from = { c->general.accounts, c->general.naccounts };
	struct list split = { NULL, 0 }, to = { NULL, 0 };
	size_t i;
	int rc = 0;

	*names = NULL;
	*n = 0;
	if (wanted != NULL) {
		list_split(&split, wanted, ',');
		from = split;
	}
	if (from.n == 0 && wanted != NULL)
		rc = err_conf(err, "-a '%s': no account is named", wanted);
	else if (from.n == 0)
		rc = err_conf(err, "%s: the option 'accounts' in [general] names no account",
		    c->ini->file);
	for (i = 0; rc == 0 && i < from.n; i++) {
		if (conf_section(c, ACCOUNT, from.v[i], err) == NULL)
			rc = -1;
		else if (!list_has(&to, from.v[i]))
			list_add(&to, from.v[i], strlen(from.v[i]));
	}
	list_free(&split);
	if (rc == -1) {
		list_free(&to);
		return -1;
	}
	*names = to.v;
	*n = to.n;
	return 0;
}

void
conf_names_free(char **names, size_t n)
{
	struct list l = { names, n };

	list_free(&l);
}
