/* The names of the rungs. */
#include "base/rung.h"

#include <string.h>

static const char *const words[] = {
	[RUNG_PLAIN] = "plain",
	[RUNG_SEARCH] = "search",
	[RUNG_CONDSTORE] = "condstore",
	[RUNG_QRESYNC] = "qresync",
};

#define WORDS	(sizeof(words) / sizeof(words[0]))

const char *
rung_word(unsigned rung)
{
	return rung < WORDS ? words[rung] : NULL;
}

enum rung
rung_of(const char *word)
{
	size_t i;

	for (i = RUNG_PLAIN; word != NULL && i < WORDS; i++)
		if (strcmp(words[i], word) == 0)
			return (enum rung)i;
	return RUNG_ANY;
}
