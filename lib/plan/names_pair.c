/* Pairing: the state first, then the server, then the disk. */
#include "plan/names_pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/utf7.h"

#define GROWN_MAX	16384

static int
by_local(const void *a, const void *b)
{
	const struct head *const *x = a, *const *y = b;

	return strcmp(name_folded((*x)->local), name_folded((*y)->local));
}

/* The same with a name on the left. */
static int
has_local(const void *name, const void *b)
{
	const struct head *const *y = b;

	return strcmp(name_folded(name), name_folded((*y)->local));
}

/* Whom the state has for a local name, or NULL. */
static struct head *
state_by_local(const struct pairs *ps, const char *local)
{
	struct head **found;

	if (ps->heads == NULL || ps->heads->state.n == 0)
		return NULL;
	found = bsearch(local, ps->bylocal, ps->heads->state.n, sizeof(struct head *), has_local);
	return found != NULL ? *found : NULL;
}

/* Names the folders that the pairing decides about, as far as nobody else has. */
static void
claim(struct pairing *p, struct head *s, struct head *r, struct head *l)
{
	p->s = s;
	p->r = r;
	p->l = l;
	if (s != NULL)
		s->owner = p;
	if (r != NULL && r->owner == NULL)
		r->owner = p;
	if (l != NULL && l->owner == NULL)
		l->owner = p;
}

/*
 * The server's folder of a name that the state has in the other encoding:
 * utf8foldernames was changed in between.
 */
static struct head *
other_encoding(const struct pairs *ps, const char *remote)
{
	struct head *r = NULL;
	struct buf b;

	buf_init(&b, GROWN_MAX);
	if ((ps->rules->utf8 ? utf7_decode(&b, remote) : utf7_encode(&b, remote)) == 0 &&
	    strcmp(buf_cstr(&b), remote) != 0)
		r = headlist_find(&ps->heads->remote, buf_cstr(&b));
	buf_free(&b);
	return r;
}

/* 1 if the rules give a pair of the state other names than it has; *now is the local one. */
static int
rules_changed(const struct pairs *ps, const struct head *s, const struct head *r, struct buf *now)
{
	if (strlen(s->remote) <= NAME_MAX_BYTES)
		name_to_local(ps->rules, s->remote, now);
	return buf_bad(now) || !name_same(buf_cstr(now), s->local) || s->again ||
	    (r != NULL && r->owner != NULL);
}

/*
 * 1 if the state has a folder only because its first sync was begun: it never
 * was on both sides, so what is missing was never made.
 */
static int
only_begun(const struct head *s)
{
	return !s->known && s->rows == 0 && s->kept == 0;
}

/* One side of a pair of the state is missing: it vanished, or has to be made still. */
static void
one_sided(const struct pairs *ps, struct pairing *p)
{
	const char *side = p->r == NULL ? "remote" : "local";

	if (!only_begun(p->s))
		pairing_keep(p, side, p->r == NULL ? "vanished-remote" : "vanished-local");
	else if (!(p->r == NULL ? ps->rules->remote.create : ps->rules->local.create))
		pairing_keep(p, side, "createfolders");
	else {
		p->what = PAIRING_PAIR;
		p->side = side;
	}
}

