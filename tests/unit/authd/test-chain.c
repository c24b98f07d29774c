/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/chain.h"

#include <openssl/sha.h>
#include <stdio.h>

#include "s3/encoding.h"
#include "signer.h"

#undef NDEBUG
#include <assert.h>

#define CHUNKS_MAX 16
#define SCOPE	   "20130524/us-east-1/s3/aws4_request"

/* A stream as its client made it: claims and hashes of each chunk, the closing one included. */
struct stream_of {
	size_t n;
	uint8_t claims[CHUNKS_MAX][CHAIN_CLAIM_LEN];
	uint8_t hashes[CHUNKS_MAX][SIGV4_LEN];
	uint64_t length;
	char last[65];
	uint8_t trailer_signature[SIGV4_LEN];
	const char *trailer;
};

static const char seed_text[] = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
static uint8_t key[SIGV4_LEN];

static void unhex(const char *text, uint8_t ret[static SIGV4_LEN])
{
	assert(hex_decode(span_from_string(text), ret, SIGV4_LEN));
}

static void add_chunk(struct stream_of *s, const void *data, uint32_t len)
{
	uint8_t *claim = s->claims[s->n];
	struct signer signer = SIGNER;
	char made[65];

	signer_chunk(&signer, s->last, data, len, made);
	strcpy(s->last, made);
	for (int i = 0; i < 4; i++)
		claim[i] = (uint8_t)(len >> (8 * i));
	unhex(made, claim + 4);
	SHA256(data, len, s->hashes[s->n]);
	s->length += len;
	s->n++;
}

/* `n` chunks of different bytes and lengths, then the closing one. */
static struct stream_of make(size_t n, const char *trailer)
{
	struct stream_of s = { .trailer = trailer };
	struct signer signer = SIGNER;
	char data[1000], made[65];

	strcpy(s.last, seed_text);
	for (size_t i = 0; i < n; i++) {
		memset(data, 'a' + (int)i, sizeof(data));
		add_chunk(&s, data, (uint32_t)(sizeof(data) - i));
	}
	add_chunk(&s, "", 0);
	if (trailer) {
		signer_trailer(&signer, s.last, trailer, made);
		unhex(made, s.trailer_signature);
	}
	return s;
}

static void begin(struct chain *c, const struct stream_of *s, enum checksum_algorithm announced)
{
	struct s3_request request = {
		.payload = announced ? S3_PAYLOAD_STREAMING_SIGNED_TRAILER
				     : S3_PAYLOAD_STREAMING_SIGNED,
		.length = s->length,
		.trailer = announced,
	};
	struct sigv4_scope scope = { { SIGNER_TIME, SIGV4_TIME_LEN },
				     { SCOPE, sizeof(SCOPE) - 1 } };
	uint8_t seed[SIGV4_LEN];

	sigv4_derive(SPAN(SIGV4_PREFIX SIGNER_SECRET), SPAN("20130524"), SPAN("us-east-1"),
		     SIGV4_S3, key);
	unhex(seed_text, seed);
	chain_init(c, &request, key, &scope, seed);
}

static struct span claims_of(const struct stream_of *s, size_t from, size_t to)
{
	return (struct span){ s->claims[from], (to - from) * CHAIN_CLAIM_LEN };
}

static struct span hashes_of(const struct stream_of *s, size_t from, size_t to)
{
	return (struct span){ s->hashes[from], (to - from) * SIGV4_LEN };
}

static int claim_all(struct chain *c, const struct stream_of *s)
{
	return chain_claim(c, claims_of(s, 0, s->n), true,
			   s->trailer ? span_from_string(s->trailer) : SPAN(""),
			   s->trailer ? (struct span){ s->trailer_signature, SIGV4_LEN }
				      : SPAN(""));
}

static int hash_all(struct chain *c, const struct stream_of *s)
{
	return chain_hash(c, hashes_of(s, 0, s->n - 1));
}

