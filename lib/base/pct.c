/* Record fields and foreign text made harmless. */
#include "base/pct.h"

#include <stdint.h>
#include <string.h>

#define EACH	(~(uint64_t)0 / 255)	/* 1 in each byte of a word */
#define TOPS	(128 * EACH)

/* What stays as it is. */
static int
plain(unsigned char c)
{
	return c >= 0x21 && c <= 0x7e && c != '%';
}

/*
 * 1 if all 8 bytes of a word are.  Each sum sets the top bit of a byte that is not; a borrow
 * or carry that spoils the next byte comes only from such a one.
 */
static int
plain_word(uint64_t w)
{
	uint64_t low = w - 0x21 * EACH, high = w | (w + EACH);
	uint64_t percent = (w ^ '%' * EACH) - EACH;

	return ((low | high | percent) & TOPS) == 0;
}

size_t
pct_plain(const char *s, size_t n)
{
	uint64_t w;
	size_t i;

	for (i = 0; n - i >= sizeof(w); i += sizeof(w)) {
		memcpy(&w, s + i, sizeof(w));
		if (!plain_word(w))
			break;
	}
	while (i < n && plain((unsigned char)s[i]))
		i++;
	return i;
}

void
pct_encode(struct buf *b, const char *s)
{
	static const char digit[] = "0123456789ABCDEF";
	size_t n, run;
	char code[3];

	if (s == NULL) {
		buf_byte(b, '-');
		return;
	}
	if (*s == '\0') {
		buf_byte(b, '%');
		return;
	}
	if (s[0] == '-' && s[1] == '\0') {
		buf_str(b, "%2D");
		return;
	}
	for (n = strlen(s); n != 0; s++, n--) {
		run = pct_plain(s, n);
		buf_put(b, s, run);
		s += run;
		if ((n -= run) == 0)
			break;
		code[0] = '%';
		code[1] = digit[(unsigned char)*s >> 4];
		code[2] = digit[(unsigned char)*s & 15];
		buf_put(b, code, 3);
	}
}

static int
hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *
pct_decode(char *s, int *absent)
{
	char *in = s, *out = s;
	int hi, lo;

	*absent = 0;
	if (strcmp(s, "-") == 0) {
		*absent = 1;
		return NULL;
	}
	if (strcmp(s, "%") == 0) {
		*s = '\0';
		return s;
	}
	if (*s == '\0')
		return NULL;
	while (*in != '\0') {
		if ((unsigned char)*in < 0x21 || (unsigned char)*in > 0x7e)
			return NULL;
		if (*in != '%') {
			*out++ = *in++;
			continue;
		}
		if ((hi = hex((unsigned char)in[1])) < 0 || (lo = hex((unsigned char)in[2])) < 0 ||
		    hi + lo == 0)
			return NULL;
		*out++ = (char)(hi << 4 | lo);
		in += 3;
	}
	*out = '\0';
	return s;
}

/*
 * The length of the UTF-8 sequence at p and its code point, or 0 if it is not
 * well formed: no overlong form, no surrogate, nothing above 10FFFF.
 */
static size_t
sequence(const unsigned char *p, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n, i;

	if (*p < 0x80) {
		*cp = *p;
		return 1;
	}
	n = *p >= 0xf0 && *p <= 0xf4 ? 4 : *p >= 0xe0 && *p < 0xf0 ? 3 :
	    *p >= 0xc2 && *p < 0xe0 ? 2 : 0;
	if (n == 0)
		return 0;
	*cp = *p & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

/* Characters that can move the cursor, hide text or turn its direction. */
static int
hostile(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	    (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff || (cp >= 0xfff0 && cp <= 0xffff) ||
	    (cp >= 0xe000 && cp <= 0xf8ff) || cp >= 0xe0000;
}

void
pct_show(struct buf *b, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t cp = 0;
	size_t n, i;

	while (*p != '\0') {
		n = sequence(p, &cp);
		if (n != 0 && !hostile(cp)) {
			buf_put(b, p, n);
			p += n;
			continue;
		}
		for (i = 0; i < (n != 0 ? n : 1); i++)
			buf_printf(b, "\\x%02x", p[i]);
		p += n != 0 ? n : 1;
	}
}

int
pct_utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t cp;
	size_t n;

	for (; *p != '\0'; p += n)
		if ((n = sequence(p, &cp)) == 0)
			return 0;
	return 1;
}
