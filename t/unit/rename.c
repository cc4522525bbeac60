/* Renaming rules. */
#include "conf/rename.h"

#include "unit.h"

static const struct {
	const char *rules, *name, *want;
} rows[] = {
	{ NULL, "a", "a" },
	{ "", "a", "a" },
	{ " ;\n; ", "a", "a" },
	{ "s/a/b/", "aa", "ba" },
	{ "s/a/b/g", "aa", "bb" },
	{ "s/a/b/i", "XA", "Xb" },
	{ "s/a/b/gi", "aAa", "bbb" },
	{ "s/a/b/Ig", "aAa", "bbb" },
	{ "s/x/b/", "aa", "aa" },
	{ "s/a//", "aa", "a" },
	{ "s/.*//", "abc", "" },
	{ "s/^/Work./", "INBOX", "Work.INBOX" },
	{ "s/$/x/", "a", "ax" },
	{ "s/^a/b/g", "aaa", "baa" },
	{ "s,a/b,c,", "a/b/d", "c/d" },
	{ "s/a\\/b/c/", "a/b/d", "c/d" },
	{ "s/a/b\\/c/", "a", "b/c" },
	{ "s|a\\|b|x|", "a|b", "x" },
	{ "s|a\\|b|x|", "a", "a" },
	{ "s.a\\.b.x.", "a.b axb", "x axb" },
	{ "saXaYa", "X", "Y" },
	{ "s/[/]/x/", "a/b", "axb" },
	{ "s/[]/]/x/g", "a/b]", "axbx" },
	{ "s/[^/]/x/g", "a/b", "x/x" },
	{ "s/[[:digit:]/]/x/g", "a1/b", "axxb" },
	{ "s/[\\]/x/", "a\\b", "axb" },
	{ "s/(a)(b)/\\2\\1/", "ab", "ba" },
	{ "s/(a)|(b)/[\\1\\2]/g", "ab", "[a][b]" },
	{ "s/b/[&]/", "abc", "a[b]c" },
	{ "s/b/\\&/", "abc", "a&c" },
	{ "s/b/\\\\/", "abc", "a\\c" },
	{ "s/b/\\./", "abc", "a.c" },
	{ "s/(((((((((a)))))))))/\\9/", "a", "a" },
	{ "s/a/b/;s/b/c/", "ab", "cb" },
	{ "s/a/b/ ; s/b/c/g\n s/c/d/", "ab", "dc" },
	{ "s/a/;/;s/;/x/", "a", "x" },
	{ "s;a;b;g;s/b/c/", "aa", "cb" },
	{ "s/x*/-/g", "abc", "-a-b-c-" },
	{ "s/b*/X/g", "abc", "XaXcX" },
	{ "s/b*/X/2g", NULL, NULL },
	{ "s/x*/-/g", "", "-" },
	{ "s/x*/-/g", "\303\251a", "-\303\251-a-" },
	{ "s/^./x/", "\303\251a", "xa" },
	{ "s/[\303\251\303\250]/e/g", "\303\251\303\250\303\252", "ee\303\252" },
	{ "s/\303\211/x/i", "\303\251", "x" },
	{ "s/a{2}/x/", "aaa", "xa" },
	{ "s/^INBOX$/inbox/", "INBOX", "inbox" },
	{ "s/^\\[Gmail\\]\\/(.*)/\\1/", "[Gmail]/Sent Mail", "Sent Mail" },
	{ "s,^(INBOX\\.|)(.+)$,\\2,", "INBOX.a.b", "a.b" },
};

