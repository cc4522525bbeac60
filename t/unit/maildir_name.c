/* File names of messages: taking apart, making, changing letters. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/flags.h"
#include "maildir/name.h"
#include "unit.h"

#define INBOX	"7e33429f656f1e6e9d79b29c3f82c57e"
#define OTHER	"de0779cc667bdfe1c0425afa667ac264"
#define F5	",FMD5=" INBOX

static const struct {
	const char *file;
	int sep;
	const char *base;	/* NULL: no message */
	const char *flags;
	long long uid;
} parse_rows[] = {
	/* as OfflineIMAP writes them */
	{ "1795207394_3.13045.vm,U=3" F5 ":2,Fx", ':', "1795207394_3.13045.vm,U=3" F5, "F", 3 },
	{ "1795207394_3.13045.vm,U=3" F5 ":2,", ':', "1795207394_3.13045.vm,U=3" F5, "", 3 },
	{ "1795207394_3.13045.vm,U=3" F5 "!2,RS", '!', "1795207394_3.13045.vm,U=3" F5, "RS", 3 },
	{ "1_0.1.h,U=1" F5, ':', "1_0.1.h,U=1" F5, "", 1 },
	/* the uid counts only with this folder's FMD5 */
	{ "1.h,U=3,FMD5=" OTHER ":2,S", ':', "1.h,U=3,FMD5=" OTHER, "S", 0 },
	{ "1.h,U=3:2,S", ':', "1.h,U=3", "S", 0 },
	{ "1.h,FMD5=" INBOX ",U=3:2,S", ':', "1.h,FMD5=" INBOX ",U=3", "S", 3 },
	{ "1.h,U=3,FMD5=" OTHER F5 ":2,S", ':', "1.h,U=3,FMD5=" OTHER F5, "S", 3 },
	{ "1.h,U=3,fmd5=" INBOX, ':', "1.h,U=3,fmd5=" INBOX, "", 0 },
	{ "1.h,U=3" F5 "0:2,", ':', "1.h,U=3" F5 "0", "", 3 },
	{ "1.h,U=3;FMD5=" INBOX, ':', "1.h,U=3;FMD5=" INBOX, "", 0 },
	{ "1.h,U=3,FMD5=7e33429f656f1e6e9d79b29c3f82c57", ':',
	    "1.h,U=3,FMD5=7e33429f656f1e6e9d79b29c3f82c57", "", 0 },
	{ "1.h:2,S,U=3" F5, ':', "1.h", "S", 0 },
	/* which digits */
	{ "1.h,U=" F5, ':', "1.h,U=" F5, "", 0 },
	{ "1.h,U=x,U=7" F5, ':', "1.h,U=x,U=7" F5, "", 7 },
	{ "1.h,U=5,U=7" F5, ':', "1.h,U=5,U=7" F5, "", 5 },
	{ "1.h,U=0" F5, ':', "1.h,U=0" F5, "", 0 },
	{ "1.h,U=0012" F5, ':', "1.h,U=0012" F5, "", 12 },
	{ "1.h,U=12abc" F5, ':', "1.h,U=12abc" F5, "", 12 },
	{ "1.h,U=-3" F5, ':', "1.h,U=-3" F5, "", 0 },
	{ "1.h,U=4294967295" F5, ':', "1.h,U=4294967295" F5, "", 4294967295 },
	{ "1.h,U=4294967296" F5, ':', "1.h,U=4294967296" F5, "", 0 },
	{ "1.h,U=99999999999999999999999" F5, ':', "1.h,U=99999999999999999999999" F5, "", 0 },
	/* info part */
	{ "a:2,DFRST", ':', "a", "DFRST", 0 },
	{ "a:2,TSRFD", ':', "a", "DFRST", 0 },
	{ "a:2,PS", ':', "a", "S", 0 },
	{ "a:2,Sabc", ':', "a", "S", 0 },
	{ "a:2,S_T", ':', "a", "ST", 0 },
	{ "a:2,S;T", ':', "a", "S", 0 },
	{ "a:2,S,T", ':', "a", "S", 0 },
	{ "a:2,SS", ':', "a", "S", 0 },
	{ "a:2,s", ':', "a", "", 0 },
	{ "a:2,S:2,T", ':', "a", "S", 0 },
	{ "a:b:2,S", ':', "a:b", "S", 0 },
	{ "a::2,S", ':', "a:", "S", 0 },
	{ "a:1,x", ':', "a:1,x", "", 0 },
	{ "a:2", ':', "a:2", "", 0 },
	{ "a:", ':', "a:", "", 0 },
	{ ":2,S", ':', "", "S", 0 },
	{ "a!2,S", ':', "a!2,S", "", 0 },
	{ "a!2,S", '!', "a", "S", 0 },
	{ "a:2,S", '!', "a", "S", 0 },
	{ "a!b:2,S!2,T", '!', "a!b", "S", 0 },
	{ "a\n\x9b\xff:2,S", ':', "a\n\x9b\xff", "S", 0 },
	{ "a:2,S\xe4T", ':', "a", "S", 0 },
	{ "-", ':', "-", "", 0 },
	{ "a b:2,F", ':', "a b", "F", 0 },
	/* no messages */
	{ "", ':', NULL, NULL, 0 },
	{ ".", ':', NULL, NULL, 0 },
	{ ".hidden:2,S", ':', NULL, NULL, 0 },
	{ ".nfs0001", ':', NULL, NULL, 0 },
};

