/* Rows to bytes and back; the layouts are in codec.h. */
#include "state/codec.h"

#include <string.h>

#include "base/mem.h"
#include "base/sha256.h"

enum {
	F_RHEAD = 1, F_CUR = 2, F_NEW = 4, F_RULES = 8, F_MAILBOXID = 16, F_PAST = 32, F_AGE = 64,
	F_ALL = 127
};

enum { AGE_RENEWED = 1, AGE_OLD = 2, AGE_ALL = 3 };
enum { M_DIG = 1, M_NAME = 2, M_KWSET = 4, M_OBJID = 8, M_ALL = 15 };
enum { I_DIG = 1, I_REFUSED = 2, I_WHY = 4, I_ARCHIVE = 8, I_LATER = 16, I_STORED = 32, I_ALL = 63 };

/* What is left of a value; what is not there reads as 0 and sets bad. */
struct in {
	const unsigned char	*p;
	size_t			 left;
	int			 bad;
};

void
codec_put(unsigned char *to, uint64_t v, size_t n)
{
	for (; n != 0; n--, v >>= 8)
		to[n - 1] = (unsigned char)v;
}

uint64_t
codec_get(const unsigned char *from, size_t n)
{
	uint64_t v = 0;

	for (; n != 0; n--)
		v = v << 8 | *from++;
	return v;
}

static void
sha256(unsigned char to[SHA256_LEN], const char *s)
{
	struct sha256 sha;

	sha256_init(&sha);
	sha256_add(&sha, s, strlen(s));
	sha256_end(&sha, to);
}

void
codec_name_key(unsigned char key[CODEC_NAMEKEY], char side, const char *name)
{
	key[0] = (unsigned char)side;
	sha256(key + 1, name);
}

void
codec_msg_key(unsigned char key[CODEC_MSGKEY], uint32_t folder, uint32_t uid)
{
	codec_put(key, folder, 4);
	codec_put(key + 4, uid, 4);
}

void
codec_intent_key(unsigned char key[CODEC_INTENTKEY], uint32_t folder, const char *name)
{
	codec_put(key, folder, 4);
	sha256(key + 4, name);
}

static void
put(struct buf *b, uint64_t v, size_t n)
{
	unsigned char bytes[8];

	codec_put(bytes, v, n);
	buf_put(b, bytes, n);
}

/* 1 if the string fits (NULL is not written, so it does). */
static int
fits(const char *s)
{
	return s == NULL || strlen(s) <= UINT16_MAX;
}

static void
put_string(struct buf *b, const char *s)
{
	size_t n;

	if (s == NULL)
		return;
	n = strlen(s);
	put(b, n, 2);
	buf_put(b, s, n + 1);
}

static const unsigned char *
get_bytes(struct in *in, size_t n)
{
	const unsigned char *p = in->p;

	if (in->bad || in->left < n) {
		in->bad = 1;
		return NULL;
	}
	in->p += n;
	in->left -= n;
	return p;
}

static uint64_t
get(struct in *in, size_t n)
{
	const unsigned char *p = get_bytes(in, n);

	return p != NULL ? codec_get(p, n) : 0;
}

/* A string in place; NULL, and bad, if it is none. */
static const char *
get_string(struct in *in)
{
	size_t n = get(in, 2);
	const unsigned char *p = get_bytes(in, n + 1);

	if (p != NULL && memchr(p, '\0', n + 1) == p + n)
		return (const char *)p;
	in->bad = 1;
	return NULL;
}

static void
get_digest(struct in *in, unsigned char to[DIGEST_LEN])
{
	const unsigned char *p = get_bytes(in, DIGEST_LEN);

	if (p != NULL)
		memcpy(to, p, DIGEST_LEN);
}

static void
put_dirhead(struct buf *b, const struct dirhead *h)
{
	if (!h->valid)
		return;
	put(b, h->dev, 8);
	put(b, h->ino, 8);
	put(b, (uint64_t)h->mtime, 8);
	put(b, (uint64_t)h->ctime, 8);
}

static void
get_dirhead(struct in *in, struct dirhead *h, int valid)
{
	if (!valid)
		return;
	h->valid = 1;
	h->dev = get(in, 8);
	h->ino = get(in, 8);
	h->mtime = (int64_t)get(in, 8);
	h->ctime = (int64_t)get(in, 8);
}

