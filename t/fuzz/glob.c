/* Lists of folders: the first line is a list, the others are names. */
#include "base/buf.h"
#include "conf/glob.h"
#include "fuzz.h"

/* A list of one pattern that is the name itself, whatever is in it. */
static void
literal(const char *name, int exclude)
{
	struct err e = { 0 };
	struct glob *g;
	struct buf b;
	const char *p;

	if (*name == '\0')
		return;
	buf_init(&b, 1u << 24);
	if (exclude)
		buf_str(&b, "*, ! ");
	for (p = name; *p != '\0'; p++) {
		buf_byte(&b, '\\');
		buf_byte(&b, *p);
	}
	HOLDS((g = glob_parse(buf_cstr(&b), "fuzz", &e)) != NULL);
	HOLDS(glob_match(g, name) == !exclude);
	buf_clear(&b);
	buf_printf(&b, "%sx", name);
	HOLDS(glob_match(g, buf_cstr(&b)) == exclude);
	glob_free(g);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	char *list = food_line(&f), *name;
	struct err e = { 0 };
	struct glob *g = glob_parse(list, "fuzz", &e);

	HOLDS((g == NULL) == (e.status == EXIT_CONF));
	while (f.n != 0) {
		name = food_line(&f);
		if (g != NULL)
			glob_match(g, name);
		literal(name, 0);
		literal(name, 1);
		free(name);
	}
	glob_free(g);
	free(list);
	return 0;
}
