/* One account with its two repositories, complete and checked. */
#include "conf/account.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "conf/opt.h"
#include "conf/sect.h"

/* What stands and where, for an option whose text someone else reads. */
static void
carry(struct sect *s, const char *name, char **text, char **at)
{
	*text = sect_text(s, name);
	if (*text != NULL && sect_has(s, name))
		*at = mem_dup(sect_at(s, name));
}

static void
need(struct sect *s, const char *name, const char *value)
{
	if (value == NULL && !s->bad)
		sect_error(s, name, "[%s] needs it, and it is %s", s->ini->name,
		    sect_has(s, name) ? "empty" : "not there");
}

/* Upper-cases a mechanism's name and checks that OfflineIMAP knows it. */
static int
mechanism(char *name)
{
	static const char *const known[] = { "GSSAPI", "XOAUTH2", "CRAM-MD5", "PLAIN", "LOGIN" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(name, known[i]) == 0) {
			memcpy(name, known[i], strlen(known[i]));
			return 0;
		}
	return -1;
}

static void
read_auth(struct sect *s, struct remote *r)
{
	static const char name[] = "auth_mechanisms";
	struct list l = { NULL, 0 };
	char *text = sect_text(s, name);
	size_t i;

	if (text != NULL)
		list_split(&l, text, ',');
	free(text);
	r->auth = l.v;
	r->nauth = l.n;
	for (i = 0; i < l.n; i++)
		if (mechanism(l.v[i]) == -1) {
			sect_error(s, name, "'%s' is none of GSSAPI, XOAUTH2, CRAM-MD5, PLAIN, LOGIN",
			    l.v[i]);
			return;
		}
	if (!s->bad && !list_has(&l, "CRAM-MD5") && !list_has(&l, "PLAIN") && !list_has(&l, "LOGIN"))
		sect_error(s, name, "only CRAM-MD5, PLAIN and LOGIN are supported, "
		    "and none of them is allowed here");
}

/* Extensions as one text, each between commas. */
static char *
read_extensions(struct sect *s)
{
	static const char name[] = "disable_extensions";
	struct list l = { NULL, 0 };
	char *text = sect_text(s, name), *off = NULL, *longer, *p;
	size_t i;

	if (text != NULL)
		list_split(&l, text, ',');
	free(text);
	for (i = 0; i < l.n; i++) {
		for (p = l.v[i]; *p > ' ' && *p <= '~'; p++)
			*p = (char)toupper((unsigned char)*p);
		if (*p != '\0')
			sect_error(s, name, "'%s' is no name of an extension", l.v[i]);
		longer = mem_printf("%s%s,", off != NULL ? off : ",", l.v[i]);
		free(off);
		off = longer;
	}
	list_free(&l);
	return off;
}

static void
read_fingerprints(struct sect *s, struct remote *r)
{
	struct list l = { NULL, 0 };
	char *text = sect_text(s, "cert_fingerprint"), *hex;
	size_t i;

	if (text != NULL)
		list_split(&l, text, ',');
	free(text);
	for (i = 0; i < l.n; i++) {
		if ((hex = opt_fingerprint(l.v[i])) == NULL) {
			sect_error(s, "cert_fingerprint", "'%s' is no fingerprint: sha1 to sha512 "
			    "in hex have 40, 56, 64, 96 or 128 digits", l.v[i]);
			break;
		}
		free(l.v[i]);
		l.v[i] = hex;
	}
	r->fingerprints = l.v;
	r->nfingerprints = l.n;
}

/* A file that must be readable, as an absolute path; NULL if none is named. */
static char *
read_file(struct sect *s, const char *name)
{
	char *path = sect_abspath(s, name);

	if (path != NULL && access(path, R_OK) == -1)
		sect_error(s, name, "%s: %s", path, strerror(errno));
	return path;
}

