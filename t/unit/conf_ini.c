/*
 * The configuration's syntax.  Each row is a file and what comes of it: a
 * dump of its sections with their interpolated values, or the error.  With
 * files named as arguments it prints their dumps, for t/conf.bats.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/pct.h"
#include "conf/ini.h"
#include "unit.h"

static void
dump_opt(struct buf *b, const struct ini *ini, const struct ini_sect *s, const struct ini_opt *o)
{
	struct err err = { 0 };
	char *v = ini_value(ini, s, o, &err);

	pct_encode(b, s->name);
	buf_byte(b, ' ');
	pct_encode(b, o->name);
	buf_byte(b, ' ');
	if (v != NULL)
		pct_encode(b, v);
	else
		buf_byte(b, '!');
	buf_byte(b, '\n');
	free(v);
}

/* "SECTION OPTION VALUE" lines, "!" for a value that cannot be had. */
static void
dump(struct buf *b, const struct ini *ini)
{
	const struct ini_sect *s, *dflt = &ini->sects[0];
	size_t i, j;

	for (i = 0; i < ini->nsects; i++) {
		s = &ini->sects[i];
		for (j = 0; j < s->nopts; j++)
			dump_opt(b, ini, s, &s->opts[j]);
		for (j = 0; i > 0 && j < dflt->nopts; j++)
			if (ini_find(ini, s, dflt->opts[j].name) == &dflt->opts[j])
				dump_opt(b, ini, s, &dflt->opts[j]);
		if (i > 0) {
			pct_encode(b, s->name);
			buf_byte(b, '\n');
		}
	}
}

static void
dump_text(struct buf *b, const char *text, size_t len)
{
	struct err err = { 0 };
	struct ini *ini;
	size_t i;

	if (ini_parse(&ini, "f", text, len, &err) == -1) {
		buf_printf(b, "error %d: %s\n", err.status, err.text);
		return;
	}
	dump(b, ini);
	for (i = 0; i < ini->warnings.n; i++)
		buf_printf(b, "warning: %s\n", ini->warnings.v[i]);
	ini_free(ini);
}

