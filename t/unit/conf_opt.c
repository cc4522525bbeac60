/* The table of options and the values' types. */
#include <stdlib.h>
#include <string.h>

#include "conf/opt.h"
#include "unit.h"

/* What OfflineIMAP 8 reads, and in which sections; and what is new. */
static const struct { unsigned where; const char *names; } known[] = {
	{ IN_GENERAL, "accounts metadata maxsyncaccounts ui ignore-readonly pythonfile socktimeout fsync "
	    "dry-run ignore-keyring update-keyring filename_use_mail_timestamp utime_from_header" },
	{ IN_MBNAMES, "enabled filename header sep footer peritem folderfilter sort_keyfunc incremental" },
	{ IN_ACCOUNT, "localrepository remoterepository autorefresh quick presynchook postsynchook maxsize "
	    "maxage maildir-windows-compatible synclabels labelsheader ignorelabels filterheaders proxy "
	    "authproxy utf8foldernames status_backend maxdelete" },
	{ IN_IMAP | IN_GMAIL | IN_MAILDIR, "type nametrans folderfilter folderincludes "
	    "dynamic_folderfilter foldersort createfolders readonly sync_deletes startdate "
	    "filename_use_mail_timestamp utime_from_header folders rename sep" },
	{ IN_MAILDIR, "localfolders restoreatime customflag_a customflag_z" },
	{ IN_IMAP | IN_GMAIL, "remotehost remotehosteval remoteport remoteporteval remoteuser remoteusereval "
	    "remotepasseval remotepass remotepassfile remotepasscommand remote_identity auth_mechanisms "
	    "oauth2_client_id oauth2_client_secret oauth2_refresh_token oauth2_access_token "
	    "oauth2_client_id_eval oauth2_client_secret_eval oauth2_refresh_token_eval "
	    "oauth2_access_token_eval oauth2_request_url ssl starttls sslcacertfile cert_fingerprint "
	    "sslclientcert sslclientkey ssl_version tls_level ipv6 preauthtunnel transporttunnel reference "
	    "subscribedonly usecompression maxconnections singlethreadperfolder holdconnectionopen keepalive "
	    "idlefolders expunge retrycount copy_ignore_eval newmail_hook decodefoldernames" },
};

static void
complete(void)
{
	char *names, *save, *name;
	unsigned bit;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (bit = 1; bit <= IN_MBNAMES; bit <<= 1) {
			if ((known[i].where & bit) == 0)
				continue;
			names = strdup(known[i].names);
			for (name = strtok_r(names, " ", &save); name != NULL;
			    name = strtok_r(NULL, " ", &save)) {
				unit_row("%s in %u", name, bit);
				CHECK(opt_find(name, bit) != NULL);
			}
			free(names);
		}
	unit_row("not options");
	CHECK(opt_find("customflag_", IN_MAILDIR) == NULL);
	CHECK(opt_find("customflag_A", IN_MAILDIR) == NULL);
	CHECK(opt_find("customflag_aa", IN_MAILDIR) == NULL);
	CHECK(opt_find("customflag_a", IN_IMAP) == NULL);
	CHECK(opt_find("foldfilter", IN_IMAP) == NULL);
	CHECK(opt_find("maxage", IN_IMAP) == NULL);
	CHECK(opt_find("Readonly", IN_IMAP) == NULL);
}

static void
consistent(void)
{
	const struct opt *t;
	long long ll;
	size_t i, j, n;
	int b;

	t = opt_table(&n);
	for (i = 0; i < n; i++) {
		unit_row("%s", t[i].name);
		for (j = 0; j < i; j++)
			CHECK(strcmp(t[i].name, t[j].name) != 0 || (t[i].where & t[j].where) == 0);
		CHECK((t[i].act == OPT_WARN || t[i].act == OPT_STOP) == (t[i].say != NULL));
		if (t[i].type == OPT_BOOL && t[i].dflt != NULL)
			CHECK(opt_bool(t[i].dflt, &b) == 0);
		if (t[i].type == OPT_INT && t[i].dflt != NULL)
			CHECK(opt_int(t[i].dflt, 0, 65535, &ll) == 0);
		if ((t[i].act == OPT_WARN || t[i].act == OPT_STOP) && t[i].dflt != NULL &&
		    strchr(t[i].dflt, '|') == NULL)
			CHECK(!opt_asks(&t[i], t[i].dflt));
	}
}

