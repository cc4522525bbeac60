/* Percent encoding of record fields, and foreign text made fit to be shown. */
#include "base/pct.h"
#include "fuzz.h"

static size_t
plain_by_hand(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && s[i] >= 0x21 && s[i] <= 0x7e && s[i] != '%'; i++)
		continue;
	return i;
}

/* What is encoded decodes to itself, and holds nothing that could be mistaken for a field's end. */
static void
encode(const char *text)
{
	struct buf b;
	const char *p;
	char *back;
	int absent;

	buf_init(&b, 1u << 24);
	pct_encode(&b, text);
	for (p = buf_cstr(&b); *p != '\0'; p++)
		HOLDS(*p >= 0x21 && *p <= 0x7e);
	HOLDS(b.len != 0);
	back = pct_decode(buf_cstr(&b), &absent);
	HOLDS(back != NULL && !absent && strcmp(back, text) == 0);
	buf_free(&b);
}

/* What decodes has one meaning, whatever way it was written. */
static void
decode(const char *text)
{
	char *copy = mem_dup(text), *got;
	int absent;

	got = pct_decode(copy, &absent);
	HOLDS(!absent || (got == NULL && strcmp(text, "-") == 0));
	if (got != NULL) {
		HOLDS(strlen(got) <= strlen(text));
		encode(got);
	}
	free(copy);
}

/* What is shown is one printable line of UTF-8, and stays as it is when it is shown again. */
static void
show(const char *text)
{
	struct buf b, again;
	const char *p;

	buf_init(&b, 1u << 24);
	buf_init(&again, 1u << 24);
	pct_show(&b, text);
	HOLDS(pct_utf8(buf_cstr(&b)));
	for (p = buf_cstr(&b); *p != '\0'; p++)
		HOLDS((unsigned char)*p >= 0x20 && *p != 0x7f);
	HOLDS(strstr(buf_cstr(&b), "\xc2\x9b") == NULL && strstr(buf_cstr(&b), "\xe2\x80\xae") == NULL);
	pct_show(&again, buf_cstr(&b));
	HOLDS(strcmp(buf_cstr(&b), buf_cstr(&again)) == 0);
	buf_free(&b);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	char *text;

	HOLDS(pct_plain((const char *)data, size) == plain_by_hand((const char *)data, size));
	text = food_rest(&f);
	encode(text);
	decode(text);
	show(text);
	free(text);
	return 0;
}
