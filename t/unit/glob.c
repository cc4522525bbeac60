/* Lists of folders. */
#include "conf/glob.h"

#include "unit.h"

static const struct {
	const char *list;
	const char *in;		/* names that it includes, by "|" */
	const char *out;	/* and those it does not */
} rows[] = {
	{ NULL, "INBOX|a|", NULL },
	{ "", "INBOX|a/b|", NULL },
	{ " \n\t ", "INBOX|a/b", NULL },
	{ "INBOX", "INBOX|inbox|Inbox", "INBOX2|a|INBOX/a|" },
	{ "inbox", "INBOX|inBOX", "inbox2" },
	{ "In*", "INBOX|In|Info", "info|XINBOX" },
	{ "a", "a", "A|b|aa|" },
	{ "a,b", "a|b", "c|a,b|ab" },
	{ " a , b ", "a|b", " a| a | b " },
	{ "a,\n\tb", "a|b", "\tb" },
	{ "a,,b,", "a|b", "|," },
	{ "a b", "a b", "a|b" },
	{ "*", "|a|a/b.c|INBOX", NULL },
	{ "lists/*", "lists/|lists/a|lists/a/b", "lists|list/a|xlists/a" },
	{ "*/x", "a/x|/x|a/b/x", "x|a/xy" },
	{ "a*b*c", "abc|aXbYc|abbc|abcbc", "ab|acb|abcX" },
	{ "a**b", "ab|aXb", "a" },
	{ "*a*", "a|xa|ax|xax", "x|" },
	{ "?", "a|\303\251|\342\230\272|\360\237\230\200|\351", "|ab|\303\251a" },
	{ "a?c", "abc|a/c|a\303\251c", "ac|abbc" },
	{ "*?", "a|\303\251\303\251", "" },
	{ "?*\303\251", "a\303\251|\303\251\303\251|\303\251x\303\251", "\303\251" },
	{ "INBOX, lists/*, !lists/noise", "INBOX|lists/a|lists/noise/x", "lists/noise|other" },
	{ "!junk", "a|INBOX|junk/x", "junk" },
	{ "!junk*,junk/good", "a|junk/good", "junk|junk/bad" },
	{ "*,!a*,ab", "b|ab", "a|ac" },
	{ "a,!a", "", "a|b" },
	{ "!a,a", "a|b", NULL },
	{ "! a", "b", "a" },
	{ "!*,INBOX", "INBOX|inbox", "a" },
	{ "a\\,b", "a,b", "a|b" },
	{ "\\!a", "!a", "a|b" },
	{ "a!", "a!", "a" },
	{ "\\*", "*", "a|" },
	{ "a\\?", "a?", "ab" },
	{ "\\\\", "\\", "a|\\\\" },
	{ "a\\ ", "a ", "a" },
	{ "\\ a", " a", "a" },
	{ "!\\!a", "a", "!a" },
	{ "\\i\\n\\b\\o\\x", "INBOX|inbox", "i" },
	{ "[a]", "[a]", "a" },
};

static const struct {
	const char *list, *text;
} bad[] = {
	{ "a,b\\", "f:1: folders: a backslash ends the list; write \\\\ for one" },
	{ "\\", "f:1: folders: a backslash ends the list; write \\\\ for one" },
	{ "a,!", "f:1: folders: \"!\" without a pattern" },
	{ "! , a", "f:1: folders: \"!\" without a pattern" },
	{ ",", "f:1: folders: no pattern in \",\"" },
	{ " , ,", "f:1: folders: no pattern in \" , ,\"" },
};

/* Checks each name of a "|" list. */
static void
names(const struct glob *g, const char *list, int want)
{
	char name[64];
	size_t n;

	for (; list != NULL; list = list[n] == '|' ? list + n + 1 : NULL) {
		n = strcspn(list, "|");
		memcpy(name, list, n);
		name[n] = '\0';
		if (!CHECK_NUM(glob_match(g, name), want))
			printf("  name \"%s\"\n", name);
	}
}

int
main(void)
{
	struct glob *g;
	struct err e;
	char many[4000], name[2000];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("\"%s\"", rows[i].list != NULL ? rows[i].list : "(null)");
		if (!CHECK((g = glob_parse(rows[i].list, "f:1: folders", &e)) != NULL))
			continue;
		if (rows[i].in != NULL && rows[i].in[0] != '\0')
			names(g, rows[i].in, 1);
		names(g, rows[i].out, 0);
		glob_free(g);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unit_row("\"%s\"", bad[i].list);
		e.text[0] = '\0';
		CHECK((g = glob_parse(bad[i].list, "f:1: folders", &e)) == NULL);
		CHECK_STR(e.text, bad[i].text);
		CHECK_NUM(e.status, EXIT_CONF);
		glob_free(g);
	}
	unit_row("no list");
	CHECK_NUM(glob_match(NULL, "a"), 1);
	unit_row("a pattern made to be slow");
	for (i = 0; i < 1000; i++)
		memcpy(many + 2 * i, "*a", 2);
	memcpy(many + 2000, "b", 2);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (CHECK((g = glob_parse(many, "f:1: folders", &e)) != NULL))
		CHECK_NUM(glob_match(g, name), 0);
	glob_free(g);
	return unit_end("glob");
}
