/* SASL answers and quoted strings; MD5 from libmd, so nothing here needs OpenSSL. */
#include "net/sasl.h"

#include <md5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK	64	/* bytes of an MD5 block (RFC 2104) */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
secret_free(char *s)
{
	if (s != NULL)
		freezero(s, strlen(s));
}

char *
sasl_base64(const void *p, size_t n)
{
	const unsigned char *in = p;
	char *out = mem_alloc((n + 2) / 3 * 4 + 1), *to = out;
	uint32_t v;
	size_t i;

	for (i = 0; i < n; i += 3) {
		v = (uint32_t)in[i] << 16;
		if (i + 1 < n)
			v |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < n)
			v |= in[i + 2];
		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		*to++ = i + 1 < n ? alphabet[v >> 6 & 63] : '=';
		*to++ = i + 2 < n ? alphabet[v & 63] : '=';
	}
	return out;
}

char *
sasl_unbase64(const char *s, size_t *len)
{
	size_t n = strlen(s), i, pad = 0;
	uint32_t v = 0;
	const char *at;
	char *out, *to;

	while (pad < 2 && pad < n && s[n - 1 - pad] == '=')
		pad++;
	if (n % 4 != 0)
		return NULL;
	out = to = mem_alloc(n / 4 * 3 + 1);
	for (i = 0; i < n; i++) {
		at = i < n - pad ? memchr(alphabet, s[i], sizeof(alphabet) - 1) : alphabet;
		if (at == NULL) {
			free(out);
			return NULL;
		}
		v = v << 6 | (uint32_t)(at - alphabet);
		if (i % 4 == 3) {
			*to++ = (char)(v >> 16);
			*to++ = (char)(v >> 8);
			*to++ = (char)v;
		}
	}
	*len = (size_t)(to - out) - pad;
	out[*len] = '\0';
	return out;
}

char *
sasl_plain(const char *user, const char *password)
{
	size_t size = strlen(user) + strlen(password) + 3;
	char *raw = mem_alloc(size), *out;

	/* No authorization identity: it is derived from the user. */
	strlcpy(raw + 1, user, size - 1);
	strlcpy(raw + strlen(user) + 2, password, strlen(password) + 1);
	out = sasl_base64(raw, size - 1);
	freezero(raw, size);
	return out;
}

/* HMAC-MD5 (RFC 2104) in hex. */
static void
hmac(const char *key, const char *text, size_t n, char hex[33])
{
	unsigned char pad[2][BLOCK], sum[MD5_DIGEST_LENGTH], k[BLOCK] = { 0 };
	size_t i, len = strlen(key);
	MD5_CTX md5;

	MD5Init(&md5);
	if (len > BLOCK) {
		MD5Update(&md5, (const unsigned char *)key, len);
		MD5Final(k, &md5);
	} else {
		for (i = 0; i < len; i++)
			k[i] = (unsigned char)key[i];
	}
	for (i = 0; i < BLOCK; i++) {
		pad[0][i] = k[i] ^ 0x36;
		pad[1][i] = k[i] ^ 0x5c;
	}
	MD5Init(&md5);
	MD5Update(&md5, pad[0], BLOCK);
	MD5Update(&md5, (const unsigned char *)text, n);
	MD5Final(sum, &md5);
	MD5Init(&md5);
	MD5Update(&md5, pad[1], BLOCK);
	MD5Update(&md5, sum, sizeof(sum));
	MD5Final(sum, &md5);
	for (i = 0; i < sizeof(sum); i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	explicit_bzero(pad, sizeof(pad));
	explicit_bzero(k, sizeof(k));
	explicit_bzero(&md5, sizeof(md5));
}

char *
sasl_cram(const char *challenge, const char *user, const char *password)
{
	char hex[33], *text, *answer, *out;
	size_t n;

	if ((text = sasl_unbase64(challenge, &n)) == NULL)
		return NULL;
	hmac(password, text, n, hex);
	answer = mem_printf("%s %s", user, hex);
	out = sasl_base64(answer, strlen(answer));
	secret_free(answer);
	free(text);
	return out;
}

char *
sasl_quote(const char *s)
{
	char *out, *to;
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (*p == '\r' || *p == '\n' || (unsigned char)*p > 0x7e)
			return NULL;
	out = to = mem_alloc(2 * strlen(s) + 3);
	*to++ = '"';
	for (p = s; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			*to++ = '\\';
		*to++ = *p;
	}
	*to = '"';
	return out;
}
