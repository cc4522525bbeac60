/* Gathering a folder's changes for people. */
#include "driver/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "driver/pipe.h"
#include "driver/words.h"

#define SET_MAX	2000	/* bytes of a UID set that are shown */
#define FIND_MAX 8192	/* of a command */

static void
empty_set(struct changes_set *s)
{
	buf_clear(&s->text);
	s->n = s->first = s->last = 0;
}

static void
empty(struct changes *c)
{
	int i;

	memset(c->copies, 0, sizeof(c->copies));
	memset(c->add, 0, sizeof(c->add));
	memset(c->del, 0, sizeof(c->del));
	for (i = 0; i < 2; i++) {
		empty_set(&c->deleted[i]);
		empty_set(&c->moved[i]);
		free(c->to[i]);
		c->to[i] = NULL;
	}
	c->nkept = 0;
	while (c->ndoubts > 0)
		free(c->doubts[--c->ndoubts]);
	empty_set(&c->doubted);
}

void
changes_open(struct changes *c)
{
	int i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < 2; i++) {
		buf_init(&c->deleted[i].text, SET_MAX);
		buf_init(&c->moved[i].text, SET_MAX);
	}
	buf_init(&c->doubted.text, SET_MAX);
}

void
changes_close(struct changes *c)
{
	int i;

	for (i = 0; i < 2; i++) {
		buf_free(&c->deleted[i].text);
		buf_free(&c->moved[i].text);
		free(c->to[i]);
		c->to[i] = NULL;
	}
	while (c->ndoubts > 0)
		free(c->doubts[--c->ndoubts]);
	buf_free(&c->doubted.text);
	free(c->remote);
	free(c->local);
	c->remote = c->local = NULL;
}

static const char *
name(const struct rec *rec, int i)
{
	return rec->npos > i && rec->pos[i] != NULL ? rec->pos[i] : "-";
}

int
changes_same(const struct changes *c, const struct rec *rec)
{
	return c->remote != NULL && strcmp(c->remote, name(rec, 1)) == 0 &&
	    strcmp(c->local, name(rec, 2)) == 0;
}

void
changes_begin(struct changes *c, const struct rec *rec)
{
	free(c->remote);
	free(c->local);
	c->remote = mem_dup(name(rec, 1));
	c->local = mem_dup(name(rec, 2));
	empty(c);
}

/* Writes the run that has ended. */
static void
put_run(struct changes_set *s)
{
	if (s->first == 0)
		return;
	if (s->text.len != 0)
		buf_byte(&s->text, ',');
	buf_printf(&s->text, "%u", s->first);
	if (s->last != s->first)
		buf_printf(&s->text, ":%u", s->last);
	s->first = 0;
}

static void
put_uid(struct changes_set *s, uint32_t uid)
{
	s->n++;
	if (s->first != 0 && uid == s->last + 1) {
		s->last = uid;
		return;
	}
	put_run(s);
	s->first = s->last = uid;
}

static void
count_flags(uint64_t counts[5], const char *letters)
{
	const char *p;

	for (; letters != NULL && *letters != '\0'; letters++)
		if ((p = strchr(CHANGES_FLAGS, *letters)) != NULL)
			counts[p - CHANGES_FLAGS]++;
}

static void
count_kept(struct changes *c, const struct rec *rec)
{
	const char *why = rec_get(rec, "why");
	const char *file = rec_get(rec, "name");
	int i, side = summary_side(rec);
	struct changes_kept *k;

	for (i = 0; i < c->nkept; i++)
		if (c->kept[i].side == side && strcmp(c->kept[i].why, why != NULL ? why : "") == 0)
			break;
	if (i == CHANGES_WHY)
		return;
	k = &c->kept[i];
	if (i == c->nkept) {
		c->nkept++;
		k->n = k->named = 0;
		k->names[0] = '\0';
		k->side = side;
		strlcpy(k->why, why != NULL ? why : "", sizeof(k->why));
	}
	k->n++;
	if (file == NULL || !words_find(why)->file ||
	    strlen(k->names) + strlen(file) + 3 > sizeof(k->names))
		return;
	if (k->named++ != 0)
		strlcat(k->names, ", ", sizeof(k->names));
	strlcat(k->names, file, sizeof(k->names));
}

/* A file and a message that may be one, or one of several that may. */
static void
count_doubt(struct changes *c, const struct rec *rec)
{
	const char *file = rec_get(rec, "name");
	uint32_t validity, uid;

	if (rec_id(rec->pos[3], &validity, &uid, 0) == 0)
		put_uid(&c->doubted, uid);
	else if (file != NULL && c->ndoubts < CHANGES_DOUBTS)
		c->doubts[c->ndoubts++] = mem_dup(file);
}

void
changes_add(struct changes *c, const struct rec *rec)
{
	int side = summary_side(rec);
	uint32_t validity, uid;

	if (rec_is(rec, "keep")) {
		count_kept(c, rec);
		if (rec_same(rec_get(rec, "why"), "ambiguous"))
			count_doubt(c, rec);
	} else if (side == -1)
		return;
	else if (rec_is(rec, "copy"))
		c->copies[side]++;
	else if (rec_is(rec, "flags")) {
		count_flags(c->add[side], rec_get(rec, "add"));
		count_flags(c->del[side], rec_get(rec, "del"));
	} else if (rec_is(rec, "delete") && rec_id(rec->pos[3], &validity, &uid, 0) == 0)
		put_uid(&c->deleted[side], uid);
	else if (rec_is(rec, "move") && rec_id(rec->pos[3], &validity, &uid, 0) == 0) {
		put_uid(&c->moved[side], uid);
		if (c->to[side] == NULL)
			c->to[side] = mem_dup(name(rec, side == ON_REMOTE ? 4 : 5));
	}
}

