/*
 * Accounts.  Each row adds lines to a sound configuration (a line "x = y"
 * replaces the one of that name, "-x" takes it out) and says what must be found in a
 * dump of the account, or in the error.  With a file as argument it prints the dump of
 * its first account, for t/conf.bats.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/args.h"
#include "unit.h"

static char dir[] = "/tmp/conf_account.XXXXXX";

static void
dump_list(struct buf *b, const char *name, char **v, size_t n)
{
	size_t i;

	buf_printf(b, "%s=", name);
	for (i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? "," : "", v[i]);
	buf_byte(b, '\n');
}

#define TEXT(name, value)	buf_printf(b, name "=%s\n", (value) != NULL ? (value) : "-")
#define NUMBER(name, value)	buf_printf(b, name "=%d\n", (int)(value))

static void
dump(struct buf *b, const struct account *a)
{
	const struct remote *r = &a->remote;
	const struct local *l = &a->local;

	buf_str(b, "\n");
	TEXT("name", a->name); TEXT("at", a->at);
	TEXT("metadata", a->metadata); TEXT("statedir", a->statedir); TEXT("lockfile", a->lockfile);
	NUMBER("utf8", a->utf8foldernames); NUMBER("fsync", a->fsync);
	NUMBER("socktimeout", a->socktimeout); NUMBER("ignore_readonly", a->ignore_readonly);
	buf_printf(b, "infosep=%c\n", a->infosep);
	buf_printf(b, "maxdelete=%d,%u,%u\n", a->maxdelete_on, a->maxdelete_count, a->maxdelete_percent);
	TEXT("r.name", r->name); TEXT("r.at", r->at); TEXT("host", r->host); NUMBER("port", r->port);
	TEXT("user", r->user); NUMBER("ssl", r->ssl); NUMBER("starttls", r->starttls);
	TEXT("ca", r->cacertfile); NUMBER("cagiven", r->cacertgiven);
	dump_list(b, "fp", r->fingerprints, r->nfingerprints);
	TEXT("cert", r->clientcert); TEXT("key", r->clientkey); NUMBER("ipv6", r->ipv6);
	dump_list(b, "auth", r->auth, r->nauth);
	TEXT("reference", r->reference); NUMBER("subscribed", r->subscribedonly);
	NUMBER("r.readonly", r->readonly); NUMBER("r.deletes", r->sync_deletes);
	NUMBER("r.create", r->createfolders); NUMBER("expunge", r->expunge); TEXT("r.trash", r->trash);
	NUMBER("maxconn", r->maxconnections); TEXT("off", r->off);
	TEXT("pass", r->pass); TEXT("passfile", r->passfile); TEXT("passfile_at", r->passfile_at);
	TEXT("passcommand", r->passcommand); TEXT("passcommand_at", r->passcommand_at);
	TEXT("r.folders", r->folders); TEXT("r.folders_at", r->folders_at);
	TEXT("r.rename", r->rename); TEXT("r.rename_at", r->rename_at);
	TEXT("l.name", l->name); TEXT("l.at", l->at); TEXT("root", l->root); TEXT("sep", l->sep);
	NUMBER("l.readonly", l->readonly); NUMBER("l.deletes", l->sync_deletes);
	NUMBER("l.create", l->createfolders); NUMBER("archive", l->archive); TEXT("l.trash", l->trash);
	TEXT("l.folders", l->folders); TEXT("l.rename", l->rename); TEXT("l.rename_at", l->rename_at);
}

/* Writes the configuration; "g:", "a:", "r:", "l:", "D:" and "m:" name the section. */
static void
write_conf(const char *path, const char *change)
{
	static const struct { const char *part, *header, *lines; } parts[] = {
	{ "g:", "[general]", "accounts = A\nmetadata = /meta\n" },
	{ "a:", "[Account A]", "localrepository = L\nremoterepository = R\n" },
	{ "r:", "[Repository R]", "type = IMAP\nremotehost = h\nremoteuser = u\n" },
	{ "l:", "[Repository L]", "type = Maildir\nlocalfolders = /mail\n" },
	{ "D:", "[DEFAULT]", "" },
	{ "m:", "[mbnames]", "" },
	};
	FILE *f = fopen(path, "w");
	char *lines, *line, *save, *changes, *c, *csave;
	size_t i, n;
	int gone;

	ENSURE(f != NULL);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		fprintf(f, "%s\n", parts[i].header);
		lines = mem_dup(parts[i].lines);
		for (line = strtok_r(lines, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
			n = strcspn(line, " ");
			changes = mem_dup(change);
			gone = 0;
			for (c = strtok_r(changes, "|", &csave); c != NULL; c = strtok_r(NULL, "|", &csave))
				if (strncmp(c, parts[i].part, 2) == 0)
					gone |= strncmp(c + 2 + (c[2] == '-'), line, n) == 0;
			free(changes);
			if (!gone)
				fprintf(f, "%s\n", line);
		}
		free(lines);
		changes = mem_dup(change);
		for (c = strtok_r(changes, "|", &csave); c != NULL; c = strtok_r(NULL, "|", &csave))
			if (strncmp(c, parts[i].part, 2) == 0 && c[2] != '-')
				fprintf(f, "%s\n", c + 2);
		free(changes);
	}
	ENSURE(fclose(f) == 0);
}