/* A pair of the state.  A changed rule never means a deletion. */
static void
from_state(struct pairs *ps, struct head *s)
{
	struct heads *hs = ps->heads;
	struct head *r = headlist_find(&hs->remote, s->remote);
	struct head *l = headlist_find(&hs->local, s->local);
	struct pairing *p = pairs_add(ps, s->remote, s->local);
	struct buf now;
	const char *bad;
	int changed, recoded = 0;

	buf_init(&now, GROWN_MAX);
	if (r == NULL && (r = other_encoding(ps, s->remote)) != NULL)
		recoded = 1;
	/* On disk a name is what it is, INBOX or not. */
	if (l != NULL && strcmp(l->local, s->local) != 0)
		l = NULL;
	changed = rules_changed(ps, s, r, &now);
	claim(p, s, r, l);
	if ((bad = name_bad_remote(ps->rules, s->remote, 0)) == NULL)
		bad = name_bad_local(ps->rules, s->local);
	if (!(name_selects_remote(ps->rules, s->remote) ||
	    (recoded && name_selects_remote(ps->rules, r->remote))) ||
	    !(name_selects_local(ps->rules, s->local) ||
	    (changed && name_selects_local(ps->rules, buf_cstr(&now)))))
		p->what = PAIRING_SILENT;
	else if (recoded || (changed && bad == NULL))
		pairing_keep(p, "both", "rules-changed");
	else if (bad != NULL)
		pairing_keep(p, "both", bad);
	else if (r == NULL && l == NULL)
		p->what = PAIRING_FORGET;
	else if (r == NULL || l == NULL)
		one_sided(ps, p);
	else
		p->what = PAIRING_PAIR;
	buf_free(&now);
}

/* The pair of the state that a name belongs to already: why another one cannot have it. */
static void
taken(struct pairs *ps, struct pairing *p, const struct head *s, const char *side)
{
	struct buf now;

	buf_init(&now, GROWN_MAX);
	name_to_local(ps->rules, s->remote, &now);
	if (name_same(buf_cstr(&now), s->local))
		pairing_keep(p, side, "name-clash");
	else
		pairing_keep(p, "both", "rules-changed");
	buf_free(&now);
}

/* A remote folder whose local name is known: pairs it or says why not. */
static void
pair_remote(struct pairs *ps, struct head *r, const char *remote, const char *local)
{
	struct head *l = ps->heads != NULL ? headlist_find(&ps->heads->local, local) : NULL;
	struct head *s;
	struct pairing *p = pairs_add(ps, remote, l != NULL ? l->local : local);
	const char *bad;

	claim(p, NULL, r, l);
	if ((bad = name_bad_local(ps->rules, p->local)) != NULL)
		pairing_keep(p, "local", bad);
	else if (name_ambiguous_remote(ps->rules, remote))
		pairing_keep(p, "local", "name-separator");
	else if ((s = state_by_local(ps, p->local)) != NULL)
		taken(ps, p, s, "local");
	else if (l != NULL || ps->heads == NULL)
		p->what = PAIRING_PAIR;
	else if (!ps->rules->local.create)
		pairing_keep(p, "local", "createfolders");
	else {
		p->what = PAIRING_PAIR;
		p->side = "local";
	}
}

/* A remote folder that the state does not know.  "r" may be NULL. */
static void
from_remote(struct pairs *ps, struct head *r, const char *remote)
{
	const char *bad = name_bad_remote(ps->rules, remote, 0);
	struct pairing *p;
	struct buf local;

	buf_init(&local, GROWN_MAX);
	if (bad == NULL) {
		name_to_local(ps->rules, remote, &local);
		if (buf_bad(&local))
			bad = "name-long";
	}
	if (bad != NULL) {
		p = pairs_add(ps, remote, NULL);
		claim(p, NULL, r, NULL);
		pairing_keep(p, "local", bad);
	} else if (ps->heads == NULL || name_selects_local(ps->rules, buf_cstr(&local)))
		pair_remote(ps, r, remote, buf_cstr(&local));
	buf_free(&local);
}

/* 1 if the remote name that a local folder would get leads back to it. */
static int
leads_back(const struct pairs *ps, const char *remote, const char *local)
{
	struct buf back;
	int same;

	buf_init(&back, GROWN_MAX);
	name_to_local(ps->rules, remote, &back);
	same = !buf_bad(&back) && name_same(buf_cstr(&back), local);
	buf_free(&back);
	return same;
}

