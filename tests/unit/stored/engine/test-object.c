/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <unistd.h>

#define LARGE (300 * 1024)

static struct fixture f;
static uint8_t large_a[LARGE], large_b[LARGE];

static struct span a(void)
{
	return (struct span){ large_a, sizeof(large_a) };
}

static struct span b(void)
{
	return (struct span){ large_b, sizeof(large_b) };
}

static void test_small_and_large_objects_come_back(void)
{
	fixture_begin(&f);
	assert(put(&f, "small", SPAN("hello")) == 0);
	assert(put(&f, "empty", SPAN("")) == 0);
	assert(put_blob(&f, "large", a()) == 0);
	assert(holds(&f, "small", SPAN("hello")));
	assert(holds(&f, "empty", SPAN("")));
	assert(holds(&f, "large", a()));
	assert(is_missing(&f, "smal"));
	assert(is_missing(&f, "small/"));
	fixture_end(&f);
}

static void test_everything_is_there_after_reopening(void)
{
	fixture_begin(&f);
	assert(put(&f, "small", SPAN("hello")) == 0);
	assert(put_blob(&f, "large", a()) == 0);
	fixture_close(&f);
	fixture_open(&f);
	assert(holds(&f, "small", SPAN("hello")));
	assert(holds(&f, "large", a()));
	assert(create_bucket(&f, "bucket") == S3_ERROR_BUCKET_ALREADY_OWNED_BY_YOU);
	fixture_end(&f);
}

static void test_metadata_is_kept_as_it_was_put(void)
{
	struct change *c;
	struct object *o;
	int r;

	fixture_begin(&f);
	c = new_change(&f, CHANGE_PUT_OBJECT, "key");
	describe_data(&c->put_object.data, SPAN("x"));
	c->put_object.data.body = SPAN("x");
	c->put_object.data.checksum = (struct checksum_value){ CHECKSUM_CRC32, { 1, 2, 3, 4 } };
	c->put_object.attributes = SPAN("any\0bytes");
	c->put_object.storage_class = SPAN("STANDARD_IA");
	assert(submit(&f, c) == 0);
	o = find(&f, "key", 0, &r);
	assert(r == 0);
	assert(span_equal(o->etag, SPAN("9dd4e461268c8034f5c8564e155c67a6")));
	assert(span_equal(o->etag, span_from_string(c->put_object.made.etag)));
	assert(span_equal(o->attributes, SPAN("any\0bytes")));
	assert(span_equal(o->storage_class, SPAN("STANDARD_IA")));
	assert(o->checksum.algorithm == CHECKSUM_CRC32 && o->checksum.bytes[3] == 4);
	assert(o->checksum_type == CHECKSUM_TYPE_FULL_OBJECT);
	assert(o->size == 1 && o->parts_count == 0);
	assert(o->modified_ns == c->put_object.made.modified_ns && o->modified_ns % NS_PER_MS == 0);
	assert(span_is_none(o->body));
	object_free(o);
	change_free(c);
	fixture_end(&f);
}

static void test_without_a_wish_the_crc64_is_the_checksum(void)
{
	struct change_data d = { 0 };
	struct object *o;
	int r;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("123456789")) == 0);
	describe_data(&d, SPAN("123456789"));
	o = find(&f, "key", 0, &r);
	assert(r == 0 && o->checksum.algorithm == CHECKSUM_CRC64NVME);
	assert(memcmp(o->checksum.bytes, d.crc64nvme, 8) == 0);
	object_free(o);
	fixture_end(&f);
}

static void test_conditions_are_decided_in_the_commit(void)
{
	static const char tag[] = "\"5d41402abc4b2a76b9719d911017c592\""; /* hello */

	fixture_begin(&f);
	assert(put_if(&f, "key", SPAN("hello"), tag, NULL) == S3_ERROR_NO_SUCH_KEY);
	assert(is_missing(&f, "key"));
	assert(put_if(&f, "key", SPAN("hello"), NULL, "*") == 0);
	assert(put_if(&f, "key", SPAN("other"), NULL, "*") == S3_ERROR_PRECONDITION_FAILED);
	assert(holds(&f, "key", SPAN("hello")));
	assert(put_if(&f, "key", SPAN("other"), "\"0\"", NULL) == S3_ERROR_PRECONDITION_FAILED);
	assert(holds(&f, "key", SPAN("hello")));
	assert(put_if(&f, "key", SPAN("other"), tag, NULL) == 0);
	assert(holds(&f, "key", SPAN("other")));
	fixture_end(&f);
}