struct row {
	const char	*change;
	int		 status;
	const char	*want;		/* a piece of the dump, or of the error or the warnings */
};

static const struct row rows[] = {
	/* defaults */
	{ "", 0, "\nname=A\n" }, { "", 0, "\nmetadata=/meta\nstatedir=/meta/Account-A/state\nlockfile=/meta/A.lock\n" },
	{ "", 0, "\nutf8=0\nfsync=1\nsocktimeout=60\nignore_readonly=0\ninfosep=:\nmaxdelete=1,50,50\nr.name=R\n" },
	{ "", 0, "\nhost=h\nport=993\nuser=u\nssl=1\nstarttls=1\nca=-\ncagiven=0\nfp=\ncert=-\nkey=-\nipv6=-1\n" },
	{ "", 0, "\nauth=GSSAPI,XOAUTH2,CRAM-MD5,PLAIN,LOGIN\nreference=\nsubscribed=0\n" },
	{ "", 0, "\nr.readonly=0\nr.deletes=1\nr.create=1\nexpunge=1\nr.trash=-\nmaxconn=2\noff=-\npass=-\n" },
	{ "", 0, "\nr.folders=-\nr.folders_at=-\nr.rename=-\nr.rename_at=-\nl.name=L\n" },
	{ "", 0, "\nroot=/mail\nsep=.\nl.readonly=0\nl.deletes=1\nl.create=1\n" },
	{ "g:-metadata", 0, "\nmetadata=HOME/.offlineimap\n" },
	/* general */
	{ "g:metadata = ~/$CONFVAR/${CONFVAR}/$NOSUCH", 0, "\nmetadata=HOME/val/val/$NOSUCH\n" },
	{ "g:metadata =", 2, "option 'metadata': no directory is named" },
	{ "g:socktimeout = 0", 0, "\nsocktimeout=0\n" },
	{ "g:socktimeout = 1_0", 0, "\nsocktimeout=10\n" },
	{ "g:socktimeout = -1", 2, "FILE:4: option 'socktimeout': '-1' is no number from 0" },
	{ "g:fsync = off", 0, "\nfsync=0\n" },
	{ "g:fsync = of", 2, "FILE:4: option 'fsync': 'of' is neither yes nor no" },
	{ "g:ui = Curses.Blinkenlights, basic", 0, "!warning" },
	{ "g:ui = TTY.quiet", 0, "!warning" },
	{ "g:pythonfile = ~/x.py", 0, "!warning" },
	{ "g:accounts = A , B ,", 0, "\naccounts=A,B\n" },
	{ "g:-accounts", 0, "\naccounts=\n" },
	{ "m:enabled = yes|m:folderfilter = x|m:peritem = %(a)b", 0, "option 'enabled' is ignored: no file of mailbox names" },
	{ "m:enabled = no|m:header = '# '", 0, "!warning" },
	/* account */
	{ "a:-localrepository", 2, "FILE:4: option 'localrepository': [Account A] needs it, and it is not there" },
	{ "a:remoterepository =", 2, "option 'remoterepository': [Account A] needs it, and it is empty" },
	{ "a:remoterepository = X", 2, "FILE:6: option 'remoterepository': there is no section [Repository X]" },
	{ "a:localrepository = R", 2, "option 'type': 'IMAP' is not supported for the localrepository; write Maildir" },
	{ "a:remoterepository = L", 2, "option 'type': 'Maildir' is not supported for the remoterepository; write IMAP or Gmail" },
	{ "a:utf8foldernames = yes", 0, "\nutf8=1\n" },
	{ "a:maildir-windows-compatible = yes", 0, "\ninfosep=!\n" },
	{ "a:maxdelete = 10,5%", 0, "\nmaxdelete=1,10,5\n" },
	{ "a:maxdelete = 7", 0, "\nmaxdelete=1,7,0\n" },
	{ "a:maxdelete = no", 0, "\nmaxdelete=0," },
	{ "a:maxdelete =", 2, "FILE:7: option 'maxdelete': '' is neither" },
	{ "a:maxdelete = most", 2, "FILE:7: option 'maxdelete': 'most' is neither" },
	{ "a:autorefresh = 5", 0, "FILE:7: option 'autorefresh' is ignored: the account is synchronized once" },
	{ "a:quick = 0|a:autorefresh = 0", 0, "!warning" },
	{ "a:postsynchook = notmuch new", 0, "option 'postsynchook' is ignored: the command is not run" },
	{ "a:postsynchook = date +%s", 0, "option 'postsynchook' is ignored" },
	{ "a:status_backend = sqlite|a:nosuchoption = 1|r:realdelete = yes", 0, "!warning" },
	{ "a:maxage = 90", 2, "FILE:7: option 'maxage': not supported, and must not be ignored: all messages" },
	{ "a:maxsize = 10000", 2, "option 'maxsize': not supported" },
	{ "a:synclabels = yes", 2, "option 'synclabels': not supported" },
	{ "a:synclabels = no", 0, "!warning" },
	{ "a:filterheaders = X-A", 2, "option 'filterheaders': not supported" },
	{ "a:proxy = SOCKS5:h:9", 2, "option 'proxy': not supported" },
	{ "a:proxy =", 0, "!warning" },
	{ "D:maxage = 9", 2, "FILE:15: option 'maxage': not supported" },
	{ "D:autorefresh = 9", 0, "FILE:15: option 'autorefresh' is ignored" },
	{ "D:readonly = yes|r:readonly = no", 0, "\nr.readonly=0\n" },
	{ "D:readonly = yes|r:readonly = no", 0, "\nl.readonly=1\n" },
	/* remote */
	{ "r:-type", 2, "option 'type': [Repository R] needs it" },
	{ "r:type = imap", 2, "FILE:10: option 'type': 'imap' is not supported for the remoterepository" },
	{ "r:type = POP3", 2, "option 'type': 'POP3' is not supported" },
	{ "r:-remotehost", 2, "FILE:7: option 'remotehost': [Repository R] needs it, and it is not there" },
	{ "r:remotehost = %(x", 2, "option 'remotehost': a lone % in the value" },
	{ "r:remotehost = %(dom)s", 2, "FILE:10: option 'remotehost': there is no option 'dom'" },
	{ "r:remotehost = imap.%(dom)s|r:dom = org", 0, "\nhost=imap.org\n" },
	{ "r:remotehost = h\n  remoteport = 7", 2, "option 'remotehost': the value goes over several lines" },
	{ "r:remotehost = a b", 2, "option 'remotehost': 'a b' is no host name" },
	{ "r:type = Gmail|r:-remotehost", 0, "\nhost=imap.gmail.com\nport=993\nuser=u\nssl=1\n" },
	{ "r:type = Gmail", 0, "\nhost=h\nport=993\n" },
	{ "r:type = Gmail|r:preauthtunnel = ssh h", 0, "!warning" },
	{ "r:remoteport = 7", 0, "\nport=7\n" },
	{ "r:remoteport = 0", 2, "option 'remoteport': '0' is no number from 1 to 65535" },
	{ "r:remoteport = 65536", 2, "option 'remoteport'" },
	{ "r:remoteport = imaps", 2, "option 'remoteport'" },
	{ "r:remoteport =", 2, "option 'remoteport'" },
	{ "r:ssl = no", 0, "\nport=143\nuser=u\nssl=0\nstarttls=1\n" },
	{ "r:starttls = no", 0, "\nport=993\nuser=u\nssl=1\nstarttls=0\n" },
	{ "r:ssl = no|r:starttls = no", 0, "\nport=143\nuser=u\nssl=0\nstarttls=0\n" },
	{ "r:ssl =", 2, "option 'ssl': '' is neither yes nor no" },
	{ "r:ssl = y", 2, "option 'ssl': 'y' is neither yes nor no" },
	{ "r:starttls = maybe", 2, "option 'starttls'" },
	{ "r:sslcacertfile = OS-DEFAULT", 0, "\nca=-\ncagiven=1\n" },
	{ "r:sslcacertfile =", 0, "\nca=-\ncagiven=0\n" },
	{ "r:sslcacertfile = ~/ca.pem", 0, "\nca=HOME/ca.pem\ncagiven=1\n" },
	{ "r:sslcacertfile = ca.pem", 0, "\nca=HOME/ca.pem\n" },
	{ "r:sslcacertfile = /no/ca.pem", 2, "FILE:11: option 'sslcacertfile': /no/ca.pem: No such file" },
	{ "r:cert_fingerprint = 01:23:45:67:89:ab:cd:ef:01:23:45:67:89:AB:CD:EF:01:23:45:67 ,", 0,
	    "\nfp=0123456789abcdef0123456789abcdef01234567\n" },
	{ "r:cert_fingerprint = 01234567", 2, "FILE:11: option 'cert_fingerprint': '01234567' is no fingerprint" },
	{ "r:sslclientcert = ~/ca.pem|r:sslclientkey = ca.pem", 0, "\ncert=HOME/ca.pem\nkey=HOME/ca.pem\n" },
	{ "r:sslclientkey = ca.pem", 2, "option 'sslclientkey': there is no sslclientcert" },
	{ "r:sslclientcert = no.pem", 2, "option 'sslclientcert': HOME/no.pem: No such file" },
	{ "r:ssl_version = tls1_2|r:tls_level = tls_secure", 0, "!warning" },
	{ "r:ssl_version = ssl3", 0, "option 'ssl_version' is ignored: TLS 1.2 or newer is used" },
	{ "r:ipv6 = yes", 0, "\nipv6=1\n" }, { "r:ipv6 = no", 0, "\nipv6=0\n" },
	{ "r:ipv6 = 6", 2, "option 'ipv6'" },
	{ "r:auth_mechanisms = plain,LOGIN", 0, "\nauth=PLAIN,LOGIN\n" },
	{ "r:auth_mechanisms = cram-md5", 0, "\nauth=CRAM-MD5\n" },
	{ "r:auth_mechanisms = PLAIN, NTLM", 2, "option 'auth_mechanisms': 'NTLM' is none of" },
	{ "r:auth_mechanisms = XOAUTH2, GSSAPI", 2, "only CRAM-MD5, PLAIN and LOGIN are" },
	{ "r:auth_mechanisms =", 2, "only CRAM-MD5, PLAIN and LOGIN are" },
	{ "r:disable_extensions = qresync, LITERAL+ ,auth=plain", 0, "\noff=,QRESYNC,LITERAL+,AUTH=PLAIN,\n" },
	{ "r:disable_extensions = ,", 0, "\noff=-\n" },
	{ "r:disable_extensions = QRESYNC CONDSTORE", 2, "'QRESYNC CONDSTORE' is no name of an extension" },
	{ "r:oauth2_refresh_token = t", 0, "option 'oauth2_refresh_token' is ignored: XOAUTH2 is not supported" },
	{ "r:oauth2_client_id = t|r:oauth2_request_url = u", 0, "!warning" },
	{ "r:oauth2_access_token_eval = f()", 2, "option 'oauth2_access_token_eval': not supported" },
	{ "r:reference = Mail|r:subscribedonly = yes", 0, "\nreference=Mail\nsubscribed=1\n" },
	{ "r:readonly = True|r:sync_deletes = 0|r:createfolders = off|r:expunge = no", 0,
	    "\nr.readonly=1\nr.deletes=0\nr.create=0\nexpunge=0\n" },
	{ "r:maxconnections = 5", 0, "\nmaxconn=5\n" },
	{ "r:maxconnections = 0", 2, "option 'maxconnections': '0' is no number from 1" },
	{ "r:remotepass = a%%b = c", 0, "\npass=a%b = c\n" },
	{ "r:remotepass = a%b", 2, "option 'remotepass': a lone % in the value" },
	{ "r:remotepass = a%(secret)s", 2, "FILE:11: option 'remotepass': there is no option '...' in its section" },
	{ "r:remotepass = secret\n  secret2", 2, "option 'remotepass': the value goes over several lines" },
	{ "r:remotepass =", 0, "\npass=-\n" },
	{ "r:remotepassfile = ~/p", 0, "\npassfile=~/p\npassfile_at=FILE:11\n" },
	{ "r:remotepasscommand = pass show x &&\n  true", 0, "\npasscommand=pass show x &&\ntrue\npasscommand_at=FILE:11\n" },
	{ "r:remotepasseval = get()", 2, "FILE:11: option 'remotepasseval': not supported, and must not be ignored: "
	    "Python expressions are not evaluated; write 'remotepasscommand" },
	{ "r:remotehosteval = h()", 2, "write 'remotehost' instead" },
	{ "r:remoteusereval = h()", 2, "write 'remoteuser' instead" },
	{ "r:remoteporteval = h()", 2, "write 'remoteport' instead" },
	{ "r:remote_identity = x", 2, "option 'remote_identity': not supported" },
	{ "r:nametrans = lambda f: f", 2, "option 'nametrans': not supported, and must not be ignored: Python "
	    "expressions are not evaluated; write 'rename = s/regex/replacement/; ...' instead" },
	{ "r:folderfilter = lambda f: f in\n  ['a']", 2, "write 'folders = INBOX, lists/*, !lists/noise' instead" },
	{ "r:folderincludes = ['a']", 2, "option 'folderincludes': not supported" },
	{ "r:folderincludes = []", 0, "!warning" },
	{ "r:copy_ignore_eval = f", 2, "option 'copy_ignore_eval': not supported" },
	{ "r:startdate = 2020-01-01", 2, "option 'startdate': not supported" },
	{ "r:preauthtunnel = ssh h", 2, "option 'preauthtunnel': not supported" },
	{ "r:transporttunnel = ssh h", 2, "option 'transporttunnel': not supported" },
	{ "r:decodefoldernames = yes", 2, "write 'utf8foldernames = yes'" },
	{ "r:decodefoldernames = no", 0, "!warning" },
	{ "r:holdconnectionopen = yes", 0, "option 'holdconnectionopen' is ignored" },
	{ "r:keepalive = 60", 0, "option 'keepalive' is ignored" },
	{ "r:idlefolders = ['INBOX']", 0, "option 'idlefolders' is ignored" },
	{ "r:usecompression = yes", 0, "!warning" },
	{ "r:usecompression = no|r:keepalive = 0|r:retrycount = 3", 0, "!warning" },
	{ "r:newmail_hook = f|r:foldersort = g", 0, "option 'foldersort' is ignored" },
	{ "r:maxage = 9|r:sep = /|r:autorefresh = 4", 0, "!warning" },
	{ "r:folders = INBOX,\n lists/*\n  !lists/x", 0, "\nr.folders=INBOX,\nlists/*\n!lists/x\nr.folders_at=FILE:11\n" },
	{ "r:rename = s/^INBOX$//; s/a/b/", 0, "\nr.rename=s/^INBOX$//; s/a/b/\nr.rename_at=FILE:11\n" },
	/* local */
	{ "l:type = GmailMaildir", 0, "\nroot=/mail\n" },
	{ "l:type = IMAP", 2, "option 'type': 'IMAP' is not supported for the localrepository" },
	{ "l:type = mbox", 2, "option 'type': 'mbox' is not supported for the localrepository" },
	{ "l:-localfolders", 2, "FILE:11: option 'localfolders': [Repository L] needs it" },
	{ "l:localfolders =", 2, "[Repository L] needs it, and it is empty" },
	{ "l:localfolders = ~/Mail//", 0, "\nroot=HOME/Mail\n" },
	{ "l:localfolders = ///", 0, "\nroot=/\n" },
	{ "l:localfolders = ~nosuchuser/x", 0, "\nroot=~nosuchuser/x\n" },
	{ "l:sep = /", 0, "\nsep=/\n" },
	{ "l:sep = %%", 0, "\nsep=%\n" },
	{ "l:sep = ./", 2, "FILE:14: option 'sep': './' is not one ASCII character" },
	{ "l:sep = \xc2\xb7", 2, "is not one ASCII character" },
	{ "l:sep =", 2, "option 'sep': [Repository L] needs it, and it is empty" },
	{ "l:readonly = yes|l:sync_deletes = no|l:createfolders = no", 0, "\nl.readonly=1\nl.deletes=0\nl.create=0\n" },
	{ "l:archive = yes|l:trashfolder = Deleted mail|r:trashfolder = [Gmail]/Trash", 0,
	    "\narchive=1\nl.trash=Deleted mail\n" },
	{ "r:trashfolder = [Gmail]/Trash", 0, "\nr.trash=[Gmail]/Trash\n" },
	{ "r:trashfolder = [Gmail]/Trash", 0, "!warning" },
	{ "r:trashfolder = Bin|r:expunge = no", 0, "option 'trashfolder' is not used: with expunge = no" },
	{ "r:trashfolder =|r:expunge = no", 0, "!warning" },
	{ "r:archive = yes", 2, "option 'archive': not supported, and must not be ignored: it stands in" },
	{ "r:archive = no", 0, "!warning" },
	{ "l:createfolders = None", 2, "option 'createfolders': 'None' is neither yes nor no" },
	{ "l:nametrans = f", 2, "option 'nametrans': not supported" },
	{ "l:rename = s/a/b/", 0, "\nl.rename=s/a/b/\nl.rename_at=FILE:14\n" },
	{ "l:restoreatime = yes|l:customflag_a = $Junk", 0, "option 'customflag_a' is ignored" },
	{ "l:remotepasseval = f()", 0, "!warning" },
};

