/* SPDX-License-Identifier: Apache-2.0 */

/* What was looked up lately: how much of it is kept and whose, and that it is never out of date. */

#include "stored/recall.h"

#include <stdatomic.h>

#include "tests/unit/stored/engine/engine-fixture.h"

#define SECOND NS_PER_S

static struct fixture f;
static struct recall *recall;

static void begin(size_t bytes)
{
	fixture_begin(&f);
	assert(recall_new(f.store, bytes, &recall) == 0);
}

static void end(void)
{
	recall = recall_free(recall);
	fixture_end(&f);
}

static struct recall_name named(const struct ipc_id *tenant, const char *key)
{
	return (struct recall_name){ tenant, SPAN("bucket"), span_from_string(key) };
}

static struct object *look_up(const struct ipc_id *tenant, const char *key, unsigned int with)
{
	struct moment *moment = NULL;
	struct object *o = NULL;

	assert(store_find_object_in(f.store, &moment, tenant, SPAN("bucket"), span_from_string(key),
				    SPAN_NONE, with, &o) == 0);
	moment_end(moment);
	return o;
}

/* Looks it up for the name of any tenant: what is kept does not care whose it really is. */
static void keep_for(const struct ipc_id *tenant, const char *key, unsigned int with,
		     uint64_t now_ns)
{
	struct recall_name name = named(tenant, key);
	struct object *o = look_up(&f.tenant, key, with);

	recall_add(recall, &name, with & STORE_WITH_DATA, o, now_ns);
	object_free(o);
}

static void keep(const char *key)
{
	keep_for(&f.tenant, key, STORE_WITH_DATA, 0);
}

static bool has_for(const struct ipc_id *tenant, const char *key, bool with_body, uint64_t now_ns)
{
	struct recall_name name = named(tenant, key);
	_cleanup_(object_freep) struct object *o = recall_find(recall, &name, with_body, now_ns);

	return o;
}

static bool has(const char *key)
{
	return has_for(&f.tenant, key, true, 0);
}

/* Objects of a KiB, k0 to k<n - 1>. */
static void put_many(unsigned int n)
{
	static uint8_t body[KIB];
	char key[16];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		assert(put(&f, key, (struct span){ body, sizeof(body) }) == 0);
	}
}

static const char *key_of(unsigned int i)
{
	static char key[16];

	snprintf(key, sizeof(key), "k%u", i);
	return key;
}

static size_t count_of(const struct ipc_id *tenant, unsigned int n)
{
	size_t count = 0;

	for (unsigned int i = 0; i < n; i++)
		count += has_for(tenant, key_of(i), true, 0);
	return count;
}

/* --- what is kept ---------------------------------------------------------------------------- */

static void test_what_was_read_is_there_until_it_changes(void)
{
	begin(MIB);
	assert(put(&f, "key", SPAN("body")) == 0);
	assert(!has("key"));
	keep("key");
	assert(has("key") && has("key"));
	assert(put(&f, "key", SPAN("another")) == 0);
	assert(!has("key"));
	keep("key");
	assert(has("key"));
	assert(recall_figures(recall).hits == 3 && recall_figures(recall).misses == 2);
	assert(recall_figures(recall).count == 1);
	end();
}

static void test_another_key_bucket_or_tenant_is_another_object(void)
{
	struct ipc_id other = other_tenant();
	struct recall_name name = { &f.tenant, SPAN("bucke"), SPAN("tkey") };

	begin(MIB);
	assert(put(&f, "key", SPAN("body")) == 0);
	keep("key");
	assert(!has("ke") && !has("keys") && !has_for(&other, "key", true, 0));
	assert(!recall_find(recall, &name, true, 0));
	end();
}

static void test_a_head_is_not_a_body(void)
{
	begin(MIB);
	assert(put(&f, "key", SPAN("body")) == 0);
	keep_for(&f.tenant, "key", 0, 0);
	assert(has_for(&f.tenant, "key", false, 0) && !has("key"));
	keep("key");
	assert(has_for(&f.tenant, "key", false, 0) && has("key"));
	assert(recall_figures(recall).count == 1);
	end();
}

static void test_a_head_does_not_take_a_body_away(void)
{
	begin(MIB);
	assert(put(&f, "key", SPAN("body")) == 0);
	keep("key");
	keep_for(&f.tenant, "key", 0, 0);
	assert(has("key"));
	assert(put(&f, "key", SPAN("another")) == 0);
	keep_for(&f.tenant, "key", 0, 0);
	assert(has_for(&f.tenant, "key", false, 0) && !has("key"));
	assert(recall_figures(recall).count == 1);
	end();
}

/* A pin would keep the sweep from a file for as long as others ask. */
static void test_what_holds_blobs_is_not_kept(void)
{
	begin(MIB);
	assert(put_blob(&f, "key", SPAN("body")) == 0);
	keep("key");
	assert(!has("key") && recall_figures(recall).count == 0);
	keep_for(&f.tenant, "key", 0, 0);
	assert(has_for(&f.tenant, "key", false, 0));
	assert(delete_object(&f, "key") == 0);
	bury(&f);
	assert(count_files(&f) == 0);
	end();
}