/* Opens a value: checks its version. */
static struct in
start(const void *p, size_t n)
{
	struct in in = { p, n, 0 };

	if (get(&in, 1) != CODEC_VERSION)
		in.bad = 1;
	return in;
}

/* 0 if all was there and nothing is left over. */
static int
finish(const struct in *in)
{
	return in->bad || in->left != 0 ? -1 : 0;
}

int
codec_folder(struct buf *b, const struct state_folder *f)
{
	if (!fits(f->remote) || !fits(f->local) || !fits(f->rules) || !fits(f->mailboxid) ||
	    f->rung > UINT8_MAX || f->distrust > UINT8_MAX)
		return -1;
	put(b, CODEC_VERSION, 1);
	put(b, f->gen, 8);
	put(b, f->validity, 4);
	put(b, (f->rhead.valid ? F_RHEAD : 0) | (f->cur.valid ? F_CUR : 0) |
	    (f->new.valid ? F_NEW : 0) | (f->rules != NULL ? F_RULES : 0) |
	    (f->mailboxid != NULL ? F_MAILBOXID : 0) | (f->past != 0 ? F_PAST : 0) |
	    (f->renewed || f->old ? F_AGE : 0), 1);
	if (f->rhead.valid) {
		put(b, f->rhead.next, 4);
		put(b, f->rhead.count, 8);
		put(b, f->rhead.modseq, 8);
	}
	put_dirhead(b, &f->cur);
	put_dirhead(b, &f->new);
	put(b, f->written_at, 8);
	put(b, f->lastfull, 8);
	put(b, f->rung, 1);
	put(b, f->distrust, 1);
	put(b, f->rows, 8);
	put(b, f->kept, 8);
	put(b, f->intents, 8);
	if (f->past != 0) {
		put(b, f->past, 4);
		put(b, f->was, 8);
	}
	if (f->renewed || f->old)
		put(b, (f->renewed ? AGE_RENEWED : 0) | (f->old ? AGE_OLD : 0), 1);
	put_string(b, f->remote);
	put_string(b, f->local);
	put_string(b, f->rules);
	put_string(b, f->mailboxid);
	return buf_bad(b) ? -1 : 0;
}

int
codec_folder_read(struct state_folder *f, const void *p, size_t n)
{
	struct in in = start(p, n);
	const char *remote, *local, *rules = NULL, *mailboxid = NULL;
	unsigned bits, age = 0;

	f->gen = get(&in, 8);
	f->validity = (uint32_t)get(&in, 4);
	bits = (unsigned)get(&in, 1);
	if (bits & F_RHEAD) {
		f->rhead.valid = 1;
		f->rhead.next = (uint32_t)get(&in, 4);
		f->rhead.count = get(&in, 8);
		f->rhead.modseq = get(&in, 8);
	}
	get_dirhead(&in, &f->cur, bits & F_CUR);
	get_dirhead(&in, &f->new, bits & F_NEW);
	f->written_at = get(&in, 8);
	f->lastfull = get(&in, 8);
	f->rung = (unsigned)get(&in, 1);
	f->distrust = (unsigned)get(&in, 1);
	f->rows = get(&in, 8);
	f->kept = get(&in, 8);
	f->intents = get(&in, 8);
	if (bits & F_PAST) {
		f->past = (uint32_t)get(&in, 4);
		f->was = get(&in, 8);
	}
	if (bits & F_AGE)
		age = (unsigned)get(&in, 1);
	f->renewed = (age & AGE_RENEWED) != 0;
	f->old = (age & AGE_OLD) != 0;
	remote = get_string(&in);
	local = get_string(&in);
	if (bits & F_RULES)
		rules = get_string(&in);
	if (bits & F_MAILBOXID)
		mailboxid = get_string(&in);
	/* what says nothing is not written */
	if (finish(&in) == -1 || (bits & ~(unsigned)F_ALL) != 0 || (age & ~(unsigned)AGE_ALL) != 0 ||
	    (f->past == 0 && (bits & F_PAST) != 0) || (age == 0 && (bits & F_AGE) != 0))
		return -1;
	f->remote = mem_dup(remote);
	f->local = mem_dup(local);
	f->rules = mem_dup(rules);
	f->mailboxid = mem_dup(mailboxid);
	return 0;
}