/* A test of find(1) for files of just that base name. */
static void
put_test(struct buf *b, const char *file, int infosep)
{
	const char *p;
	struct buf name;

	buf_init(&name, 4096);
	for (p = file; *p != '\0'; p++) {
		if (strchr("*?[\\", *p) != NULL)
			buf_byte(&name, '\\');
		buf_byte(&name, *p);
	}
	buf_str(b, " -name ");
	pipe_quote(b, buf_cstr(&name));
	buf_printf(&name, "%c2,*", infosep);
	buf_str(b, " -o -name ");
	pipe_quote(b, buf_cstr(&name));
	buf_free(&name);
}

/* The command that removes a file, so that what the server has is copied. */
static void
put_find(struct buf *b, const struct changes *c, const char *file, const struct account *a)
{
	static const char *const dirs[] = { "cur", "new" };
	char *path;
	size_t i;

	buf_str(b, "find");
	for (i = 0; i < 2; i++) {
		path = mem_printf("%s/%s%s%s", a->local.root, c->local, *c->local != '\0' ? "/" : "", dirs[i]);
		buf_byte(b, ' ');
		pipe_quote(b, path);
		free(path);
	}
	buf_str(b, " \\(");
	put_test(b, file, a->infosep);
	buf_str(b, " \\) -delete");
}

/* What may be there twice, and how to have it there once. */
static void
tell_doubts(struct changes *c, const struct account *a, struct sink *to)
{
	struct buf b;
	int i;

	put_run(&c->doubted);
	for (i = 0; i < c->ndoubts; i++) {
		buf_init(&b, FIND_MAX);
		put_find(&b, c, c->doubts[i], a);
		if (!buf_bad(&b) && c->doubted.n == 0)
			sink_say(to, LEVEL_WARNING, "If %s[%s] has %s, this removes the file: %s", c->remote,
			    a->remote.name, c->doubts[i], buf_cstr(&b));
		else if (!buf_bad(&b))
			sink_say(to, LEVEL_WARNING, "If %s is UID %s of %s[%s], this removes the file, and the next run "
			    "copies the message%s: %s", c->doubts[i], buf_bad(&c->doubted.text) ? "(many)" :
			    buf_cstr(&c->doubted.text), c->remote, a->remote.name,
			    c->ndoubts == 1 ? "" : ", once no other file may be it", buf_cstr(&b));
		buf_free(&b);
	}
}

static void
tell_kept(const struct changes_kept *k, const struct changes *c, const struct account *a,
    struct sink *to)
{
	const struct word *w = words_find(k->why);
	int remote = k->side == ON_REMOTE;
	char more[40] = "";

	if (k->named != 0) {
		if (k->named < k->n)
			snprintf(more, sizeof(more), " and %llu more",
			    (unsigned long long)(k->n - k->named));
		sink_say(to, w->level, "Keeping %llu messages only in %s[%s]: %s: %s%s",
		    (unsigned long long)k->n, c->local, a->local.name, words_text(k->why),
		    k->names, more);
		return;
	}
	sink_say(to, w->level, "Keeping %llu messages on %s[%s]: %s", (unsigned long long)k->n,
	    remote ? c->remote : c->local, remote ? a->remote.name : a->local.name,
	    words_text(k->why));
}

static void
tell_side(struct changes *c, int side, const struct account *a, struct sink *to,
    const char *prefix)
{
	const char *folder = side == ON_REMOTE ? c->remote : c->local;
	const char *where = side == ON_REMOTE ? "IMAP" : "Maildir";
	struct changes_set *del = &c->deleted[side], *moved = &c->moved[side];
	int i;

	if (c->copies[side] != 0)
		sink_say(to, LEVEL_INFO, "%sCopy %llu messages from %s[%s] to %s", prefix,
		    (unsigned long long)c->copies[side],
		    side == ON_LOCAL ? c->remote : c->local,
		    side == ON_LOCAL ? a->remote.name : a->local.name,
		    side == ON_LOCAL ? a->local.name : a->remote.name);
	put_run(del);
	if (del->n != 0)
		sink_say(to, LEVEL_INFO, "%sDeleting %llu messages (%s) in %s[%s]", prefix,
		    (unsigned long long)del->n, buf_bad(&del->text) ? "many" : buf_cstr(&del->text),
		    where, folder);
	put_run(moved);
	if (moved->n != 0)
		sink_say(to, LEVEL_INFO, "%sMoving %llu messages (%s) in %s[%s] to %s", prefix,
		    (unsigned long long)moved->n, buf_bad(&moved->text) ? "many" : buf_cstr(&moved->text),
		    where, folder, c->to[side]);
	for (i = 0; i < 5; i++) {
		if (c->add[side][i] != 0)
			sink_say(to, LEVEL_INFO, "%sAdding flag %c to %llu messages on %s[%s]", prefix,
			    CHANGES_FLAGS[i], (unsigned long long)c->add[side][i], where, folder);
		if (c->del[side][i] != 0)
			sink_say(to, LEVEL_INFO, "%sDeleting flag %c from %llu messages on %s[%s]",
			    prefix, CHANGES_FLAGS[i], (unsigned long long)c->del[side][i],
			    where, folder);
	}
}

void
changes_tell(struct changes *c, const struct account *a, struct sink *to, const char *prefix)
{
	int i;

	if (c->remote == NULL)
		return;
	tell_side(c, ON_LOCAL, a, to, prefix);
	tell_side(c, ON_REMOTE, a, to, prefix);
	for (i = 0; i < c->nkept; i++)
		tell_kept(&c->kept[i], c, a, to);
	tell_doubts(c, a, to);
	empty(c);
}