/* Puts the test's directory and file in place of HOME and FILE. */
static char *
fill(const char *s, const char *file)
{
	struct buf b;
	char *out;

	buf_init(&b, 1u << 16);
	for (; *s != '\0'; s++)
		if (strncmp(s, "FILE", 4) == 0 || strncmp(s, "HOME", 4) == 0) {
			buf_str(&b, *s == 'F' ? file : dir);
			s += 3;
		} else
			buf_byte(&b, *s);
	out = mem_dup(buf_cstr(&b));
	buf_free(&b);
	return out;
}

static void
try(const struct row *row, const char *file)
{
	struct err err = { 0 };
	struct conf *c;
	struct account *a = NULL;
	struct buf b;
	char *want = fill(row->want, file);
	size_t i;
	int rc;

	buf_init(&b, 1u << 20);
	write_conf(file, row->change);
	rc = conf_load(&c, file, NULL, 0, &err);
	if (rc == 0)
		rc = conf_account(c, "A", &a, &err);
	CHECK_NUM(rc == 0 ? 0 : err.status, row->status);
	if (rc == -1)
		buf_str(&b, err.text);
	else {
		dump(&b, a);
		dump_list(&b, "accounts", conf_general(c)->accounts, conf_general(c)->naccounts);
		for (i = 0; conf_warning(c, i) != NULL; i++)
			buf_printf(&b, "warning: %s\n", conf_warning(c, i));
	}
	if (strcmp(want, "!warning") == 0 ? strstr(buf_cstr(&b), "warning") != NULL :
	    strstr(buf_cstr(&b), want) == NULL) {
		unit_check(0, want, __FILE__, __LINE__);
		printf("-- got: %s\n", buf_cstr(&b));
	} else
		unit_checks++;
	CHECK(strstr(buf_cstr(&b), "secret") == NULL);
	CHECK((rc == 0) == (a != NULL));
	account_free(a);
	conf_free(c);
	buf_free(&b);
	free(want);
}