static const struct {
	const char *rules, *text;
} bad[] = {
	{ "x", "f:2: rename: a rule is s/regex/replacement/, not \"x\"" },
	{ "s", "f:2: rename: a rule is s/regex/replacement/, not \"s\"" },
	{ "y/a/b/", "f:2: rename: a rule is s/regex/replacement/, not \"y/a/b/\"" },
	{ "s\\a\\b\\", "f:2: rename: a rule is s/regex/replacement/, not \"s\\a\\b\\\"" },
	{ "s\303\251a\303\251b\303\251", "f:2: rename: a rule is s/regex/replacement/, not "
	    "\"s\303\251a\303\251b\303\251\"" },
	{ "s/a", "f:2: rename: unterminated rule: \"/\" is missing behind the expression" },
	{ "s/a\\/", "f:2: rename: unterminated rule: \"/\" is missing behind the expression" },
	{ "s/[/b/", "f:2: rename: unterminated rule: \"/\" is missing behind the expression" },
	{ "s/[[:/b/", "f:2: rename: unterminated rule: \"/\" is missing behind the expression" },
	{ "s/a/b", "f:2: rename: unterminated rule: \"/\" is missing behind the replacement" },
	{ "s/a/b\\", "f:2: rename: unterminated rule: \"/\" is missing behind the replacement" },
	{ "s/a/b/; s,c,d", "f:2: rename: unterminated rule: \",\" is missing behind the replacement" },
	{ "s//b/", "f:2: rename: empty regular expression" },
	{ "s/a/b/x", "f:2: rename: unknown flag \"x\" behind a rule; there are g and i, "
	    "and \";\" between rules" },
	{ "s/a/b/ s/c/d/", "f:2: rename: unknown flag \"s/c/d/\" behind a rule; there are g and i, "
	    "and \";\" between rules" },
	{ "s/a/b/2", "f:2: rename: unknown flag \"2\" behind a rule; there are g and i, "
	    "and \";\" between rules" },
	{ "s/a/\\n/", "f:2: rename: \\n means nothing in a replacement" },
	{ "s/a/\\0/", "f:2: rename: \\0 means nothing in a replacement" },
	{ "s/a/\\1/", "f:2: rename: \\1, but \"a\" has no such group" },
	{ "s/(a)/\\1\\2/", "f:2: rename: \\2, but \"(a)\" has no such group" },
	{ "s/(a/b/", "f:2: rename: \"(a\": Unmatched ( or \\(" },
	{ "s/a{2,1}/b/", "f:2: rename: \"a{2,1}\": Invalid content of \\{\\}" },
};

int
main(void)
{
	struct rename *rn;
	struct buf b;
	struct err e;
	size_t i;

	buf_init(&b, 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("\"%s\" on \"%s\"", rows[i].rules != NULL ? rows[i].rules : "(null)",
		    rows[i].name != NULL ? rows[i].name : "(null)");
		rn = rename_parse(rows[i].rules, "f:2: rename", &e);
		if (CHECK((rn != NULL) == (rows[i].want != NULL)) && rn != NULL) {
			buf_clear(&b);
			rename_apply(rn, rows[i].name, &b);
			CHECK_STR(buf_cstr(&b), rows[i].want);
		}
		rename_free(rn);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unit_row("\"%s\"", bad[i].rules);
		e.text[0] = '\0';
		CHECK((rn = rename_parse(bad[i].rules, "f:2: rename", &e)) == NULL);
		CHECK_STR(e.text, bad[i].text);
		CHECK_NUM(e.status, EXIT_CONF);
		rename_free(rn);
	}
	unit_row("a name that grows");
	rn = rename_parse("s/.*/&&/;s/.*/&&/;s/.*/&&/;s/.*/&&/;s/.*/&&/;s/.*/&&/;s/.*/&&/", "x", &e);
	buf_clear(&b);
	rename_apply(rn, "1234567", &b);
	CHECK_NUM(b.len, 7 * 128);
	CHECK(!buf_bad(&b));
	buf_clear(&b);
	rename_apply(rn, "12345678", &b);
	CHECK(buf_bad(&b));
	rename_free(rn);
	unit_row("no rules");
	buf_clear(&b);
	rename_apply(NULL, "a", &b);
	CHECK_STR(buf_cstr(&b), "a");
	buf_free(&b);
	return unit_end("rename");
}
