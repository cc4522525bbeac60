/* Plan lines as actions. */
#include "plan/action.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "base/buf.h"
#include "plan/names.h"

static const char *const verbs[] = {
	[VERB_CREATE] = "create", [VERB_RENEW] = "renew", [VERB_COPY] = "copy", [VERB_ADOPT] = "adopt",
	[VERB_AGREE] = "agree", [VERB_FLAGS] = "flags", [VERB_DELETE] = "delete",
	[VERB_MOVE] = "move",
	[VERB_FORGET] = "forget", [VERB_KEEP] = "keep", [VERB_PROBE] = "probe",
};

static int
verb_side(struct action *a, const struct rec *rec)
{
	static const char *const sides[] = { "local", "remote", "both" };
	size_t i, j;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		for (j = 0; j < 3; j++)
			if (strcmp(rec->verb, verbs[i]) == 0 && rec->pos[0] != NULL &&
			    strcmp(rec->pos[0], sides[j]) == 0) {
				a->verb = (enum verb)i;
				a->side = (enum side)j;
				return 0;
			}
	return -1;
}

/* Flag letters of a key into bits; a key that is not there leaves 0. */
static int
letters(const struct rec *rec, const char *key, unsigned *bits)
{
	const char *s = rec_get(rec, key);

	return s == NULL ? 0 : flags_parse(s, bits);
}

static int
number(const struct rec *rec, const char *key, uint64_t *n)
{
	return rec_get(rec, key) == NULL ? 0 : rec_getu(rec, key, n);
}

/* The same for a UIDVALIDITY. */
static int
validity(const struct rec *rec, const char *key, uint32_t *v)
{
	uint64_t n = 0;

	if (number(rec, key, &n) == -1 || n > UINT32_MAX)
		return -1;
	*v = (uint32_t)n;
	return 0;
}

/* The keys that every verb may have; 0 or -1. */
static int
keys(struct action *a, const struct rec *rec)
{
	const char *next = rec_get(rec, "next"), *dig;
	uint64_t date = 0;

	a->name = rec_get(rec, "name");
	a->why = rec_get(rec, "why");
	a->spool = rec_get(rec, "spool");
	a->haswas = rec_get(rec, "was") != NULL;
	a->date = -1;
	if ((dig = rec_get(rec, "spooldig")) == NULL)
		dig = rec_get(rec, "dig");
	a->hasdig = dig != NULL;
	if (letters(rec, "flags", &a->flags) == -1 || letters(rec, "was", &a->was) == -1 ||
	    letters(rec, "add", &a->add) == -1 || letters(rec, "del", &a->del) == -1 ||
	    letters(rec, "spoolflags", &a->seen) == -1 ||
	    validity(rec, "now", &a->now) == -1 || validity(rec, "saved", &a->saved) == -1 ||
	    number(rec, "size", &a->size) == -1 || number(rec, "gen", &a->gen) == -1 ||
	    number(rec, "spoolsize", &a->spoolsize) == -1 || number(rec, "date", &date) == -1 ||
	    date > INT64_MAX || (a->hasdig && digest_unhex(dig, a->dig) == -1) ||
	    (next != NULL && rec_id(next, &a->nextv, &a->next, 0) == -1))
		return -1;
	if (rec_get(rec, "date") != NULL || rec_getu(rec, "spooldate", &date) == 0)
		a->date = (int64_t)date;
	return 0;
}

/* What a verb cannot do without. */
static int
complete(const struct action *a)
{
	switch (a->verb) {
	case VERB_RENEW:
		return a->side == SIDE_BOTH && a->now != 0 && a->saved != 0 && a->now != a->saved;
	case VERB_COPY:
		return a->side == SIDE_LOCAL ? a->uid != 0 : a->side == SIDE_REMOTE && a->name != NULL &&
		    a->hasdig;
	case VERB_ADOPT:
		return a->uid != 0 && a->name != NULL;
	case VERB_AGREE:
		return a->uid != 0;
	case VERB_FLAGS:
		return a->uid != 0 && a->side != SIDE_BOTH && (a->add & a->del) == 0;
	case VERB_DELETE:
		return a->uid != 0 && a->side != SIDE_BOTH && a->haswas;
	case VERB_MOVE:
		return a->uid != 0 && a->side != SIDE_BOTH && a->haswas && a->to != NULL;
	case VERB_KEEP:
		return a->why != NULL;
	default:
		return 1;
	}
}

/* Where a move goes: the name on the side that changes; to the folder itself is nowhere. */
static const char *
target(const struct action *a, const struct rec *rec)
{
	int at = a->side == SIDE_REMOTE ? 1 : 2;
	const char *to = a->verb == VERB_MOVE ? rec->pos[at + 3] : NULL;

	if (to == NULL || rec->pos[at] == NULL || name_same(to, rec->pos[at]))
		return NULL;
	return to;
}

struct action *
action_new(const struct rec *rec, struct err *e)
{
	struct action *a = mem_alloc(sizeof(*a));
	struct rec own;

	a->line = mem_ndup(rec->line, rec->len);
	a->len = rec->len;
	a->fields = mem_alloc(rec->len + 1);
	if (rec_parse(&own, a->line, a->len, a->fields, e) == -1)
		goto bad;
	if (verb_side(a, &own) == 0)
		a->to = target(a, &own);
	if (verb_side(a, &own) == -1 || own.pos[1] == NULL || own.pos[2] == NULL ||
	    (a->verb != VERB_PROBE && own.npos > 3 && own.pos[3] != NULL &&
	    rec_id(own.pos[3], &a->validity, &a->uid, 0) == -1) ||
	    keys(a, &own) == -1 || !complete(a)) {
		err_fail(e, "this plan line cannot be carried out: \"%.200s\"", a->line);
		goto bad;
	}
	return a;
bad:
	action_free(a);
	return NULL;
}

