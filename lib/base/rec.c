/* Reading of record lines; offlineimap-records(5). */
#include "base/rec.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pct.h"
#include "base/shape.h"

#define IN_CHUNK	65536

void
recin_open(struct recin *r, int fd, const char *name)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	r->name = name;
	buf_init(&r->in, 2 * REC_LINE_MAX + IN_CHUNK);
}

void
recin_close(struct recin *r)
{
	buf_free(&r->in);
	free(r->scratch);
	r->scratch = NULL;
}

void
recin_feeds(struct recin *r, struct recout *out)
{
	r->out = out;
}

/* Writes what others can work on, if there is nothing to read yet. */
static int
feed(struct recin *r, struct err *e)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	if (r->out == NULL || r->out->out.len == 0 || poll(&p, 1, 0) > 0 ||
	    rec_flush(r->out) == 0)
		return 0;
	return err_fail(e, "standard output: %s", strerror(errno));
}

int
recin_wait(struct recin *r, int64_t ms, struct err *e)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	int n;

	if (feed(r, e) == -1)
		return -1;
	n = poll(&p, 1, ms > INT_MAX ? INT_MAX : (int)ms);
	if (n == -1 && errno != EINTR)
		return err_again(e, "%s: poll: %s", r->name, strerror(errno));
	return n > 0;
}

int
recin_fill(struct recin *r, struct err *e)
{
	ssize_t n;
	char *to;

	if (feed(r, e) == -1)
		return -1;
	if (r->at != 0) {
		buf_drop(&r->in, r->at);
		r->at = 0;
	}
	if ((to = buf_room(&r->in, IN_CHUNK)) == NULL)
		return err_fail(e, "%s: line %llu is longer than %u bytes", r->name,
		    (unsigned long long)r->lineno + 1, REC_LINE_MAX);
	do
		n = read(r->fd, to, IN_CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_fail(e, "%s: %s", r->name, strerror(errno));
	if (n == 0)
		r->eof = 1;
	r->in.len += (size_t)n;
	return 0;
}

/* The field at *s, decoded in place, and *s moved to the next one or NULL; 0 or -1. */
static int
field(char **s, char *end, const char **out)
{
	char *from = *s, *to = from + pct_plain(from, (size_t)(end - from));
	int absent = 0, plain = to == end || *to == '\t';

	if (!plain && (to = memchr(to, '\t', (size_t)(end - to))) == NULL)
		to = end;
	*s = to != end ? to + 1 : NULL;
	*to = '\0';
	*out = plain && to != from && *from != '-' ? from : pct_decode(from, &absent);
	return *out == NULL && !absent ? -1 : 0;
}

/* The text up to the next TAB, as it is. */
static char *
word(char **s, char *end)
{
	char *from = *s, *to = memchr(from, '\t', (size_t)(end - from));

	*s = to != NULL ? to + 1 : NULL;
	if (to != NULL)
		*to = '\0';
	return from;
}

/* Takes "done", "skip=detail" and the like: 1, 0 if it is none of these, -1. */
static int
outcome(struct rec *rec, char *s)
{
	static const char *const words[] = { "done", "skip", "fail" };
	int absent = 0;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(words[i]);
		if (strncmp(s, words[i], n) != 0 || (s[n] != '=' && s[n] != '\0'))
			continue;
		rec->outcome = words[i];
		if (s[n] == '=')
			rec->detail = pct_decode(s + n + 1, &absent);
		return s[n] == '=' && rec->detail == NULL && !absent ? -1 : 1;
	}
	return 0;
}

static int
is_double(const struct rec *rec, const char *key)
{
	int i;

	for (i = 0; i < rec->nkey; i++)
		if (strcmp(rec->key[i], key) == 0)
			return 1;
	return 0;
}

/* A key with its value; *next is what stands behind the last key in the shape. */
static int
keyval(struct rec *rec, const struct shape *sh, const char **next, char **s, char *end)
{
	char *key = *s, *eq = key;
	const char *found;
	size_t n;

	while ((unsigned char)*eq > ' ' && *eq != '=')
		eq++;
	n = (size_t)(eq - key);
	if (*eq != '=' || rec->nkey == REC_KEY_MAX)
		return -1;
	*eq = '\0';
	if ((found = shape_key(*next, key, n)) != NULL)
		*next = found + n + 1;
	else if (shape_key(sh->keys + 1, key, n) == NULL || is_double(rec, key))
		return -1;
	rec->key[rec->nkey] = key;
	*s = eq + 1;
	if (field(s, end, &rec->val[rec->nkey]) == -1)
		return -1;
	rec->nkey++;
	return 0;
}

int
rec_parse(struct rec *rec, const char *line, size_t len, char *scratch, struct err *e)
{
	char *s = scratch, *end = scratch + len, *verb, *key;
	const struct shape *sh;
	const char *next;
	int got;

	memset(rec, 0, sizeof(*rec));
	rec->line = line;
	rec->len = len;
	if (memchr(line, '\0', len) != NULL)
		return err_fail(e, "a NUL in a record");
	memcpy(scratch, line, len);
	*end = '\0';
	verb = word(&s, end);
	if ((sh = shape_of(verb)) == NULL && (got = outcome(rec, verb)) != 0) {
		if (got == -1)
			return err_fail(e, "bad outcome in \"%.80s\"", line);
		sh = s != NULL ? shape_of(word(&s, end)) : NULL;
	}
	if (sh == NULL)
		return err_fail(e, "unknown verb in \"%.80s\"", line);
	rec->verb = sh->verb;
	next = sh->keys + 1;
	while (s != NULL) {
		key = s;
		if (rec->npos < sh->npos) {
			if (field(&s, end, &rec->pos[rec->npos++]) == -1)
				return err_fail(e, "bad field %d in \"%.80s\"", rec->npos, line);
		} else if (keyval(rec, sh, &next, &s, end) == -1)
			return err_fail(e, "bad or unknown key \"%.40s\" in \"%.80s\"", key, line);
	}
	if (rec->npos != sh->npos)
		return err_fail(e, "too few fields in \"%.80s\"", line);
	return 0;
}

