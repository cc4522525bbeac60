/* Modified UTF-7: known names, what must be refused, and round trips. */
#include "imap/utf7.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/pct.h"
#include "unit.h"

static const struct {
	const char *wire, *utf8;
} both[] = {
	{ "", "" },
	{ "INBOX", "INBOX" },
	{ "a b~!\"#$%'()*+,-./", "a b~!\"#$%'()*+,-./" },
	{ "&-", "&" },
	{ "Tom &- Jerry", "Tom & Jerry" },
	{ "&--", "&-" },
	{ "&-&-", "&&" },
	{ "Sp&AOk-cial", "Sp\303\251cial" },
	{ "&AOk-&-", "\303\251&" },
	{ "&AOk--", "\303\251-" },
	{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\345\217\260\345\214\227/\346\227\245\346\234\254\350\252\236" },
	{ "&Jjo-!", "\342\230\272!" },
	{ "&2D3eAA-", "\360\237\230\200" },
	{ "&2D3eAADp-", "\360\237\230\200\303\251" },
	{ "&2,,f,w-", "\364\217\277\277" },
	{ "&AAE-", "\001" },
	{ "&AH8-", "\177" },
	{ "&AJs-", "\302\233" },
	{ "&,,8-", "\357\277\277" },
	{ "&AOkA6QDp-", "\303\251\303\251\303\251" },
	{ "&AOkA6Q-", "\303\251\303\251" },
};

static const struct {
	const char *wire, *why;
} bad[] = {
	{ "&", "a lone ampersand" },
	{ "a&b", "an ampersand that shifts nothing" },
	{ "&AOk", "not closed" },
	{ "&AOk/x-", "a slash is no digit here" },
	{ "&AOk=-", "no padding" },
	{ "&AO-", "half a character" },
	{ "&A-", "a third of one" },
	{ "&AOkA-", "six bits too many" },
	{ "&AOl-", "bits left that are not zero" },
	{ "&AEE-", "A needs no shift" },
	{ "&ACY-", "nor does the ampersand, which has its own form" },
	{ "&AAA-", "a NUL" },
	{ "&AOkAAA-", "a NUL later" },
	{ "&2D0-", "a high surrogate alone" },
	{ "&3gA-", "a low one alone" },
	{ "&3gDYPQ-", "the wrong way round" },
	{ "&2D3YPQ-", "two high ones" },
	{ "&AOk-&AOk-", "a superfluous shift" },
	{ "Sp\303\251cial", "UTF-8" },
	{ "\351", "Latin-1" },
	{ "a\tb", "a tab" },
	{ "a\177", "DEL" },
	{ "a\nb", "a line feed" },
	{ "&\303\251-", "UTF-8 in a shift" },
};

static const char *const badutf8[] = {
	"\351", "\300\200", "\355\240\200", "\364\220\200\200", "\342\230", "a\200",
};

/* A random name: mostly letters, ampersands and characters of all lengths. */
static void
random_name(struct buf *b)
{
	static const char *const pieces[] = {
		"a", "-", "&", ",", "+", "/", " ", "~", "\303\251", "\302\200", "\337\277",
		"\340\240\200", "\356\200\200", "\357\277\277", "\360\220\200\200",
		"\364\217\277\277", "\001",
	};
	int i, n = rand() % 12;

	buf_clear(b);
	for (i = 0; i < n; i++)
		buf_str(b, pieces[(size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]))]);
}

static void
round_trips(struct buf *name, struct buf *wire, struct buf *back)
{
	int i;

	for (i = 0; i < 20000; i++) {
		random_name(name);
		buf_clear(wire);
		buf_clear(back);
		unit_row("round trip of %s", buf_cstr(name));
		CHECK_NUM(utf7_encode(wire, buf_cstr(name)), 0);
		CHECK_NUM(utf7_decode(back, buf_cstr(wire)), 0);
		CHECK_STR(buf_cstr(back), buf_cstr(name));
	}
}

/* Whatever decodes is what encoding gives: there is one form of each name. */
static void
canonical(struct buf *wire, struct buf *name, struct buf *back)
{
	static const char letters[] = "&-AQOkDY23eg,w9a";
	int i, j, n, good = 0;

	for (i = 0; i < 400000; i++) {
		buf_clear(wire);
		buf_clear(name);
		buf_clear(back);
		for (j = 0, n = rand() % 9; j < n; j++)
			buf_byte(wire, letters[(size_t)rand() % (sizeof(letters) - 1)]);
		if (utf7_decode(name, buf_cstr(wire)) == -1)
			continue;
		good += strchr(buf_cstr(wire), '&') != NULL;
		unit_row("canonical %s", buf_cstr(wire));
		CHECK_NUM(utf7_encode(back, buf_cstr(name)), 0);
		CHECK_STR(buf_cstr(back), buf_cstr(wire));
	}
	unit_row("canonical");
	CHECK(good > 1000);
}

int
main(void)
{
	struct buf a, b, c;
	size_t i;

	buf_init(&a, 1000);
	buf_init(&b, 1000);
	buf_init(&c, 1000);
	for (i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		unit_row("%s", both[i].wire);
		buf_clear(&a);
		buf_clear(&b);
		CHECK_NUM(utf7_decode(&a, both[i].wire), 0);
		CHECK_STR(buf_cstr(&a), both[i].utf8);
		CHECK(utf7_valid(both[i].wire));
		CHECK_NUM(utf7_encode(&b, both[i].utf8), 0);
		CHECK_STR(buf_cstr(&b), both[i].wire);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unit_row("%s (%s)", bad[i].wire, bad[i].why);
		CHECK_NUM(utf7_decode(&a, bad[i].wire), -1);
		CHECK(!utf7_valid(bad[i].wire));
	}
	for (i = 0; i < sizeof(badutf8) / sizeof(badutf8[0]); i++) {
		unit_row("UTF-8 row %zu", i);
		CHECK_NUM(utf7_encode(&a, badutf8[i]), -1);
	}
	srand(7);
	round_trips(&a, &b, &c);
	canonical(&a, &b, &c);
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
	return unit_end("utf7");
}