static void
read_tls(struct sect *s, struct remote *r)
{
	char *ca;

	r->ssl = sect_bool(s, "ssl");
	r->starttls = sect_bool(s, "starttls");
	ca = sect_text(s, "sslcacertfile");
	r->cacertgiven = ca != NULL;
	if (ca != NULL && strcmp(ca, "OS-DEFAULT") != 0)
		r->cacertfile = read_file(s, "sslcacertfile");
	free(ca);
	read_fingerprints(s, r);
	r->clientcert = read_file(s, "sslclientcert");
	r->clientkey = read_file(s, "sslclientkey");
	if (r->clientkey != NULL && r->clientcert == NULL)
		sect_error(s, "sslclientkey", "there is no sslclientcert that it belongs to");
}

static void
read_remote(struct sect *s, struct remote *r)
{
	r->at = mem_dup(s->ini->at);
	sect_check(s);
	r->host = sect_text(s, "remotehost");
	need(s, "remotehost", r->host);
	if (r->host != NULL && strpbrk(r->host, " \t/@") != NULL)
		sect_error(s, "remotehost", "'%s' is no host name", r->host);
	read_tls(s, r);
	r->port = sect_has(s, "remoteport") || s->where == IN_GMAIL ?
	    sect_int(s, "remoteport", 1, 65535) : r->ssl ? 993 : 143;
	r->user = sect_text(s, "remoteuser");
	r->ipv6 = sect_has(s, "ipv6") ? sect_bool(s, "ipv6") : -1;
	read_auth(s, r);
	if ((r->reference = sect_text(s, "reference")) == NULL)
		r->reference = mem_dup("");
	r->subscribedonly = sect_bool(s, "subscribedonly");
	r->readonly = sect_bool(s, "readonly");
	r->sync_deletes = sect_bool(s, "sync_deletes");
	r->createfolders = sect_bool(s, "createfolders");
	r->expunge = sect_bool(s, "expunge");
	r->usecompression = sect_bool(s, "usecompression");
	r->maxconnections = sect_int(s, "maxconnections", 1, 1000);
	r->off = read_extensions(s);
	r->pass = sect_text(s, "remotepass");
	carry(s, "remotepassfile", &r->passfile, &r->passfile_at);
	carry(s, "remotepasscommand", &r->passcommand, &r->passcommand_at);
	carry(s, "trashfolder", &r->trash, &r->trash_at);
	if (r->trash != NULL && !r->expunge)
		conf_warn(s->conf, "%s: option 'trashfolder' is not used: with expunge = no deleted messages "
		    "stay where they are, marked", r->trash_at);
	carry(s, "folders", &r->folders, &r->folders_at);
	carry(s, "rename", &r->rename, &r->rename_at);
}

static void
read_local(struct sect *s, struct local *l)
{
	size_t n;

	l->at = mem_dup(s->ini->at);
	sect_check(s);
	l->root = sect_path(s, "localfolders");
	need(s, "localfolders", l->root);
	for (n = l->root != NULL ? strlen(l->root) : 0; n > 1 && l->root[n - 1] == '/'; n--)
		l->root[n - 1] = '\0';
	l->sep = sect_text(s, "sep");
	need(s, "sep", l->sep);
	if (l->sep != NULL && (strlen(l->sep) != 1 || *l->sep <= ' ' || *l->sep > '~'))
		sect_error(s, "sep", "'%s' is not one ASCII character", l->sep);
	l->readonly = sect_bool(s, "readonly");
	l->sync_deletes = sect_bool(s, "sync_deletes");
	l->createfolders = sect_bool(s, "createfolders");
	l->archive = sect_bool(s, "archive");
	carry(s, "trashfolder", &l->trash, &l->trash_at);
	carry(s, "folders", &l->folders, &l->folders_at);
	carry(s, "rename", &l->rename, &l->rename_at);
}

/*
 * Opens the repository's section that an option of the account names; "name"
 * gets its name, "to" what kind it is.  -1 if the account is bad, now or before.
 */
static int
open_repository(struct sect *account, const char *option, int remote, char **name,
    struct sect *to)
{
	static const struct {
		const char	*type;
		int		 remote;
		unsigned	 where;
	} types[] = {
		{ "IMAP", 1, IN_IMAP }, { "Gmail", 1, IN_GMAIL },
		{ "Maildir", 0, IN_MAILDIR }, { "GmailMaildir", 0, IN_MAILDIR },
	};
	const struct ini_sect *ini;
	char *type;
	size_t i;

