/*
 * A parsed configuration (offlineimap.conf(5)) and the accounts in it: every
 * option of the table in opt.c that this build honours, checked and with its
 * default filled in.  An option that must not be ignored makes conf_account
 * fail with exit status 2 and "FILE:LINE: option 'x' ..."; one that may be is
 * a warning in the handle.
 */
#ifndef CONF_ACCOUNT_H
#define CONF_ACCOUNT_H

#include <stddef.h>

#include "base/err.h"

struct conf;			/* a file and the overrides of -k */

/* What holds for all accounts: [general]. */
struct general {
	char	**accounts;	/* "accounts", blanks trimmed; may be empty, see conf_names */
	size_t	  naccounts;
	char	 *metadata;	/* expanded; default ~/.offlineimap */
	char	 *ui, *ui_at;	/* as written, one name or several, and its "FILE:LINE"; ui NULL if not given */
	int	  ignore_readonly;
	int	  fsync;
	int	  dryrun;	/* "dry-run = yes" stands in the file */
	int	  socktimeout;	/* seconds; default 60, 0 if the user wants none */
};

/* The remote repository (type IMAP or Gmail).  What may be missing is NULL. */
struct remote {
	char	 *name;		/* of the section, without "Repository " */
	char	 *at;		/* "FILE:LINE" of the section */
	char	 *host;
	int	  port;
	char	 *user;		/* NULL: pass_user() looks in netrc */
	int	  ssl;		/* TLS from the first byte */
	int	  starttls;	/* if not ssl: STARTTLS is required; 0 only if the user wrote it: clear text */
	char	 *cacertfile;	/* absolute; NULL: the system's CAs */
	int	  cacertgiven;	/* sslcacertfile was written (a path or OS-DEFAULT) */
	char	**fingerprints;	/* lower-case hex of 40, 56, 64, 96 or 128 digits: sha1 to sha512 */
	size_t	  nfingerprints;
	char	 *clientcert, *clientkey;	/* absolute paths */
	int	  ipv6;		/* -1 both, 0 only IPv4, 1 only IPv6 */
	char	**auth;		/* upper case, in the user's order; at least one is PLAIN or LOGIN */
	size_t	  nauth;
	char	 *reference;	/* "" if not given */
	int	  subscribedonly, readonly, sync_deletes, createfolders, expunge;
	int	  maxconnections;	/* at least 1 */
	int	  usecompression;
	char	 *off;		/* IMAP extensions not to be used: ",A,B," in upper case; NULL if none */
	/* How to get the password, for pass.c only; *_at is "FILE:LINE". */
	char	 *pass, *passfile, *passfile_at, *passcommand, *passcommand_at;
	char	 *trash, *trash_at;	/* option "trashfolder" and its "FILE:LINE"; NULL if not given */
	char	 *folders, *folders_at;	/* option "folders", likewise */
	char	 *rename, *rename_at;	/* option "rename", likewise */
};

/* The local repository (type Maildir or GmailMaildir). */
struct local {
	char	 *name;
	char	 *at;		/* "FILE:LINE" of the section */
	char	 *root;		/* localfolders, expanded, no trailing slash */
	char	 *sep;		/* one character; default "." */
	int	  readonly, sync_deletes, createfolders;
	int	  archive;	/* what the server lost stays for good */
	char	 *trash, *trash_at;
	char	 *folders, *folders_at;
	char	 *rename, *rename_at;
};

struct account {
	char	 *name;
	char	 *at;		/* "FILE:LINE" of [Account NAME] */
	char	 *metadata;	/* directory; may not exist yet */
	char	 *statedir;	/* METADATA/Account-NAME/state */
	char	 *lockfile;	/* METADATA/NAME.lock */
	int	  utf8foldernames;
	int	  fsync, socktimeout, ignore_readonly;	/* as in struct general */
	char	  infosep;	/* ':', or '!' with maildir-windows-compatible */
	int	  maxdelete_on;	/* 0: never hold deletions */
	unsigned  maxdelete_count;	/* hold above so many and so many percent */
	unsigned  maxdelete_percent;
	struct remote remote;
	struct local local;
};

/*
 * Reads the configuration: the file given, or the first that exists of
 * $XDG_CONFIG_HOME/offlineimap/config and ~/.offlineimaprc.  Each override is
 * a "[section:]option=value" of -k.  A file that is not there is exit status
 * 1, as in OfflineIMAP; anything wrong in it 2.  The process becomes
 * undumpable, for the file may hold passwords.
 */
int	 conf_load(struct conf **, const char *file, char *const overrides[],
	    size_t noverrides, struct err *);
void	 conf_free(struct conf *);	/* takes NULL; what held values is wiped */

/* The file that was read.  Lives as long as the handle, like all that follows. */
const char *conf_file(const struct conf *);
const struct general *conf_general(const struct conf *);
/* Warning number i, in the order they arose, without newline; NULL beyond the last. */
const char *conf_warning(const struct conf *, size_t i);

/*
 * The accounts to work on: those of "wanted" (the value of -a, a comma list;
 * NULL: those of the option "accounts").  Each has a section; none comes
 * twice.  An unknown one is exit status 1 and the text lists those there are.
 * Free with conf_names_free.
 */
int	 conf_names(struct conf *, const char *wanted, char ***, size_t *, struct err *);
void	 conf_names_free(char **, size_t);

/* One account, complete and checked, independent of the handle. */
int	 conf_account(struct conf *, const char *name, struct account **, struct err *);
void	 account_free(struct account *);	/* takes NULL; wipes the password */

#endif