int
rec_next(struct recin *r, struct rec *rec, struct err *e)
{
	char *line = NULL, *lf = NULL;
	size_t len;
	struct err why;

	if (r->in.len > r->at) {
		line = r->in.data + r->at;
		lf = memchr(line, '\n', r->in.len - r->at);
	}
	if (lf == NULL) {
		if (r->in.len - r->at > REC_LINE_MAX)
			return err_fail(e, "%s: line %llu is longer than %u bytes", r->name,
			    (unsigned long long)r->lineno + 1, REC_LINE_MAX);
		if (!r->eof)
			return 2;
		if (r->in.len > r->at)
			return err_fail(e, "%s: the last line is cut off (no line feed)", r->name);
		return 0;
	}
	len = (size_t)(lf - line);
	*lf = '\0';
	r->at += len + 1;
	r->lineno++;
	if (len + 1 > r->scratchcap) {
		r->scratchcap = 2 * len + 256;
		r->scratch = mem_grow(r->scratch, r->scratchcap, 1);
	}
	if (rec_parse(rec, line, len, r->scratch, &why) == -1)
		return err_fail(e, "%s: line %llu: %s", r->name,
		    (unsigned long long)r->lineno, why.text);
	return 1;
}

int
rec_read(struct recin *r, struct rec *rec, struct err *e)
{
	int got;

	while ((got = rec_next(r, rec, e)) == 2)
		if (recin_fill(r, e) == -1)
			return -1;
	return got;
}

int
rec_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

int
rec_of(const struct rec *rec, const char *verb, const char *side)
{
	return rec_is(rec, verb) && rec_same(rec->pos[0], side);
}

int
rec_last(const struct rec *rec)
{
	return rec_is(rec, "end") && rec->pos[0] == NULL;
}

int
rec_leaves_pair(const struct rec *rec)
{
	static const char *const words[] = { "pair", "create", "keep", "forget", "note" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (rec_is(rec, words[i]))
			return 1;
	return rec_last(rec);
}

/* 1 for a rule that is none of the folder's, but of one run. */
static int
of_this_run(const char *word, size_t n)
{
	static const char *const words[] = { "allowdelete", "recover" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (n == strlen(words[i]) && strncmp(word, words[i], n) == 0)
			return 1;
	return 0;
}

char *
rec_lasting_rules(const char *rules)
{
	char *kept = mem_dup(rules != NULL ? rules : ""), *to = kept;
	const char *s;
	size_t n;

	for (s = kept; *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (n == 0 || of_this_run(s, n))
			continue;
		if (to != kept)
			*to++ = ',';
		memmove(to, s, n);
		to += n;
	}
	*to = '\0';
	return kept;
}

const char *
rec_get(const struct rec *rec, const char *key)
{
	int i;

	for (i = 0; i < rec->nkey; i++)
		if (*rec->key[i] == *key && strcmp(rec->key[i], key) == 0)
			return rec->val[i];
	return NULL;
}

int
rec_number(const char *s, uint64_t *n)
{
	uint64_t v = 0, d;

	if (s == NULL || *s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		d = (uint64_t)(*s - '0');
		if (v > UINT64_MAX / 10 || v * 10 > UINT64_MAX - d)
			return -1;
		v = v * 10 + d;
	}
	*n = v;
	return 0;
}

int
rec_getu(const struct rec *rec, const char *key, uint64_t *n)
{
	return rec_number(rec_get(rec, key), n);
}

int
rec_id(const char *s, uint32_t *validity, uint32_t *uid, int zero)
{
	char left[16];
	const char *colon;
	uint64_t v, u;
	size_t n;

	if (s == NULL || (colon = strchr(s, ':')) == NULL ||
	    (n = (size_t)(colon - s)) >= sizeof(left))
		return -1;
	memcpy(left, s, n);
	left[n] = '\0';
	if (rec_number(left, &v) == -1 || rec_number(colon + 1, &u) == -1 ||
	    v == 0 || v > UINT32_MAX || u > UINT32_MAX || (u == 0 && !zero))
		return -1;
	*validity = (uint32_t)v;
	*uid = (uint32_t)u;
	return 0;
}

uint64_t
rec_hash(const char *line, size_t len)
{
	uint64_t h = 14695981039346656037ull;
	size_t i, end;
	const char *tab;

	for (i = 0; i < len; i = end + 1) {
		tab = memchr(line + i, '\t', len - i);
		end = tab != NULL ? (size_t)(tab - line) : len;
		if (end - i >= 5 && memcmp(line + i, "spool", 5) == 0)
			continue;
		for (; i < end; i++)
			h = (h ^ (unsigned char)line[i]) * 1099511628211ull;
		h = (h ^ '\t') * 1099511628211ull;
	}
	return h;
}
