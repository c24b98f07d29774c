/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/crc.h"

#include <endian.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define CRC_HAS_FOLDING 1
#define CRC_FOLD_MIN	64
#endif

struct crc_table {
	unsigned int width;
	uint64_t polynomial; /* reflected, without its highest term */
	uint64_t fold_64_bytes[2]; /* what moves both halves of a block that far */
	uint64_t fold_16_bytes[2];
	uint64_t rows[8][256];
};

#include "crc-tables.h"

static uint64_t ones(const struct crc_table *t)
{
	return UINT64_MAX >> (64 - t->width);
}

/* Eight bytes a step: each looks up what it leaves behind when the seven after it have passed. */
static uint64_t step(const struct crc_table *t, uint64_t state, const uint8_t *p, size_t len)
{
	for (; len >= 8; p += 8, len -= 8) {
		uint64_t next;

		memcpy(&next, p, sizeof(next));
		next = state ^ le64toh(next);
		state = 0;
		for (unsigned int i = 0; i < 8; i++)
			state ^= t->rows[7 - i][next >> (8 * i) & 0xff];
	}
	for (; len; p++, len--)
		state = state >> 8 ^ t->rows[0][(state ^ *p) & 0xff];
	return state;
}

uint64_t crc_update_portable(enum crc which, uint64_t crc, struct span bytes)
{
	const struct crc_table *t = &crc_tables[which];

	return step(t, crc ^ ones(t), bytes.data, bytes.len) ^ ones(t);
}

#if CRC_HAS_FOLDING
#define with_folding __attribute__((target("pclmul,sse2")))

with_folding static inline __m128i load(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Moves a block over the distance that `by` is for, onto the block that stands there. */
with_folding static inline __m128i carry(__m128i block, __m128i by, __m128i onto)
{
	__m128i first = _mm_clmulepi64_si128(block, by, 0x00);
	__m128i second = _mm_clmulepi64_si128(block, by, 0x11);

	return _mm_xor_si128(onto, _mm_xor_si128(first, second));
}

/*
 * Folds the bytes into the last 16 of an equal remainder, and looks that up as plain bytes: four
 * blocks side by side keep the multiplier busy. (Gopal et al., Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction, 2009.)
 */
with_folding static uint64_t step_folding(const struct crc_table *t, uint64_t state,
					  const uint8_t *p, size_t len)
{
	__m128i far = load((const uint8_t *)t->fold_64_bytes);
	__m128i near = load((const uint8_t *)t->fold_16_bytes);
	__m128i a = _mm_xor_si128(load(p), _mm_cvtsi64_si128((long long)state));
	__m128i b = load(p + 16), c = load(p + 32), d = load(p + 48);
	uint8_t folded[16];

	for (p += 64, len -= 64; len >= 64; p += 64, len -= 64) {
		a = carry(a, far, load(p));
		b = carry(b, far, load(p + 16));
		c = carry(c, far, load(p + 32));
		d = carry(d, far, load(p + 48));
	}
	a = carry(carry(carry(a, near, b), near, c), near, d);
	for (; len >= 16; p += 16, len -= 16)
		a = carry(a, near, load(p));
	_mm_storeu_si128((__m128i *)(void *)folded, a);
	return step(t, step(t, 0, folded, sizeof(folded)), p, len);
}
#endif

uint64_t crc_update(enum crc which, uint64_t crc, struct span bytes)
{
#if CRC_HAS_FOLDING
	const struct crc_table *t = &crc_tables[which];

	if (bytes.len >= CRC_FOLD_MIN && __builtin_cpu_supports("pclmul"))
		return step_folding(t, crc ^ ones(t), bytes.data, bytes.len) ^ ones(t);
#endif
	return crc_update_portable(which, crc, bytes);
}

/* The product of two reflected polynomials, modulo the table's. */
static uint64_t multiply(const struct crc_table *t, uint64_t a, uint64_t b)
{
	uint64_t product = 0;

	for (uint64_t bit = UINT64_C(1) << (t->width - 1); bit; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? t->polynomial : 0);
	}
	return product;
}

uint64_t crc_combine(enum crc which, uint64_t a, uint64_t b, uint64_t b_len)
{
	const struct crc_table *t = &crc_tables[which];
	uint64_t square = UINT64_C(1) << (t->width - 1 - 8); /* x^8, one byte */

	/*
	 * To put b_len bytes behind a is to multiply by x^(8 * b_len). The ones at the beginning
	 * and the end of both values cancel out.
	 */
	for (; b_len; b_len >>= 1) {
		if (b_len & 1)
			a = multiply(t, a, square);
		square = multiply(t, square, square);
	}
	return a ^ b;
}
