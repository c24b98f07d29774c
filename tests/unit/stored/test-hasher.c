/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/hasher.h"

#undef NDEBUG
#include <assert.h>

#include "s3/encoding.h"
#include "stored/cutter.h"

static struct hash_methods methods;

static void hash_text(struct span bytes, const struct hasher_wants *wants, struct hashes *ret)
{
	assert(hash_bytes(&methods, wants, bytes, ret) == 0);
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
	char text[2 * HASH_SHA256_LEN + 1];

	hex_encode((struct span){ bytes, len }, text);
	assert(strcmp(text, expected) == 0);
}

/* "123456789" is what catalogues of checksums give the check values of. */
static void test_known_values(void)
{
	struct hasher_wants wants = { .sha256 = true, .checksum = CHECKSUM_CRC32C };
	struct hashes h;

	hash_text(SPAN("123456789"), &wants, &h);
	assert_hex(h.md5, 16, "25f9e794323b453885f5181f1b624d0b");
	assert_hex(h.sha256, 32,
		   "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
	assert_hex(h.checksum.bytes, 4, "e3069283");
	assert_hex(h.crc64.bytes, 8, "ae8b14860a799888");
}

static void test_empty_body(void)
{
	struct hasher_wants wants = { .sha256 = true };
	struct hashes h;

	hash_text(SPAN(""), &wants, &h);
	assert_hex(h.md5, 16, "d41d8cd98f00b204e9800998ecf8427e");
	assert_hex(h.sha256, 32,
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_hex(h.crc64.bytes, 8, "0000000000000000");
}

static void test_every_algorithm_is_what_it_is_alone(void)
{
	for (enum checksum_algorithm a = CHECKSUM_NONE + 1; a < CHECKSUM_COUNT; a++) {
		struct hasher_wants wants = { .sha256 = a % 2, .checksum = a };
		_cleanup_(checksum_freep) struct checksum *c = NULL;
		struct checksum_value alone;
		struct hashes h;

		hash_text(SPAN("some bytes"), &wants, &h);
		assert(checksum_new(a, &c) == 0);
		assert(checksum_update(c, SPAN("some bytes")) == 0);
		assert(checksum_finish(c, &alone) == 0);
		assert(checksum_equal(&alone, &h.checksum));
		assert(h.crc64.algorithm == CHECKSUM_CRC64NVME);
	}
}

static void test_what_is_not_asked_for_is_the_crc_64(void)
{
	struct hasher_wants wants = { 0 };
	struct hashes h;

	hash_text(SPAN("x"), &wants, &h);
	assert(h.checksum.algorithm == CHECKSUM_CRC64NVME);
	assert(checksum_equal(&h.checksum, &h.crc64));
}

static void test_splits_make_no_difference(void)
{
	static const char text[] = "The quick brown fox jumps over the lazy dog";
	struct hasher_wants wants = { .sha256 = true, .checksum = CHECKSUM_SHA1 };
	struct hashes whole, split;

	hash_text(SPAN(text), &wants, &whole);
	for (size_t at = 0; at < sizeof(text); at++) {
		_cleanup_(hasher_freep) struct hasher *h = NULL;

		assert(hasher_new(&methods, &wants, &h) == 0);
		assert(hasher_update(h, (struct span){ text, at }) == 0);
		assert(hasher_update(h, (struct span){ text + at, sizeof(text) - 1 - at }) == 0);
		assert(hasher_finish(h, &split) == 0);
		assert(memcmp(whole.md5, split.md5, 16) == 0);
		assert(memcmp(whole.sha256, split.sha256, 32) == 0);
		assert(checksum_equal(&whole.checksum, &split.checksum));
	}
}

/* --- cutting --------------------------------------------------------------------------------- */

/* Only the last may be shorter than any client sends. */
static const uint32_t lengths[] = { CHUNKED_SIGNED_MIN + 7, CHUNKED_SIGNED_MIN,
				    CHUNKED_SIGNED_MIN + 1011, 1 };
#define BODY_LEN (3 * CHUNKED_SIGNED_MIN + 7 + 1011 + 1)
static uint8_t body[BODY_LEN];

static void make_body(void)
{
	for (size_t i = 0; i < BODY_LEN; i++)
		body[i] = (uint8_t)(i % 251);
}

static void assert_chunks(const struct cutter *c)
{
	size_t at = 0;

	assert(c->hashes.len == ARRAY_SIZE(lengths) * HASH_SHA256_LEN);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct hasher_wants wants = { .sha256 = true };
		struct hashes h;

		hash_text((struct span){ body + at, lengths[i] }, &wants, &h);
		assert(memcmp(c->hashes.data + i * HASH_SHA256_LEN, h.sha256, HASH_SHA256_LEN) ==
		       0);
		at += lengths[i];
	}
}

static void test_t76_chunks_are_cut_alike_however_the_bytes_are_split(void)
{
	for (size_t first = 0; first <= BODY_LEN; first += 1171) {
		for (size_t second = first; second <= BODY_LEN; second += 1361) {
			struct cutter c;

			assert(cutter_init(&c, &methods) == 0);
			assert(cutter_expect(&c, (struct span){ lengths, sizeof(lengths) }) ==
			       CUTTER_OK);
			assert(c.ahead == BODY_LEN);
			assert(cutter_update(&c, (struct span){ body, first }) == 0);
			assert(cutter_update(&c, (struct span){ body + first, second - first }) ==
			       0);
			assert(cutter_update(
				       &c, (struct span){ body + second, BODY_LEN - second }) == 0);
			assert(cutter_is_even(&c));
			assert_chunks(&c);
			cutter_clear(&c);
		}
	}
}

static void test_t76_lengths_may_come_one_at_a_time(void)
{
	struct cutter c;
	size_t at = 0;

	assert(cutter_init(&c, &methods) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		assert(cutter_expect(&c, (struct span){ &lengths[i], sizeof(lengths[i]) }) ==
		       CUTTER_OK);
		assert(cutter_update(&c, (struct span){ body + at, lengths[i] }) == 0);
		at += lengths[i];
	}
	assert_chunks(&c);
	cutter_clear(&c);
}

static void test_t76_absurd_lengths_are_told(void)
{
	static const uint32_t zero[] = { 5, 0 };
	struct cutter c;

	assert(cutter_init(&c, &methods) == 0);
	assert(cutter_expect(&c, (struct span){ zero, sizeof(zero) }) == CUTTER_ABSURD);
	assert(cutter_expect(&c, (struct span){ lengths, 3 }) == CUTTER_ABSURD);
	assert(c.ahead == 0);
	cutter_clear(&c);
}

static void test_t76_no_chunk_follows_one_shorter_than_any_client_sends(void)
{
	static const uint32_t whole = CHUNKED_SIGNED_MIN, brief = CHUNKED_SIGNED_MIN - 1, one = 1;
	static const uint32_t together[] = { CHUNKED_SIGNED_MIN - 1, 1 };
	struct cutter c;

	assert(cutter_init(&c, &methods) == 0);
	assert(cutter_expect(&c, (struct span){ together, sizeof(together) }) == CUTTER_ABSURD);
	assert(cutter_expect(&c, (struct span){ &whole, sizeof(whole) }) == CUTTER_OK);
	assert(cutter_expect(&c, (struct span){ &brief, sizeof(brief) }) == CUTTER_OK);
	assert(cutter_expect(&c, (struct span){ &one, sizeof(one) }) == CUTTER_ABSURD);
	assert(cutter_expect(&c, (struct span){ &whole, sizeof(whole) }) == CUTTER_ABSURD);
	assert(c.ahead == 2 * CHUNKED_SIGNED_MIN - 1);
	cutter_clear(&c);
}

static void test_t76_lengths_far_ahead_of_the_bytes_are_bounded(void)
{
	static uint8_t bytes[CHUNKED_SIGNED_MIN];
	uint32_t chunks[1024];
	struct cutter c;
	size_t taken = 0;
	int r = CUTTER_OK;

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++)
		chunks[i] = CHUNKED_SIGNED_MIN;
	assert(cutter_init(&c, &methods) == 0);
	while (r == CUTTER_OK) {
		r = cutter_expect(&c, (struct span){ chunks, sizeof(chunks) });
		taken += r == CUTTER_OK ? ARRAY_SIZE(chunks) : 0;
	}
	assert(r == CUTTER_ABSURD && taken == CUTTER_PENDING_MAX);
	/* Bytes make room again. */
	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++)
		assert(cutter_update(&c, (struct span){ bytes, sizeof(bytes) }) == 0);
	assert(cutter_expect(&c, (struct span){ chunks, sizeof(chunks) }) == CUTTER_OK);
	cutter_clear(&c);
}

int main(void)
{
	assert(hash_methods_fetch(&methods) == 0);
	make_body();
	test_known_values();
	test_empty_body();
	test_every_algorithm_is_what_it_is_alone();
	test_what_is_not_asked_for_is_the_crc_64();
	test_splits_make_no_difference();
	test_t76_chunks_are_cut_alike_however_the_bytes_are_split();
	test_t76_lengths_may_come_one_at_a_time();
	test_t76_absurd_lengths_are_told();
	test_t76_no_chunk_follows_one_shorter_than_any_client_sends();
	test_t76_lengths_far_ahead_of_the_bytes_are_bounded();
	hash_methods_clear(&methods);
	return 0;
}
