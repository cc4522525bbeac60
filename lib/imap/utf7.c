/* Modified UTF-7 and UTF-8 (RFC 3501, 5.1.3; RFC 2152; RFC 3629). */
#include "imap/utf7.h"

#include <stdint.h>
#include <string.h>

#include "base/pct.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* A shifted run being decoded. */
struct run {
	uint32_t	 bits;		/* not yet a unit of 16 */
	int		 nbits;
	uint32_t	 high;		/* a high surrogate that waits for its low one, or 0 */
};

static int
printable(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

static void
put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_byte(b, (int)c);
		return;
	}
	if (c < 0x800)
		buf_byte(b, (int)(0xc0 | c >> 6));
	else if (c < 0x10000)
		buf_byte(b, (int)(0xe0 | c >> 12));
	else {
		buf_byte(b, (int)(0xf0 | c >> 18));
		buf_byte(b, (int)(0x80 | (c >> 12 & 0x3f)));
	}
	if (c >= 0x800)
		buf_byte(b, (int)(0x80 | (c >> 6 & 0x3f)));
	buf_byte(b, (int)(0x80 | (c & 0x3f)));
}

/* One unit of UTF-16 out of a run; 0 or -1. */
static int
unit(struct run *r, uint32_t u, struct buf *b)
{
	if (r->high != 0) {
		if (u < 0xdc00 || u > 0xdfff)
			return -1;
		put_utf8(b, 0x10000 + ((r->high - 0xd800) << 10) + (u - 0xdc00));
		r->high = 0;
		return 0;
	}
	if (u == 0 || printable(u) || (u >= 0xdc00 && u <= 0xdfff))
		return -1;
	if (u >= 0xd800 && u <= 0xdbff)
		r->high = u;
	else
		put_utf8(b, u);
	return 0;
}

/* Decodes from behind a "&" to behind its "-".  Where it ended, or NULL. */
static const char *
shifted(const char *s, struct buf *b)
{
	struct run r = { 0, 0, 0 };
	const char *digit;

	for (; *s != '-'; s++) {
		if (*s == '\0' || (digit = strchr(alphabet, *s)) == NULL)
			return NULL;
		r.bits = r.bits << 6 | (uint32_t)(digit - alphabet);
		r.nbits += 6;
		if (r.nbits < 16)
			continue;
		r.nbits -= 16;
		if (unit(&r, r.bits >> r.nbits & 0xffff, b) == -1)
			return NULL;
		r.bits &= (1u << r.nbits) - 1;
	}
	if (r.high != 0 || r.nbits >= 6 || r.bits != 0)
		return NULL;
	s++;
	/* A run that another one follows at once should have been one run. */
	if (s[0] == '&' && s[1] != '-')
		return NULL;
	return s;
}

int
utf7_decode(struct buf *b, const char *s)
{
	while (*s != '\0') {
		if (!printable((unsigned char)*s))
			return -1;
		if (*s != '&') {
			buf_byte(b, *s++);
		} else if (s[1] == '-') {
			buf_byte(b, '&');
			s += 2;
		} else if ((s = shifted(s + 1, b)) == NULL)
			return -1;
	}
	return 0;
}

int
utf7_valid(const char *s)
{
	struct buf b;
	int r;

	buf_init(&b, 0);
	r = utf7_decode(&b, s);
	buf_free(&b);
	return r == 0;
}

/* The character at *s, which is valid UTF-8, and steps over it. */
static uint32_t
take(const unsigned char **s)
{
	const unsigned char *p = *s;
	int i, n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? *p : *p & (0xffu >> (n + 1));

	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s = p + n;
	return c;
}

/* Adds n bits to the run and writes what makes whole digits. */
static void
digits(struct run *r, uint32_t bits, int n, struct buf *b)
{
	r->bits = r->bits << n | bits;
	for (r->nbits += n; r->nbits >= 6; ) {
		r->nbits -= 6;
		buf_byte(b, alphabet[r->bits >> r->nbits & 0x3f]);
	}
	r->bits &= (1u << r->nbits) - 1;
}

/* Writes the characters from p on that must be shifted.  Where they end. */
static const unsigned char *
shift(const unsigned char *p, struct buf *b)
{
	struct run r = { 0, 0, 0 };
	uint32_t c;

	buf_byte(b, '&');
	while (*p != '\0' && !printable(*p)) {
		c = take(&p);
		if (c >= 0x10000) {
			digits(&r, 0xd800 + ((c - 0x10000) >> 10), 16, b);
			c = 0xdc00 + (c & 0x3ff);
		}
		digits(&r, c, 16, b);
	}
	if (r.nbits != 0)
		digits(&r, 0, 6 - r.nbits, b);
	buf_byte(b, '-');
	return p;
}

int
utf7_encode(struct buf *b, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (!pct_utf8(s))
		return -1;
	while (*p != '\0') {
		if (!printable(*p)) {
			p = shift(p, b);
			continue;
		}
		if (*p == '&')
			buf_str(b, "&-");
		else
			buf_byte(b, *p);
		p++;
	}
	return 0;
}