/* Where large objects are replaced all the time, the sweep comes each second. */
static void test_the_sweep_takes_nothing_from_here(void)
{
	begin(MIB);
	assert(put(&f, "key", SPAN("body")) == 0);
	assert(put_blob(&f, "large", SPAN("body")) == 0);
	keep("key");
	assert(put_blob(&f, "large", SPAN("another")) == 0);
	bury(&f);
	assert(count_files(&f) == 1);
	assert(has("key"));
	end();
}

static void test_t40_large_objects_are_not_kept(void)
{
	static uint8_t body[RECALL_OBJECT_MAX];

	begin(MIB);
	assert(put(&f, "large", (struct span){ body, sizeof(body) }) == 0);
	assert(put(&f, "small", (struct span){ body, sizeof(body) / 2 }) == 0);
	keep("large");
	keep("small");
	assert(!has("large") && has("small"));
	end();
}

static void test_what_was_out_of_date_already_is_not_kept(void)
{
	struct recall_name name = named(&f.tenant, "key");
	struct object *o;

	begin(MIB);
	assert(put(&f, "key", SPAN("body")) == 0);
	o = look_up(&f.tenant, "key", STORE_WITH_DATA);
	assert(put(&f, "key", SPAN("another")) == 0);
	recall_add(recall, &name, true, o, 0);
	object_free(o);
	assert(recall_figures(recall).count == 0);
	end();
}

static void test_none_keeps_nothing(void)
{
	begin(0);
	assert(put(&f, "key", SPAN("body")) == 0);
	keep("key");
	assert(!has("key"));
	assert(recall_figures(recall).misses == 0 && recall_figures(recall).count == 0);
	end();
}

/* --- how much -------------------------------------------------------------------------------- */

static void test_t40_the_room_is_bounded_and_the_least_used_goes(void)
{
	begin(16 * KIB);
	put_many(30);
	for (unsigned int i = 0; i < 30; i++) {
		keep(key_of(i));
		/* As if somebody asked for the first one all the time. */
		assert(has("k0"));
		assert(recall_figures(recall).bytes <= 16 * KIB);
	}
	assert(has("k0") && has("k29") && has("k28") && !has("k1") && !has("k15"));
	assert(recall_figures(recall).count > 5);
	end();
}

static void test_t30_who_wants_more_than_his_part_takes_nothing_from_others(void)
{
	const struct ipc_id quiet = { { 1 } }, greedy = { { 2 } };

	begin(32 * KIB);
	put_many(100);
	for (unsigned int i = 0; i < 5; i++)
		keep_for(&quiet, key_of(i), STORE_WITH_DATA, 0);
	for (unsigned int i = 0; i < 100; i++)
		keep_for(&greedy, key_of(i), STORE_WITH_DATA, 0);
	assert(count_of(&quiet, 5) == 5);
	/* All that the other one leaves. */
	assert(count_of(&greedy, 100) > 10);
	assert(recall_figures(recall).tenants == 2);
	end();
}

static void test_t30_who_has_less_than_his_part_gets_it(void)
{
	const struct ipc_id late = { { 1 } }, greedy = { { 2 } };

	begin(32 * KIB);
	put_many(100);
	for (unsigned int i = 0; i < 100; i++)
		keep_for(&greedy, key_of(i), STORE_WITH_DATA, 0);
	for (unsigned int i = 0; i < 8; i++)
		keep_for(&late, key_of(i), STORE_WITH_DATA, 0);
	assert(count_of(&late, 8) == 8 && count_of(&greedy, 100) > 5);
	end();
}

static void test_who_asks_for_nothing_any_more_leaves_his_part_to_others(void)
{
	const struct ipc_id gone = { { 1 } }, busy = { { 2 } };

	begin(32 * KIB);
	put_many(30);
	for (unsigned int i = 0; i < 10; i++)
		keep_for(&gone, key_of(i), STORE_WITH_DATA, SECOND);
	for (unsigned int i = 0; i < 30; i++)
		keep_for(&busy, key_of(i), STORE_WITH_DATA, 2 * SECOND + RECALL_IDLE_NS);
	assert(count_of(&gone, 10) == 0 && count_of(&busy, 30) > 15);
	assert(recall_figures(recall).tenants == 1);
	end();
}