static void
parsing(void)
{
	static const struct { const char *name, *text, *want; } rows[] = {
	{ "plain", "[a]\nx = 1\ny: 2\n", "a x 1\na y 2\na\n" },
	{ "no final newline", "[a]\nx = 1", "a x 1\na\n" },
	{ "empty file", "", "" },
	{ "only comments", "# a\n ; b\n", "" },
	{ "empty value", "[a]\nx =\n", "a x %\na\n" },
	{ "first separator counts", "[a]\nx : a = b\ny = a : b\n", "a x a%20=%20b\na y a%20:%20b\na\n" },
	{ "names are lower-cased, sections not", "[A]\nXyZ = Q\n", "A xyz Q\nA\n" },
	{ "blanks in an option's name", "[a]\nx y = 1\n", "a x%20y 1\na\n" },
	{ "no inline comments", "[a]\nx = 1 ; c # d\n", "a x 1%20;%20c%20#%20d\na\n" },
	{ "indented comment", "[a]\nx = 1\n  # c\ny = 2\n", "a x 1\na y 2\na\n" },
	{ "text behind the bracket", "[a] ; text\nx = 1\n", "a x 1\na\n" },
	{ "the last bracket counts", "[a]b] c\nx = 1\n", "a]b x 1\na]b\n" },
	{ "a bracket in brackets", "[]]\nx = 1\n", "] x 1\n]\n" },
	{ "blanks in brackets stay", "[ a ]\nx = 1\n", "%20a%20 x 1\n%20a%20\n" },
	{ "continuation", "[a]\nx = 1\n  2\n\t3\n", "a x 1%0A2%0A3\na\n" },
	{ "continuation from nothing", "[a]\nx =\n  2\n", "a x %0A2\na\n" },
	{ "comment in a continuation", "[a]\nx = 1\n# c\n  2\n", "a x 1%0A2\na\n" },
	{ "empty line in a continuation", "[a]\nx = 1\n\n  2\n", "a x 1%0A%0A2\na\n" },
	{ "empty lines at the end", "[a]\nx = 1\n\n\n[b]\n", "a x 1\na\nb\n" },
	{ "the trap: an indented option", "[a]\nx = 1\n y = 2\n", "a x 1%0Ay%20=%202\na\n" },
	{ "an indented header continues", "[a]\nx = 1\n [b]\n", "a x 1%0A[b]\na\n" },
	{ "indented all alike", " [a]\n x = 1\n y = 2\n", "a x 1\na y 2\na\n" },
	{ "an option indented below its header", "[a]\n  x = 1\n  y = 2\n", "a x 1\na y 2\na\n" },
	{ "backslash", "[a]\nx = 1 \\\n  2\n", "a x 1%20\\%0A2\na\n" },
	{ "CRLF", "[a]\r\nx = 1\r\n  2\r\n", "a x 1%0A2\na\n" },
	{ "lone CR", "[a]\rx = 1\r", "a x 1\na\n" },
	{ "byte order mark", "\xef\xbb\xbf[a]\nx = 1\n", "a x 1\na\n" },
	{ "Latin-1 stays", "[a]\nx = \xe9\n", "a x %E9\na\n" },
	{ "no-break space is a blank", "[a]\nx\xc2\xa0=\xc2\xa0""1\xc2\xa0\n", "a x 1\na\n" },
	{ "defaults", "[a]\nx = 1\n[DEFAULT]\nx = 0\ny = 2\n", "DEFAULT x 0\nDEFAULT y 2\na x 1\na y 2\na\n" },
	{ "interpolation", "[a]\nx = <%(y)s>\ny = 50%%\n", "a x <50%25>\na y 50%25\na\n" },
	{ "interpolation ignores case", "[a]\nx = %(Y)s\nY = 1\n", "a x 1\na y 1\na\n" },
	{ "interpolation from DEFAULT", "[DEFAULT]\ny = d\n[a]\nx = %(y)s\n", "DEFAULT y d\na x d\na y d\na\n" },
	{ "interpolation of the section's own", "[DEFAULT]\nx = %(y)s\ny = d\n[a]\ny = a\n",
	    "DEFAULT x d\nDEFAULT y d\na y a\na x a\na\n" },
	{ "missing name", "[a]\nx = %(z)s\n", "a x !\na\n" },
	{ "lone percent", "[a]\nx = a%b\ny = 5%\nz = ok\n", "a x !\na y !\na z ok\na\n" },
	{ "no s behind the bracket", "[a]\nx = %(y)d\ny = 1\n", "a x !\na y 1\na\n" },
	{ "empty name", "[a]\nx = %()s\n", "a x !\na\n" },
	{ "endless", "[a]\nx = %(y)s\ny = %(x)s\n", "a x !\na y !\na\n" },
	{ "depth 10", "[v]\na=%(b)s\nb=%(c)s\nc=%(d)s\nd=%(e)s\ne=%(f)s\nf=%(g)s\ng=%(h)s\nh=%(i)s\n"
	    "i=%(j)s\nj=%(k)s\nk=1\n",
	    "v a 1\nv b 1\nv c 1\nv d 1\nv e 1\nv f 1\nv g 1\nv h 1\nv i 1\nv j 1\nv k 1\nv\n" },
	{ "depth 11", "[v]\nz=%(a)s\na=%(b)s\nb=%(c)s\nc=%(d)s\nd=%(e)s\ne=%(f)s\nf=%(g)s\ng=%(h)s\nh=%(i)s\n"
	    "i=%(j)s\nj=%(k)s\nk=1\n",
	    "v z !\nv a 1\nv b 1\nv c 1\nv d 1\nv e 1\nv f 1\nv g 1\nv h 1\nv i 1\nv j 1\nv k 1\nv\n" },
	{ "option twice", "[a]\nx = 1\nX = 2\n", "a x 2\na\n"
	    "warning: f:3: option 'x' stands twice (before at f:2); the last one counts\n" },
	{ "section twice", "[a]\nx = 1\n[b]\n[a]\ny = 2\n", "a x 1\na y 2\na\nb\n"
	    "warning: f:4: section 'a' stands twice (before at f:1); both are taken together\n" },
	{ "DEFAULT twice is fine", "[DEFAULT]\n[DEFAULT]\n", "" },
	/* refused */
	{ "no header", "x = 1\n", "error 2: f:1: this line stands before the first [section]\n" },
	{ "no header, indented", "\n  x = 1\n", "error 2: f:2: this line stands before the first [section]\n" },
	{ "no separator", "[a]\nx\n", "error 2: f:2: neither a [section] nor an 'option = value' line\n" },
	{ "no name", "[a]\n= 1\n", "error 2: f:2: neither a [section] nor an 'option = value' line\n" },
	{ "bracket in column 0", "[a]\nx = [\n  1\n]\n", "error 2: f:4: neither a [section] nor an 'option = value' line\n" },
	{ "empty brackets", "[a]\nx = 1\n[]\n", "error 2: f:3: neither a [section] nor an 'option = value' line\n" },
	{ "open bracket", "[a\n", "error 2: f:1: this line stands before the first [section]\n" },
	};
	struct buf b;
	size_t i;

	buf_init(&b, 1u << 20);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s", rows[i].name);
		buf_clear(&b);
		dump_text(&b, rows[i].text, strlen(rows[i].text));
		CHECK_STR(buf_cstr(&b), rows[i].want);
	}
	unit_row("NUL");
	buf_clear(&b);
	dump_text(&b, "[a]\nx = 1\0\n", 11);
	CHECK_STR(buf_cstr(&b), "error 2: f:2: a NUL byte; this is no text file\n");
	buf_free(&b);
}