static void
parse(void)
{
	char base[256], flags[FLAGS_LEN];
	struct mdname name;
	size_t i;
	int r;

	for (i = 0; i < sizeof(parse_rows) / sizeof(parse_rows[0]); i++) {
		unit_row("parse %s", parse_rows[i].file);
		r = name_parse(parse_rows[i].file, parse_rows[i].sep, INBOX, &name);
		if (!CHECK(r == (parse_rows[i].base != NULL ? 0 : -1)) || r == -1)
			continue;
		snprintf(base, sizeof(base), "%.*s", (int)name.base, parse_rows[i].file);
		CHECK_STR(base, parse_rows[i].base);
		CHECK_STR(flags_format(name.flags, flags), parse_rows[i].flags);
		CHECK_NUM(name.uid, parse_rows[i].uid);
	}
	unit_row("no fmd5");
	CHECK(name_parse("1.h,U=3" F5, ':', NULL, &name) == 0 && name.uid == 0);
	CHECK(name_parse("1.h,U=3,FMD5=", ':', "", &name) == 0 && name.uid == 0);
}

static const struct {
	const char *info;
	int sep;
	const char *add, *del, *want;
} info_rows[] = {
	{ "", ':', "", "", ":2," },
	{ "", ':', "S", "", ":2,S" },
	{ "", '!', "FS", "", "!2,FS" },
	{ ":2,", ':', "DFRST", "", ":2,DFRST" },
	{ ":2,S", ':', "F", "", ":2,FS" },
	{ ":2,FS", ':', "", "F", ":2,S" },
	{ ":2,FS", ':', "", "DFRST", ":2," },
	{ ":2,FS", ':', "R", "F", ":2,RS" },
	{ ":2,S", ':', "S", "", ":2,S" },
	{ ":2,F", ':', "", "S", ":2,F" },
	{ ":2,SF", ':', "", "", ":2,FS" },
	{ ":2,SS", ':', "", "S", ":2," },
	{ ":2,Fx", ':', "S", "", ":2,FSx" },
	{ ":2,xaS", ':', "F", "S", ":2,Fax" },
	{ ":2,PS", ':', "T", "", ":2,PST" },
	{ ":2,P", ':', "", "DFRST", ":2,P" },
	{ ":2,S_9", ':', "", "", ":2,9S_" },
	{ ":2,S", '!', "F", "", "!2,FS" },
	{ "!2,S", ':', "F", "", ":2,FS" },
	{ ":2,S,X=1", ':', "F", "", ":2,FS,X=1" },
	{ ":2,S;u", ':', "", "S", ":2,;u" },
	{ ":2,\xff", ':', "S", "", ":2,S\xff" },
};

