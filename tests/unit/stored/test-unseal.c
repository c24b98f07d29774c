/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/unseal.h"

#include "stored/spent.h"
#include "tests/unit/stored/seals.h"

#define NOW   (1000 * NS_PER_S)
#define EPOCH 0x1122334455667788

static const struct ipc_id channel = { { 1, 2, 3 } };
static const struct ipc_id other_channel = { { 1, 2, 4 } };

struct scene {
	struct seals seals;
	struct unseal *unseal;
	struct buffer sealed;
};

static struct scene scene_begin(void)
{
	struct scene s = { .seals = seals_make(EPOCH), .sealed = BUFFER_INIT(SEALS_MAX) };

	assert(unseal_new(&s.unseal) == 0);
	assert(unseal_take_key(s.unseal, EPOCH, &s.seals.key) == 0);
	return s;
}

static void scene_end(struct scene *s)
{
	unseal_free(s->unseal);
	buffer_clear(&s->sealed);
}

static struct grant some_grant(enum s3_operation operation)
{
	struct grant g = { .channel = channel, .epoch = EPOCH, .expires_ns = NOW + GRANT_LIFE_NS };

	randombytes_buf(g.id.bytes, sizeof(g.id.bytes));
	g.principal.canonical_id = SPAN("c0ffee");
	g.request.operation = operation;
	g.request.bucket = SPAN("bucket");
	g.request.key = SPAN("key");
	return g;
}

static void seal(struct scene *s, const struct grant *g)
{
	buffer_reset(&s->sealed);
	seals_seal_grant(&s->seals, g, &s->sealed);
}

static int open_at(struct scene *s, const struct ipc_id *c, uint64_t now_ns)
{
	struct grant g;

	return unseal_grant(s->unseal, buffer_span(&s->sealed), c, now_ns, &g);
}

static void test_sound_grant_opens_and_says_what_it_said(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_PUT_OBJECT), opened;

	seal(&s, &g);
	assert(unseal_grant(s.unseal, buffer_span(&s.sealed), &channel, NOW, &opened) == UNSEAL_OK);
	assert(opened.request.operation == S3_PUT_OBJECT);
	assert(span_equal(opened.request.key, SPAN("key")));
	assert(ipc_id_equal(&opened.id, &g.id));
	scene_end(&s);
}

static void test_t71_a_flip_of_any_bit_opens_nothing(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);

	seal(&s, &g);
	for (size_t bit = 0; bit < s.sealed.len * 8; bit++) {
		int r;

		s.sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = open_at(&s, &channel, NOW);
		/* The epoch stands first and in the clear: another one is stale, never forged. */
		assert(r == (bit / 8 < 8 ? UNSEAL_STALE : UNSEAL_FORGED));
		s.sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert(open_at(&s, &channel, NOW) == UNSEAL_OK);
	scene_end(&s);
}

static void test_t71_a_grant_cut_at_any_byte_opens_nothing(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);
	size_t whole;

	seal(&s, &g);
	whole = s.sealed.len;
	for (s.sealed.len = 0; s.sealed.len < whole; s.sealed.len++)
		assert(open_at(&s, &channel, NOW) == UNSEAL_FORGED);
	scene_end(&s);
}

static void test_t71_a_grant_of_another_channel_is_forged(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);

	seal(&s, &g);
	assert(open_at(&s, &other_channel, NOW) == UNSEAL_FORGED);
	scene_end(&s);
}

static void test_t71_a_grant_of_another_epoch_is_stale(void)
{
	struct scene s = scene_begin();
	struct seals next = seals_make(EPOCH + 1);
	struct grant g = some_grant(S3_GET_OBJECT);

	seal(&s, &g);
	assert(unseal_take_key(s.unseal, next.epoch, &next.key) == 0);
	assert(open_at(&s, &channel, NOW) == UNSEAL_STALE);
	scene_end(&s);
}

static void test_t71_an_epoch_within_that_is_not_the_one_without_is_forged(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);

	g.epoch = EPOCH + 1;
	seal(&s, &g);
	assert(open_at(&s, &channel, NOW) == UNSEAL_FORGED);
	scene_end(&s);
}

static void test_t71_an_expired_grant_is_told_apart_from_a_forged_one(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);

	seal(&s, &g);
	assert(open_at(&s, &channel, g.expires_ns - 1) == UNSEAL_OK);
	assert(open_at(&s, &channel, g.expires_ns) == UNSEAL_EXPIRED);
	scene_end(&s);
}

static void test_a_grant_that_lives_longer_than_grants_do_is_forged(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);

	g.expires_ns++;
	seal(&s, &g);
	assert(open_at(&s, &channel, NOW) == UNSEAL_FORGED);
	scene_end(&s);
}

static void test_t71_a_grant_that_changes_something_opens_once(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_DELETE_OBJECT);

	seal(&s, &g);
	assert(open_at(&s, &channel, NOW) == UNSEAL_OK);
	assert(open_at(&s, &channel, NOW) == UNSEAL_SPENT);
	assert(open_at(&s, &channel, g.expires_ns - 1) == UNSEAL_SPENT);
	scene_end(&s);
}

static void test_a_grant_that_reads_opens_until_it_expires(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);

	seal(&s, &g);
	assert(open_at(&s, &channel, NOW) == UNSEAL_OK);
	assert(open_at(&s, &channel, NOW + 1) == UNSEAL_OK);
	scene_end(&s);
}

static void test_a_refused_grant_is_not_spent(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_DELETE_OBJECT);

	seal(&s, &g);
	assert(open_at(&s, &other_channel, NOW) == UNSEAL_FORGED);
	assert(open_at(&s, &channel, NOW) == UNSEAL_OK);
	scene_end(&s);
}

