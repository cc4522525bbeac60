/* Two multisets of messages, sorted and held against each other. */
#include "plan/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rec.h"

/* An item with its file's name behind it. */
struct held {
	struct item	 item;
	char		*name;
};

struct pile {
	struct held	*one;
	size_t		 n, cap;
};

/* What is being read, group by group. */
struct groups {
	struct compare	*c;
	struct item	 at;		/* of the group: its content, flags and uid */
	struct pile	 r, l;		/* same content, flags and uid */
	struct pile	 flag_r, flag_l;	/* same content and flags, no counterpart of their uid */
	struct pile	 over_r, over_l;	/* same content: too many of some flags */
};

/* A NUL hinders nobody from comparing; an unknown word does. */
enum { BAD_NONE, BAD_NUL, BAD_DUPLICATE, BAD_EMPTY, BAD_UNREADABLE };

static const char *const words[] = { NULL, "nul", "duplicate", "empty", "unreadable" };

uint8_t
compare_bad(const char *word)
{
	int i;

	if (word == NULL)
		return BAD_NONE;
	for (i = BAD_NUL; i < BAD_UNREADABLE; i++)
		if (strcmp(word, words[i]) == 0)
			break;
	return (uint8_t)i;
}

const char *
compare_bad_word(uint8_t bad)
{
	return words[bad];
}

void
compare_init(struct compare *c)
{
	memset(c, 0, sizeof(*c));
	uidset_init(&c->claimed);
	sort_init(&c->all, SORT_MEMORY);
	sort_init(&c->left, SORT_MEMORY);
	buf_init(&c->key, REC_LINE_MAX);
	buf_init(&c->line, REC_LINE_MAX + sizeof(struct item));
}

void
compare_free(struct compare *c)
{
	uidset_free(&c->claimed);
	sort_free(&c->all);
	sort_free(&c->left);
	buf_free(&c->key);
	buf_free(&c->line);
}

int
compare_able(const struct compare *c, const struct item *it)
{
	return it->bad <= BAD_NUL && (c->full ? it->digested : it->sized);
}

/* Big-endian, so that bytes sort as numbers do. */
static void
key_number(struct buf *b, uint64_t n, int bytes)
{
	while (bytes-- > 0)
		buf_byte(b, (int)(n >> 8 * bytes & 0xff));
}

/* Adds to a sort, under the key at hand; equal ones go by name. */
static int
put(struct compare *c, struct sort *s, const struct item *it, const char *name)
{
	buf_str(&c->key, name);
	buf_clear(&c->line);
	buf_put(&c->line, it, sizeof(*it));
	buf_put(&c->line, name, strlen(name) + 1);
	return sort_add(s, c->key.data, c->key.len, c->line.data, c->line.len);
}

/* The next item of a sort and its name, which lives until the next call: 1, 0, -1. */
static int
get(struct sort *s, struct item *it, const char **name)
{
	const char *line;
	size_t len;
	int got = sort_next(s, &line, &len);

	if (got != 1)
		return got;
	memcpy(it, line, sizeof(*it));
	*name = line + sizeof(*it);
	return 1;
}

/* No counterpart: it waits for the other side's that has its uid. */
static int
leave(struct compare *c, const struct item *it, const char *name)
{
	buf_clear(&c->key);
	/* what has no uid comes last; the server's before the file */
	key_number(&c->key, it->uid - 1, 4);
	key_number(&c->key, !it->remote, 1);
	return put(c, &c->left, it, name);
}

int
compare_add(struct compare *c, const struct item *it, const char *name)
{
	if (!it->remote && it->uid != 0)
		uidset_add(&c->claimed, it->uid, it->uid);
	if (!compare_able(c, it))
		return leave(c, it, name);
	buf_clear(&c->key);
	if (c->full)
		buf_put(&c->key, it->dig, DIGEST_LEN);
	else
		key_number(&c->key, it->size, 8);
	key_number(&c->key, it->flags, 1);
	key_number(&c->key, it->uid, 4);
	key_number(&c->key, !it->remote, 1);
	return put(c, &c->all, it, name);
}

static void
push(struct pile *p, const struct item *it, const char *name)
{
	if (p->n == p->cap) {
		p->cap = p->cap * 2 + 4;
		p->one = mem_grow(p->one, p->cap, sizeof(*p->one));
	}
	p->one[p->n].item = *it;
	p->one[p->n++].name = mem_dup(name);
}