/* A local folder whose remote name is known and selected: creates it or says why not. */
static void
pair_local(struct pairs *ps, struct head *l, const char *remote)
{
	struct head *r = headlist_find(&ps->heads->remote, remote);
	struct head *s = headlist_find(&ps->heads->state, remote);
	struct pairing *p = pairs_add(ps, r != NULL ? r->remote : remote, l->local);
	const char *bad;

	claim(p, NULL, NULL, l);
	if (*l->local == '\0' && *remote == '\0')
		pairing_keep(p, "remote", "name-root");
	else if ((bad = name_bad_local(ps->rules, l->local)) != NULL ||
	    (bad = name_bad_remote(ps->rules, remote, r == NULL)) != NULL)
		pairing_keep(p, "remote", bad);
	else if (s != NULL)
		taken(ps, p, s, "remote");
	else if (r != NULL)
		pairing_keep(p, "remote", "name-clash");
	else if (name_ambiguous_local(ps->rules, l->local) ||
	    name_ambiguous_remote(ps->rules, remote))
		pairing_keep(p, "remote", "name-separator");
	else if (!leads_back(ps, remote, l->local))
		pairing_keep(p, "remote", "loop");
	else if (!ps->rules->remote.create)
		pairing_keep(p, "remote", "createfolders");
	else {
		p->what = PAIRING_PAIR;
		p->side = "remote";
	}
}

/* A local folder that neither the state nor a remote one has claimed. */
static void
from_local(struct pairs *ps, struct head *l)
{
	struct pairing *p;
	struct buf remote;

	if (!name_selects_local(ps->rules, l->local))
		return;
	buf_init(&remote, GROWN_MAX);
	if (strlen(l->local) <= NAME_MAX_BYTES)
		name_to_remote(ps->rules, l->local, &remote);
	if (strlen(l->local) > NAME_MAX_BYTES || buf_bad(&remote)) {
		p = pairs_add(ps, NULL, l->local);
		claim(p, NULL, NULL, l);
		pairing_keep(p, "remote", "name-long");
	} else if (name_selects_remote(ps->rules, buf_cstr(&remote)))
		pair_local(ps, l, buf_cstr(&remote));
	buf_free(&remote);
}

/* The state's folders by local name, to be asked for it. */
static void
index_state(struct pairs *ps)
{
	struct headlist *s = &ps->heads->state;
	size_t i;

	ps->bylocal = mem_grow(NULL, s->n, sizeof(struct head *));
	for (i = 0; i < s->n; i++)
		ps->bylocal[i] = &s->h[i];
	if (s->n != 0)
		qsort(ps->bylocal, s->n, sizeof(struct head *), by_local);
}

void
pairs_make(struct pairs *ps, const struct name_rules *rules, struct heads *hs)
{
	struct head *h;
	size_t first;

	memset(ps, 0, sizeof(*ps));
	ps->rules = rules;
	ps->heads = hs;
	index_state(ps);
	for (h = hs->state.h; h < hs->state.h + hs->state.n; h++)
		from_state(ps, h);
	first = ps->n;
	for (h = hs->remote.h; h < hs->remote.h + hs->remote.n; h++)
		if (h->owner == NULL && !h->again && name_selects_remote(rules, h->remote) &&
		    (!name_inbox(h->remote) || h == hs->remote.inbox))
			from_remote(ps, h, h->remote);
	pairs_refuse_local(ps, first);
	first = ps->n;
	for (h = hs->local.h; h < hs->local.h + hs->local.n; h++)
		if (h->owner == NULL && !h->again)
			from_local(ps, h);
	pairs_refuse_remote(ps, first);
	pairs_sort(ps);
}

void
pairs_name(struct pairs *ps, const struct name_rules *rules, char *const *names, size_t n)
{
	size_t i, j;

	memset(ps, 0, sizeof(*ps));
	ps->rules = rules;
	for (i = 0; i < n; i++) {
		for (j = 0; j < i && !name_same(names[i], names[j]); )
			j++;
		if (j == i)
			from_remote(ps, NULL, names[i]);
	}
	pairs_refuse_local(ps, 0);
	pairs_sort(ps);
}
