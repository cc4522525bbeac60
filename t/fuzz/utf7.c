/* Modified UTF-7: a name has one form on each side. */
#include "base/pct.h"
#include "fuzz.h"
#include "imap/utf7.h"

static void
from_wire(const char *wire)
{
	struct buf name, back;
	int ok;

	buf_init(&name, 1u << 24);
	buf_init(&back, 1u << 24);
	ok = utf7_decode(&name, wire) == 0;
	HOLDS(ok == utf7_valid(wire));
	if (ok) {
		HOLDS(pct_utf8(buf_cstr(&name)));
		HOLDS(utf7_encode(&back, buf_cstr(&name)) == 0);
		HOLDS(strcmp(buf_cstr(&back), wire) == 0);
	}
	buf_free(&name);
	buf_free(&back);
}

static void
to_wire(const char *name)
{
	struct buf wire, back;
	const char *p;
	int ok;

	buf_init(&wire, 1u << 24);
	buf_init(&back, 1u << 24);
	ok = utf7_encode(&wire, name) == 0;
	HOLDS(ok == pct_utf8(name));
	if (ok) {
		for (p = buf_cstr(&wire); *p != '\0'; p++)
			HOLDS(*p >= 0x20 && *p <= 0x7e);
		HOLDS(utf7_decode(&back, buf_cstr(&wire)) == 0);
		HOLDS(strcmp(buf_cstr(&back), name) == 0);
	}
	buf_free(&wire);
	buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	char *text = food_rest(&f);

	from_wire(text);
	to_wire(text);
	free(text);
	return 0;
}
