/* INTERNALDATE and time_t. */
#include "base/date.h"
#include "fuzz.h"

/* A time that can be written reads as itself. */
static void
both_ways(time_t t)
{
	char text[DATE_LEN];
	time_t back;

	if (date_format(t, text) == -1) {
		HOLDS(t < 0 || t > 253402300799);
		return;
	}
	HOLDS(strlen(text) == DATE_LEN - 1);
	HOLDS(date_parse(text, &back) == 0 && back == t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	time_t t;
	char *text;

	both_ways((time_t)food_number(&f, 8));
	f = (struct food){ data, size };
	text = food_rest(&f);
	if (date_parse(text, &t) == 0) {
		HOLDS(strlen(text) == DATE_LEN - 1);
		both_ways(t);
	}
	free(text);
	return 0;
}