/* Which accounts: -a, "accounts", none, unknown ones. */
static void
names(const char *file)
{
	static const struct { const char *change, *wanted; int status; const char *want; } r[] = {
	{ "", NULL, 0, "n=A\n" },
	{ "", "A", 0, "n=A\n" },
	{ "", " A ,A, ", 0, "n=A\n" },
	{ "g:-accounts", "A", 0, "n=A\n" },
	{ "g:accounts = A, A , A", NULL, 0, "n=A\n" },
	{ "g:-accounts", NULL, 2, "FILE: the option 'accounts' in [general] names no account" },
	{ "g:accounts = ,", NULL, 2, "names no account" },
	{ "", ",", 2, "-a ',': no account is named" },
	{ "", "B", 1, "FILE: there is no account 'B'; there are: A" },
	{ "", "A,B", 1, "there is no account 'B'; there are: A" },
	{ "g:accounts = B", NULL, 1, "there is no account 'B'; there are: A" },
	};
	struct err err;
	struct conf *c;
	struct buf b;
	char **v, *want;
	size_t i, n;
	int rc;

	buf_init(&b, 1u << 16);
	for (i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		unit_row("-a %s with %s", r[i].wanted ? r[i].wanted : "(none)", r[i].change);
		memset(&err, 0, sizeof(err));
		write_conf(file, r[i].change);
		if (!CHECK(conf_load(&c, file, NULL, 0, &err) == 0))
			continue;
		buf_clear(&b);
		rc = conf_names(c, r[i].wanted, &v, &n, &err);
		CHECK_NUM(rc == 0 ? 0 : err.status, r[i].status);
		if (rc == 0)
			dump_list(&b, "n", v, n);
		else
			buf_str(&b, err.text);
		want = fill(r[i].want, file);
		if (strstr(buf_cstr(&b), want) == NULL)
			CHECK_STR(buf_cstr(&b), want);
		free(want);
		conf_names_free(v, n);
		conf_free(c);
	}
	buf_free(&b);
}

