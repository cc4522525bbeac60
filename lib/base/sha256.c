/* SHA-256; see sha256.h. */
#include "base/sha256.h"

#include <sys/types.h>
#include <sha2.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define NATIVE	1
#else
#define NATIVE	0
#endif

#define BLOCK	sizeof(((struct sha256 *)0)->block)

/* So many whole blocks into the state. */
static void
plain(uint32_t state[8], const unsigned char *p, size_t blocks)
{
	for (; blocks != 0; blocks--, p += BLOCK)
		SHA256Transform(state, p);
}

#if NATIVE

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static int
native_there(void)
{
	unsigned a, b, c, d, b7;

	if (!__get_cpuid_count(7, 0, &a, &b7, &c, &d) || !__get_cpuid(1, &a, &b, &c, &d))
		return 0;
	return (b7 & bit_SHA) != 0 && (c & bit_SSE4_1) != 0 && (c & bit_SSSE3) != 0;
}

/*
 * Two rounds an instruction.  The state is held as its words ABEF and CDGH, and w has the last 16
 * words of the message schedule, four to each.
 */
__attribute__((target("sha,sse4.1,ssse3"))) static void
native(uint32_t state[8], const unsigned char *p, size_t blocks)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
	__m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
	__m128i abef0, cdgh0, k, w[4];
	size_t i;

	for (; blocks != 0; blocks--, p += BLOCK) {
		abef0 = abef;
		cdgh0 = cdgh;
		for (i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p + i), swap);
#pragma GCC unroll 16
		for (i = 0; i < 16; i++) {
			if (i >= 4) {
				k = _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4);
				k = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), k);
				w[i % 4] = _mm_sha256msg2_epu32(k, w[(i + 3) % 4]);
			}
			k = _mm_add_epi32(w[i % 4],
			    _mm_loadu_si128((const __m128i *)(const void *)constants + i));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
		}
		abef = _mm_add_epi32(abef, abef0);
		cdgh = _mm_add_epi32(cdgh, cdgh0);
	}
	low = _mm_shuffle_epi32(abef, 0x1b);
	high = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(low, high, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

#endif

static void
compress(uint32_t state[8], const unsigned char *p, size_t blocks)
{
#if NATIVE
	static int known, there;

	if (!known) {
		there = native_there();
		known = 1;
	}
	if (there) {
		native(state, p, blocks);
		return;
	}
#endif
	plain(state, p, blocks);
}

void
sha256_init(struct sha256 *s)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->state, first, sizeof(first));
	s->n = 0;
}

void
sha256_add(struct sha256 *s, const void *data, size_t n)
{
	const unsigned char *p = data;
	size_t held = s->n % BLOCK, part;

	s->n += n;
	if (held != 0) {
		part = n < BLOCK - held ? n : BLOCK - held;
		memcpy(s->block + held, p, part);
		if (held + part < BLOCK)
			return;
		compress(s->state, s->block, 1);
		p += part;
		n -= part;
	}
	compress(s->state, p, n / BLOCK);
	memcpy(s->block, p + n / BLOCK * BLOCK, n % BLOCK);
}

void
sha256_end(struct sha256 *s, unsigned char out[SHA256_LEN])
{
	static const unsigned char pad[BLOCK] = { 0x80 };
	uint64_t bits = s->n * 8;
	unsigned char len[8];
	size_t i;

	sha256_add(s, pad, 1 + (BLOCK + 55 - s->n % BLOCK) % BLOCK);
	for (i = 0; i < sizeof(len); i++)
		len[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_add(s, len, sizeof(len));
	for (i = 0; i < SHA256_LEN; i++)
		out[i] = (unsigned char)(s->state[i / 4] >> (24 - 8 * (i % 4)));
}