	*name = sect_text(account, option);
	need(account, option, *name);
	if (account->bad)
		return -1;
	if ((ini = conf_section(account->conf, "Repository ", *name, NULL)) == NULL) {
		sect_error(account, option, "there is no section [Repository %s]", *name);
		return -1;
	}
	/* the type is read before it is known what the other options mean */
	sect_open(to, account->conf, ini, remote ? IN_IMAP : IN_MAILDIR, account->err);
	type = sect_text(to, "type");
	need(to, "type", type);
	for (i = 0; type != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i].type) == 0 && types[i].remote == remote)
			break;
	if (type != NULL && i < sizeof(types) / sizeof(types[0]))
		to->where = types[i].where;
	else if (type != NULL)
		sect_error(to, "type", "'%s' is not supported for the %s; write %s", type, option,
		    remote ? "IMAP or Gmail" : "Maildir");
	free(type);
	account->bad = to->bad;
	return account->bad ? -1 : 0;
}

static void
read_account(struct sect *s, struct account *a)
{
	const struct general *g = &s->conf->general;
	char *max;

	a->at = mem_dup(s->ini->at);
	if (!io_component(a->name)) {
		s->bad = 1;
		err_conf(s->err, "%s: an account's name is part of file names and cannot be '%s'",
		    a->at, a->name);
	}
	sect_check(s);
	a->metadata = mem_dup(g->metadata);
	a->statedir = mem_printf("%s/Account-%s/state", g->metadata, a->name);
	a->lockfile = mem_printf("%s/%s.lock", g->metadata, a->name);
	a->fsync = g->fsync;
	a->socktimeout = g->socktimeout;
	a->ignore_readonly = g->ignore_readonly;
	a->utf8foldernames = sect_bool(s, "utf8foldernames");
	a->infosep = sect_bool(s, "maildir-windows-compatible") ? '!' : ':';
	max = sect_text(s, "maxdelete");
	if (opt_maxdelete(max != NULL ? max : "", &a->maxdelete_on, &a->maxdelete_count,
	    &a->maxdelete_percent) == -1)
		sect_error(s, "maxdelete", "'%s' is neither 'no', 'N' nor 'N,P' (messages, percent)",
		    max != NULL ? max : "");
	free(max);
}

int
conf_account(struct conf *c, const char *name, struct account **out, struct err *err)
{
	const struct ini_sect *ini;
	struct account *a;
	struct sect s, remote, local;

	*out = NULL;
	if ((ini = conf_section(c, "Account ", name, err)) == NULL)
		return -1;
	a = mem_alloc(sizeof(*a));
	a->name = mem_dup(name);
	sect_open(&s, c, ini, IN_ACCOUNT, err);
	read_account(&s, a);
	if (open_repository(&s, "remoterepository", 1, &a->remote.name, &remote) == 0 &&
	    open_repository(&s, "localrepository", 0, &a->local.name, &local) == 0) {
		read_remote(&remote, &a->remote);
		local.bad = remote.bad;
		read_local(&local, &a->local);
		s.bad = local.bad;
	}
	if (s.bad) {
		account_free(a);
		return -1;
	}
	*out = a;
	return 0;
}

void
account_free(struct account *a)
{
	struct remote *r;
	struct local *l;

	if (a == NULL)
		return;
	r = &a->remote;
	l = &a->local;
	text_wipe(r->pass);
	text_wipe(r->passcommand);
	conf_names_free(r->fingerprints, r->nfingerprints);
	conf_names_free(r->auth, r->nauth);
	char *const strings[] = {
		a->name, a->at, a->metadata, a->statedir, a->lockfile,
		r->name, r->at, r->host, r->user, r->cacertfile, r->clientcert, r->clientkey,
		r->reference, r->passfile, r->passfile_at, r->passcommand_at,
		r->folders, r->folders_at, r->rename, r->rename_at, r->off, r->trash, r->trash_at,
		l->name, l->at, l->root, l->sep, l->folders, l->folders_at, l->rename, l->rename_at,
		l->trash, l->trash_at,
	};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		free(strings[i]);
	free(a);
}