/* The file's place, the common options and a child's argv. */
static void
arguments(const char *file)
{
	struct args args = { 0 };
	struct err err = { 0 };
	struct conf *c;
	struct account *a;
	char **argv, k1[] = "Repository_R:remoteport=7", k2[] = "Account_A:maxage=3", aa[] = "A", *rc;
	int argc;

	unit_row("args");
	write_conf(file, "");
	CHECK_NUM(args_open(&args, &c, &a, &err), -1);
	CHECK_NUM(err.status, EXIT_FAIL);
	CHECK(strstr(err.text, "/.offlineimaprc: the configuration file does not exist") != NULL);
	CHECK(c == NULL && a == NULL);
	rc = mem_printf("%s/.offlineimaprc", dir);
	CHECK(symlink(file, rc) == 0);
	CHECK_NUM(args_open(&args, &c, &a, &err), 0);
	CHECK_STR(conf_file(c), rc);
	account_free(a);
	conf_free(c);
	CHECK(unlink(rc) == 0);
	free(rc);
	rc = mem_printf("%s/.config/offlineimap/config", dir);
	CHECK(system("mkdir -p \"$HOME/.config/offlineimap\"") == 0 && symlink(file, rc) == 0);
	CHECK_NUM(args_add(&args, 'k', k1), 1);
	CHECK_NUM(args_add(&args, 'd', NULL), 1);
	CHECK_NUM(args_add(&args, 'x', NULL), 0);
	if (CHECK(args_open(&args, &c, &a, &err) == 0)) {
		CHECK_STR(conf_file(c), rc);
		CHECK_STR(a->name, "A");
		CHECK_NUM(prctl(PR_GET_DUMPABLE), 0);
		CHECK_NUM(a->remote.port, 7);
		account_free(a);
		conf_free(c);
	}
	free(rc);
	args_add(&args, 'a', aa);
	args.conffile = "f";
	argv = args_argv(&args, "tool", NULL, 2, &argc);
	CHECK_NUM(argc, 7);
	CHECK_STR(argv[0], "tool");
	CHECK_STR(argv[2], "A");
	CHECK_STR(argv[3], "-c");
	CHECK_STR(argv[4], "f");
	CHECK_STR(argv[6], k1);
	CHECK(argv[7] == NULL && argv[8] == NULL && argv[9] == NULL);
	free(argv);
	argv = args_argv(&args, "tool", "B", 0, &argc);
	CHECK_STR(argv[2], "B");
	free(argv);
	args.conffile = file;
	args_add(&args, 'k', k2);
	CHECK_NUM(args_open(&args, &c, &a, &err), -1);
	CHECK_STR(err.text, "-k Account_A:maxage: option 'maxage': not supported, and must not be ignored: "
	    "all messages are synchronized, never a part by age or size; remove it if that is what you want");
	args_free(&args);
	args.conffile = file;
	args.account = "B";
	CHECK_NUM(args_open(&args, &c, &a, &err), -1);
	CHECK_NUM(err.status, EXIT_FAIL);
	write_conf(file, "g:accounts = A, B|m:[Account B]");
	args.account = NULL;
	CHECK_NUM(args_open(&args, &c, &a, &err), -1);
	CHECK_NUM(err.status, EXIT_CONF);
	CHECK(strstr(err.text, "there are several accounts (A, B); choose one with -a") != NULL);
	args_free(&args);
}

