/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/seal.h"

#include <sodium.h>

#undef NDEBUG
#include <assert.h>

#define CONTENTS SPAN("contents of some sealed thing")

/* What stored does, said once more here: seal.c is not to be checked with what it calls itself. */
static bool opens(const struct ipc_hash *key, enum sealed_kind kind, struct span sealed)
{
	uint8_t tag[SEALED_TAG_LEN], personal[SEALED_PERSONAL_LEN], salt[16] = { 0 };
	struct buffer covered = BUFFER_INIT(4096);
	struct span claimed, contents;
	uint64_t epoch;
	bool same;

	if (!sealed_split(sealed, &epoch, &claimed, &contents))
		return false;
	buffer_append(&covered, span_first(sealed, sizeof(epoch)));
	buffer_append(&covered, contents);
	memcpy(personal, sealed_personal[kind], sizeof(personal));
	assert(crypto_generichash_blake2b_salt_personal(tag, sizeof(tag), covered.data, covered.len,
							key->bytes, sizeof(key->bytes), salt,
							personal) == 0);
	same = sodium_memcmp(tag, claimed.data, sizeof(tag)) == 0;
	buffer_clear(&covered);
	return same;
}

static void seal_one(const struct seal *s, enum sealed_kind kind, struct buffer *ret)
{
	*ret = BUFFER_INIT(4096);
	seal_put(s, kind, CONTENTS, ret);
	assert(buffer_error(ret) == 0 && ret->len == SEALED_OVERHEAD + CONTENTS.len);
}

static void test_what_is_sealed_opens_as_its_kind_only(void)
{
	struct ipc_hash key;
	struct seal *s;

	assert(seal_new(&s) == 0);
	seal_copy_key(s, &key);
	for (int made = 0; made < SEALED_KIND_COUNT; made++) {
		struct buffer sealed;

		seal_one(s, (enum sealed_kind)made, &sealed);
		for (int tried = 0; tried < SEALED_KIND_COUNT; tried++)
			assert(opens(&key, (enum sealed_kind)tried, buffer_span(&sealed)) ==
			       (tried == made));
		buffer_clear(&sealed);
	}
	seal_free(s);
}

static void test_contents_and_epoch_are_readable(void)
{
	struct span tag, contents;
	struct buffer sealed;
	uint64_t epoch;
	struct seal *s;

	assert(seal_new(&s) == 0);
	seal_one(s, SEALED_GRANT, &sealed);
	assert(sealed_split(buffer_span(&sealed), &epoch, &tag, &contents));
	assert(epoch == seal_epoch(s));
	assert(span_equal(contents, CONTENTS));
	buffer_clear(&sealed);
	seal_free(s);
}

/* T71: a flip of any bit, of the epoch, of the tag, of the contents. */
static void test_t71_a_flipped_bit_does_not_open(void)
{
	struct buffer sealed;
	struct ipc_hash key;
	struct seal *s;

	assert(seal_new(&s) == 0);
	seal_copy_key(s, &key);
	seal_one(s, SEALED_GRANT, &sealed);
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		assert(!opens(&key, SEALED_GRANT, buffer_span(&sealed)));
		sealed.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	assert(opens(&key, SEALED_GRANT, buffer_span(&sealed)));
	for (size_t len = 0; len < sealed.len; len++)
		assert(!opens(&key, SEALED_GRANT, span_first(buffer_span(&sealed), len)));
	buffer_clear(&sealed);
	seal_free(s);
}

/* T71: of another epoch. */
static void test_t71_a_new_epoch_opens_nothing_old(void)
{
	struct ipc_hash before, after;
	struct buffer old, fresh;
	uint64_t epoch;
	struct seal *s;

	assert(seal_new(&s) == 0);
	epoch = seal_epoch(s);
	seal_copy_key(s, &before);
	seal_one(s, SEALED_GRANT, &old);
	assert(seal_renew(s) == 0);
	seal_copy_key(s, &after);
	assert(seal_epoch(s) != epoch);
	assert(memcmp(&before, &after, sizeof(before)) != 0);
	seal_one(s, SEALED_GRANT, &fresh);
	assert(!opens(&after, SEALED_GRANT, buffer_span(&old)));
	/* Not even with the new epoch written over the old one. */
	memcpy(old.data, fresh.data, sizeof(epoch));
	assert(!opens(&after, SEALED_GRANT, buffer_span(&old)));
	assert(!opens(&before, SEALED_GRANT, buffer_span(&old)));
	buffer_clear(&old);
	buffer_clear(&fresh);
	seal_free(s);
}

static void test_every_process_has_its_own_epoch_and_key(void)
{
	struct ipc_hash one, two;
	struct seal *a, *b;

	assert(seal_new(&a) == 0 && seal_new(&b) == 0);
	seal_copy_key(a, &one);
	seal_copy_key(b, &two);
	assert(seal_epoch(a) != seal_epoch(b));
	assert(memcmp(&one, &two, sizeof(one)) != 0);
	seal_free(a);
	seal_free(b);
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_what_is_sealed_opens_as_its_kind_only();
	test_contents_and_epoch_are_readable();
	test_t71_a_flipped_bit_does_not_open();
	test_t71_a_new_epoch_opens_nothing_old();
	test_every_process_has_its_own_epoch_and_key();
	return 0;
}