static void test_seals_of_one_kind_are_worth_nothing_as_another(void)
{
	struct scene s = scene_begin();
	struct ticket t = { channel };
	struct chain_seal c = { .grant = channel, .channel = channel }, chain;
	struct buffer contents = BUFFER_INIT(SEALS_MAX);

	ticket_encode(&t, &contents);
	for (enum sealed_kind kind = 0; kind < SEALED_KIND_COUNT; kind++) {
		buffer_reset(&s.sealed);
		seals_seal(&s.seals, kind, buffer_span(&contents), &s.sealed);
		assert(unseal_ticket(s.unseal, buffer_span(&s.sealed), &t) ==
		       (kind == SEALED_TICKET ? UNSEAL_OK : UNSEAL_FORGED));
	}
	buffer_reset(&contents);
	chain_seal_encode(&c, &contents);
	buffer_reset(&s.sealed);
	seals_seal(&s.seals, SEALED_TICKET, buffer_span(&contents), &s.sealed);
	assert(unseal_chain(s.unseal, buffer_span(&s.sealed), &channel, &channel, &chain) ==
	       UNSEAL_FORGED);
	buffer_clear(&contents);
	scene_end(&s);
}

static void test_t76_a_chain_seal_is_of_one_grant_on_one_channel(void)
{
	struct scene s = scene_begin();
	struct ipc_id grant = { { 9 } };
	struct chain_seal c = {
		.grant = grant, .channel = channel, .length = 12, .trailer = SPAN("AAAAAA==")
	};
	struct chain_seal opened;
	struct span sealed;

	seals_seal_chain(&s.seals, &c, &s.sealed);
	sealed = buffer_span(&s.sealed);
	assert(unseal_chain(s.unseal, sealed, &grant, &channel, &opened) == UNSEAL_OK);
	assert(opened.length == 12 && span_equal(opened.trailer, SPAN("AAAAAA==")));
	assert(unseal_chain(s.unseal, sealed, &channel, &channel, &opened) == UNSEAL_FORGED);
	assert(unseal_chain(s.unseal, sealed, &grant, &other_channel, &opened) == UNSEAL_FORGED);
	scene_end(&s);
}

static void test_without_a_key_everything_is_stale(void)
{
	struct scene s = scene_begin();
	struct grant g = some_grant(S3_GET_OBJECT);
	struct unseal *keyless;

	seal(&s, &g);
	assert(unseal_new(&keyless) == 0);
	assert(unseal_grant(keyless, buffer_span(&s.sealed), &channel, NOW, &g) == UNSEAL_STALE);
	unseal_free(keyless);
	scene_end(&s);
}

/* --- what is spent --------------------------------------------------------------------------- */

static struct ipc_id numbered(uint64_t n)
{
	struct ipc_id id = { { 0xaa } };

	memcpy(id.bytes + 1, &n, sizeof(n));
	return id;
}

static void test_spent_ids_are_known_for_a_whole_life_wherever_generations_turn(void)
{
	const uint64_t step = GRANT_LIFE_NS / 7;
	struct spent spent = { 0 };

	for (uint64_t n = 1; n < 200; n++) {
		uint64_t now = NOW + n * step;
		struct ipc_id id = numbered(n);

		assert(spent_add(&spent, &id, now) == SPENT_FRESH);
		for (uint64_t back = 0; back < 7 && back < n; back++) {
			id = numbered(n - back);
			assert(spent_add(&spent, &id, now) == SPENT_BEFORE);
		}
	}
	spent_clear(&spent);
}

static void test_spent_ids_are_forgotten_after_two_lives(void)
{
	struct spent spent = { 0 };
	struct ipc_id id = numbered(1), later = numbered(2);

	assert(spent_add(&spent, &id, NOW) == SPENT_FRESH);
	assert(spent_add(&spent, &later, NOW + 2 * GRANT_LIFE_NS) == SPENT_FRESH);
	assert(spent.young.count == 1 && spent.old.count == 0);
	spent_clear(&spent);
}

static void test_a_full_memory_of_spent_ids_forgets_none(void)
{
	struct spent spent = { 0 };
	struct ipc_id id;

	for (uint64_t n = 0; n < SPENT_MAX; n++) {
		id = numbered(n + 1);
		assert(spent_add(&spent, &id, NOW) == SPENT_FRESH);
	}
	id = numbered(SPENT_MAX + 1);
	assert(spent_add(&spent, &id, NOW) == SPENT_CROWDED);
	id = numbered(1);
	assert(spent_add(&spent, &id, NOW) == SPENT_BEFORE);
	spent_clear(&spent);
}

int main(void)
{
	test_sound_grant_opens_and_says_what_it_said();
	test_t71_a_flip_of_any_bit_opens_nothing();
	test_t71_a_grant_cut_at_any_byte_opens_nothing();
	test_t71_a_grant_of_another_channel_is_forged();
	test_t71_a_grant_of_another_epoch_is_stale();
	test_t71_an_epoch_within_that_is_not_the_one_without_is_forged();
	test_t71_an_expired_grant_is_told_apart_from_a_forged_one();
	test_a_grant_that_lives_longer_than_grants_do_is_forged();
	test_t71_a_grant_that_changes_something_opens_once();
	test_a_grant_that_reads_opens_until_it_expires();
	test_a_refused_grant_is_not_spent();
	test_seals_of_one_kind_are_worth_nothing_as_another();
	test_t76_a_chain_seal_is_of_one_grant_on_one_channel();
	test_without_a_key_everything_is_stale();
	test_spent_ids_are_known_for_a_whole_life_wherever_generations_turn();
	test_spent_ids_are_forgotten_after_two_lives();
	test_a_full_memory_of_spent_ids_forgets_none();
	return 0;
}