static void test_a_refused_put_gives_its_blob_back(void)
{
	struct change *c;

	fixture_begin(&f);
	assert(put_blob(&f, "key", a()) == 0);
	assert(count_files(&f) == 1);
	c = new_change(&f, CHANGE_PUT_OBJECT, "key");
	describe_data(&c->put_object.data, b());
	c->put_object.data.blob = make_blob(&f, b());
	c->put_object.condition.if_none_match = SPAN("*");
	assert(submit(&f, c) == S3_ERROR_PRECONDITION_FAILED);
	assert(count_files(&f) == 2);
	change_free(c);
	fixture_close(&f);
	assert(count_files(&f) == 1);
	fixture_open(&f);
	assert(holds(&f, "key", a()));
	fixture_end(&f);
}

static void test_replacing_and_deleting_free_the_blob(void)
{
	fixture_begin(&f);
	assert(put_blob(&f, "key", a()) == 0);
	assert(put_blob(&f, "key", b()) == 0);
	assert(holds(&f, "key", b()));
	bury(&f);
	assert(count_files(&f) == 1);
	assert(holds(&f, "key", b()));
	assert(delete_object(&f, "key") == 0);
	assert(is_missing(&f, "key"));
	assert(delete_object(&f, "key") == 0);
	bury(&f);
	assert(count_files(&f) == 0);
	fixture_end(&f);
}

static void test_t82_a_reader_keeps_the_object_it_found(void)
{
	_cleanup_(freep) uint8_t *memory = NULL;
	struct object *o, *again;
	int r;

	fixture_begin(&f);
	assert(put_blob(&f, "key", a()) == 0);
	o = find(&f, "key", STORE_WITH_DATA, &r);
	again = find(&f, "key", STORE_WITH_DATA, &r);
	assert(put_blob(&f, "key", b()) == 0);
	assert(delete_object(&f, "key") == 0);
	bury(&f);
	/* b's file went, a's is pinned twice. */
	assert(count_files(&f) == 1);
	object_free(again);
	bury(&f);
	assert(span_equal(read_object(&f, o, &memory), a()));
	object_free(o);
	bury(&f);
	assert(count_files(&f) == 0);
	fixture_end(&f);
}

static void test_the_last_reader_wakes_the_sweep(void)
{
	struct object *o;
	int r;

	fixture_begin(&f);
	assert(put_blob(&f, "key", a()) == 0);
	o = find(&f, "key", STORE_WITH_DATA, &r);
	assert(delete_object(&f, "key") == 0);
	bury(&f);
	assert(count_files(&f) == 1);
	object_free(o);
	/* Nobody asks it to; it lets the dead gather for a second first. */
	for (int i = 0; i < 600 && count_files(&f); i++)
		usleep(50 * 1000);
	assert(count_files(&f) == 0);
	fixture_end(&f);
}

static void test_a_copy_refers_and_shares_no_fate(void)
{
	fixture_begin(&f);
	assert(put_blob(&f, "from", a()) == 0);
	assert(copy(&f, "from", "to") == 0);
	assert(copy(&f, "from", "too") == 0);
	assert(count_files(&f) == 1);
	assert(delete_object(&f, "from") == 0);
	bury(&f);
	assert(holds(&f, "to", a()) && holds(&f, "too", a()));
	assert(put_blob(&f, "to", b()) == 0);
	bury(&f);
	assert(holds(&f, "too", a()) && holds(&f, "to", b()));
	assert(delete_object(&f, "too") == 0);
	bury(&f);
	assert(count_files(&f) == 1);
	fixture_end(&f);
}

static void test_a_copy_onto_itself_keeps_the_data(void)
{
	struct change *c;
	struct object *o;
	int r;

	fixture_begin(&f);
	assert(put_blob(&f, "key", a()) == 0);
	c = new_change(&f, CHANGE_COPY_OBJECT, "key");
	c->copy_object.source =
		(struct change_source){ .bucket = SPAN("bucket"), .key = SPAN("key") };
	c->copy_object.replace = true;
	c->copy_object.attributes = SPAN("new");
	assert(submit(&f, c) == 0);
	change_free(c);
	bury(&f);
	assert(holds(&f, "key", a()));
	o = find(&f, "key", 0, &r);
	assert(span_equal(o->attributes, SPAN("new")));
	object_free(o);
	assert(delete_object(&f, "key") == 0);
	bury(&f);
	assert(count_files(&f) == 0);
	fixture_end(&f);
}

static int copy_if(const char *if_match, uint64_t instance, const char *version)
{
	struct change *c = new_change(&f, CHANGE_COPY_OBJECT, "to");
	int r;

	c->copy_object.source = (struct change_source){
		.bucket = SPAN("bucket"),
		.key = SPAN("from"),
		.version = span_from_string(version),
		.condition.if_match = span_from_string(if_match),
		.instance = instance,
	};
	r = submit(&f, c);
	change_free(c);
	return r;
}