static void
drop(struct pile *p, size_t n)
{
	while (n-- > 0)
		free(p->one[--p->n].name);
}

/* Moves all that is left in one pile to another. */
static void
move(struct pile *to, struct pile *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		push(to, &from->one[i].item, from->one[i].name);
	drop(from, from->n);
}

static void
pile_free(struct pile *p)
{
	drop(p, p->n);
	free(p->one);
}

/* As many of one side as of the other are the same. */
static void
cancel(struct compare *c, struct pile *r, struct pile *l)
{
	size_t n = r->n < l->n ? r->n : l->n;

	drop(r, n);
	drop(l, n);
	c->equal += n;
}

/*
 * A file without a uid is told together with a message of the same content that has
 * other flags, if no file has its uid.
 */
static void
guess(struct uidset *claimed, const struct pile *r, struct pile *l)
{
	size_t i, at = 0;

	for (i = 0; i < l->n; i++) {
		if (l->one[i].item.uid != 0)
			continue;
		while (at < r->n && uidset_has(claimed, r->one[at].item.uid))
			at++;
		if (at == r->n)
			break;
		l->one[i].item.uid = r->one[at++].item.uid;
	}
}

static int
leave_pile(struct compare *c, struct pile *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (leave(c, &p->one[i].item, p->one[i].name) == -1)
			return -1;
	drop(p, p->n);
	return 0;
}

static int
same_content(const struct compare *c, const struct item *a, const struct item *b)
{
	return c->full ? memcmp(a->dig, b->dig, DIGEST_LEN) == 0 : a->size == b->size;
}

/* Closes the groups that the next item (NULL: there is none) does not belong to. */
static int
close_groups(struct groups *g, const struct item *next)
{
	int content = next != NULL && same_content(g->c, &g->at, next);
	int flags = next != NULL && content && g->at.flags == next->flags, bound;

	if (next != NULL && flags && g->at.uid == next->uid)
		return 0;
	bound = g->c->firm && !g->c->full && uidset_has(&g->c->claimed, g->at.uid);
	cancel(g->c, &g->r, &g->l);
	move(bound ? &g->over_r : &g->flag_r, &g->r);
	move(bound ? &g->over_l : &g->flag_l, &g->l);
	if (flags)
		return 0;
	cancel(g->c, &g->flag_r, &g->flag_l);
	move(&g->over_r, &g->flag_r);
	move(&g->over_l, &g->flag_l);
	if (content)
		return 0;
	guess(&g->c->claimed, &g->over_r, &g->over_l);
	return leave_pile(g->c, &g->over_r) == -1 || leave_pile(g->c, &g->over_l) == -1 ? -1 : 0;
}

/* All that have a counterpart are counted; the others end in "left". */
static int
match(struct compare *c)
{
	struct groups g = { .c = c };
	struct item it;
	const char *name;
	int got, any = 0;

	while ((got = get(&c->all, &it, &name)) == 1) {
		if (any && close_groups(&g, &it) == -1) {
			got = -1;
			break;
		}
		any = 1;
		g.at = it;
		push(it.remote ? &g.r : &g.l, &it, name);
	}
	if (got == 0 && any)
		got = close_groups(&g, NULL);
	pile_free(&g.r);
	pile_free(&g.l);
	pile_free(&g.flag_r);
	pile_free(&g.flag_l);
	pile_free(&g.over_r);
	pile_free(&g.over_l);
	return got;
}

int
compare_all(struct compare *c, void (*differs)(void *, const struct item *,
    const struct item *, const char *), void *arg)
{
	struct item it, waiting;
	const char *name;
	int got, waits = 0;

	if (match(c) == -1)
		return -1;
	while ((got = get(&c->left, &it, &name)) == 1) {
		if (waits && !it.remote && it.uid == waiting.uid) {
			waits = 0;
			differs(arg, &waiting, &it, name);
			continue;
		}
		if (waits)
			differs(arg, &waiting, NULL, NULL);
		waits = it.remote;
		if (waits)
			waiting = it;
		else
			differs(arg, NULL, &it, name);
	}
	if (got == 0 && waits)
		differs(arg, &waiting, NULL, NULL);
	return got;
}
