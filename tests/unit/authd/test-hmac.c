/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/hmac.h"

#include <sodium.h>

#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

static void expect(const uint8_t hash[static HMAC_LEN], const char *text)
{
	char buf[2 * HMAC_LEN + 1];

	assert(strcmp(hex_encode((struct span){ hash, HMAC_LEN }, buf), text) == 0);
}

static void hmac(struct span key, struct span text, uint8_t ret[static HMAC_LEN])
{
	struct hmac h;

	hmac_begin(&h, key.data, key.len);
	hmac_put(&h, text);
	hmac_end(&h, ret);
}

/* FIPS 180-2, B.1 and B.2. */
static void test_published_hashes(void)
{
	uint8_t hash[HMAC_LEN];

	sha256(SPAN("abc"), hash);
	expect(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(SPAN("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hash);
	expect(hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* RFC 4231, cases 1, 2 and 6, whose key is longer than a block. */
static void test_published_codes(void)
{
	uint8_t code[HMAC_LEN], key[131];

	memset(key, 0x0b, 20);
	hmac((struct span){ key, 20 }, SPAN("Hi There"), code);
	expect(code, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac(SPAN("Jefe"), SPAN("what do ya want for nothing?"), code);
	expect(code, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac((struct span){ key, sizeof(key) },
	     SPAN("Test Using Larger Than Block-Size Key - Hash Key First"), code);
	expect(code, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Another library's word, at all lengths around the ends of blocks. */
static void test_every_length_is_as_libsodium_has_it(void)
{
	uint8_t bytes[200], own[HMAC_LEN], other[HMAC_LEN];
	crypto_auth_hmacsha256_state h;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct span s = { bytes, n };

		sha256(s, own);
		crypto_hash_sha256(other, bytes, n);
		assert(memcmp(own, other, sizeof(own)) == 0);
		hmac(s, s, own);
		crypto_auth_hmacsha256_init(&h, bytes, n);
		crypto_auth_hmacsha256_update(&h, bytes, n);
		crypto_auth_hmacsha256_final(&h, other);
		assert(memcmp(own, other, sizeof(own)) == 0);
	}
}

static void test_pieces_are_one_text(void)
{
	uint8_t whole[HMAC_LEN], pieces[HMAC_LEN];
	struct hmac h;

	hmac(SPAN("key"), SPAN("a text"), whole);
	hmac_begin(&h, (const uint8_t *)"key", 3);
	hmac_put(&h, SPAN("a "));
	hmac_put(&h, SPAN(""));
	hmac_put(&h, SPAN("text"));
	hmac_end(&h, pieces);
	assert(memcmp(whole, pieces, sizeof(whole)) == 0);
}

static void test_nothing_of_the_key_is_left(void)
{
	uint8_t code[HMAC_LEN];
	struct hmac h;

	hmac_begin(&h, (const uint8_t *)"key", 3);
	hmac_end(&h, code);
	assert(sodium_is_zero((const uint8_t *)&h, sizeof(h)));
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_published_hashes();
	test_published_codes();
	test_every_length_is_as_libsodium_has_it();
	test_pieces_are_one_text();
	test_nothing_of_the_key_is_left();
}
