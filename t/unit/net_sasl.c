/* Base64, the mechanisms' answers, and quoted strings. */
#include <stdlib.h>

#include "net/sasl.h"
#include "unit.h"

static const struct {
	const char *text, *base64;
} pairs[] = {
	/* RFC 4648, section 10 */
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xfe\xfb\xef", "//777w==" },
};

static const char *const no_base64[] = {
	"Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zm9v!", "Zm 9", "=Zg=", "Zg==Zg==", "Zm9v\n", "Zm9\xc3",
};

static const struct {
	const char *text, *quoted;	/* NULL: only a literal will do */
} quotes[] = {
	{ "", "\"\"" },
	{ "plain", "\"plain\"" },
	{ "a b", "\"a b\"" },
	{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "\"", "\"\\\"\"" },
	{ "{3}", "\"{3}\"" },
	{ "tab\there", "\"tab\there\"" },
	{ "cr\rlf", NULL },
	{ "line\nA1 LOGOUT", NULL },
	{ "p\xc3\xa4ss", NULL },
	{ "\x7f", NULL },
};

static void
base64(void)
{
	size_t i, n;
	char *s;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		unit_row("base64 %s", pairs[i].base64);
		s = sasl_base64(pairs[i].text, strlen(pairs[i].text));
		CHECK_STR(s, pairs[i].base64);
		free(s);
		s = sasl_unbase64(pairs[i].base64, &n);
		CHECK_STR(s, pairs[i].text);
		CHECK_NUM(n, strlen(pairs[i].text));
		free(s);
	}
	for (i = 0; i < sizeof(no_base64) / sizeof(no_base64[0]); i++) {
		unit_row("no base64 %s", no_base64[i]);
		s = sasl_unbase64(no_base64[i], &n);
		CHECK(s == NULL);
		free(s);
	}
}

static void
mechanisms(void)
{
	static const char long_key[] =
	    "0123456789012345678901234567890123456789012345678901234567890123456789";
	char *s;
	size_t n;

	unit_row("PLAIN, RFC 4616");
	s = sasl_plain("tim", "tanstaaftanstaaf");
	CHECK_STR(s, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	free(s);
	unit_row("PLAIN with nothing");
	s = sasl_plain("", "");
	CHECK_STR(s, "AAA=");
	free(s);
	unit_row("CRAM-MD5, RFC 2195");
	s = sasl_cram("PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+", "tim",
	    "tanstaaftanstaaf");
	CHECK_STR(s, "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw");
	free(s);
	unit_row("CRAM-MD5 with a key longer than a block");
	s = sasl_cram("PDFAeD4=", "u", long_key);
	CHECK_STR(s, "dSBjNjdiYmQxMGE2NDM5ZjZlOTdiNjQ5OGE3NWJiZTFlOA==");
	free(s);
	unit_row("CRAM-MD5, bad challenge");
	s = sasl_cram("not base64", "tim", "x");
	CHECK(s == NULL);
	free(s);
	unit_row("base64 with a NUL in it");
	s = sasl_unbase64("AAA=", &n);
	CHECK_NUM(n, 2);
	free(s);
}

int
main(void)
{
	size_t i;
	char *s;

	base64();
	mechanisms();
	for (i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		unit_row("quote %zu", i);
		s = sasl_quote(quotes[i].text);
		CHECK_STR(s, quotes[i].quoted);
		free(s);
	}
	return unit_end("net_sasl");
}