static void test_t40_tenants_are_bounded(void)
{
	begin(16 * MIB);
	put_many(1);
	for (unsigned int i = 0; i <= RECALL_TENANTS_MAX; i++)
		keep_for(&(struct ipc_id){ { i % 256, i / 256, 7 } }, "k0", STORE_WITH_DATA, 0);
	assert(recall_figures(recall).tenants == RECALL_TENANTS_MAX);
	keep_for(&(struct ipc_id){ { 8, 8, 8 } }, "k0", STORE_WITH_DATA, RECALL_IDLE_NS);
	assert(has_for(&(struct ipc_id){ { 8, 8, 8 } }, "k0", true, RECALL_IDLE_NS));
	assert(recall_figures(recall).tenants == RECALL_TENANTS_MAX);
	end();
}

/* --- never out of date ----------------------------------------------------------------------- */

#define KEYS	 4
#define READERS	 3
#define WRITES	 600
#define IN_A_ROW 6

/*
 * Each value of a key is greater than the one before. Nobody may see less than what was
 * acknowledged, or what anybody else has seen, before he began.
 */
struct hammer {
	atomic_uint told[KEYS], seen[KEYS];
	atomic_bool over;
	atomic_ulong hits;
};

static struct hammer hammer;

static void raise(atomic_uint *at, unsigned int to)
{
	unsigned int before = atomic_load(at);

	while (before < to && !atomic_compare_exchange_weak(at, &before, to))
		;
}

static unsigned int value_of(const struct object *o)
{
	unsigned int value;

	assert(o->body.len == sizeof(value));
	memcpy(&value, o->body.data, sizeof(value));
	return value;
}

/* As the loop and a reader do it between them: several look-ups share a moment. */
static struct object *get(struct recall *own, struct moment **moment, const char *key)
{
	struct recall_name name = named(&f.tenant, key);
	struct object *o = recall_find(own, &name, true, 0);

	if (o)
		return o;
	assert(store_find_object_in(f.store, moment, &f.tenant, SPAN("bucket"),
				    span_from_string(key), SPAN_NONE, STORE_WITH_DATA, &o) == 0);
	recall_add(own, &name, true, o, 0);
	return o;
}

static void check(struct recall *own, struct moment **moment, unsigned int k)
{
	const char key[] = { (char)('a' + k), '\0' };
	unsigned int told = atomic_load(&hammer.told[k]), seen = atomic_load(&hammer.seen[k]);
	_cleanup_(object_freep) struct object *o = get(own, moment, key);

	assert(value_of(o) >= told && value_of(o) >= seen);
	raise(&hammer.seen[k], value_of(o));
}

static void *read_on(void *context)
{
	struct recall *own;

	assert(recall_new(f.store, MIB, &own) == 0);
	for (unsigned int n = *(unsigned int *)context; !atomic_load(&hammer.over); n++) {
		struct moment *moment = NULL;

		for (unsigned int i = 0; i < IN_A_ROW; i++)
			check(own, &moment, (n + i) % KEYS);
		moment_end(moment);
	}
	atomic_fetch_add(&hammer.hits, recall_figures(own).hits);
	recall_free(own);
	return NULL;
}

static void write_one(unsigned int k, unsigned int value)
{
	const char key[] = { (char)('a' + k), '\0' };

	assert(put(&f, key, (struct span){ &value, sizeof(value) }) == 0);
	raise(&hammer.told[k], value);
}

static void test_nobody_sees_less_than_was_told_or_seen(void)
{
	pthread_t readers[READERS];
	unsigned int first[READERS];

	fixture_init(&f);
	f.config.durability = DURABILITY_RELAXED;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	for (unsigned int k = 0; k < KEYS; k++)
		write_one(k, 1);
	for (unsigned int i = 0; i < READERS; i++) {
		first[i] = i;
		assert(pthread_create(&readers[i], NULL, read_on, &first[i]) == 0);
	}
	for (unsigned int n = 2; n < WRITES; n++)
		write_one(n % KEYS, n);
	atomic_store(&hammer.over, true);
	for (unsigned int i = 0; i < READERS; i++)
		assert(pthread_join(readers[i], NULL) == 0);
	assert(atomic_load(&hammer.hits) > 0);
	fixture_end(&f);
}

int main(void)
{
	RUN(test_what_was_read_is_there_until_it_changes);
	RUN(test_another_key_bucket_or_tenant_is_another_object);
	RUN(test_a_head_is_not_a_body);
	RUN(test_a_head_does_not_take_a_body_away);
	RUN(test_what_holds_blobs_is_not_kept);
	RUN(test_the_sweep_takes_nothing_from_here);
	RUN(test_t40_large_objects_are_not_kept);
	RUN(test_what_was_out_of_date_already_is_not_kept);
	RUN(test_none_keeps_nothing);
	RUN(test_t40_the_room_is_bounded_and_the_least_used_goes);
	RUN(test_t30_who_wants_more_than_his_part_takes_nothing_from_others);
	RUN(test_t30_who_has_less_than_his_part_gets_it);
	RUN(test_who_asks_for_nothing_any_more_leaves_his_part_to_others);
	RUN(test_t40_tenants_are_bounded);
	RUN(test_nobody_sees_less_than_was_told_or_seen);
	return 0;
}
