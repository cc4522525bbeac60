/* Records of sync-verify for people. */
#include "driver/differ.h"

#include <string.h>

#include "base/buf.h"

#define SENTENCE_MAX	(64u << 10)

/* Why nothing can be said of a folder; what is not here has words of its own (words.h). */
static const struct {
	const char *word, *text;
} unproven[] = {
	{ "failed", "it could not be listed" },
	{ "presence", "it does not hold still" },
	{ "listing", "its listing makes no sense" },
	{ "left-out", "it is left out" },
};

static const char *
unproven_text(const char *why)
{
	size_t i;

	for (i = 0; why != NULL && i < sizeof(unproven) / sizeof(unproven[0]); i++)
		if (strcmp(unproven[i].word, why) == 0)
			return unproven[i].text;
	return NULL;
}

int
differ_unproven(const struct rec *rec)
{
	return rec->pos[3] == NULL && unproven_text(rec_get(rec, "why")) != NULL;
}

static void
folder(const struct rec *rec, const struct account *a, struct buf *b)
{
	const char *why = rec_get(rec, "why"), *text = rec_get(rec, "text");
	const char *not_proven = unproven_text(why);
	int local = rec->pos[1] == NULL || rec_same(rec->pos[0], "remote");
	const char *name = rec->pos[local ? 2 : 1];

	buf_printf(b, "Folder %s[%s]", name == NULL ? "-" : *name == '\0' ? "\"\"" : name,
	    local && rec->pos[2] != NULL ? a->local.name : a->remote.name);
	if (not_proven != NULL)
		buf_printf(b, " is not proven: %s", not_proven);
	else if (rec_same(rec->pos[0], "both"))
		buf_printf(b, " is not compared: %s", words_text(why));
	else {
		buf_printf(b, " is not %s", local ? "on the server" : "in the Maildir");
		if (!rec_same(why, "missing"))
			buf_printf(b, ": %s", words_text(why));
	}
	if (text != NULL)
		buf_printf(b, ": %s", text);
}

/* "4711 bytes, flags FS". */
static void
looks(const char *size, const char *flags, struct buf *b)
{
	if (size != NULL)
		buf_printf(b, "%s bytes, ", size);
	if (flags == NULL || *flags == '\0')
		buf_str(b, "no flags");
	else
		buf_printf(b, "flags %s", flags);
}

static void
message(const struct rec *rec, const struct account *a, struct buf *b)
{
	const char *uid = rec->pos[3] != NULL ? strchr(rec->pos[3], ':') : NULL;
	const char *size = rec_get(rec, "size"), *lsize = rec_get(rec, "lsize");
	const char *flags = rec_get(rec, "flags"), *lflags = rec_get(rec, "lflags");
	const char *name = rec_get(rec, "name"), *why = rec_get(rec, "why");
	int both = rec_same(rec->pos[0], "both"), local = rec->pos[3] == NULL;

	buf_printf(b, "%s[%s]: ", rec->pos[local ? 2 : 1] != NULL ? rec->pos[local ? 2 : 1] : "-",
	    local ? a->local.name : a->remote.name);
	if (local)
		buf_printf(b, "%s (", name != NULL ? name : "-");
	else
		buf_printf(b, "UID %s (", uid != NULL ? uid + 1 : "-");
	looks(size, flags, b);
	if (both) {
		buf_printf(b, ") is not like %s (", name != NULL ? name : "-");
		looks(lsize != NULL ? lsize : size, lflags != NULL ? lflags : flags, b);
		buf_str(b, rec_get(rec, "lfull") != NULL ? ", other text)" : ")");
	} else
		buf_printf(b, ") is not %s", local ? "on the server" : "in the Maildir");
	if (why != NULL)
		buf_printf(b, ": %s", words_text(why));
}

void
differ_tell(const struct rec *rec, const struct account *a, struct sink *to)
{
	struct buf b;

	buf_init(&b, SENTENCE_MAX);
	if (rec->pos[3] == NULL && rec_get(rec, "name") == NULL)
		folder(rec, a, &b);
	else
		message(rec, a, &b);
	sink_say(to, LEVEL_WARNING, "%s", buf_bad(&b) ? rec->line : buf_cstr(&b));
	buf_free(&b);
}
