/* The configuration file's syntax: what was read prints as a file that reads the same. */
#include "base/buf.h"
#include "conf/ini.h"
#include "fuzz.h"

/* A file with the same options; lines of a value but the first are indented. */
static void
print(const struct ini *ini, struct buf *b)
{
	const struct ini_sect *s;
	const char *p;
	size_t i, j;

	for (i = 0; i < ini->nsects; i++) {
		s = &ini->sects[i];
		buf_printf(b, "[%s]\n", s->name);
		for (j = 0; j < s->nopts; j++) {
			buf_printf(b, "%s = ", s->opts[j].name);
			for (p = s->opts[j].value; *p != '\0'; p++) {
				buf_byte(b, *p);
				if (*p == '\n' && p[1] != '\n')
					buf_byte(b, '\t');
			}
			buf_byte(b, '\n');
		}
	}
}

static void
again(const struct ini *ini)
{
	struct ini *back;
	struct err e = { 0 };
	struct buf one, other;

	buf_init(&one, 1u << 24);
	buf_init(&other, 1u << 24);
	print(ini, &one);
	HOLDS(ini_parse(&back, "again", buf_cstr(&one), one.len, &e) == 0);
	print(back, &other);
	HOLDS(strcmp(buf_cstr(&one), buf_cstr(&other)) == 0);
	HOLDS(back->warnings.n == 0);
	ini_free(back);
	buf_free(&one);
	buf_free(&other);
}

static void
values(const struct ini *ini)
{
	const struct ini_sect *s;
	struct err e;
	char *value;
	size_t i, j;

	for (i = 0; i < ini->nsects; i++) {
		s = &ini->sects[i];
		HOLDS(ini_section(ini, s->name) == s);
		for (j = 0; j < s->nopts; j++) {
			HOLDS(ini_find(ini, s, s->opts[j].name) == &s->opts[j]);
			memset(&e, 0, sizeof(e));
			value = ini_value(ini, s, &s->opts[j], &e);
			HOLDS((value == NULL) == (e.status != 0));
			HOLDS(value == NULL || ini_percent(s->opts[j].value));
			if (strchr(s->opts[j].value, '%') == NULL)
				HOLDS(value != NULL && strcmp(value, s->opts[j].value) == 0);
			free(value);
		}
	}
}

/* The first line as what -k is given; the rest is the file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	char *arg = food_line(&f);
	struct err e = { 0 };
	struct ini *ini;

	if (ini_parse(&ini, "fuzz", (const char *)f.p, f.n, &e) == 0) {
		again(ini);
		values(ini);
		ini_override(ini, arg, &e);
		values(ini);
	} else
		HOLDS(e.status == EXIT_CONF && e.text[0] != '\0');
	ini_free(ini);
	free(arg);
	return 0;
}
