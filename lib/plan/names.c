/* Names of folders: from one side to the other, and what is wrong with them. */
#include "plan/names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/pct.h"
#include "conf/account.h"
#include "conf/glob.h"
#include "conf/rename.h"
#include "imap/utf7.h"

#define GROWN_MAX	16384	/* bytes of a name while rules work on it */

/* The words of rules=, in C order, without those of one run. */
static void
set_words(struct name_rules *n, const struct account *a)
{
	const struct {
		int on;
		const char *word;
	} words[] = {
		{ a->local.archive, "archive" },
		{ !a->local.createfolders, "lnocreate" },
		{ !a->local.sync_deletes, "lnodelete" },
		{ a->local.readonly, "lreadonly" },
		{ !a->remote.expunge, "noexpunge" },
		{ !a->remote.createfolders, "rnocreate" },
		{ !a->remote.sync_deletes, "rnodelete" },
		{ a->remote.readonly, "rreadonly" },
	};
	size_t i;

	n->words[0] = '\0';
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!words[i].on)
			continue;
		if (n->words[0] != '\0')
			strlcat(n->words, ",", sizeof(n->words));
		ENSURE(strlcat(n->words, words[i].word, sizeof(n->words)) < sizeof(n->words));
	}
}

/* Compiles one side's options; 0 or -1. */
static int
side_open(struct name_side *s, const char *folders, const char *folders_at,
    const char *rules, const char *rules_at, struct err *e)
{
	char where[400];

	snprintf(where, sizeof(where), "%s: folders", folders_at != NULL ? folders_at : "");
	if ((s->folders = glob_parse(folders, where, e)) == NULL)
		return -1;
	snprintf(where, sizeof(where), "%s: rename", rules_at != NULL ? rules_at : "");
	return (s->rename = rename_parse(rules, where, e)) == NULL ? -1 : 0;
}

/* Where deleted messages go: the name must be one that a folder can have. */
static int
trash_open(struct name_rules *n, const struct account *a, struct err *e)
{
	const char *bad = NULL, *at = a->remote.trash_at;

	/* marked and not expunged, they stay where they are */
	n->rtrash = a->remote.expunge ? a->remote.trash : NULL;
	n->ltrash = a->local.trash;
	if (a->remote.trash != NULL)
		bad = name_bad_remote(n, a->remote.trash, 0);
	if (bad == NULL && a->local.trash != NULL) {
		at = a->local.trash_at;
		bad = name_bad_local(n, a->local.trash);
	}
	if (bad != NULL)
		return err_conf(e, "%s: option 'trashfolder': %s", at, name_why(bad));
	return 0;
}

int
name_rules_open(struct name_rules *n, const struct account *a, struct err *e)
{
	const struct remote *r = &a->remote;
	const struct local *l = &a->local;

	memset(n, 0, sizeof(*n));
	n->utf8 = a->utf8foldernames;
	n->reference = r->reference;
	n->remote.sep = "/";
	n->remote.create = r->createfolders && !r->readonly;
	n->local.sep = l->sep;
	n->local.create = l->createfolders && !l->readonly;
	set_words(n, a);
	n->limit = (struct maxdelete){ !a->maxdelete_on, a->maxdelete_count, a->maxdelete_percent };
	strlcpy(n->maxdelete, "-", sizeof(n->maxdelete));
	if (a->maxdelete_on)
		snprintf(n->maxdelete, sizeof(n->maxdelete), "%u,%u", a->maxdelete_count,
		    a->maxdelete_percent);
	if (side_open(&n->remote, r->folders, r->folders_at, r->rename, r->rename_at, e) == 0 &&
	    side_open(&n->local, l->folders, l->folders_at, l->rename, l->rename_at, e) == 0 &&
	    trash_open(n, a, e) == 0)
		return 0;
	name_rules_close(n);
	return -1;
}

void
name_rules_close(struct name_rules *n)
{
	glob_free(n->remote.folders);
	glob_free(n->local.folders);
	rename_free(n->remote.rename);
	rename_free(n->local.rename);
	memset(n, 0, sizeof(*n));
}

int
name_inbox(const char *s)
{
	return strcasecmp(s, "INBOX") == 0;
}

const char *
name_folded(const char *s)
{
	return name_inbox(s) ? "INBOX" : s;
}

int
name_same(const char *a, const char *b)
{
	return strcmp(name_folded(a), name_folded(b)) == 0;
}

/* The visible name: as the side's rules give it, which see INBOX in capitals. */
static void
visible(const struct name_side *s, const char *name, struct buf *b)
{
	buf_init(b, GROWN_MAX);
	rename_apply(s->rename, name_folded(name), b);
}

/* A name of one side as the other one's, separators included. */
static void
translate(const struct name_side *from, const struct name_side *to, const char *name,
    struct buf *out)
{
	size_t n = strlen(from->sep);
	struct buf v;
	const char *s;

	visible(from, name, &v);
	if (buf_bad(&v))
		out->bad = 1;
	for (s = buf_cstr(&v); *s != '\0'; ) {
		if (n != 0 && *to->sep != '\0' && strncmp(s, from->sep, n) == 0) {
			buf_str(out, to->sep);
			s += n;
		} else
			buf_byte(out, *s++);
	}
	buf_free(&v);
}

void
name_to_local(const struct name_rules *n, const char *remote, struct buf *out)
{
	translate(&n->remote, &n->local, remote, out);
	/* OfflineIMAP: the bare separator is the root folder. */
	if (strcmp(buf_cstr(out), n->local.sep) == 0)
		buf_clear(out);
}

