/* Rules and the limit of deletions. */
#include "plan/rules.h"

#include <stddef.h>
#include <string.h>

#define DEFAULT_N	50
#define DEFAULT_PERCENT	50

static const struct {
	const char *word;
	unsigned bit;
} words[] = {
	{ "allowdelete", RULE_ALLOWDELETE },
	{ "archive", RULE_ARCHIVE },
	{ "lnocreate", RULE_LNOCREATE },
	{ "lnodelete", RULE_LNODELETE },
	{ "lreadonly", RULE_LREADONLY },
	{ "noexpunge", RULE_NOEXPUNGE },
	{ "recover", RULE_RECOVER },
	{ "rnocreate", RULE_RNOCREATE },
	{ "rnodelete", RULE_RNODELETE },
	{ "rreadonly", RULE_RREADONLY },
};

/* The bit of one word, 0 if there is none such. */
static unsigned
bit_of(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == n && memcmp(words[i].word, s, n) == 0)
			return words[i].bit;
	return 0;
}

int
rules_parse(const char *s, unsigned *rules)
{
	unsigned bit;
	size_t n;

	*rules = 0;
	if (s == NULL || *s == '\0')
		return 0;
	for (;; s += n + 1) {
		n = strcspn(s, ",");
		if ((bit = bit_of(s, n)) == 0)
			return -1;
		*rules |= bit;
		if (s[n] == '\0')
			return 0;
	}
}

/* Both numbers of "N,P"; 0 or -1. */
static int
two_numbers(const char *s, struct maxdelete *m)
{
	const char *comma = strchr(s, ',');
	char first[24];

	if (comma == NULL || (size_t)(comma - s) >= sizeof(first))
		return -1;
	memcpy(first, s, (size_t)(comma - s));
	first[comma - s] = '\0';
	return rec_number(first, &m->n) == -1 || rec_number(comma + 1, &m->percent) == -1 ? -1 : 0;
}

int
maxdelete_read(const struct rec *rec, struct maxdelete *m)
{
	int i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < rec->nkey; i++)
		if (strcmp(rec->key[i], "maxdelete") == 0) {
			m->never = rec->val[i] == NULL;
			return m->never ? 0 : two_numbers(rec->val[i], m);
		}
	m->n = DEFAULT_N;
	m->percent = DEFAULT_PERCENT;
	return 0;
}

int
maxdelete_holds(const struct maxdelete *m, uint64_t deletions, uint64_t rows)
{
	if (m->never || deletions <= m->n)
		return 0;
	/* the rows of a folder are fewer than 2^32: no overflow */
	return m->percent > 100 ? 0 : deletions * 100 > m->percent * rows;
}
