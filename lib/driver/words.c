/* Words of the planner for people. */
#include "driver/words.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "plan/names.h"

static const struct word table[] = {
	{ "maxdelete", LEVEL_WARNING, EXIT_DONE,
	    "more deletions than maxdelete lets through; --allow-delete does it once", 0 },
	{ "uidvalidity", LEVEL_WARNING, EXIT_CONF,
	    "the server has renumbered the folder, which leaves doubts; it is left alone", 0 },
	{ "failed", LEVEL_ERROR, EXIT_FAIL, "it could not be listed", 0 },
	{ "listing", LEVEL_ERROR, EXIT_FAIL, "its listing makes no sense (this is a bug)", 0 },
	{ "replaced", LEVEL_WARNING, EXIT_DONE,
	    "it lacks messages and is another directory than the one that was synced (is a disk not "
	    "mounted?); nothing is done there; --allow-delete takes them as deleted", 0 },
	{ "presence", LEVEL_WARNING, EXIT_DONE,
	    "it could not be listed in full: nothing is taken as deleted there", 0 },
	{ "unreadable", LEVEL_WARNING, EXIT_FAIL, "the file cannot be read", 1 },
	{ "duplicate", LEVEL_WARNING, EXIT_DONE,
	    "another file has the same name; remove one of them, or rename it", 1 },
	{ "nul", LEVEL_WARNING, EXIT_DONE, "it holds a NUL byte, which IMAP cannot carry", 1 },
	{ "empty", LEVEL_WARNING, EXIT_DONE, "the file is empty", 1 },
	{ "ambiguous", LEVEL_WARNING, EXIT_DONE,
	    "the server may have it already; remove the file if it has, rename it if not", 1 },
	{ "refused", LEVEL_INFO, EXIT_DONE, "the server has refused it", 1 },
	{ "loop", LEVEL_ERROR, EXIT_FAIL, NULL, 0 },
	{ "rules-changed", LEVEL_WARNING, EXIT_FAIL, NULL, 0 },
	{ "readonly", LEVEL_INFO, EXIT_DONE, "that side is read-only", 0 },
	{ "sync_deletes", LEVEL_INFO, EXIT_DONE, "deletions are not passed on (sync_deletes)", 0 },
	{ "archive", LEVEL_INFO, EXIT_DONE, "gone from the server, kept here for good (archive)", 0 },
	{ "expunge", LEVEL_INFO, EXIT_DONE, "marked deleted on the server and not expunged", 0 },
	{ "createfolders", LEVEL_INFO, EXIT_DONE, NULL, 0 },
	{ NULL, LEVEL_WARNING, EXIT_DONE, NULL, 0 }
};

const struct word *const words_maxdelete = &table[0];
const struct word *const words_uidvalidity = &table[1];

const struct word *
words_find(const char *word)
{
	const struct word *w;

	for (w = table; w->word != NULL; w++)
		if (word != NULL && strcmp(w->word, word) == 0)
			break;
	return w;
}

const char *
words_text(const char *word)
{
	const struct word *w = words_find(word);
	const char *text = w->text;

	if (text == NULL && word != NULL)
		text = name_why(word);
	return text != NULL ? text : word != NULL ? word : "no reason given";
}
