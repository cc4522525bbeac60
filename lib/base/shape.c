/* The verbs of offlineimap-records(5). */
#include "base/shape.h"

#include <string.h>

/* Every verb, its positionals, its keys in C order. */
static const struct shape shapes[] = {
	/* heads and listings */
	{ "listing", 1, " account " },
	{ "tree", 3, " sep why " },
	{ "pair", 2, " fmd5 ltrash maxdelete rtrash rules total " },
	{ "folder", 3, " again count cur distrust fv gen intents kept kind modseq new next other renewed ro rows rules rung since "
	    "validity was why " },
	{ "m", 2, " bad date dig dir flags full kept kw name size uid " },
	{ "rows", 2, " " },
	{ "was", 2, " date dig flags kept name size " },
	{ "gone", 2, " name " },
	{ "intent", 2, " date dig gen kept name next size " },
	{ "end", 3, " " },
	/* plans */
	{ "plan", 1, " account " },
	{ "create", 3, " " },
	{ "renew", 4, " down gen now paired saved up " },
	{ "copy", 4, " date dig flags gen kw name next size "
	    "spool spooldate spooldig spoolflags spoolsize " },
	{ "adopt", 4, " flags name size " },
	{ "agree", 4, " flags name was " },
	{ "flags", 4, " add del kwadd kwdel name was " },
	{ "delete", 4, " name size was " },
	{ "move", 6, " name size was " },
	{ "forget", 4, " name " },
	{ "keep", 4, " again flags name now saved size text was why " },
	{ "probe", 4, " full gone name " },
	{ "note", 1, " caps folders kept local rung text " },
	{ "mark", 3, " count cur gen lines modseq new next rules sum validity " },
	/* what differs */
	{ "verify", 1, " account full " },
	{ "differ", 4, " again flags full lflags lfull lsize name size text why " },
	/* what was taken over from another program */
	{ "import", 2, " from gone left msgs validity " },
	/* the end of a report, and of what differs */
	{ "stat", 0, " differ down folders msgs turns up " },
};

const struct shape *
shape_of(const char *verb)
{
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (*shapes[i].verb == *verb && strcmp(shapes[i].verb, verb) == 0)
			return &shapes[i];
	return NULL;
}

const char *
shape_key(const char *p, const char *key, size_t n)
{
	size_t i;

	while (*p != '\0') {
		for (i = 0; i < n && p[i] == key[i]; i++)
			continue;
		if (i == n && p[i] == ' ')
			return p;
		while (*p++ != ' ')
			continue;
	}
	return NULL;
}
