/* Flag letters. */
#include "base/flags.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char letters[] = "DFRST";	/* in the order of the bits */
static const char *const names[] = {
	"\\Draft", "\\Flagged", "\\Answered", "\\Seen", "\\Deleted"
};

unsigned
flags_bit(char c)
{
	const char *p = c != '\0' ? strchr(letters, c) : NULL;

	return p != NULL ? 1u << (p - letters) : 0;
}

const char *
flags_format(unsigned flags, char to[FLAGS_LEN])
{
	size_t i, n = 0;

	for (i = 0; letters[i] != '\0'; i++)
		if (flags & 1u << i)
			to[n++] = letters[i];
	to[n] = '\0';
	return to;
}

int
flags_parse(const char *s, unsigned *flags)
{
	unsigned bit, got = 0;

	if (s == NULL)
		return -1;
	for (; *s != '\0'; s++) {
		bit = flags_bit(*s);
		if (bit == 0 || bit <= got)
			return -1;
		got |= bit;
	}
	*flags = got;
	return 0;
}

unsigned
flags_imap(const char *name)
{
	size_t i;

	for (i = 0; letters[i] != '\0'; i++)
		if (strcasecmp(names[i], name) == 0)
			return 1u << i;
	return 0;
}

const char *
flags_name(unsigned bit)
{
	size_t i;

	for (i = 0; letters[i] != '\0'; i++)
		if (bit == 1u << i)
			return names[i];
	return NULL;
}