int
codec_msg(struct buf *b, const struct state_msg *m)
{
	if (!fits(m->name) || !fits(m->objid) || (m->flags & ~(unsigned)FLAG_ALL) != 0 ||
	    m->kept >= KEPT_MAX ||
	    (m->name == NULL && m->kept == KEPT_NO))
		return -1;
	put(b, CODEC_VERSION, 1);
	put(b, m->flags, 1);
	put(b, m->kept, 1);
	put(b, (m->has_dig ? M_DIG : 0) | (m->name != NULL ? M_NAME : 0) |
	    (m->kwset != 0 ? M_KWSET : 0) | (m->objid != NULL ? M_OBJID : 0), 1);
	put(b, m->size, 8);
	put(b, (uint64_t)m->date, 8);
	if (m->has_dig)
		buf_put(b, m->dig, DIGEST_LEN);
	put_string(b, m->name);
	if (m->kwset != 0)
		put(b, m->kwset, 8);
	put_string(b, m->objid);
	return buf_bad(b) ? -1 : 0;
}

int
codec_msg_read(struct state_msg *m, const void *p, size_t n)
{
	struct in in = start(p, n);
	unsigned bits;

	m->flags = (unsigned)get(&in, 1);
	m->kept = (unsigned)get(&in, 1);
	bits = (unsigned)get(&in, 1);
	m->size = get(&in, 8);
	m->date = (int64_t)get(&in, 8);
	m->has_dig = (bits & M_DIG) != 0;
	memset(m->dig, 0, sizeof(m->dig));
	if (m->has_dig)
		get_digest(&in, m->dig);
	m->name = bits & M_NAME ? get_string(&in) : NULL;
	m->kwset = bits & M_KWSET ? get(&in, 8) : 0;
	m->objid = bits & M_OBJID ? get_string(&in) : NULL;
	if (finish(&in) == -1 || (bits & ~(unsigned)M_ALL) != 0 ||
	    (m->kwset == 0 && (bits & M_KWSET) != 0) ||
	    (m->flags & ~(unsigned)FLAG_ALL) != 0 || m->kept >= KEPT_MAX ||
	    (m->name == NULL && m->kept == KEPT_NO))
		return -1;
	return 0;
}

int
codec_intent(struct buf *b, const struct state_intent *it)
{
	if (!fits(it->name) || !fits(it->why))
		return -1;
	put(b, CODEC_VERSION, 1);
	put(b, (it->has_dig ? I_DIG : 0) | (it->kept == KEPT_REFUSED ? I_REFUSED : 0) |
	    (it->kept == KEPT_ARCHIVE ? I_ARCHIVE : 0) | (it->kept == KEPT_LATER ? I_LATER : 0) |
	    (it->kept == KEPT_AMBIGUOUS ? I_STORED : 0) | (it->why != NULL ? I_WHY : 0), 1);
	put(b, it->gen, 8);
	put(b, it->validity, 4);
	put(b, it->next, 4);
	put(b, it->size, 8);
	put(b, (uint64_t)it->date, 8);
	if (it->has_dig)
		buf_put(b, it->dig, DIGEST_LEN);
	put_string(b, it->name);
	put_string(b, it->why);
	return buf_bad(b) ? -1 : 0;
}

int
codec_intent_read(struct state_intent *it, const void *p, size_t n)
{
	struct in in = start(p, n);
	unsigned bits = (unsigned)get(&in, 1), kept = bits & (I_REFUSED | I_ARCHIVE | I_LATER | I_STORED);

	it->gen = get(&in, 8);
	it->validity = (uint32_t)get(&in, 4);
	it->next = (uint32_t)get(&in, 4);
	it->size = get(&in, 8);
	it->date = (int64_t)get(&in, 8);
	it->has_dig = (bits & I_DIG) != 0;
	it->kept = bits & I_REFUSED ? KEPT_REFUSED : bits & I_ARCHIVE ? KEPT_ARCHIVE :
	    bits & I_LATER ? KEPT_LATER : bits & I_STORED ? KEPT_AMBIGUOUS : KEPT_NO;
	memset(it->dig, 0, sizeof(it->dig));
	if (it->has_dig)
		get_digest(&in, it->dig);
	it->name = get_string(&in);
	it->why = bits & I_WHY ? get_string(&in) : NULL;
	/* it is kept for one reason */
	if (finish(&in) == -1 || (bits & ~(unsigned)I_ALL) != 0 || (kept & (kept - 1)) != 0)
		return -1;
	return 0;
}
