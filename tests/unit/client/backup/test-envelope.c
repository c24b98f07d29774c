/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/envelope.h"

#include <sodium.h>

#undef NDEBUG
#include <assert.h>

#define PASSPHRASE "correct horse battery staple"
#define PLAIN	   "who there is, and what they know"
#define SEALED_LEN (sizeof(PLAIN) + crypto_box_SEALBYTES)

/* A passphrase costs a second, so it is made into a key once. */
static struct envelope by_passphrase;
static uint8_t sealed[SEALED_LEN];

static struct span sealed_span(void)
{
	return (struct span){ sealed, sizeof(sealed) };
}

static struct buffer put(const struct envelope *e)
{
	struct buffer b = BUFFER_INIT(ENVELOPE_MAX);

	envelope_put(e, sealed_span(), &b);
	assert(!buffer_error(&b));
	return b;
}

static void test_what_is_put_in_is_found_there(void)
{
	static const struct recipient someone = { { 1, 2, 3 } };
	struct envelope all[2] = { by_passphrase }, got;

	envelope_for_host(&all[1], &someone);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct buffer b = put(&all[i]);
		struct span inside;

		assert(envelope_get(buffer_span(&b), &got, &inside) == 0);
		assert(got.kind == all[i].kind && span_equal(inside, sealed_span()));
		assert(memcmp(&got.recipient, &all[i].recipient, sizeof(got.recipient)) == 0);
		assert(got.operations == all[i].operations && got.memory == all[i].memory);
		assert(memcmp(got.salt, all[i].salt, sizeof(got.salt)) == 0);
		buffer_clear(&b);
	}
}

static void test_what_is_cut_off_before_its_contents_is_refused(void)
{
	struct buffer b = put(&by_passphrase);
	struct envelope got;
	struct span inside;

	for (size_t n = 0; n < b.len - SEALED_LEN; n++)
		assert(envelope_get((struct span){ b.data, n }, &got, &inside) == -EBADMSG);
	buffer_clear(&b);
}

static bool is_read_with(uint64_t operations, uint64_t memory)
{
	struct envelope asks = by_passphrase, got;
	struct span inside;
	struct buffer b;
	int r;

	asks.operations = operations;
	asks.memory = memory;
	b = put(&asks);
	r = envelope_get(buffer_span(&b), &got, &inside);
	buffer_clear(&b);
	return r == 0;
}

/* Who makes the file could have whoever opens it wait for ever. */
static void test_t57_a_file_asks_for_no_more_than_a_passphrase_may_cost(void)
{
	assert(is_read_with(3, 256 * MIB));
	assert(is_read_with(16, 1 * GIB));
	assert(!is_read_with(17, 256 * MIB) && !is_read_with(UINT64_MAX, 256 * MIB));
	assert(!is_read_with(3, 1 * GIB + 1) && !is_read_with(3, UINT64_MAX));
	assert(!is_read_with(0, 256 * MIB) && !is_read_with(3, 0));
}

static void test_another_mark_version_or_kind_is_refused(void)
{
	struct buffer b = put(&by_passphrase);
	struct envelope got;
	struct span inside;

	for (size_t i = 0; i < 10; i++) {
		b.data[i] ^= 4;
		assert(envelope_get(buffer_span(&b), &got, &inside) == -EBADMSG);
		b.data[i] ^= 4;
	}
	buffer_clear(&b);
}

static void test_a_passphrase_opens_what_is_sealed_to_it_and_seals_it_to_a_host(void)
{
	uint8_t secret[crypto_box_SECRETKEYBYTES], plain[sizeof(PLAIN)];
	struct buffer b = BUFFER_INIT(ENVELOPE_MAX);
	struct recipient host;

	crypto_box_keypair(host.key, secret);
	assert(envelope_reseal(&by_passphrase, PASSPHRASE, sealed_span(), &host, &b) == ENVELOPE_OK);
	assert(b.len == SEALED_LEN && !memmem(b.data, b.len, PLAIN, sizeof(PLAIN)));
	assert(crypto_box_seal_open(plain, b.data, b.len, host.key, secret) == 0);
	assert(memcmp(plain, PLAIN, sizeof(plain)) == 0);
	buffer_clear(&b);
}

static void test_t40_another_passphrase_opens_nothing(void)
{
	static const struct recipient host = { { 9 } };
	struct buffer b = BUFFER_INIT(ENVELOPE_MAX);

	assert(envelope_reseal(&by_passphrase, PASSPHRASE " ", sealed_span(), &host, &b) == ENVELOPE_WRONG);
	assert(!b.len);
	buffer_clear(&b);
}

static void test_damage_is_told_from_another_passphrase(void)
{
	static const struct recipient host = { { 9 } };
	struct buffer b = BUFFER_INIT(ENVELOPE_MAX);

	sealed[SEALED_LEN - 1] ^= 1;
	assert(envelope_reseal(&by_passphrase, PASSPHRASE, sealed_span(), &host, &b) == ENVELOPE_DAMAGED);
	assert(envelope_reseal(&by_passphrase, PASSPHRASE, SPAN(""), &host, &b) == ENVELOPE_DAMAGED);
	sealed[SEALED_LEN - 1] ^= 1;
	buffer_clear(&b);
}

int main(void)
{
	assert(sodium_init() >= 0);
	assert(envelope_for_passphrase(&by_passphrase, PASSPHRASE) == 0);
	assert(crypto_box_seal(sealed, (const uint8_t *)PLAIN, sizeof(PLAIN), by_passphrase.recipient.key) == 0);
	test_what_is_put_in_is_found_there();
	test_what_is_cut_off_before_its_contents_is_refused();
	test_t57_a_file_asks_for_no_more_than_a_passphrase_may_cost();
	test_another_mark_version_or_kind_is_refused();
	test_a_passphrase_opens_what_is_sealed_to_it_and_seals_it_to_a_host();
	test_t40_another_passphrase_opens_nothing();
	test_damage_is_told_from_another_passphrase();
	return 0;
}