static void
overrides(void)
{
	static const char text[] = "[general]\nui = basic\n[Account A B]\nquick = 1\n"
	    "[Account c_d]\nquick = 1\n";
	static const struct { const char *arg, *sect, *opt, *want; } rows[] = {
	{ "ui=quiet", "general", "ui", "quiet" },
	{ "UI=quiet", "general", "ui", "quiet" },
	{ "new=a=b:c", "general", "new", "a=b:c" },
	{ "Account_A_B:quick=2", "Account A B", "quick", "2" },
	{ "Account A B:quick=2", "Account A B", "quick", "2" },
	{ "Account_c_d:quick=2", NULL, NULL, "-k Account_c_d:quick: f has no section [Account_c_d]" },
	{ "Account c_d:quick=2", "Account c_d", "quick", "2" },
	{ "DEFAULT:q=50%%", "general", "q", "50%" },
	{ "q=%(ui)s", "general", "q", "basic" },
	{ "q=", "general", "q", "" },
	{ "Account_X:quick=2", NULL, NULL, "-k Account_X:quick: f has no section [Account_X]" },
	{ "q=50%", NULL, NULL, "-k q: a lone % in the value; write %% for a percent sign" },
	{ "quick", NULL, NULL, "-k quick: not of the form [section:]option=value" },
	{ "=1", NULL, NULL, "-k =1: not of the form [section:]option=value" },
	{ "general:=1", NULL, NULL, "-k general:: no option is named" },
	};
	struct err err;
	struct ini *ini;
	const struct ini_sect *s;
	char *v;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("-k %s", rows[i].arg);
		memset(&err, 0, sizeof(err));
		if (!CHECK(ini_parse(&ini, "f", text, strlen(text), &err) == 0))
			continue;
		if (ini_override(ini, rows[i].arg, &err) == -1) {
			CHECK_NUM(err.status, EXIT_CONF);
			CHECK_STR(err.text, rows[i].opt == NULL ? rows[i].want : "no error");
		} else if (CHECK(rows[i].opt != NULL)) {
			s = ini_section(ini, rows[i].sect);
			v = ini_value(ini, s, ini_find(ini, s, rows[i].opt), &err);
			CHECK_STR(v, rows[i].want);
			CHECK(strncmp(ini_find(ini, s, rows[i].opt)->at, "-k ", 3) == 0);
			free(v);
		}
		ini_free(ini);
	}
}

/* A value that would grow without end is refused, soon. */
static void
bombs(void)
{
	static const char *const rows[] = {
	    "[v]\na=%(b)s%(b)s\nb=%(c)s%(c)s\nc=%(d)s%(d)s\nd=%(e)s%(e)s\ne=%(f)s%(f)s\nf=%(g)s%(g)s\n"
	    "g=%(h)s%(h)s\nh=%(i)s%(i)s\ni=%(j)s%(j)s\nj=%%%(j2)s\nj2=%(a)s\n",
	    "[v]\na=%(b)s%(b)s%(b)s%(b)s%(b)s\nb=%(c)s%(c)s%(c)s%(c)s%(c)s\nc=%(d)s%(d)s%(d)s%(d)s%(d)s\n"
	    "d=%(e)s%(e)s%(e)s%(e)s%(e)s\ne=%(f)s%(f)s%(f)s%(f)s%(f)s\nf=%(g)s%(g)s%(g)s%(g)s%(g)s\n"
	    "g=%(h)s%(h)s%(h)s%(h)s%(h)s\nh=%%\n",
	};
	struct err err = { 0 };
	struct ini *ini;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("bomb %zu", i);
		if (CHECK(ini_parse(&ini, "f", rows[i], strlen(rows[i]), &err) == 0))
			CHECK(ini_value(ini, &ini->sects[1], &ini->sects[1].opts[0], &err) == NULL);
		ini_free(ini);
	}
}

static int
dump_files(int n, char *files[])
{
	struct err err = { 0 };
	struct ini *ini;
	struct buf b;
	int i;

	buf_init(&b, 64u << 20);
	for (i = 0; i < n; i++) {
		buf_printf(&b, "file %s\n", files[i]);
		if (ini_read(&ini, files[i], &err) == -1)
			buf_str(&b, "error\n");
		else
			dump(&b, ini);
		ini_free(ini);
	}
	fputs(buf_cstr(&b), stdout);
	buf_free(&b);
	return fflush(stdout) != 0;
}

int
main(int argc, char *argv[])
{
	struct err err = { 0 };
	struct ini *ini;

	if (argc > 1)
		return dump_files(argc - 1, argv + 1);
	parsing();
	overrides();
	bombs();
	unit_row("no such file");
	CHECK(ini_read(&ini, "/nonexistent/file", &err) == -1 && err.status == EXIT_FAIL && ini == NULL);
	unit_row("a directory");
	CHECK(ini_read(&ini, "/", &err) == -1 && err.status == EXIT_CONF);
	return unit_end("conf_ini");
}