static void
asks(void)
{
	static const struct { const char *name; unsigned where; const char *value; int asks; } rows[] = {
	{ "quick", IN_ACCOUNT, "0", 0 },
	{ "quick", IN_ACCOUNT, "-1", 1 },
	{ "quick", IN_ACCOUNT, "10", 1 },
	{ "autorefresh", IN_ACCOUNT, "0.0", 0 },
	{ "autorefresh", IN_ACCOUNT, "0.5", 1 },
	{ "autorefresh", IN_ACCOUNT, "5 minutes", 1 },
	{ "usecompression", IN_IMAP, "no", 0 },
	{ "usecompression", IN_IMAP, "Off", 0 },
	{ "usecompression", IN_IMAP, "yes", 1 },
	{ "usecompression", IN_IMAP, "maybe", 1 },
	{ "usecompression", IN_IMAP, "", 0 },
	{ "synclabels", IN_ACCOUNT, "False", 0 },
	{ "synclabels", IN_ACCOUNT, "on", 1 },
	{ "idlefolders", IN_IMAP, "[]", 0 },
	{ "idlefolders", IN_IMAP, "['INBOX']", 1 },
	{ "folderfilter", IN_IMAP, "lambda f: True", 1 },
	{ "folderfilter", IN_IMAP, "", 0 },
	{ "ssl_version", IN_IMAP, "tls1_2", 0 },
	{ "ssl_version", IN_IMAP, "ssl23", 0 },
	{ "ssl_version", IN_IMAP, "tls1", 1 },
	{ "ssl_version", IN_IMAP, "tls1_2|ssl23", 1 },
	{ "maxage", IN_ACCOUNT, "90", 1 },
	{ "maxsize", IN_ACCOUNT, "", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s = %s", rows[i].name, rows[i].value);
		CHECK_NUM(opt_asks(opt_find(rows[i].name, rows[i].where), rows[i].value), rows[i].asks);
	}
}

static void
booleans(void)
{
	static const struct { const char *s; int want; } rows[] = {
	{ "1", 1 }, { "yes", 1 }, { "True", 1 }, { "ON", 1 },
	{ "0", 0 }, { "No", 0 }, { "false", 0 }, { "oFF", 0 },
	{ "", -1 }, { "2", -1 }, { "y", -1 }, { "yes ", -1 }, { "yess", -1 }, { "None", -1 },
	};
	size_t i;
	int b;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("bool '%s'", rows[i].s);
		CHECK_NUM(opt_bool(rows[i].s, &b) == -1 ? -1 : b, rows[i].want);
	}
}

static void
numbers(void)
{
	static const struct { const char *s; long long min, max, want; } rows[] = {
	{ "0", 0, 10, 0 }, { " 7 ", 0, 10, 7 }, { "+7", 0, 10, 7 }, { "-7", -10, 10, -7 },
	{ "1_000", 0, 5000, 1000 }, { "007", 0, 10, 7 },
	/* -99: refused */
	{ "", 0, 10, -99 }, { "11", 0, 10, -99 }, { "-1", 0, 10, -99 }, { "3.5", 0, 10, -99 },
	{ "1e1", 0, 10, -99 }, { "0x5", 0, 10, -99 }, { "_1", 0, 10, -99 }, { "1_", 0, 10, -99 },
	{ "1__0", 0, 10, -99 }, { "+_1", 0, 10, -99 }, { "+", 0, 10, -99 }, { "- 1", -9, 9, -99 },
	{ "5 5", 0, 99, -99 }, { "99999999999999999999", 0, 10, -99 },
	{ "0000000000000000000000000000000000000000001", 0, 10, -99 },
	};
	long long n;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("int '%s'", rows[i].s);
		CHECK_NUM(opt_int(rows[i].s, rows[i].min, rows[i].max, &n) == -1 ? -99 : n, rows[i].want);
	}
}

static void
maxdelete(void)
{
	static const struct { const char *s; int on; unsigned count, percent; } rows[] = {
	{ "no", 0, 50, 50 }, { "off", 0, 50, 50 }, { "yes", 1, 50, 50 },
	{ "50,50", 1, 50, 50 }, { "10 , 5%", 1, 10, 5 }, { "10,5%%", 1, 10, 5 },
	{ "100", 1, 100, 0 }, { "0", 1, 0, 0 }, { "1", 1, 1, 0 }, { "0,100%", 1, 0, 100 },
	/* -1: refused */
	{ "", -1, 0, 0 }, { ",", -1, 0, 0 }, { "50%", -1, 0, 0 }, { "a", -1, 0, 0 }, { "-1", -1, 0, 0 },
	{ "5,101", -1, 0, 0 }, { "5,5,5", -1, 0, 0 }, { "5,-1", -1, 0, 0 }, { "5,%", -1, 0, 0 },
	{ "5,x", -1, 0, 0 }, { "99999999999", -1, 0, 0 },
	};
	unsigned count, percent;
	size_t i;
	int on;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("maxdelete '%s'", rows[i].s);
		if (opt_maxdelete(rows[i].s, &on, &count, &percent) == -1)
			CHECK_NUM(rows[i].on, -1);
		else {
			CHECK_NUM(on, rows[i].on);
			CHECK_NUM(count, rows[i].count);
			CHECK_NUM(percent, rows[i].percent);
		}
	}
}

static void
fingerprints(void)
{
#define HEX8 "0123aBcD"
	static const struct { const char *s, *want; } rows[] = {
	{ HEX8 HEX8 HEX8 HEX8 HEX8, "0123abcd0123abcd0123abcd0123abcd0123abcd" },
	{ "01:23:AB:CD:01 23 ab cd" HEX8 HEX8 HEX8, "0123abcd0123abcd0123abcd0123abcd0123abcd" },
	{ HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8, "0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd" },
	{ HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8,
	    "0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd" },
	{ "", NULL },
	{ HEX8 HEX8 HEX8 HEX8, NULL },
	{ HEX8 HEX8 HEX8 HEX8 "0123aBc", NULL },
	{ HEX8 HEX8 HEX8 HEX8 "0123aBcg", NULL },
	{ HEX8 HEX8 HEX8 HEX8 HEX8 "0", NULL },
	{ HEX8 HEX8 HEX8 HEX8 HEX8 "-", NULL },
	};
	size_t i;
	char *hex;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("fingerprint '%s'", rows[i].s);
		hex = opt_fingerprint(rows[i].s);
		CHECK_STR(hex, rows[i].want);
		free(hex);
	}
}

int
main(void)
{
	complete();
	consistent();
	asks();
	booleans();
	numbers();
	maxdelete();
	fingerprints();
	return unit_end("conf_opt");
}
