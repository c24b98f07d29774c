/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/crc.h"

#undef NDEBUG
#include <assert.h>

/* One bit at a time, straight from the definition: slow, and nothing in it to get wrong. */
static uint64_t by_definition(enum crc which, struct span s)
{
	static const struct {
		uint64_t polynomial, ones;
	} of[CRC_COUNT] = {
		[CRC_32] = { 0xedb88320, UINT32_MAX },
		[CRC_32C] = { 0x82f63b78, UINT32_MAX },
		[CRC_64NVME] = { 0x9a6c9329ac4bc9b5, UINT64_MAX },
	};
	uint64_t crc = of[which].ones;

	for (size_t i = 0; i < s.len; i++) {
		crc ^= span_bytes(s)[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? of[which].polynomial : 0);
	}
	return crc ^ of[which].ones;
}

static uint8_t noise[5000];

static void make_noise(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(noise); i++) {
		x = x * 1664525 + 1013904223;
		noise[i] = (uint8_t)(x >> 24);
	}
}

/* The check values that the catalogues of CRCs give for "123456789". */
static void test_the_published_check_values(void)
{
	assert(crc_update(CRC_32, 0, SPAN("123456789")) == 0xcbf43926);
	assert(crc_update(CRC_32C, 0, SPAN("123456789")) == 0xe3069283);
	assert(crc_update(CRC_64NVME, 0, SPAN("123456789")) == 0xae8b14860a799888);
}

static void test_nothing_has_the_value_zero(void)
{
	for (unsigned int which = 0; which < CRC_COUNT; which++)
		assert(crc_update((enum crc)which, 0, SPAN("")) == 0);
}

static void test_folding_and_tables_agree_with_the_definition(void)
{
	for (unsigned int which = 0; which < CRC_COUNT; which++) {
		for (size_t len = 0; len < 700; len++) {
			struct span s = { noise + len % 17, len };
			uint64_t expected = by_definition((enum crc)which, s);

			assert(crc_update((enum crc)which, 0, s) == expected);
			assert(crc_update_portable((enum crc)which, 0, s) == expected);
		}
	}
}

static void test_bytes_may_come_in_any_splits(void)
{
	for (unsigned int which = 0; which < CRC_COUNT; which++) {
		uint64_t whole = crc_update((enum crc)which, 0, (struct span){ noise, 1000 });

		for (size_t at = 0; at <= 1000; at++) {
			uint64_t crc = crc_update((enum crc)which, 0, (struct span){ noise, at });

			crc = crc_update((enum crc)which, crc,
					 (struct span){ noise + at, 1000 - at });
			assert(crc == whole);
		}
	}
}

static void test_combining_is_concatenating(void)
{
	static const size_t cuts[] = { 0, 1, 7, 64, 1000, 2500, 4999, 5000 };

	for (unsigned int which = 0; which < CRC_COUNT; which++) {
		struct span all = { noise, sizeof(noise) };

		for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
			uint64_t a = crc_update((enum crc)which, 0, span_first(all, cuts[i]));
			uint64_t b = crc_update((enum crc)which, 0, span_skip(all, cuts[i]));

			assert(crc_combine((enum crc)which, a, b, all.len - cuts[i]) ==
			       crc_update((enum crc)which, 0, all));
		}
	}
}

/* Lengths as of real parts: 5 GiB of zeros, halved until it can be computed. */
static void test_combining_takes_long_lengths(void)
{
	for (unsigned int which = 0; which < CRC_COUNT; which++) {
		uint64_t crc = crc_update((enum crc)which, 0, SPAN("\0")), len = 1;
		uint64_t five = 0;

		for (; len < GIB; len *= 2) {
			if (len == MIB) {
				static const uint8_t zeros[MIB];

				assert(crc == crc_update((enum crc)which, 0,
							 (struct span){ zeros, sizeof(zeros) }));
			}
			crc = crc_combine((enum crc)which, crc, crc, len);
		}
		for (unsigned int i = 0; i < 5; i++)
			five = crc_combine((enum crc)which, five, crc, GIB);
		assert(crc_combine((enum crc)which, crc,
				   crc_combine((enum crc)which,
					       crc_combine((enum crc)which, crc, crc, GIB),
					       crc_combine((enum crc)which, crc, crc, GIB),
					       2 * GIB),
				   4 * GIB) == five);
	}
}

int main(void)
{
	make_noise();
	test_the_published_check_values();
	test_nothing_has_the_value_zero();
	test_folding_and_tables_agree_with_the_definition();
	test_bytes_may_come_in_any_splits();
	test_combining_is_concatenating();
	test_combining_takes_long_lengths();
	return 0;
}