/* What stands in front of a remote name that the rules give, so that it is below the reference. */
static void
put_above(const struct name_rules *n, const char *remote, struct buf *out)
{
	size_t len = strlen(n->reference), sep = strlen(n->remote.sep);
	int ends = len >= sep && strcmp(n->reference + len - sep, n->remote.sep) == 0;
	int below = strncmp(remote, n->reference, len) == 0 &&
	    (ends || strncmp(remote + len, n->remote.sep, sep) == 0);

	/* INBOX is where it is, whatever LIST names */
	if (len == 0 || *remote == '\0' || name_inbox(remote) || below)
		return;
	buf_str(out, n->reference);
	if (!ends)
		buf_str(out, n->remote.sep);
}

void
name_to_remote(const struct name_rules *n, const char *local, struct buf *out)
{
	struct buf b;

	buf_init(&b, GROWN_MAX);
	translate(&n->local, &n->remote, local, &b);
	out->bad |= buf_bad(&b);
	put_above(n, buf_cstr(&b), out);
	buf_str(out, buf_cstr(&b));
	buf_free(&b);
}

void
name_fmd5(const struct name_rules *n, const char *local, char md5[33])
{
	struct buf b;

	buf_init(&b, GROWN_MAX);
	rename_apply(n->local.rename, local, &b);
	digest_fmd5(buf_cstr(&b), md5);
	buf_free(&b);
}

int
name_selects_remote(const struct name_rules *n, const char *remote)
{
	size_t i;

	if (n->nonly == 0)
		return glob_match(n->remote.folders, remote);
	for (i = 0; i < n->nonly; i++)
		if (name_same(n->only[i], remote))
			return 1;
	return 0;
}

int
name_selects_local(const struct name_rules *n, const char *local)
{
	return glob_match(n->local.folders, local);
}

/* 1 if there is a control character: C0, DEL, or C1 as a character or a stray byte. */
static int
control(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	int more = 0;		/* bytes that continue a character */

	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
			return 1;
		if ((*p & 0xc0) != 0x80)
			more = *p < 0xc0 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
		else if (more > 0)
			more--;
		else if (*p <= 0x9f)
			return 1;
	}
	return 0;
}

/* The next part of a name; moves *s behind its separator, NULL after the last. */
static size_t
part(const char **s, const char *sep)
{
	const char *end = strstr(*s, sep);
	size_t n = end != NULL ? (size_t)(end - *s) : strlen(*s);

	*s = end != NULL ? end + strlen(sep) : NULL;
	return n;
}

static int
dots(const char *s, size_t n)
{
	return n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.');
}

static int
reserved(const char *s, size_t n)
{
	return n == 3 && (strncmp(s, "cur", 3) == 0 || strncmp(s, "new", 3) == 0 ||
	    strncmp(s, "tmp", 3) == 0);
}

/* What is wrong with a name on either side, or NULL. */
static const char *
unfit(const char *name)
{
	if (strlen(name) > NAME_MAX_BYTES)
		return "name-long";
	return control(name) ? "name-control" : NULL;
}

const char *
name_bad_remote(const struct name_rules *n, const char *name, int new)
{
	const char *bad, *s, *next;
	size_t len;

	if ((bad = unfit(name)) != NULL)
		return bad;
	if (n->utf8 ? !pct_utf8(name) : !utf7_valid(name))
		return "name-utf7";
	if (*name == '\0')
		return "name-dots";
	if (!new)
		return NULL;
	/* CREATE INBOX is an error (RFC 3501, 6.3.3). */
	if (name_inbox(name))
		return "name-reserved";
	for (s = name; *n->remote.sep != '\0' && s != NULL; s = next) {
		next = s;
		len = part(&next, n->remote.sep);
		if (dots(s, len))
			return "name-dots";
	}
	return NULL;
}

const char *
name_bad_local(const struct name_rules *n, const char *name)
{
	const char *bad, *s, *next;
	size_t len;

	if ((bad = unfit(name)) != NULL)
		return bad;
	if (!pct_utf8(name))
		return "name-utf7";
	if (strcmp(n->local.sep, "/") != 0 && strchr(name, '/') != NULL)
		return "name-slash";
	for (s = *name != '\0' ? name : NULL; s != NULL; s = next) {
		next = s;
		len = part(&next, "/");
		if (dots(s, len))
			return "name-dots";
		if (reserved(s, len))
			return "name-reserved";
		if (len > NAME_MAX_PART)
			return "name-long";
	}
	return NULL;
}

/* 1 if a name of one side, and what the rules make of it, holds the other's separator. */
static int
ambiguous(const struct name_side *from, const struct name_side *to, const char *name)
{
	struct buf v;
	int r;

	if (*from->sep == '\0' || *to->sep == '\0' || strcmp(from->sep, to->sep) == 0 ||
	    strstr(name, to->sep) == NULL)
		return 0;
	visible(from, name, &v);
	r = strstr(buf_cstr(&v), to->sep) != NULL;
	buf_free(&v);
	return r;
}

int
name_ambiguous_remote(const struct name_rules *n, const char *name)
{
	return ambiguous(&n->remote, &n->local, name);
}

int
name_ambiguous_local(const struct name_rules *n, const char *name)
{
	return ambiguous(&n->local, &n->remote, name);
}