static void
info(void)
{
	unsigned add, del;
	struct buf b;
	size_t i;

	buf_init(&b, 1000);
	for (i = 0; i < sizeof(info_rows) / sizeof(info_rows[0]); i++) {
		unit_row("info %s +%s -%s", info_rows[i].info, info_rows[i].add, info_rows[i].del);
		buf_clear(&b);
		CHECK(flags_parse(info_rows[i].add, &add) == 0 &&
		    flags_parse(info_rows[i].del, &del) == 0);
		name_info(&b, info_rows[i].info, info_rows[i].sep, add, del);
		CHECK_STR(buf_cstr(&b), info_rows[i].want);
	}
	buf_free(&b);
}

#define TEN	"0123456789"
#define MINE	",U=17" F5

static const struct {
	const char *base, *want;	/* NULL: too long */
} uid_rows[] = {
	{ "1_0.1.h", "1_0.1.h" MINE },
	{ "1_0.1.h,U=3" F5, "1_0.1.h" MINE },
	{ "1_0.1.h,U=3,FMD5=" OTHER, "1_0.1.h" MINE },
	{ "1_0.1.h,U=3,FMD5=" OTHER ",S=99,W=100", "1_0.1.h,S=99,W=100" MINE },
	{ "1,S=9,U=3,W=1,FMD5=x,U=4,FMD5=", "1,S=9,W=1" MINE },
	{ "1,U=", "1" MINE },
	{ "1,U", "1,U" MINE },
	{ "1,Ux=3", "1,Ux=3" MINE },
	{ "U=3", "U=3" MINE },
	{ ",U=3", MINE },
	{ "", MINE },
	{ "a,", "a," MINE },
	{ "a,,b", "a,,b" MINE },
	{ "a\n\xff,U=3", "a\n\xff" MINE },
	/* ":2" and a comma behind it would be an info part */
	{ "a:2", NULL },
	{ "a!2", NULL },
	{ ":2", NULL },
	{ "a:22", "a:22" MINE },
	{ "a:2b,U=3", "a:2b" MINE },
	/* 157 bytes and our 43 are just 200 */
	{ TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "1234567",
	    TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "1234567" MINE },
	{ TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "12345678", NULL },
};

static void
with_uid(void)
{
	struct mdname name;
	struct buf b, twice;
	size_t i;
	int r;

	buf_init(&b, 1000);
	buf_init(&twice, 1000);
	for (i = 0; i < sizeof(uid_rows) / sizeof(uid_rows[0]); i++) {
		unit_row("uid %s", uid_rows[i].base);
		buf_clear(&b);
		buf_str(&b, "cur/");
		r = name_with_uid(&b, uid_rows[i].base, 17, INBOX);
		CHECK(r == (uid_rows[i].want != NULL ? 0 : -1));
		CHECK_STR(buf_cstr(&b) + 4, r == 0 ? uid_rows[i].want : "");
		if (r == -1)
			continue;
		/* what was made is read again, and made again it is the same */
		CHECK(name_parse(buf_cstr(&b) + 4, ':', INBOX, &name) == 0 && name.uid == 17);
		buf_clear(&twice);
		CHECK(name_with_uid(&twice, buf_cstr(&b) + 4, 17, INBOX) == 0);
		CHECK_STR(buf_cstr(&twice), uid_rows[i].want);
	}
	buf_free(&b);
	buf_free(&twice);
}

