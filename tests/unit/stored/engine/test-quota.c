/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

/* What may be used: decided by the commit, and reserved before. */

#include <sched.h>

static struct fixture f;

#define NONE QUOTA_NONE

/* Of a bucket, or with NULL of the tenant. A limit that is 0 stays as it is. */
static int set_quota(const char *bucket, uint64_t bytes, uint64_t objects)
{
	struct change *c;
	int r;

	assert(change_new(CHANGE_SET_QUOTA, &f.tenant, span_from_string(bucket), SPAN_NONE, &c) ==
	       0);
	c->set_quota.quota = (struct quota){ bytes, objects };
	c->set_quota.bytes = bytes != 0;
	c->set_quota.objects = objects != 0;
	r = submit(&f, c);
	change_free(c);
	return r;
}

static struct holding holding_of(const char *bucket)
{
	struct holding h;

	assert(store_find_holding(f.store, &f.tenant, span_from_string(bucket), &h) == 0);
	return h;
}

static struct change *new_put(const char *bucket, const char *key, size_t len)
{
	static const char bytes[1000];
	struct change *c;

	assert(len <= sizeof(bytes));
	assert(change_new(CHANGE_PUT_OBJECT, &f.tenant, span_from_string(bucket),
			  span_from_string(key), &c) == 0);
	c->put_object.data.body = (struct span){ bytes, len };
	c->put_object.data.size = len;
	return c;
}

/* What stands in its way, or QUOTA_KEPT. */
static enum quota_limit try_put(const char *bucket, const char *key, size_t len)
{
	struct change *c = new_put(bucket, key, len);
	int r = submit(&f, c);
	enum quota_limit limit = c->exceeded;

	assert(r == (limit ? S3_ERROR_QUOTA_EXCEEDED : 0));
	change_free(c);
	return limit;
}

/* --- the commit ----------------------------------------------------------------------------- */

static void test_a_bucket_takes_its_bytes_and_no_more(void)
{
	fixture_begin(&f);
	assert(try_put("bucket", "before", 100) == QUOTA_KEPT);
	assert(set_quota("bucket", 300, 0) == 0);
	assert(try_put("bucket", "key", 201) == QUOTA_BUCKET_BYTES);
	assert(is_missing(&f, "key"));
	assert(try_put("bucket", "key", 200) == QUOTA_KEPT);
	assert(try_put("bucket", "one more", 1) == QUOTA_BUCKET_BYTES);
	/* Nothing of nothing is nothing. */
	assert(try_put("bucket", "empty", 0) == QUOTA_KEPT);
	/* What is replaced makes room for what replaces it. */
	assert(try_put("bucket", "key", 200) == QUOTA_KEPT);
	assert(try_put("bucket", "key", 201) == QUOTA_BUCKET_BYTES);
	assert(try_put("bucket", "key", 150) == QUOTA_KEPT);
	assert(try_put("bucket", "one more", 51) == QUOTA_BUCKET_BYTES);
	assert(delete_object(&f, "before") == 0);
	assert(try_put("bucket", "one more", 150) == QUOTA_KEPT);
	assert(holding_of("bucket").used.bytes == 300);
	fixture_end(&f);
}

