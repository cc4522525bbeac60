/* The one table of options; see opt.h and offlineimap.conf(5). */
#include "conf/opt.h"

#define REMOTE	(IN_IMAP | IN_GMAIL)
#define REPO	(REMOTE | IN_MAILDIR)

#define NO_PYTHON	"Python expressions are not evaluated"
#define NO_RULE		"write 'rename = s/regex/replacement/; ...' instead"
#define NO_FILTER	"write 'folders = INBOX, lists/*, !lists/noise' instead"
#define NO_OAUTH	"XOAUTH2 is not supported; the other mechanisms are tried"
#define NO_OAUTH_EVAL	NO_PYTHON ", XOAUTH2 is not supported; remove it and give a password"
#define NO_WINDOW	"all messages are synchronized, never a part by age or size; " \
			"remove it if that is what you want"
#define NO_TUNNEL	"connections are made directly, not through a command; " \
			"remove it if that is what you want"

static const struct opt table[] = {
/* [general] */
{ "accounts", IN_GENERAL, OPT_LIST, NULL, OPT_HONOUR, NULL },
{ "metadata", IN_GENERAL, OPT_PATH, "~/.offlineimap", OPT_HONOUR, NULL },
{ "maxsyncaccounts", IN_GENERAL, OPT_INT, "1", OPT_IGNORE, NULL },
{ "ui", IN_GENERAL, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "ignore-readonly", IN_GENERAL, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "socktimeout", IN_GENERAL, OPT_INT, "60", OPT_HONOUR, NULL },
{ "fsync", IN_GENERAL, OPT_BOOL, "yes", OPT_HONOUR, NULL },
{ "dry-run", IN_GENERAL, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "pythonfile", IN_GENERAL, OPT_PATH, NULL, OPT_IGNORE, NULL },
{ "ignore-keyring", IN_GENERAL, OPT_BOOL, "no", OPT_IGNORE, NULL },
{ "update-keyring", IN_GENERAL, OPT_BOOL, "no", OPT_IGNORE, NULL },
{ "filename_use_mail_timestamp", IN_GENERAL | REPO, OPT_BOOL, "no", OPT_WARN,
    "file names carry the time of the download" },
{ "utime_from_header", IN_GENERAL | REPO, OPT_BOOL, "no", OPT_WARN,
    "a file's time is the server's date of the message" },

/* [mbnames] */
{ "enabled", IN_MBNAMES, OPT_BOOL, "no", OPT_WARN, "no file of mailbox names is written" },
{ "filename", IN_MBNAMES, OPT_PATH, NULL, OPT_IGNORE, NULL },
{ "header", IN_MBNAMES, OPT_LONG, NULL, OPT_IGNORE, NULL },
{ "peritem", IN_MBNAMES, OPT_LONG, NULL, OPT_IGNORE, NULL },
{ "sep", IN_MBNAMES, OPT_LONG, NULL, OPT_IGNORE, NULL },
{ "footer", IN_MBNAMES, OPT_LONG, NULL, OPT_IGNORE, NULL },
{ "folderfilter", IN_MBNAMES, OPT_LONG, NULL, OPT_IGNORE, NULL },
{ "sort_keyfunc", IN_MBNAMES, OPT_LONG, NULL, OPT_IGNORE, NULL },
{ "incremental", IN_MBNAMES, OPT_BOOL, "no", OPT_IGNORE, NULL },

/* [Account NAME] */
{ "localrepository", IN_ACCOUNT, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "remoterepository", IN_ACCOUNT, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "maxdelete", IN_ACCOUNT, OPT_PLAIN, "50,50", OPT_HONOUR, NULL },
{ "utf8foldernames", IN_ACCOUNT, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "maildir-windows-compatible", IN_ACCOUNT, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "autorefresh", IN_ACCOUNT, OPT_FLOAT, "0", OPT_WARN,
    "the account is synchronized once; repeat it with cron or a timer" },
{ "quick", IN_ACCOUNT, OPT_INT, "0", OPT_WARN, "each run finds every change" },
{ "presynchook", IN_ACCOUNT, OPT_LONG, NULL, OPT_WARN, "the command is not run" },
{ "postsynchook", IN_ACCOUNT, OPT_LONG, NULL, OPT_WARN, "the command is not run" },
{ "maxsize", IN_ACCOUNT, OPT_TEXT, NULL, OPT_STOP, NO_WINDOW },
{ "maxage", IN_ACCOUNT, OPT_TEXT, NULL, OPT_STOP, NO_WINDOW },
{ "synclabels", IN_ACCOUNT, OPT_BOOL, "no", OPT_STOP,
    "labels are not synchronized; write 'synclabels = no'" },
{ "filterheaders", IN_ACCOUNT, OPT_LIST, NULL, OPT_STOP,
    "messages are uploaded unaltered, with all headers; remove it if that is what you want" },
{ "proxy", IN_ACCOUNT, OPT_TEXT, NULL, OPT_STOP,
    "connections are made directly; remove it if that is what you want" },
{ "authproxy", IN_ACCOUNT, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "labelsheader", IN_ACCOUNT, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "ignorelabels", IN_ACCOUNT, OPT_LIST, NULL, OPT_IGNORE, NULL },
{ "status_backend", IN_ACCOUNT, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "skipsleep", IN_ACCOUNT, OPT_TEXT, NULL, OPT_IGNORE, NULL },

/* [Repository NAME], any type */
{ "type", REPO, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "folders", REPO, OPT_LONG, NULL, OPT_HONOUR, NULL },
{ "rename", REPO, OPT_LONG, NULL, OPT_HONOUR, NULL },
{ "readonly", REPO, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "sync_deletes", REPO, OPT_BOOL, "yes", OPT_HONOUR, NULL },
{ "createfolders", REPO, OPT_BOOL, "yes", OPT_HONOUR, NULL },
{ "archive", REMOTE, OPT_BOOL, "no", OPT_STOP, "it stands in the local repository, where it keeps what the server lost" },
{ "trashfolder", REPO, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "nametrans", REPO, OPT_LONG, NULL, OPT_STOP, NO_PYTHON "; " NO_RULE },
{ "folderfilter", REPO, OPT_LONG, NULL, OPT_STOP, NO_PYTHON "; " NO_FILTER },
{ "folderincludes", REPO, OPT_LONG, NULL, OPT_STOP, NO_PYTHON "; " NO_FILTER },
{ "startdate", REPO, OPT_TEXT, NULL, OPT_STOP, NO_WINDOW },
{ "dynamic_folderfilter", REPO, OPT_BOOL, "no", OPT_IGNORE, NULL },
{ "foldersort", REPO, OPT_LONG, NULL, OPT_WARN, "folders are taken in the order of their names" },

/* [Repository NAME], type = Maildir or GmailMaildir */
{ "localfolders", IN_MAILDIR, OPT_PATH, NULL, OPT_HONOUR, NULL },
{ "sep", IN_MAILDIR, OPT_TEXT, ".", OPT_HONOUR, NULL },
{ "archive", IN_MAILDIR, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "restoreatime", IN_MAILDIR, OPT_BOOL, "no", OPT_WARN, "access times are not put back" },
{ "customflag_?", IN_MAILDIR, OPT_TEXT, NULL, OPT_WARN,
    "keywords of the server stay there and get no letter in file names" },

/* [Repository NAME], type = IMAP or Gmail */
{ "remotehost", IN_IMAP, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "remotehost", IN_GMAIL, OPT_TEXT, "imap.gmail.com", OPT_HONOUR, NULL },
{ "remoteport", IN_IMAP, OPT_INT, NULL, OPT_HONOUR, NULL },
{ "remoteport", IN_GMAIL, OPT_INT, "993", OPT_HONOUR, NULL },
{ "remoteuser", REMOTE, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "remotepass", REMOTE, OPT_TEXT, NULL, OPT_HONOUR, NULL },
{ "remotepassfile", REMOTE, OPT_PATH, NULL, OPT_HONOUR, NULL },
{ "remotepasscommand", REMOTE, OPT_LONG, NULL, OPT_HONOUR, NULL },
{ "auth_mechanisms", REMOTE, OPT_LIST, "GSSAPI, XOAUTH2, CRAM-MD5, PLAIN, LOGIN",
    OPT_HONOUR, NULL },
{ "ssl", REMOTE, OPT_BOOL, "yes", OPT_HONOUR, NULL },
{ "starttls", REMOTE, OPT_BOOL, "yes", OPT_HONOUR, NULL },
{ "sslcacertfile", REMOTE, OPT_PATH, NULL, OPT_HONOUR, NULL },
{ "cert_fingerprint", REMOTE, OPT_LIST, NULL, OPT_HONOUR, NULL },
{ "sslclientcert", REMOTE, OPT_PATH, NULL, OPT_HONOUR, NULL },
{ "sslclientkey", REMOTE, OPT_PATH, NULL, OPT_HONOUR, NULL },
{ "ipv6", REMOTE, OPT_BOOL, NULL, OPT_HONOUR, NULL },
{ "reference", REMOTE, OPT_TEXT, "", OPT_HONOUR, NULL },
{ "subscribedonly", REMOTE, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "expunge", REMOTE, OPT_BOOL, "yes", OPT_HONOUR, NULL },
{ "maxconnections", REMOTE, OPT_INT, "2", OPT_HONOUR, NULL },
{ "disable_extensions", REMOTE, OPT_LIST, NULL, OPT_HONOUR, NULL },
{ "remotehosteval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_PYTHON "; write 'remotehost' instead" },
{ "remoteporteval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_PYTHON "; write 'remoteport' instead" },
{ "remoteusereval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_PYTHON "; write 'remoteuser' instead" },
{ "remotepasseval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_PYTHON
    "; write 'remotepasscommand = a shell command that prints the password' instead" },
{ "remote_identity", REMOTE, OPT_TEXT, NULL, OPT_STOP,
    "one logs in as remoteuser, for that user's own mailbox; remove it if that is what you want" },
{ "oauth2_client_id", REMOTE, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "oauth2_client_secret", REMOTE, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "oauth2_request_url", REMOTE, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "oauth2_refresh_token", REMOTE, OPT_TEXT, NULL, OPT_WARN, NO_OAUTH },
{ "oauth2_access_token", REMOTE, OPT_TEXT, NULL, OPT_WARN, NO_OAUTH },
{ "oauth2_client_id_eval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_OAUTH_EVAL },
{ "oauth2_client_secret_eval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_OAUTH_EVAL },
{ "oauth2_refresh_token_eval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_OAUTH_EVAL },
{ "oauth2_access_token_eval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_OAUTH_EVAL },
{ "ssl_version", REMOTE, OPT_TEXT, "tls1_2|ssl23|auto", OPT_WARN, "TLS 1.2 or newer is used" },
{ "tls_level", REMOTE, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "preauthtunnel", IN_IMAP, OPT_LONG, NULL, OPT_STOP, NO_TUNNEL },
{ "preauthtunnel", IN_GMAIL, OPT_LONG, NULL, OPT_IGNORE, NULL },
{ "transporttunnel", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_TUNNEL },
{ "usecompression", REMOTE, OPT_BOOL, "no", OPT_HONOUR, NULL },
{ "singlethreadperfolder", REMOTE, OPT_BOOL, "no", OPT_IGNORE, NULL },
{ "holdconnectionopen", REMOTE, OPT_BOOL, "no", OPT_WARN,
    "connections end with the run" },
{ "keepalive", REMOTE, OPT_INT, "0", OPT_WARN, "no connection outlives the run" },
{ "idlefolders", REMOTE, OPT_LONG, NULL, OPT_WARN, "folders are not watched between runs" },
{ "retrycount", REMOTE, OPT_INT, "2", OPT_IGNORE, NULL },
{ "copy_ignore_eval", REMOTE, OPT_LONG, NULL, OPT_STOP, NO_PYTHON
    "; all messages are copied; remove it if that is what you want" },
{ "newmail_hook", REMOTE, OPT_LONG, NULL, OPT_WARN, "the hook is not called" },
{ "decodefoldernames", REMOTE, OPT_BOOL, "no", OPT_STOP,
    "write 'utf8foldernames = yes' in the account instead" },
{ "sep", REMOTE, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "spamfolder", REMOTE, OPT_TEXT, NULL, OPT_IGNORE, NULL },
{ "realdelete", REMOTE, OPT_TEXT, NULL, OPT_IGNORE, NULL },
};

const struct opt *
opt_table(size_t *n)
{
	*n = sizeof(table) / sizeof(table[0]);
	return table;
}