static void
without_uid(void)
{
	static const struct { const char *base, *want; } rows[] = {
		{ "1700000000_0.4.h,U=5,FMD5=00112233445566778899aabbccddeeff", "1700000000_0.4.h" },
		{ "a,U=5,x=1,FMD5=0,U=6", "a,x=1" },
		{ "a", "a" },
		{ "a,Ux=3", "a,Ux=3" },
		{ ",U=5", NULL },		/* nothing is left of it */
		{ ",U=5,FMD5=0", NULL },
		{ "", NULL },
		{ ".a,U=5", NULL },		/* no message has such a name */
	};
	struct buf b;
	size_t i;
	int r;

	buf_init(&b, 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("no uid %s", rows[i].base);
		buf_clear(&b);
		buf_str(&b, "cur/");
		r = name_without_uid(&b, rows[i].base);
		CHECK_NUM(r, rows[i].want != NULL ? 0 : -1);
		CHECK_STR(buf_cstr(&b) + 4, rows[i].want != NULL ? rows[i].want : "");
	}
	buf_free(&b);
}

static void
fresh(void)
{
	char want[200], host[400];
	struct mdname name;
	struct buf b, c;

	buf_init(&b, 1000);
	buf_init(&c, 1000);
	unit_row("fresh");
	name_new(&b, 1795207394, 3, INBOX, "vm");
	snprintf(want, sizeof(want), "1795207394_0.%ld.vm,U=3" F5, (long)getpid());
	CHECK_STR(buf_cstr(&b), want);
	CHECK(name_parse(buf_cstr(&b), ':', INBOX, &name) == 0 && name.uid == 3);
	name_new(&c, 1795207394, 3, INBOX, "vm");
	CHECK(strcmp(buf_cstr(&b), buf_cstr(&c)) != 0);
	buf_clear(&b);
	name_new(&b, 5, 4294967295, INBOX, "a/b:2,c d\n\xff.x-y_z");
	CHECK(strstr(buf_cstr(&b), ".a-b-2-c-d--.x-y_z,U=4294967295,") != NULL);
	buf_clear(&b);
	name_new(&b, 5, 1, INBOX, NULL);
	CHECK(name_parse(buf_cstr(&b), ':', INBOX, &name) == 0 && name.uid == 1 &&
	    strchr(buf_cstr(&b), '/') == NULL);
	memset(host, 'h', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	buf_clear(&b);
	name_new(&b, 5, 1, INBOX, host);
	CHECK(b.len <= NAME_BASE_MAX);
	buf_free(&b);
	buf_free(&c);
}

static void
prefer(void)
{
	unit_row("prefer");
	CHECK(name_prefer("a:2,", 'c', "a:2,FS", 'n') < 0);
	CHECK(name_prefer("a", 'n', "a:2,", 'c') > 0);
	CHECK(name_prefer("a:2,S", 'c', "a:2,", 'c') < 0);
	CHECK(name_prefer("a:2,F", 'c', "a:2,S", 'c') > 0);
	CHECK(name_prefer("a:2,S", 'c', "a:2,F", 'c') < 0);
	CHECK(name_prefer("a", 'n', "a", 'n') == 0);
}

static const struct {
	const char *name;
	unsigned bit;
} imap_rows[] = {
	{ "\\Seen", FLAG_SEEN }, { "\\SEEN", FLAG_SEEN }, { "\\draft", FLAG_DRAFT },
	{ "\\Flagged", FLAG_FLAGGED }, { "\\Answered", FLAG_ANSWERED },
	{ "\\Deleted", FLAG_DELETED }, { "\\Recent", 0 }, { "Seen", 0 }, { "", 0 },
	{ "\\Seen ", 0 }, { "$Forwarded", 0 },
};

static void
imap_names(void)
{
	size_t i;

	for (i = 0; i < sizeof(imap_rows) / sizeof(imap_rows[0]); i++) {
		unit_row("flag %s", imap_rows[i].name);
		CHECK_NUM(flags_imap(imap_rows[i].name), imap_rows[i].bit);
	}
	unit_row("names of bits");
	CHECK_STR(flags_name(FLAG_SEEN), "\\Seen");
	CHECK_STR(flags_name(FLAG_DRAFT), "\\Draft");
	CHECK(flags_name(0) == NULL && flags_name(32) == NULL && flags_name(3) == NULL);
}

int
main(void)
{
	parse();
	info();
	with_uid();
	without_uid();
	fresh();
	prefer();
	imap_names();
	return unit_end("maildir_name");
}