static void test_a_bucket_takes_its_objects_and_no_more(void)
{
	char id[UPLOAD_ID_TEXT_MAX];

	fixture_begin(&f);
	assert(set_quota("bucket", 0, 2) == 0);
	assert(try_put("bucket", "a", 10) == QUOTA_KEPT);
	/* An upload under way is one that is to come. */
	assert(create_upload(&f, "b", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(try_put("bucket", "c", 10) == QUOTA_BUCKET_OBJECTS);
	assert(create_upload(&f, "c", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) ==
	       S3_ERROR_QUOTA_EXCEEDED);
	assert(copy(&f, "a", "c") == S3_ERROR_QUOTA_EXCEEDED);
	assert(try_put("bucket", "a", 500) == QUOTA_KEPT);
	assert(copy(&f, "a", "a") == 0);
	assert(delete_object(&f, "a") == 0);
	assert(try_put("bucket", "c", 10) == QUOTA_KEPT);
	fixture_end(&f);
}

static void test_a_tenant_s_quota_is_over_all_its_buckets(void)
{
	fixture_begin(&f);
	assert(create_bucket(&f, "second") == 0);
	assert(set_quota(NULL, 1000, 3) == 0);
	assert(try_put("bucket", "a", 600) == QUOTA_KEPT);
	assert(try_put("second", "a", 401) == QUOTA_TENANT_BYTES);
	assert(try_put("second", "a", 300) == QUOTA_KEPT);
	assert(try_put("second", "b", 1) == QUOTA_KEPT);
	assert(try_put("bucket", "b", 1) == QUOTA_TENANT_OBJECTS);
	/* Both hold, and the bucket's is asked first. */
	assert(set_quota("second", 301, NONE) == 0);
	assert(try_put("second", "b", 2) == QUOTA_BUCKET_BYTES);
	assert(set_quota(NULL, NONE, NONE) == 0);
	assert(try_put("bucket", "b", 1000) == QUOTA_KEPT);
	/* A bucket takes its own quota with it. */
	assert(delete_object(&f, "a") == 0 && delete_object(&f, "b") == 0);
	assert(set_quota("bucket", 1, 1) == 0);
	assert(delete_bucket(&f, "bucket") == 0);
	assert(create_bucket(&f, "bucket") == 0);
	assert(holding_of("bucket").quota.bytes == NONE);
	assert(try_put("bucket", "b", 1000) == QUOTA_KEPT);
	fixture_end(&f);
}

static void test_a_tenant_has_a_quota_before_it_has_anything(void)
{
	fixture_init(&f);
	fixture_open(&f);
	assert(holding_of(NULL).quota.bytes == NONE && holding_of(NULL).quota.objects == NONE);
	assert(set_quota("bucket", 5, 0) == S3_ERROR_NO_SUCH_BUCKET);
	assert(set_quota(NULL, 5, 0) == 0);
	assert(create_bucket(&f, "bucket") == 0);
	assert(try_put("bucket", "a", 6) == QUOTA_TENANT_BYTES);
	assert(try_put("bucket", "a", 5) == QUOTA_KEPT);
	fixture_end(&f);
}

static void test_quotas_are_there_after_a_restart(void)
{
	struct holding h;

	fixture_begin(&f);
	assert(set_quota("bucket", 100, 0) == 0);
	assert(set_quota(NULL, 0, 7) == 0);
	fixture_close(&f);
	fixture_open(&f);
	h = holding_of("bucket");
	assert(h.quota.bytes == 100 && h.quota.objects == NONE);
	h = holding_of(NULL);
	assert(h.quota.bytes == NONE && h.quota.objects == 7);
	/* One is set, the other stays. */
	assert(set_quota("bucket", 0, 5) == 0);
	assert(set_quota("bucket", QUOTA_MAX, 0) == 0);
	h = holding_of("bucket");
	assert(h.quota.bytes == QUOTA_MAX && h.quota.objects == 5);
	assert(set_quota("bucket", NONE, NONE) == 0);
	fixture_close(&f);
	fixture_open(&f);
	h = holding_of("bucket");
	assert(h.quota.bytes == NONE && h.quota.objects == NONE);
	fixture_end(&f);
}

static void test_a_quota_below_what_is_used_leaves_the_way_down(void)
{
	static uint8_t bytes[5 * MIB];
	char id[UPLOAD_ID_TEXT_MAX], etags[2][ETAG_TEXT_MAX];
	uint16_t numbers[] = { 1, 2 };

	fixture_begin(&f);
	assert(try_put("bucket", "a", 500) == QUOTA_KEPT);
	assert(try_put("bucket", "b", 500) == QUOTA_KEPT);
	assert(create_upload(&f, "c", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "c", id, 1, (struct span){ bytes, sizeof(bytes) }, etags[0]) == 0);
	assert(put_part(&f, "c", id, 2, SPAN("last"), etags[1]) == 0);
	assert(set_quota("bucket", 10, 1) == 0);
	assert(try_put("bucket", "a", 501) == QUOTA_BUCKET_BYTES);
	assert(try_put("bucket", "a", 500) == QUOTA_KEPT);
	assert(try_put("bucket", "a", 499) == QUOTA_KEPT);
	assert(put_part(&f, "c", id, 2, SPAN("longer"), NULL) == S3_ERROR_QUOTA_EXCEEDED);
	/* What was let in as parts becomes an object. */
	assert(complete(&f, "c", id, 2, numbers, etags, NULL) == 0);
	assert(delete_object(&f, "c") == 0);
	assert(delete_object(&f, "b") == 0);
	assert(try_put("bucket", "a", 11) == QUOTA_KEPT);
	assert(try_put("bucket", "a", 12) == QUOTA_BUCKET_BYTES);
	fixture_end(&f);
}

static void test_copies_and_parts_count_by_their_size(void)
{
	static uint8_t bytes[100000];
	struct span large = { bytes, sizeof(bytes) };
	char id[UPLOAD_ID_TEXT_MAX];
	struct change *c;

	fixture_begin(&f);
	assert(put_blob(&f, "source", large) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(set_quota("bucket", 2 * sizeof(bytes), 0) == 0);
	assert(put_part(&f, "key", id, 1, SPAN("1"), NULL) == 0);
	/* No byte of them would be written. */
	assert(copy(&f, "source", "copy") == S3_ERROR_QUOTA_EXCEEDED);
	c = new_change(&f, CHANGE_COPY_PART, "key");
	c->copy_part.source =
		(struct change_source){ .bucket = SPAN("bucket"), .key = SPAN("source") };
	c->copy_part.upload_id = span_from_string(id);
	c->copy_part.number = 2;
	assert(submit(&f, c) == S3_ERROR_QUOTA_EXCEEDED && c->exceeded == QUOTA_BUCKET_BYTES);
	assert(put_part(&f, "key", id, 2, large, NULL) == S3_ERROR_QUOTA_EXCEEDED);
	/* Where it replaces the other, it fits. */
	c->copy_part.number = 1;
	assert(submit(&f, c) == 0 && c->exceeded == QUOTA_KEPT);
	change_free(c);
	assert(abort_upload(&f, "key", id) == 0);
	assert(copy(&f, "source", "copy") == 0);
	assert(holding_of("bucket").used.bytes == 2 * sizeof(bytes));
	fixture_end(&f);
}

/* A batch is judged change by change: what the first have taken the last cannot have. */
struct crowd {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	size_t left, taken, refused;
};

static void count_off(struct change *c)
{
	struct crowd *crowd = c->context;

	assert(c->result == 0 || c->result == S3_ERROR_QUOTA_EXCEEDED);
	pthread_mutex_lock(&crowd->lock);
	crowd->taken += c->result == 0;
	crowd->refused += c->result != 0;
	if (--crowd->left == 0)
		pthread_cond_signal(&crowd->wake);
	pthread_mutex_unlock(&crowd->lock);
	change_free(c);
}

static struct crowd put_crowd(size_t n, size_t len)
{
	struct crowd crowd = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, n, 0, 0 };
	char key[32];

	for (size_t i = 0; i < n; i++) {
		struct change *c;

		snprintf(key, sizeof(key), "crowd-%zu", i);
		c = new_put("bucket", key, len);
		c->context = &crowd;
		c->done = count_off;
		assert(store_submit(f.store, c) == 0);
	}
	pthread_mutex_lock(&crowd.lock);
	while (crowd.left)
		pthread_cond_wait(&crowd.wake, &crowd.lock);
	pthread_mutex_unlock(&crowd.lock);
	return crowd;
}

static void test_a_crowd_gets_in_as_far_as_there_is_room(void)
{
	struct crowd crowd;

	fixture_begin(&f);
	assert(set_quota("bucket", 100 * 300, 0) == 0);
	assert(set_quota(NULL, 0, 250) == 0);
	crowd = put_crowd(2000, 300);
	assert(crowd.taken == 100 && crowd.refused == 1900);
	assert(holding_of("bucket").used.bytes == 100 * 300);
	assert(set_quota("bucket", NONE, 0) == 0);
	crowd = put_crowd(2000, 300);
	assert(crowd.taken == 250);
	assert(holding_of(NULL).used.objects == 250);
	fixture_end(&f);
}

/* --- reservations ---------------------------------------------------------------------------- */

static enum quota_limit limit;

/* NULL where it is refused, and `limit` says by which. */
static struct reservation *reserve(const char *key, uint64_t bytes)
{
	struct reservation_terms t = { .tenant = &f.tenant,
				       .bucket = SPAN("bucket"),
				       .key = span_from_string(key),
				       .bytes = bytes };
	struct reservation *r = NULL;
	int e;

	limit = QUOTA_KEPT;
	e = store_reserve(f.store, &t, &limit, &r);
	assert(e == (limit ? S3_ERROR_QUOTA_EXCEEDED : 0));
	return r;
}

static void test_what_is_reserved_is_nobody_else_s(void)
{
	struct reservation *a, *b;

	fixture_begin(&f);
	assert(!reserve("a", 1000) && !limit);
	assert(set_quota("bucket", 1000, 3) == 0);
	a = reserve("a", 600);
	b = reserve("b", 400);
	assert(a && b);
	assert(!reserve("c", 1) && limit == QUOTA_BUCKET_BYTES);
	b = reservation_free(b);
	b = reserve("c", 100);
	assert(b);
	assert(!reserve("d", 301) && limit == QUOTA_BUCKET_BYTES);
	reservation_free(a);
	reservation_free(b);
	assert(set_quota(NULL, 500, 1) == 0);
	assert(!reserve("a", 501) && limit == QUOTA_TENANT_BYTES);
	a = reserve("a", 500);
	assert(!reserve("b", 0) && limit == QUOTA_TENANT_OBJECTS);
	reservation_free(a);
	fixture_end(&f);
}

static void test_what_is_committed_is_not_reserved_any_more(void)
{
	struct reservation *other;
	struct change *c;

	fixture_begin(&f);
	assert(set_quota("bucket", 1000, 0) == 0);
	c = new_put("bucket", "a", 600);
	c->reservation = reserve("a", 600);
	assert(submit(&f, c) == 0);
	/* Not when the change is freed, but with the commit. */
	other = reserve("b", 400);
	assert(other);
	assert(!reserve("c", 1));
	change_free(c);
	assert(!reserve("c", 1));
	reservation_free(other);
	/* One that is refused gives back what it had when it goes. */
	c = new_put("bucket", "a", 700);
	c->put_object.condition.if_none_match = SPAN("*");
	c->reservation = reserve("a", 700);
	assert(submit(&f, c) == S3_ERROR_PRECONDITION_FAILED);
	assert(!reserve("b", 301));
	change_free(c);
	other = reserve("b", 400);
	assert(other);
	reservation_free(other);
	fixture_end(&f);
}

static void test_what_will_be_replaced_needs_no_room(void)
{
	static char id[UPLOAD_ID_TEXT_MAX];
	struct reservation_terms part = {
		.tenant = &f.tenant, .bucket = SPAN("bucket"), .key = SPAN("b"), .part_number = 1
	};
	struct reservation *r;

	fixture_begin(&f);
	assert(try_put("bucket", "a", 600) == QUOTA_KEPT);
	assert(create_upload(&f, "b", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "b", id, 1, SPAN("1234"), NULL) == 0);
	assert(set_quota("bucket", 604, 2) == 0);
	r = reserve("a", 600);
	assert(r);
	reservation_free(r);
	assert(!reserve("a", 601) && limit == QUOTA_BUCKET_BYTES);
	assert(!reserve("c", 0) && limit == QUOTA_BUCKET_OBJECTS);
	part.upload_id = span_from_string(id);
	part.bytes = 4;
	assert(store_reserve(f.store, &part, &limit, &r) == 0 && r);
	reservation_free(r);
	part.bytes = 5;
	assert(store_reserve(f.store, &part, &limit, &r) == S3_ERROR_QUOTA_EXCEEDED);
	part.bytes = 1;
	part.part_number = 2;
	assert(store_reserve(f.store, &part, &limit, &r) == S3_ERROR_QUOTA_EXCEEDED);
	part.bucket = SPAN("nobody");
	assert(store_reserve(f.store, &part, &limit, &r) == S3_ERROR_NO_SUCH_BUCKET);
	fixture_end(&f);
}

static void test_what_comes_without_a_length_is_reserved_as_it_comes(void)
{
	struct reservation *a, *b;

	fixture_begin(&f);
	assert(set_quota("bucket", 3 * MIB, 0) == 0);
	a = reserve("a", 0);
	b = reserve("b", 0);
	assert(a && b);
	assert(reservation_grow(a, 1, &limit) == 0);
	assert(reservation_grow(b, MIB, &limit) == 0);
	/* Each has one, a little ahead. */
	assert(!reserve("c", MIB + 1) && limit == QUOTA_BUCKET_BYTES);
	assert(reservation_grow(a, MIB, &limit) == 0);
	assert(reservation_grow(b, MIB + 10, &limit) == 0);
	/* The last of it goes byte by byte. */
	assert(reservation_grow(a, MIB + 1, &limit) == S3_ERROR_QUOTA_EXCEEDED);
	assert(limit == QUOTA_BUCKET_BYTES);
	reservation_free(b);
	assert(reservation_grow(a, 3 * MIB - 5, &limit) == 0);
	assert(reservation_grow(a, 3 * MIB, &limit) == 0);
	assert(reservation_grow(a, 3 * MIB + 1, &limit) == S3_ERROR_QUOTA_EXCEEDED);
	reservation_free(a);
	a = reserve("a", 3 * MIB);
	assert(a);
	reservation_free(a);
	fixture_end(&f);
}

/* 32 threads that reserve, write and delete: neither figure is ever more than the quota. */
enum { WRITERS = 32, ROUNDS = 40, EACH = 100, ROOM = 10 };

static _Atomic size_t n_taken, n_refused_late;

static void write_one(const char *key)
{
	struct reservation_terms t = { .tenant = &f.tenant,
				       .bucket = SPAN("bucket"),
				       .key = span_from_string(key),
				       .bytes = EACH };
	struct reservation *r = NULL;
	enum quota_limit exceeded;
	struct change *c;

	if (store_reserve(f.store, &t, &exceeded, &r) != 0)
		return;
	c = new_put("bucket", key, EACH);
	c->reservation = r;
	if (submit(&f, c) == 0)
		n_taken++;
	else
		n_refused_late++;
	change_free(c);
	assert(holding_of("bucket").used.bytes <= ROOM * EACH);
}

static void *write_many(void *number)
{
	char key[32];

	snprintf(key, sizeof(key), "writer-%zu", (size_t)number);
	for (int i = 0; i < ROUNDS; i++) {
		write_one(key);
		if (i % 2)
			assert(delete_object(&f, key) == 0);
	}
	return NULL;
}

static void test_who_has_reserved_is_not_refused_by_the_commit(void)
{
	pthread_t threads[WRITERS];

	fixture_begin(&f);
	assert(set_quota("bucket", ROOM * EACH, 0) == 0);
	for (size_t i = 0; i < WRITERS; i++)
		assert(pthread_create(&threads[i], NULL, write_many, (void *)i) == 0);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert(n_taken > ROOM && n_refused_late == 0);
	assert(f.store->catalogs.first->ledger.tenant.reserved.bytes == 0);
	assert(f.store->catalogs.first->ledger.tenant.reserved.objects == 0);
	fixture_end(&f);
}

#define SETTLED 3000000 /* transactions: enough to meet a moment between two numbers */

static _Atomic bool is_asked, is_settled;

/* How often there was no quota. */
static void *ask_for_quotas(void *ledger)
{
	uintptr_t n = 0;

	while (!is_settled) {
		n += !ledger_has_quotas(ledger);
		is_asked = true;
	}
	return (void *)n;
}

static void test_a_quota_is_there_while_its_account_is_settled(void)
{
	const struct quota quota = { .bytes = 1, .objects = NONE };
	struct ledger l;
	pthread_t thread;
	void *n;

	ledger_init(&l);
	assert(ledger_set_quota(&l, LEDGER_TENANT, &quota) == 0);
	ledger_commit(&l);
	assert(pthread_create(&thread, NULL, ask_for_quotas, &l) == 0);
	while (!is_asked)
		sched_yield();
	for (int i = 0; i < SETTLED; i++) {
		assert(ledger_set_quota(&l, LEDGER_TENANT, &quota) == 0);
		ledger_commit(&l);
	}
	is_settled = true;
	assert(pthread_join(thread, &n) == 0);
	assert(n == NULL);
	ledger_clear(&l);
}

int main(void)
{
	RUN(test_a_bucket_takes_its_bytes_and_no_more);
	RUN(test_a_bucket_takes_its_objects_and_no_more);
	RUN(test_a_tenant_s_quota_is_over_all_its_buckets);
	RUN(test_a_tenant_has_a_quota_before_it_has_anything);
	RUN(test_quotas_are_there_after_a_restart);
	RUN(test_a_quota_below_what_is_used_leaves_the_way_down);
	RUN(test_copies_and_parts_count_by_their_size);
	RUN(test_a_crowd_gets_in_as_far_as_there_is_room);
	RUN(test_what_is_reserved_is_nobody_else_s);
	RUN(test_what_is_committed_is_not_reserved_any_more);
	RUN(test_what_will_be_replaced_needs_no_room);
	RUN(test_what_comes_without_a_length_is_reserved_as_it_comes);
	RUN(test_who_has_reserved_is_not_refused_by_the_commit);
	RUN(test_a_quota_is_there_while_its_account_is_settled);
	return 0;
}
