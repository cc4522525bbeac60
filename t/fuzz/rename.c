/*
 * Renaming rules: the first line is rules, the others are names.  The C library's
 * regular expressions are not what is tested, and rules are the user's own: short ones without
 * counts and back references, which can take it any time.
 */
#include "base/buf.h"
#include "conf/rename.h"
#include "fuzz.h"

#define RULES_MAX	64
#define NAME_MAX_LEN	200

static int
cheap(const char *rules)
{
	const char *p;
	int stars = 0;

	for (p = rules; *p != '\0'; p++) {
		stars += *p == '*' || *p == '+' || *p == '?';
		if (*p == '{' || (*p == '\\' && p[1] >= '1' && p[1] <= '9' && strchr(p, '(') != NULL))
			return 0;
	}
	return strlen(rules) <= RULES_MAX && stars <= 4;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	char *rules = food_line(&f), *name;
	struct err e = { 0 };
	struct rename *rn;
	struct buf b, plain;

	if (!cheap(rules)) {
		free(rules);
		return 0;
	}
	rn = rename_parse(rules, "fuzz", &e);
	HOLDS((rn == NULL) == (e.status == EXIT_CONF));
	while (f.n != 0 && rn != NULL) {
		name = food_line(&f);
		name[strlen(name) < NAME_MAX_LEN ? strlen(name) : NAME_MAX_LEN] = '\0';
		buf_init(&b, 1u << 16);
		rename_apply(rn, name, &b);
		buf_init(&plain, 1u << 16);
		rename_apply(NULL, name, &plain);
		HOLDS(strcmp(buf_cstr(&plain), name) == 0);
		if (rules[strspn(rules, " \t\r;")] == '\0')
			HOLDS(strcmp(buf_cstr(&b), name) == 0);
		buf_free(&b);
		buf_free(&plain);
		free(name);
	}
	rename_free(rn);
	free(rules);
	return 0;
}