/* All at once: what the second of both says, and with which error. */
static int whole(const struct stream_of *s, enum checksum_algorithm announced, enum s3_error *ret)
{
	struct chain c;
	int r;

	begin(&c, s, announced);
	r = claim_all(&c, s);
	if (r == CHAIN_OK)
		r = hash_all(&c, s);
	*ret = c.error;
	chain_clear(&c);
	return r;
}

/* --- sound streams ------------------------------------------------------------------------ */

static void test_a_stream_is_proven_in_any_interleaving(void)
{
	struct stream_of s = make(5, NULL);

	/* Claims come in batches of a, hashes in batches of b, either first. */
	for (size_t a = 1; a <= s.n; a++) {
		for (size_t b = 1; b < s.n; b++) {
			for (int hashes_first = 0; hashes_first < 2; hashes_first++) {
				size_t claimed = 0, hashed = 0;
				struct chain c;
				int r = CHAIN_OK;

				begin(&c, &s, CHECKSUM_NONE);
				for (int turn = hashes_first; r == CHAIN_OK; turn++) {
					size_t to = MIN(claimed + a, s.n),
					       h = MIN(hashed + b, s.n - 1);

					if (turn & 1 && hashed < s.n - 1) {
						r = chain_hash(&c, hashes_of(&s, hashed, h));
						hashed = h;
					} else if (!(turn & 1) && claimed < s.n) {
						r = chain_claim(&c, claims_of(&s, claimed, to),
								to == s.n, SPAN(""), SPAN(""));
						claimed = to;
					}
				}
				assert(r == CHAIN_DONE && c.state == CHAIN_PROVEN);
				assert(claimed == s.n && hashed == s.n - 1 && c.length == s.length);
				chain_clear(&c);
			}
		}
	}
}

static void test_an_empty_stream_needs_no_hashes(void)
{
	struct stream_of s = make(0, NULL);
	enum s3_error error;

	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_DONE);
}

static void test_the_closing_chunk_may_come_before_the_end_is_said(void)
{
	struct stream_of s = make(2, NULL);
	struct chain c;

	begin(&c, &s, CHECKSUM_NONE);
	assert(chain_claim(&c, claims_of(&s, 0, s.n), false, SPAN(""), SPAN("")) == CHAIN_OK);
	assert(hash_all(&c, &s) == CHAIN_OK);
	assert(chain_claim(&c, SPAN(""), true, SPAN(""), SPAN("")) == CHAIN_DONE);
	chain_clear(&c);
}

static void test_a_signed_trailer_is_proven_and_kept(void)
{
	struct stream_of s = make(3, "x-amz-checksum-crc32c:sOO8/Q==\n");
	struct chain c;

	begin(&c, &s, CHECKSUM_CRC32C);
	assert(claim_all(&c, &s) == CHAIN_OK);
	assert(hash_all(&c, &s) == CHAIN_DONE);
	assert(strcmp(c.checksum, "sOO8/Q==") == 0);
	chain_clear(&c);
}

/* --- T04 ---------------------------------------------------------------------------------- */