void
action_free(struct action *a)
{
	free(a->line);
	free(a->fields);
	free(a->rowname);
	free(a->detail);
	free(a->file);
	free(a);
}

void
action_set_name(struct action *a, const char *name)
{
	char *own;

	if (a->name != NULL && strcmp(a->name, name) == 0)
		return;
	own = mem_dup(name);
	free(a->rowname);
	a->rowname = own;
	a->name = own;
}

static void
decide(struct action *a, const char *outcome, const char *fmt, va_list ap)
{
	if (a->outcome != NULL)
		return;
	a->outcome = outcome;
	if (fmt != NULL && vasprintf(&a->detail, fmt, ap) < 0)
		a->detail = NULL;
}

void
action_done(struct action *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	decide(a, "done", fmt, ap);
	va_end(ap);
}

void
action_skip(struct action *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	decide(a, "skip", fmt, ap);
	va_end(ap);
}

void
action_fail(struct action *a, int status, const char *fmt, ...)
{
	va_list ap;

	if (a->outcome == NULL)
		a->status = status;
	va_start(ap, fmt);
	decide(a, "fail", fmt, ap);
	va_end(ap);
}

void
action_unable(struct action *a, const char *what)
{
	const char *why = strerror(errno);

	if (errno == ENOENT || errno == EEXIST)
		action_skip(a, "%s: %s", what, why);
	else
		action_fail(a, EXIT_AGAIN, "%s: %s", what, why);
}

int
action_deletes(const struct action *a)
{
	return a->verb == VERB_DELETE || a->verb == VERB_MOVE;
}

int
action_open(const struct action *a)
{
	return a->outcome == NULL;
}

/* What must be there once: a key of a uid, a file, a UIDVALIDITY, or any ('a'), in a folder. */
static uint64_t
key_of(const struct action *a, int kind)
{
	struct buf b;
	uint64_t key;

	buf_init(&b, REC_LINE_MAX + 64);
	buf_printf(&b, "%c %d %p ", kind, (int)a->verb, (void *)a->f);
	if (kind == 'u' || kind == 'v')
		buf_printf(&b, "%u", kind == 'u' ? a->uid : a->validity);
	if (kind == 'n')
		buf_str(&b, a->name);
	key = digest_key(b.data, b.len);
	buf_free(&b);
	return key != 0 ? key : 1;
}

/* The slot of a key: it is there, or it is free (0). */
static uint64_t *
key_slot(const struct actions *as, uint64_t key)
{
	size_t i = (size_t)key & (as->keycap - 1);

	while (as->keys[i] != 0 && as->keys[i] != key)
		i = (i + 1) & (as->keycap - 1);
	return &as->keys[i];
}

static void
keys_grow(struct actions *as)
{
	uint64_t *old = as->keys;
	size_t n = as->keycap, i;

	as->keycap = n != 0 ? 2 * n : 256;
	as->keys = mem_alloc(as->keycap * sizeof(*as->keys));
	for (i = 0; i < n; i++)
		if (old[i] != 0)
			*key_slot(as, old[i]) = old[i];
	free(old);
}

static void
key_add(struct actions *as, uint64_t key)
{
	uint64_t *slot;

	if (2 * (as->nkeys + 1) > as->keycap)
		keys_grow(as);
	slot = key_slot(as, key);
	as->nkeys += *slot == 0;
	*slot = key;
}

/* 1 for an action that makes something. */
static int
makes(const struct action *a)
{
	return a->verb == VERB_COPY || a->verb == VERB_ADOPT;
}

void
actions_add(struct actions *as, struct action *a)
{
	if (as->n == as->cap) {
		as->cap = as->cap != 0 ? 2 * as->cap : 64;
		as->a = mem_grow(as->a, as->cap, sizeof(*as->a));
	}
	a->at = as->n;
	as->a[as->n++] = a;
	if (a->verb == VERB_COPY)
		as->bytes += a->size;
	if (!makes(a))
		return;
	key_add(as, key_of(a, 'a'));
	key_add(as, key_of(a, 'v'));
	if (a->uid != 0)
		key_add(as, key_of(a, 'u'));
	if (a->name != NULL)
		key_add(as, key_of(a, 'n'));
}

int
actions_clash(const struct actions *as, const struct action *a)
{
	if (!makes(a) || as->nkeys == 0)
		return 0;
	if (*key_slot(as, key_of(a, 'a')) != 0 && *key_slot(as, key_of(a, 'v')) == 0)
		return 1;
	return (a->uid != 0 && *key_slot(as, key_of(a, 'u')) != 0) ||
	    (a->name != NULL && *key_slot(as, key_of(a, 'n')) != 0);
}

void
actions_clear(struct actions *as)
{
	size_t i;

	for (i = 0; i < as->n; i++)
		action_free(as->a[i]);
	free(as->a);
	free(as->keys);
	memset(as, 0, sizeof(*as));
}

void
actions_fail(struct actions *as, const struct err *why)
{
	size_t i;

	for (i = 0; i < as->n; i++)
		action_fail(as->a[i], why->status, "%s", why->text);
}
