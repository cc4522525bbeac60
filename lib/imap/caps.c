/* What a session can do: capabilities and what is enabled, as ",A,B,". */
#include "imap/session.h"

#include <string.h>

static int
listed(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p = list;

	while (p != NULL && (p = strstr(p, word)) != NULL) {
		if (p > list && p[-1] == ',' && p[n] == ',')
			return 1;
		p++;
	}
	return 0;
}

int
imap_has(const struct imap *im, const char *cap)
{
	return listed(im->caps, cap) && !imap_off(im, cap);
}

int
imap_off(const struct imap *im, const char *cap)
{
	return listed(im->off, cap);
}

int
imap_enabled(const struct imap *im, const char *cap)
{
	return listed(im->enabled, cap);
}