/* What stands in sections that this account does not use must not stop it. */
static void
strangers(const char *file)
{
	struct err err = { 0 };
	struct conf *c;
	struct account *a;
	FILE *f;

	unit_row("another account's options");
	write_conf(file, "");
	f = fopen(file, "a");
	ENSURE(f != NULL);
	fputs("[Account B]\nmaxage = 3\nquick = 4\nlocalrepository = L\nremoterepository = R2\n"
	    "[Repository R2]\ntype = IMAP\nremotehosteval = x\nssl = maybe\n"
	    "[Account a/b]\n[ui.Curses.Blinkenlights]\nstatuschar = x\n", f);
	ENSURE(fclose(f) == 0);
	if (!CHECK(conf_load(&c, file, NULL, 0, &err) == 0))
		return;
	CHECK(conf_account(c, "A", &a, &err) == 0);
	CHECK(conf_warning(c, 0) == NULL);
	account_free(a);
	CHECK(conf_account(c, "B", &a, &err) == -1 && err.status == EXIT_CONF);
	CHECK(conf_account(c, "a/b", &a, &err) == -1 && err.status == EXIT_CONF);
	CHECK(strstr(err.text, "cannot be 'a/b'") != NULL);
	conf_free(c);
}

static int
dump_file(const char *file)
{
	struct args args = { .conffile = file };
	struct err err = { 0 };
	struct conf *c;
	struct account *a;
	struct buf b;
	size_t i;

	if (args_open(&args, &c, &a, &err) == -1)
		return err_print("conf_account", &err);
	buf_init(&b, 1u << 20);
	dump(&b, a);
	for (i = 0; conf_warning(c, i) != NULL; i++)
		buf_printf(&b, "warning: %s\n", conf_warning(c, i));
	fputs(buf_cstr(&b), stdout);
	buf_free(&b);
	account_free(a);
	conf_free(c);
	return fflush(stdout) != 0;
}

int
main(int argc, char *argv[])
{
	char *file, *ca, *cmd;
	size_t i;

	if (argc > 1)
		return dump_file(argv[1]);
	ENSURE(mkdtemp(dir) != NULL && chdir(dir) == 0);
	setenv("HOME", dir, 1);
	setenv("CONFVAR", "val", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("NOSUCH");
	file = mem_printf("%s/conf", dir);
	ca = mem_printf("%s/ca.pem", dir);
	write_conf(ca, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s", rows[i].change);
		try(&rows[i], file);
	}
	names(file);
	arguments(file);
	strangers(file);
	cmd = mem_printf("rm -rf %s", dir);
	CHECK(system(cmd) == 0);
	free(cmd);
	free(ca);
	free(file);
	return unit_end("conf_account");
}
