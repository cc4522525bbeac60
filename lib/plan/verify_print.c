/* Differences as records. */
#include <string.h>

#include "base/flags.h"
#include "plan/rules.h"
#include "plan/verify_folder.h"

static void
begin(struct vout *out, const char *side, const char *remote, const char *local)
{
	out->differ++;
	rec_begin(out->to, "differ");
	rec_pos(out->to, side);
	rec_pos(out->to, remote);
	rec_pos(out->to, local);
}

void
vout_folder(struct vout *out, const char *side, const char *remote, const char *local,
    const char *why, const char *text, int again)
{
	begin(out, side, remote, local);
	rec_pos(out->to, NULL);
	if (again)
		rec_keyu(out->to, "again", 1);
	rec_key(out->to, "text", text);
	rec_key(out->to, "why", why);
	rec_end(out->to);
	out->status = err_worst(out->status, again ? EXIT_AGAIN : EXIT_FAIL);
}

/* What the state keeps about a message; of another UIDVALIDITY it says nothing. */
static const char *
kept(const struct vfolder *f, uint32_t uid, const char *name)
{
	const char *why = NULL;

	if (uid != 0 && f->svalidity == f->rvalidity)
		why = vkept_why(f, uid);
	return why == NULL && name != NULL ? vkept_why(f, vkept_name(name)) : why;
}

/* Why the two are not the same, as far as that is known; or NULL. */
static const char *
reason(const struct vfolder *f, const struct item *r, const struct item *l, const char *name)
{
	const char *why;

	if (l != NULL && l->bad != 0)
		return compare_bad_word(l->bad);
	if ((r != NULL && !compare_able(&f->compare, r)) || (l != NULL && !compare_able(&f->compare, l)))
		return "unreadable";
	if ((why = kept(f, r != NULL ? r->uid : l->uid, name)) != NULL)
		return why;
	if ((l == NULL && (f->rules & RULE_LREADONLY)) || (r == NULL && (f->rules & RULE_RREADONLY)))
		return "readonly";
	return NULL;
}

static void
key_flags(struct recout *o, const char *key, unsigned flags)
{
	char text[FLAGS_LEN];

	rec_key(o, key, flags_format(flags, text));
}

static void
key_full(struct recout *o, const char *key, const struct compare *c, const struct item *it)
{
	char hex[DIGEST_HEX];

	if (!c->full || !it->digested)
		return;
	digest_hex(it->dig, hex);
	rec_key(o, key, hex);
}

void
vfolder_differs(struct vfolder *f, const struct item *r, const struct item *l, const char *name)
{
	const struct item *one = r != NULL ? r : l, *other = r != NULL ? l : NULL;
	const struct compare *c = &f->compare;
	struct recout *o = f->out->to;

	begin(f->out, r == NULL ? "remote" : l == NULL ? "local" : "both", f->remote, f->local);
	if (r != NULL)
		rec_posid(o, f->rvalidity, r->uid);
	else
		rec_pos(o, NULL);
	key_flags(o, "flags", one->flags);
	key_full(o, "full", c, one);
	if (other != NULL && other->flags != one->flags)
		key_flags(o, "lflags", other->flags);
	if (other != NULL && memcmp(other->dig, one->dig, DIGEST_LEN) != 0)
		key_full(o, "lfull", c, other);
	if (other != NULL && other->sized && (!one->sized || other->size != one->size))
		rec_keyu(o, "lsize", other->size);
	rec_key(o, "name", name);
	if (one->sized)
		rec_keyu(o, "size", one->size);
	rec_key(o, "why", reason(f, r, l, name));
	rec_end(o);
	f->out->status = err_worst(f->out->status, EXIT_FAIL);
}