static void test_what_a_copy_may_demand_of_its_source(void)
{
	uint64_t instance;
	struct object *o;
	int r;

	fixture_begin(&f);
	assert(copy_if(NULL, 0, NULL) == S3_ERROR_NO_SUCH_KEY);
	assert(copy_if(NULL, 0, "null") == S3_ERROR_NO_SUCH_VERSION);
	assert(put(&f, "from", SPAN("hello")) == 0);
	o = find(&f, "from", 0, &r);
	instance = o->instance;
	object_free(o);
	assert(copy_if("\"0\"", 0, NULL) == S3_ERROR_PRECONDITION_FAILED);
	assert(copy_if(NULL, instance + 1, NULL) == -ESTALE);
	assert(copy_if(NULL, 0, "other") == S3_ERROR_NO_SUCH_VERSION);
	assert(is_missing(&f, "to"));
	assert(copy_if("\"5d41402abc4b2a76b9719d911017c592\"", instance, "null") == 0);
	assert(holds(&f, "to", SPAN("hello")));
	assert(put(&f, "from", SPAN("hello")) == 0);
	assert(copy_if(NULL, instance, NULL) == -ESTALE);
	fixture_end(&f);
}

static void test_many_keys_are_deleted_by_one_change(void)
{
	enum { N = 1000 };
	struct change_delete_item *items;
	struct change *c;
	char key[32];

	fixture_begin(&f);
	for (int i = 0; i < N; i += 10) {
		snprintf(key, sizeof(key), "key-%04d", i);
		assert(put(&f, key, SPAN("x")) == 0);
	}
	c = new_change(&f, CHANGE_DELETE_OBJECTS, NULL);
	items = change_keep_array(c, N, sizeof(*items));
	for (int i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "key-%04d", i);
		assert(change_keep(c, span_from_string(key), &items[i].key) == 0);
	}
	items[10].condition.if_match = SPAN("\"0\"");
	items[11].condition.if_match = SPAN("\"0\"");
	items[20].version = SPAN("nonsense");
	c->delete_objects.items = items;
	c->delete_objects.n = N;
	assert(submit(&f, c) == 0);
	for (int i = 0; i < N; i++) {
		int expected = i == 10	 ? S3_ERROR_PRECONDITION_FAILED
			       : i == 11 ? S3_ERROR_NO_SUCH_KEY
			       : i == 20 ? S3_ERROR_NO_SUCH_VERSION
					 : 0;

		assert(items[i].result == expected);
		snprintf(key, sizeof(key), "key-%04d", i);
		assert(is_missing(&f, key) == (i != 10 && i != 20));
	}
	change_free(c);
	fixture_end(&f);
}

static void test_versions_but_null_do_not_exist(void)
{
	struct object *o;
	int r;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("x")) == 0);
	r = store_find_object(f.store, &f.tenant, SPAN("bucket"), SPAN("key"), SPAN("null"), 0, &o);
	assert(r == 0);
	object_free(o);
	r = store_find_object(f.store, &f.tenant, SPAN("bucket"), SPAN("key"), SPAN(""), 0, &o);
	assert(r == S3_ERROR_NO_SUCH_VERSION);
	r = store_find_object(f.store, &f.tenant, SPAN("bucket"), SPAN("kex"), SPAN("null"), 0, &o);
	assert(r == S3_ERROR_NO_SUCH_VERSION);
	fixture_end(&f);
}

/* Any byte may be in a key, and none of them means anything to SQL or to the file system. */
static void test_t50_t51_keys_are_bytes(void)
{
	static const struct span keys[] = {
		{ "a' OR '1'='1", 12 },
		{ "%", 1 },
		{ "_", 1 },
		{ "..", 2 },
		{ "../../etc", 9 },
		{ "/", 1 },
		{ "//", 2 },
		{ ".", 1 },
		{ "a\0b", 3 },
		{ "a", 1 },
		{ "a\0", 2 },
		{ "\xff\xff", 2 },
		{ "\"; DROP TABLE objects; --", 25 },
		{ " ", 1 },
		{ "\n", 1 },
		{ "?1", 2 },
		{ "\xc3\xa9", 2 },
		{ "e\xcc\x81", 3 },
	};
	struct change *c;
	struct object *o;

	fixture_begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert(change_new(CHANGE_PUT_OBJECT, &f.tenant, SPAN("bucket"), keys[i], &c) == 0);
		describe_data(&c->put_object.data, keys[i]);
		assert(change_keep(c, keys[i], &c->put_object.data.body) == 0);
		assert(submit(&f, c) == 0);
		change_free(c);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert(store_find_object(f.store, &f.tenant, SPAN("bucket"), keys[i], SPAN_NONE,
					 STORE_WITH_DATA, &o) == 0);
		assert(span_equal(o->body, keys[i]));
		object_free(o);
	}
	fixture_end(&f);
}

