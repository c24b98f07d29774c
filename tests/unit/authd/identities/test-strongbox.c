/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/identities/strongbox.h"

#include <sodium.h>

#undef NDEBUG
#include <assert.h>

#define TEXT "what must not be seen"

static const uint8_t master[KEYRING_MASTER_LEN] = { 1, 2, 3 }, other[KEYRING_MASTER_LEN] = { 1, 2, 4 };

struct sealed {
	uint8_t bytes[sizeof(TEXT) + STRONGBOX_OVERHEAD];
};

static struct strongbox *box_of(const uint8_t key[static KEYRING_MASTER_LEN])
{
	struct strongbox *s;

	assert(strongbox_new(key, &s) == 0);
	return s;
}

static struct sealed sealed_to(const struct recipient *r)
{
	struct sealed made;

	assert(strongbox_seal(r, (struct span){ TEXT, sizeof(TEXT) }, made.bytes));
	return made;
}

static bool opens(const struct strongbox *s, const struct sealed *sealed)
{
	uint8_t plain[sizeof(TEXT)] = { 0 };
	bool open = strongbox_open(s, (struct span){ sealed->bytes, sizeof(sealed->bytes) }, plain);

	assert(!open || memcmp(plain, TEXT, sizeof(TEXT)) == 0);
	return open;
}

static void test_what_is_sealed_to_a_host_opens_there_after_a_restart_too(void)
{
	struct strongbox *s = box_of(master);
	struct sealed sealed = sealed_to(strongbox_recipient(s));

	assert(opens(s, &sealed));
	strongbox_free(s);
	s = box_of(master);
	assert(opens(s, &sealed));
	strongbox_free(s);
}

static void test_it_opens_under_no_other_keyring_key(void)
{
	struct strongbox *s = box_of(master), *t = box_of(other);
	struct sealed sealed = sealed_to(strongbox_recipient(s));

	assert(memcmp(strongbox_recipient(s)->key, strongbox_recipient(t)->key, RECIPIENT_KEY_LEN));
	assert(!opens(t, &sealed));
	strongbox_free(s);
	strongbox_free(t);
}

static void test_the_key_that_seals_secrets_is_not_the_one_of_the_box(void)
{
	struct strongbox *s = box_of(master);
	uint8_t public[RECIPIENT_KEY_LEN];

	crypto_scalarmult_base(public, master);
	assert(memcmp(public, strongbox_recipient(s)->key, sizeof(public)) != 0);
	strongbox_free(s);
}

static void test_a_flipped_bit_or_a_missing_byte_is_noticed(void)
{
	struct strongbox *s = box_of(master);
	struct sealed sealed = sealed_to(strongbox_recipient(s));
	uint8_t plain[sizeof(TEXT)];

	for (size_t i = 0; i < 8 * sizeof(sealed.bytes); i++) {
		sealed.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		assert(!opens(s, &sealed));
		sealed.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t n = 0; n < sizeof(sealed.bytes); n++)
		assert(!strongbox_open(s, (struct span){ sealed.bytes, n }, plain));
	strongbox_free(s);
}

static void test_there_is_no_sealing_to_a_key_of_small_order(void)
{
	static const struct recipient zero;
	uint8_t made[sizeof(TEXT) + STRONGBOX_OVERHEAD];

	assert(!strongbox_seal(&zero, (struct span){ TEXT, sizeof(TEXT) }, made));
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_what_is_sealed_to_a_host_opens_there_after_a_restart_too();
	test_it_opens_under_no_other_keyring_key();
	test_the_key_that_seals_secrets_is_not_the_one_of_the_box();
	test_a_flipped_bit_or_a_missing_byte_is_noticed();
	test_there_is_no_sealing_to_a_key_of_small_order();
	return 0;
}