static void test_t04_a_bit_in_any_signature_breaks_the_chain(void)
{
	for (size_t at = 0; at < 4; at++) {
		for (size_t bit = 0; bit < 8 * SIGV4_LEN; bit++) {
			struct stream_of s = make(3, NULL);
			enum s3_error error;

			s.claims[at][4 + bit / 8] ^= (uint8_t)(1 << (bit % 8));
			assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
			assert(error == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
		}
	}
}

static void test_t04_the_closing_chunk_is_verified(void)
{
	struct stream_of s = make(1, NULL);
	enum s3_error error;

	memset(s.claims[1] + 4, 0, SIGV4_LEN);
	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
}

static void test_t04_a_chain_does_not_start_again(void)
{
	struct stream_of s = make(2, NULL), again = make(2, NULL);
	enum s3_error error;

	/* The second chunk is one that follows the seed. */
	memcpy(s.claims[1] + 4, again.claims[0] + 4, SIGV4_LEN);
	memcpy(s.hashes[1], again.hashes[0], SIGV4_LEN);
	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
}

static void test_t04_chunks_do_not_change_places(void)
{
	struct stream_of s = make(3, NULL), other = s;
	enum s3_error error;

	memcpy(s.claims[0], other.claims[1], CHAIN_CLAIM_LEN);
	memcpy(s.claims[1], other.claims[0], CHAIN_CLAIM_LEN);
	memcpy(s.hashes[0], other.hashes[1], SIGV4_LEN);
	memcpy(s.hashes[1], other.hashes[0], SIGV4_LEN);
	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
}

/* Chunks that the same key signed, for another request. */
static void test_t04_chunks_of_another_request_do_not_fit(void)
{
	struct stream_of s = { 0 };
	enum s3_error error;

	strcpy(s.last, SIGNER_EMPTY);
	add_chunk(&s, "data", 4);
	add_chunk(&s, "", 0);
	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
	assert(error == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
}

static void test_t04_a_stream_that_ends_early_or_late_is_incomplete(void)
{
	struct stream_of s = make(3, NULL);
	enum s3_error error;

	s.length--;
	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
	assert(error == S3_ERROR_INCOMPLETE_BODY);
	s.length += 2;
	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
	assert(error == S3_ERROR_INCOMPLETE_BODY);
}

/* Lengths that would wrap around to the right sum. */
static void test_t04_lengths_do_not_wrap(void)
{
	struct stream_of s = make(1, NULL);
	struct chain c;
	uint8_t claims[2][CHAIN_CLAIM_LEN] = { { 0xff, 0xff, 0xff, 0xff },
					       { 0xff, 0xff, 0xff, 0xff } };

	begin(&c, &s, CHECKSUM_NONE);
	assert(chain_claim(&c, (struct span){ claims, sizeof(claims) }, false, SPAN(""),
			   SPAN("")) == CHAIN_REFUSED);
	assert(c.error == S3_ERROR_INCOMPLETE_BODY);
	chain_clear(&c);
}

/* --- T05 ---------------------------------------------------------------------------------- */

static void expect_trailer(const char *trailer, enum checksum_algorithm announced,
			   enum s3_error expected)
{
	struct stream_of s = make(2, trailer);
	enum s3_error error;

	assert(whole(&s, announced, &error) == (expected ? CHAIN_REFUSED : CHAIN_DONE));
	assert(error == expected);
}

static void test_t05_only_the_announced_trailer_is_taken(void)
{
	char large[200];

	expect_trailer("x-amz-checksum-crc32:AAAAAA==\n", CHECKSUM_CRC32, S3_ERROR_NONE);
	expect_trailer("x-amz-checksum-crc32:AAAAAA==\n", CHECKSUM_CRC32C,
		       S3_ERROR_MALFORMED_TRAILER);
	expect_trailer("x-amz-meta-evil:1\n", CHECKSUM_CRC32, S3_ERROR_MALFORMED_TRAILER);
	expect_trailer("x-amz-checksum-crc32:A\nx-amz-checksum-crc32:B\n", CHECKSUM_CRC32,
		       S3_ERROR_MALFORMED_TRAILER);
	expect_trailer("x-amz-checksum-crc32:AAAAAA==", CHECKSUM_CRC32, S3_ERROR_MALFORMED_TRAILER);
	expect_trailer("x-amz-checksum-crc32\n", CHECKSUM_CRC32, S3_ERROR_MALFORMED_TRAILER);
	expect_trailer("", CHECKSUM_CRC32, S3_ERROR_MALFORMED_TRAILER);
	snprintf(large, sizeof(large), "x-amz-checksum-crc32:%0*d\n", CHAIN_CHECKSUM_MAX, 0);
	expect_trailer(large, CHECKSUM_CRC32, S3_ERROR_MALFORMED_TRAILER);
}

static void test_t05_a_wrong_trailer_signature_breaks_the_chain(void)
{
	for (size_t bit = 0; bit < 8 * SIGV4_LEN; bit++) {
		struct stream_of s = make(1, "x-amz-checksum-crc32:AAAAAA==\n");
		enum s3_error error;

		s.trailer_signature[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		assert(whole(&s, CHECKSUM_CRC32, &error) == CHAIN_REFUSED);
		assert(error == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	}
}

static void test_t05_another_value_of_the_trailer_breaks_the_chain(void)
{
	struct stream_of s = make(1, "x-amz-checksum-crc32:AAAAAA==\n");
	enum s3_error error;

	s.trailer = "x-amz-checksum-crc32:BBBBBB==\n";
	assert(whole(&s, CHECKSUM_CRC32, &error) == CHAIN_REFUSED);
	assert(error == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
}

/* A mode with a trailer whose announcement was left out, or whose signature was. */
static void test_t05_a_trailer_must_be_announced_and_signed(void)
{
	struct stream_of s = make(1, "x-amz-checksum-crc32:AAAAAA==\n");
	struct chain c;

	begin(&c, &s, CHECKSUM_CRC32);
	c.trailer_algorithm = CHECKSUM_NONE;
	assert(claim_all(&c, &s) == CHAIN_REFUSED && c.error == S3_ERROR_MALFORMED_TRAILER);
	chain_clear(&c);
	begin(&c, &s, CHECKSUM_CRC32);
	assert(chain_claim(&c, claims_of(&s, 0, s.n), true, span_from_string(s.trailer),
			   SPAN("")) == CHAIN_REFUSED);
	assert(c.error == S3_ERROR_MALFORMED_TRAILER);
	chain_clear(&c);
}

/* --- T76 ---------------------------------------------------------------------------------- */

/* The frontend claims the client's chunks and writes others into the pipe. */
static void test_t76_other_bytes_than_were_signed_break_the_chain(void)
{
	for (size_t at = 0; at < 3; at++) {
		struct stream_of s = make(3, NULL);
		enum s3_error error;

		s.hashes[at][at] ^= 1;
		assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
		assert(error == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	}
}

/* It tells stored other borders than authd: the bytes are the same, the hashes are not. */
static void test_t76_moved_borders_break_the_chain(void)
{
	struct stream_of s = make(2, NULL);
	char joined[2000];
	enum s3_error error;

	memset(joined, 'a', 1000);
	memset(joined + 1000, 'b', 999);
	SHA256((uint8_t *)joined, 999, s.hashes[0]);
	SHA256((uint8_t *)joined + 999, 1000, s.hashes[1]);
	assert(whole(&s, CHECKSUM_NONE, &error) == CHAIN_REFUSED);
}

/* More was written than signed: the surplus chunk has no claim. */
static void test_t76_hashes_without_claims_break_the_chain(void)
{
	struct stream_of s = make(2, NULL);
	struct chain c;

	begin(&c, &s, CHECKSUM_NONE);
	assert(chain_hash(&c, hashes_of(&s, 0, 3)) == CHAIN_OK);
	assert(claim_all(&c, &s) == CHAIN_REFUSED);
	assert(c.error == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	chain_clear(&c);
}

static void test_t76_nothing_is_proven_while_a_hash_is_missing(void)
{
	struct stream_of s = make(3, NULL);
	struct chain c;

	begin(&c, &s, CHECKSUM_NONE);
	assert(claim_all(&c, &s) == CHAIN_OK);
	assert(chain_hash(&c, hashes_of(&s, 0, 2)) == CHAIN_OK);
	assert(c.state == CHAIN_CLAIMED);
	assert(chain_hash(&c, hashes_of(&s, 2, 3)) == CHAIN_DONE);
	chain_clear(&c);
}

/* --- what no sound frontend sends --------------------------------------------------------- */

static void test_senseless_claims_are_violations(void)
{
	struct stream_of s = make(1, NULL);
	struct chain c;

	begin(&c, &s, CHECKSUM_NONE);
	assert(chain_claim(&c, SPAN("x"), false, SPAN(""), SPAN("")) == CHAIN_VIOLATION);
	assert(chain_claim(&c, SPAN(""), false, SPAN("a:b\n"), SPAN("")) == CHAIN_VIOLATION);
	assert(chain_claim(&c, SPAN(""), true, SPAN(""), SPAN("")) == CHAIN_VIOLATION);
	assert(chain_hash(&c, SPAN("x")) == CHAIN_VIOLATION);
	chain_clear(&c);

	begin(&c, &s, CHECKSUM_NONE);
	assert(chain_claim(&c, claims_of(&s, 0, s.n), false, SPAN(""), SPAN("")) == CHAIN_OK);
	assert(chain_claim(&c, claims_of(&s, 0, 1), false, SPAN(""), SPAN("")) == CHAIN_VIOLATION);
	chain_clear(&c);

	begin(&c, &s, CHECKSUM_NONE);
	assert(claim_all(&c, &s) == CHAIN_OK);
	assert(claim_all(&c, &s) == CHAIN_VIOLATION);
	assert(hash_all(&c, &s) == CHAIN_DONE);
	assert(hash_all(&c, &s) == CHAIN_VIOLATION);
	assert(claim_all(&c, &s) == CHAIN_VIOLATION);
	chain_clear(&c);

	begin(&c, &s, CHECKSUM_NONE);
	assert(chain_claim(&c, claims_of(&s, 0, s.n), true, SPAN("a:b\n"), SPAN("")) ==
	       CHAIN_VIOLATION);
	chain_clear(&c);
}

static void test_what_waits_is_bounded(void)
{
	static uint8_t many[CHAIN_WAITING_MAX][SIGV4_LEN];
	struct stream_of s = make(1, NULL);
	struct chain c;

	begin(&c, &s, CHECKSUM_NONE);
	assert(chain_hash(&c, (struct span){ many, sizeof(many) }) == CHAIN_OK);
	assert(chain_waiting(&c) >= sizeof(many));
	assert(chain_hash(&c, (struct span){ many, SIGV4_LEN }) == CHAIN_REFUSED);
	assert(c.error == S3_ERROR_SLOW_DOWN);
	chain_clear(&c);
	assert(chain_waiting(&c) == 0);
}

int main(void)
{
	test_a_stream_is_proven_in_any_interleaving();
	test_an_empty_stream_needs_no_hashes();
	test_the_closing_chunk_may_come_before_the_end_is_said();
	test_a_signed_trailer_is_proven_and_kept();
	test_t04_a_bit_in_any_signature_breaks_the_chain();
	test_t04_the_closing_chunk_is_verified();
	test_t04_a_chain_does_not_start_again();
	test_t04_chunks_do_not_change_places();
	test_t04_chunks_of_another_request_do_not_fit();
	test_t04_a_stream_that_ends_early_or_late_is_incomplete();
	test_t04_lengths_do_not_wrap();
	test_t05_only_the_announced_trailer_is_taken();
	test_t05_a_wrong_trailer_signature_breaks_the_chain();
	test_t05_another_value_of_the_trailer_breaks_the_chain();
	test_t05_a_trailer_must_be_announced_and_signed();
	test_t76_other_bytes_than_were_signed_break_the_chain();
	test_t76_moved_borders_break_the_chain();
	test_t76_hashes_without_claims_break_the_chain();
	test_t76_nothing_is_proven_while_a_hash_is_missing();
	test_senseless_claims_are_violations();
	test_what_waits_is_bounded();
	return 0;
}