static int find_in(struct moment **moment, const char *key)
{
	struct object *o;
	int r = store_find_object_in(f.store, moment, &f.tenant, SPAN("bucket"),
				     span_from_string(key), SPAN_NONE, STORE_WITH_DATA, &o);

	if (r == 0)
		object_free(o);
	return r;
}

static void test_look_ups_of_one_moment_miss_nothing_that_was_told_before_them(void)
{
	struct moment *moment = NULL, *first;
	struct ipc_id other = { { 7 } };
	struct object *o;

	fixture_begin(&f);
	assert(put(&f, "before", SPAN("1")) == 0);
	assert(find_in(&moment, "before") == 0 && find_in(&moment, "key") == S3_ERROR_NO_SUCH_KEY);
	first = moment;
	assert(find_in(&moment, "before") == 0 && moment == first);
	assert(put(&f, "key", SPAN("2")) == 0);
	assert(find_in(&moment, "key") == 0 && find_in(&moment, "before") == 0);
	/* Another tenant's is another one, and one's own may be asked about behind it. */
	assert(store_find_object_in(f.store, &moment, &other, SPAN("bucket"), SPAN("key"),
				    SPAN_NONE, 0, &o) == S3_ERROR_ACCESS_DENIED);
	assert(find_in(&moment, "key") == 0);
	assert(moment && !moment_end(moment));
	fixture_end(&f);
}

static void test_an_empty_body_needs_no_blob(void)
{
	struct change *c;

	fixture_begin(&f);
	c = new_change(&f, CHANGE_PUT_OBJECT, "key");
	describe_data(&c->put_object.data, SPAN(""));
	c->put_object.data.blob = make_blob(&f, SPAN(""));
	assert(submit(&f, c) == 0);
	change_free(c);
	assert(holds(&f, "key", SPAN("")));
	fixture_close(&f);
	assert(count_files(&f) == 0);
	fixture_remove(&f);
}

static void test_dropped_blobs_leave_nothing(void)
{
	struct blob *blob;

	fixture_begin(&f);
	assert(blob_begin(f.store, &f.tenant, 0, &blob) == 0);
	assert(write(blob_fd(blob), "abc", 3) == 3);
	blob_drop(blob);
	blob_drop(make_blob(&f, a()));
	fixture_close(&f);
	assert(count_files(&f) == 0);
	fixture_remove(&f);
}

static void test_without_o_tmpfile_blobs_are_staged_by_name(void)
{
	struct blob *blob;

	fixture_begin(&f);
	f.store->nameless = false;
	assert(blob_begin(f.store, &f.tenant, 0, &blob) == 0);
	assert(count_files(&f) == 1);
	blob_drop(blob);
	assert(put_blob(&f, "key", a()) == 0);
	assert(holds(&f, "key", a()));
	fixture_close(&f);
	assert(count_files(&f) == 1);
	fixture_remove(&f);
}

int main(void)
{
	fill(large_a, sizeof(large_a), 1);
	fill(large_b, sizeof(large_b), 2);
	RUN(test_small_and_large_objects_come_back);
	RUN(test_everything_is_there_after_reopening);
	RUN(test_metadata_is_kept_as_it_was_put);
	RUN(test_without_a_wish_the_crc64_is_the_checksum);
	RUN(test_conditions_are_decided_in_the_commit);
	RUN(test_a_refused_put_gives_its_blob_back);
	RUN(test_replacing_and_deleting_free_the_blob);
	RUN(test_t82_a_reader_keeps_the_object_it_found);
	RUN(test_the_last_reader_wakes_the_sweep);
	RUN(test_a_copy_refers_and_shares_no_fate);
	RUN(test_a_copy_onto_itself_keeps_the_data);
	RUN(test_what_a_copy_may_demand_of_its_source);
	RUN(test_many_keys_are_deleted_by_one_change);
	RUN(test_versions_but_null_do_not_exist);
	RUN(test_t50_t51_keys_are_bytes);
	RUN(test_look_ups_of_one_moment_miss_nothing_that_was_told_before_them);
	RUN(test_an_empty_body_needs_no_blob);
	RUN(test_dropped_blobs_leave_nothing);
	RUN(test_without_o_tmpfile_blobs_are_staged_by_name);
	return 0;
}
