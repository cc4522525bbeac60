/* Digests of messages and folder names. */
#include "base/digest.h"

#include <md5.h>
#include <stdio.h>
#include <string.h>

void
digest_init(struct digest *d)
{
	memset(d, 0, sizeof(*d));
	sha256_init(&d->sha);
	d->room = DIGEST_BYTES;
}

void
digest_init_whole(struct digest *d)
{
	digest_init(d);
	d->room = SIZE_MAX;
}

static void
put(struct digest *d, const void *p, size_t n)
{
	if (n != 0)
		sha256_add(&d->sha, p, n);
}

/* A line feed; before it a CR that was counted, or one that the wire form would have. */
static void
newline(struct digest *d)
{
	d->room -= d->cr ? 0 : 1;
	d->cr = 0;
	if (d->room == 0) {
		/* the cut falls between the two: the other side ends in a lone CR */
		put(d, "\r", 1);
		return;
	}
	put(d, "\n", 1);
	d->room--;
}

void
digest_add(struct digest *d, const void *data, size_t n)
{
	const char *p = data, *end = p + n, *q;
	size_t run;

	while (p < end && (d->room != 0 || d->cr)) {
		if (*p == '\n') {
			newline(d);
			p++;
			continue;
		}
		if (d->cr) {
			put(d, "\r", 1);
			d->cr = 0;
			continue;
		}
		if (*p == '\r') {
			d->cr = 1;
			d->room--;
			p++;
			continue;
		}
		run = (size_t)(end - p) < d->room ? (size_t)(end - p) : d->room;
		if ((q = memchr(p, '\n', run)) != NULL)
			run = (size_t)(q - p);
		if ((q = memchr(p, '\r', run)) != NULL)
			run = (size_t)(q - p);
		put(d, p, run);
		d->room -= run;
		p += run;
	}
}

void
digest_end(struct digest *d, unsigned char out[DIGEST_LEN])
{
	unsigned char full[SHA256_LEN];

	if (d->cr)
		put(d, "\r", 1);
	sha256_end(&d->sha, full);
	memcpy(out, full, DIGEST_LEN);
}

/* n bytes as 2n digits and a NUL. */
static void
digits(const unsigned char *bytes, size_t n, char *hex)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*hex++ = digit[bytes[i] >> 4];
		*hex++ = digit[bytes[i] & 15];
	}
	*hex = '\0';
}

void
digest_hex(const unsigned char dig[DIGEST_LEN], char hex[DIGEST_HEX])
{
	digits(dig, DIGEST_LEN, hex);
}

static int
nibble(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
digest_unhex(const char *hex, unsigned char dig[DIGEST_LEN])
{
	int i, hi, lo;

	if (hex == NULL || strlen(hex) != 2 * DIGEST_LEN)
		return -1;
	for (i = 0; i < DIGEST_LEN; i++) {
		hi = nibble(hex[2 * i]);
		lo = nibble(hex[2 * i + 1]);
		if (hi == -1 || lo == -1)
			return -1;
		dig[i] = (unsigned char)(hi << 4 | lo);
	}
	return 0;
}

void
digest_fmd5(const char *name, char out[33])
{
	unsigned char md[MD5_DIGEST_LENGTH];
	MD5_CTX ctx;

	MD5Init(&ctx);
	MD5Update(&ctx, (const uint8_t *)name, strlen(name));
	MD5Final(md, &ctx);
	digits(md, MD5_DIGEST_LENGTH, out);
}

uint64_t
digest_key(const char *s, size_t n)
{
	unsigned char full[SHA256_LEN];
	struct sha256 sha;
	uint64_t k = 0;
	int i;

	sha256_init(&sha);
	sha256_add(&sha, s, n);
	sha256_end(&sha, full);
	for (i = 0; i < 8; i++)
		k = k << 8 | full[i];
	return k;
}
