/* Reading of record lines; offlineimap-records(5). */
#include "base/rec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pct.h"

#define IN_CHUNK	65536
#define THIS_RUN	"allowdelete"	/* the rule that is none of the folder's */

/* Every verb, its positionals, its keys in C order. */
static const struct shape {
	const char *verb;
	int npos;
	const char *keys;
} shapes[] = {
	/* heads and listings */
	{ "listing", 1, " account " },
	{ "tree", 3, " sep why " },
	{ "pair", 2, " fmd5 maxdelete rules " },
	{ "folder", 3, " count cur distrust fv gen intents kept kind modseq new next ro rows rules rung since validity "
	    "why " },
	{ "m", 2, " bad date dig dir flags full kept kw name size uid " },
	{ "gone", 2, " name " },
	{ "intent", 2, " date dig gen kept name next size " },
	{ "end", 3, " " },
	/* plans */
	{ "plan", 1, " account " },
	{ "create", 3, " " },
	{ "copy", 4, " date dig flags gen kw name next size "
	    "spool spooldate spooldig spoolflags spoolsize " },
	{ "adopt", 4, " flags name size " },
	{ "agree", 4, " flags name was " },
	{ "flags", 4, " add del kwadd kwdel name was " },
	{ "delete", 4, " name size was " },
	{ "forget", 4, " name " },
	{ "keep", 4, " flags name now saved size text was why " },
	{ "probe", 4, " full name " },
	{ "note", 1, " caps folders kept local rung text " },
	{ "mark", 3, " count cur gen lines modseq new next rules sum validity " },
	/* the end of a report */
	{ "stat", 0, " down msgs turns up " },
};

static const struct shape *
shape_of(const char *verb)
{
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strcmp(shapes[i].verb, verb) == 0)
			return &shapes[i];
	return NULL;
}

static int
has_key(const struct shape *s, const char *key)
{
	size_t n = strlen(key);
	const char *p;

	if (n == 0 || strchr(key, ' ') != NULL)
		return 0;
	for (p = s->keys; (p = strstr(p, key)) != NULL; p++)
		if (p[-1] == ' ' && p[n] == ' ')
			return 1;
	return 0;
}

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

int
recin_fill(struct recin *r, struct err *e)
{
	ssize_t n;
	char *to;

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

/* Decodes one field in place; 0 or -1. */
static int
field(char *s, const char **out)
{
	int absent;

	*out = pct_decode(s, &absent);
	return *out == NULL && !absent ? -1 : 0;
}

/* Takes "done", "skip=detail" and the like off the front; 0 or -1. */
static int
outcome(struct rec *rec, char **next)
{
	static const char *const words[] = { "done", "skip", "fail" };
	char *s = *next, *end = strchr(s, '\t');
	size_t i, n;

	if (end == NULL)
		return 0;
	for (i = 0; i < 3; i++) {
		n = strlen(words[i]);
		if (strncmp(s, words[i], n) != 0 || (s[n] != '=' && s[n] != '\t'))
			continue;
		*end = '\0';
		rec->outcome = words[i];
		*next = end + 1;
		return s[n] == '=' ? field(s + n + 1, &rec->detail) : 0;
	}
	return 0;
}

static int
keyval(struct rec *rec, const struct shape *sh, char *s)
{
	char *eq = strchr(s, '=');
	int i;

	if (eq == NULL || rec->nkey == REC_KEY_MAX)
		return -1;
	*eq = '\0';
	if (!has_key(sh, s))
		return -1;
	for (i = 0; i < rec->nkey; i++)
		if (strcmp(rec->key[i], s) == 0)
			return -1;
	rec->key[rec->nkey] = s;
	if (field(eq + 1, &rec->val[rec->nkey]) == -1)
		return -1;
	rec->nkey++;
	return 0;
}

int
rec_parse(struct rec *rec, const char *line, size_t len, char *scratch, struct err *e)
{
	const struct shape *sh;
	char *s = scratch, *f;

	memset(rec, 0, sizeof(*rec));
	rec->line = line;
	rec->len = len;
	if (memchr(line, '\0', len) != NULL)
		return err_fail(e, "a NUL in a record");
	memcpy(scratch, line, len);
	scratch[len] = '\0';
	if (outcome(rec, &s) == -1)
		return err_fail(e, "bad outcome in \"%.80s\"", line);
	f = strsep(&s, "\t");
	if ((sh = shape_of(f)) == NULL)
		return err_fail(e, "unknown verb in \"%.80s\"", line);
	rec->verb = sh->verb;
	while (s != NULL) {
		f = strsep(&s, "\t");
		if (rec->npos < sh->npos) {
			if (field(f, &rec->pos[rec->npos++]) == -1)
				return err_fail(e, "bad field %d in \"%.80s\"", rec->npos, line);
		} else if (keyval(rec, sh, f) == -1)
			return err_fail(e, "bad or unknown key \"%.40s\" in \"%.80s\"", f, line);
	}
	if (rec->npos != sh->npos)
		return err_fail(e, "too few fields in \"%.80s\"", line);
	return 0;
}

int
rec_next(struct recin *r, struct rec *rec, struct err *e)
{
	char *line = r->in.data + r->at, *lf = NULL;
	size_t len;
	struct err why;

	if (r->in.len > r->at)
		lf = memchr(line, '\n', r->in.len - r->at);
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
rec_is(const struct rec *rec, const char *verb)
{
	return strcmp(rec->verb, verb) == 0;
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

char *
rec_lasting_rules(const char *rules)
{
	char *kept = mem_dup(rules != NULL ? rules : ""), *to = kept;
	const char *s;
	size_t n;

	for (s = kept; *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (n == strlen(THIS_RUN) && strncmp(s, THIS_RUN, n) == 0)
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
		if (strcmp(rec->key[i], key) == 0)
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
		if (v > (UINT64_MAX - d) / 10)
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
