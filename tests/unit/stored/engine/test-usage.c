/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

/* What is used, as it is kept with every change, and counted again. */

#include <sodium.h>

#include "base/fd.h"

static struct fixture f;

static struct usage usage_of(const char *bucket)
{
	struct holding h;

	assert(store_find_holding(f.store, &f.tenant, span_from_string(bucket), &h) == 0);
	return h.used;
}

static struct usage usage_of_all(void)
{
	struct holding h;

	assert(store_find_holding(f.store, &f.tenant, SPAN_NONE, &h) == 0);
	return h.used;
}

static bool equal(struct usage a, struct usage b)
{
	return a.objects == b.objects && a.bytes == b.bytes && a.uploads == b.uploads &&
	       a.upload_bytes == b.upload_bytes;
}

#define USAGE(...) ((struct usage){ __VA_ARGS__ })

/* One step; 0: the count is through. */
static int recount_step(const char *bucket, struct change_recount *at)
{
	struct change *c;
	int r;

	assert(change_new(CHANGE_RECOUNT, &f.tenant, span_from_string(bucket), SPAN_NONE, &c) == 0);
	c->recount.number = at->number;
	r = submit(&f, c);
	*at = c->recount;
	change_free(c);
	if (r)
		return r;
	return !at->through;
}

static struct change_recount recount(const char *bucket)
{
	struct change_recount at = { 0 };
	int r;

	while ((r = recount_step(bucket, &at)) == 1)
		;
	assert(r == 0);
	return at;
}

/* --- what each kind of change does to it ---------------------------------------------------- */

static void test_puts_copies_and_deletions_are_counted(void)
{
	static uint8_t large[100000];

	fixture_begin(&f);
	assert(equal(usage_of("bucket"), USAGE(0)));
	assert(put(&f, "a", SPAN("12345")) == 0);
	assert(put_blob(&f, "b", (struct span){ large, sizeof(large) }) == 0);
	assert(equal(usage_of("bucket"), USAGE(2, 100005)));
	/* What is replaced goes. */
	assert(put(&f, "b", SPAN("1")) == 0);
	assert(equal(usage_of("bucket"), USAGE(2, 6)));
	/* A copy has the size of its source, though no byte is written. */
	assert(copy(&f, "a", "c") == 0);
	assert(copy(&f, "a", "a") == 0);
	assert(equal(usage_of("bucket"), USAGE(3, 11)));
	/* What is refused leaves nothing behind. */
	assert(put_if(&f, "a", SPAN("other"), NULL, "*") == S3_ERROR_PRECONDITION_FAILED);
	assert(copy(&f, "missing", "d") == S3_ERROR_NO_SUCH_KEY);
	assert(delete_object(&f, "missing") == 0);
	assert(equal(usage_of("bucket"), USAGE(3, 11)));
	assert(delete_object(&f, "a") == 0);
	assert(equal(usage_of("bucket"), USAGE(2, 6)));
	fixture_end(&f);
}

static void test_deletions_of_many_are_counted(void)
{
	static const char *const keys[] = { "a", "missing", "b" };
	struct change *c;

	fixture_begin(&f);
	for (const char *key = "abc"; *key; key++)
		assert(put(&f, (char[]){ *key, '\0' }, SPAN("1234")) == 0);
	c = new_change(&f, CHANGE_DELETE_OBJECTS, "");
	c->delete_objects.items = change_keep_array(c, 3, sizeof(*c->delete_objects.items));
	c->delete_objects.n = ARRAY_SIZE(keys);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		c->delete_objects.items[i].key = span_from_string(keys[i]);
	assert(submit(&f, c) == 0);
	change_free(c);
	assert(equal(usage_of("bucket"), USAGE(1, 4)));
	fixture_end(&f);
}

static void test_uploads_and_their_parts_are_counted(void)
{
	static uint8_t bytes[6 * MIB];
	char id[UPLOAD_ID_TEXT_MAX], other[UPLOAD_ID_TEXT_MAX], etags[2][ETAG_TEXT_MAX];
	uint16_t numbers[] = { 1, 2 };

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("before")) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, other) == 0);
	assert(put_part(&f, "key", id, 1, (struct span){ bytes, sizeof(bytes) }, etags[0]) == 0);
	assert(put_part(&f, "key", id, 2, SPAN("first"), NULL) == 0);
	assert(put_part(&f, "key", id, 2, SPAN("2nd"), etags[1]) == 0);
	assert(put_part(&f, "key", id, 3, SPAN("left out"), NULL) == 0);
	assert(put_part(&f, "key", other, 1, SPAN("aborted"), NULL) == 0);
	assert(equal(usage_of("bucket"), USAGE(1, 6, 2, sizeof(bytes) + 3 + 8 + 7)));
	assert(abort_upload(&f, "key", other) == 0);
	assert(equal(usage_of("bucket"), USAGE(1, 6, 1, sizeof(bytes) + 3 + 8)));
	assert(complete(&f, "key", id, 2, numbers, etags, NULL) == 0);
	assert(equal(usage_of("bucket"), USAGE(1, sizeof(bytes) + 3)));
	/* The answer again, and not the object. */
	assert(complete(&f, "key", id, 2, numbers, etags, NULL) == 0);
	assert(equal(usage_of("bucket"), USAGE(1, sizeof(bytes) + 3)));
	fixture_end(&f);
}

static void test_a_copied_part_has_the_size_of_its_source(void)
{
	static uint8_t bytes[200000];
	char id[UPLOAD_ID_TEXT_MAX];
	struct change *c;

	fixture_begin(&f);
	assert(put_blob(&f, "source", (struct span){ bytes, sizeof(bytes) }) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	c = new_change(&f, CHANGE_COPY_PART, "key");
	c->copy_part.source =
		(struct change_source){ .bucket = SPAN("bucket"), .key = SPAN("source") };
	c->copy_part.upload_id = span_from_string(id);
	c->copy_part.number = 7;
	assert(submit(&f, c) == 0);
	change_free(c);
	assert(equal(usage_of("bucket"), USAGE(1, sizeof(bytes), 1, sizeof(bytes))));
	fixture_end(&f);
}

static void test_a_tenant_has_the_sum_of_its_buckets(void)
{
	struct change *c;
	struct holding h;

	fixture_begin(&f);
	assert(create_bucket(&f, "second") == 0);
	assert(put(&f, "key", SPAN("123")) == 0);
	/* From one bucket to another: only the one that it comes to grows. */
	assert(change_new(CHANGE_COPY_OBJECT, &f.tenant, SPAN("second"), SPAN("copy"), &c) == 0);
	c->copy_object.source =
		(struct change_source){ .bucket = SPAN("bucket"), .key = SPAN("key") };
	assert(submit(&f, c) == 0);
	change_free(c);
	assert(equal(usage_of("bucket"), USAGE(1, 3)));
	assert(equal(usage_of("second"), USAGE(1, 3)));
	assert(equal(usage_of_all(), USAGE(2, 6)));
	assert(delete_object(&f, "key") == 0);
	assert(delete_bucket(&f, "bucket") == 0);
	assert(equal(usage_of_all(), USAGE(1, 3)));
	assert(store_find_holding(f.store, &f.tenant, SPAN("bucket"), &h) ==
	       S3_ERROR_NO_SUCH_BUCKET);
	/* Another one of that name begins with nothing. */
	assert(create_bucket(&f, "bucket") == 0);
	assert(equal(usage_of("bucket"), USAGE(0)));
	fixture_end(&f);
}

static void test_a_bucket_takes_its_uploads_with_it(void)
{
	char id[UPLOAD_ID_TEXT_MAX];

	fixture_begin(&f);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "key", id, 1, SPAN("part"), NULL) == 0);
	assert(equal(usage_of_all(), USAGE(0, 0, 1, 4)));
	assert(delete_bucket(&f, "bucket") == 0);
	assert(equal(usage_of_all(), USAGE(0)));
	fixture_end(&f);
}

static void test_a_tenant_without_anything_uses_nothing(void)
{
	struct ipc_id other = other_tenant();
	struct holding h = { .used = { 1, 1, 1, 1 } };

	fixture_begin(&f);
	assert(store_find_holding(f.store, &other, SPAN_NONE, &h) == 0);
	assert(equal(h.used, USAGE(0)));
	assert(store_find_holding(f.store, &other, SPAN("bucket"), &h) == S3_ERROR_ACCESS_DENIED);
	fixture_end(&f);
}

static int note_alone(void *context, const struct ipc_id *tenant, const struct holding *h)
{
	unsigned int *n = context;

	assert(ipc_id_equal(tenant, &f.tenant) && equal(h->used, USAGE(.objects = 1, .bytes = 5)));
	assert(h->quota.bytes == QUOTA_NONE && h->quota.objects == QUOTA_NONE);
	assert(pthread_mutex_trylock(&f.store->catalogs.lock) == 0);
	pthread_mutex_unlock(&f.store->catalogs.lock);
	return (int)++*n;
}

static void test_nobody_waits_while_the_figures_of_all_are_told(void)
{
	unsigned int n = 0;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("12345")) == 0);
	assert(store_each_holding(f.store, note_alone, &n) == 1);
	assert(n == 1);
	fixture_end(&f);
}

/* --- what is on the disk -------------------------------------------------------------------- */

static void test_figures_are_there_after_a_restart(void)
{
	char id[UPLOAD_ID_TEXT_MAX];

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("12345")) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "key", id, 1, SPAN("part"), NULL) == 0);
	fixture_close(&f);
	fixture_open(&f);
	assert(equal(usage_of("bucket"), USAGE(1, 5, 1, 4)));
	assert(equal(usage_of_all(), USAGE(1, 5, 1, 4)));
	fixture_end(&f);
}

/* A file as version 1 made it, which had no such figures. */
static void test_a_catalog_of_version_1_is_counted_once(const char *dump)
{
	struct change_recount counted;

	fixture_begin_from(&f, dump);
	assert(equal(usage_of("alpha"), USAGE(6, 20070)));
	assert(equal(usage_of("beta"), USAGE(1, 20000, 2, 1234)));
	assert(equal(usage_of("empty"), USAGE(0)));
	assert(equal(usage_of_all(), USAGE(7, 40070, 2, 1234)));
	counted = recount("beta");
	assert(equal(counted.counted, counted.recorded));
	/* And it is not done again. */
	fixture_close(&f);
	fixture_sql(&f, &f.tenant, "UPDATE buckets SET objects = 77 WHERE name = X'656d707479'");
	fixture_open(&f);
	assert(equal(usage_of("empty"), USAGE(77)));
	fixture_end(&f);
}

/* --- counting again ------------------------------------------------------------------------- */

static void put_numbered(unsigned int from, unsigned int to)
{
	static char texts[20000][8];
	struct span keys[20000];

	assert(to <= ARRAY_SIZE(keys));
	for (unsigned int i = from; i < to; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%05u", i);
		keys[i] = span_from_string(texts[i]);
	}
	put_all(&f, to - from, keys + from);
}

static void test_a_recount_puts_wrong_figures_right(void)
{
	char id[UPLOAD_ID_TEXT_MAX];
	struct change_recount counted;

	fixture_begin(&f);
	put_numbered(0, 5000);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "key", id, 1, SPAN("part"), NULL) == 0);
	assert(put_part(&f, "key", id, 2, SPAN("another"), NULL) == 0);
	counted = recount("bucket");
	assert(equal(counted.counted, USAGE(5000, 25000, 1, 11)));
	assert(equal(counted.recorded, counted.counted));
	fixture_close(&f);
	fixture_sql(&f, &f.tenant,
		    "UPDATE buckets SET objects = 1, bytes = 99999, uploads = 0, upload_bytes = 1");
	fixture_open(&f);
	/* More goes than there ever was: nothing is left, and nothing is refused. */
	assert(delete_object(&f, "00000") == 0);
	assert(delete_object(&f, "00001") == 0);
	assert(equal(usage_of("bucket"), USAGE(0, 99989, 0, 1)));
	counted = recount("bucket");
	assert(equal(counted.recorded, USAGE(0, 99989, 0, 1)));
	assert(equal(counted.counted, USAGE(4998, 24990, 1, 11)));
	assert(equal(usage_of("bucket"), counted.counted));
	assert(equal(usage_of_all(), counted.counted));
	fixture_close(&f);
	fixture_open(&f);
	assert(equal(usage_of("bucket"), counted.counted));
	fixture_end(&f);
}

/* Changes on both sides of the object that the count has come to. */
static void test_a_recount_is_right_while_objects_change(void)
{
	struct change_recount at = { 0 };

	fixture_begin(&f);
	put_numbered(0, 6000);
	assert(recount_step("bucket", &at) == 1);
	assert(delete_object(&f, "00000") == 0);
	assert(delete_object(&f, "05999") == 0);
	assert(put(&f, "00001", SPAN("larger than it was")) == 0);
	assert(put(&f, "00000+", SPAN("new")) == 0);
	assert(put(&f, "05999+", SPAN("new too")) == 0);
	assert(recount_step("bucket", &at) == 1);
	assert(delete_object(&f, "04095") == 0);
	assert(copy(&f, "05000", "00000") == 0);
	while (!at.through)
		assert(recount_step("bucket", &at) >= 0);
	assert(equal(at.counted, at.recorded));
	assert(equal(at.counted, USAGE(6000, 30000 - 3 * 5 + 13 + 3 + 7 + 5)));
	assert(equal(at.counted, usage_of("bucket")));
	fixture_end(&f);
}

/* The same of the upload that it has come to: one of so many parts that it makes a step. */
static void test_a_recount_is_right_while_uploads_change(void)
{
	char before[UPLOAD_ID_TEXT_MAX], at[UPLOAD_ID_TEXT_MAX], after[UPLOAD_ID_TEXT_MAX];
	struct change_recount count = { 0 };

	fixture_begin(&f);
	assert(create_upload(&f, "a", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, before) == 0);
	assert(put_part(&f, "a", before, 1, SPAN("1"), NULL) == 0);
	assert(create_upload(&f, "b", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, at) == 0);
	for (uint16_t number = 1; number <= 2048; number++)
		assert(put_part(&f, "b", at, number, SPAN(""), NULL) == 0);
	assert(create_upload(&f, "c", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, after) == 0);
	/* Objects; then all up to "b". */
	assert(recount_step("bucket", &count) == 1);
	assert(recount_step("bucket", &count) == 1);
	assert(put_part(&f, "a", before, 2, SPAN("12"), NULL) == 0);
	assert(put_part(&f, "b", at, 1, SPAN("123"), NULL) == 0);
	assert(put_part(&f, "c", after, 1, SPAN("1234"), NULL) == 0);
	assert(put(&f, "b", SPAN("an object")) == 0);
	assert(create_upload(&f, "aa", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, after) == 0);
	assert(abort_upload(&f, "a", before) == 0);
	while (!count.through)
		assert(recount_step("bucket", &count) >= 0);
	assert(equal(count.counted, count.recorded));
	assert(equal(count.counted, USAGE(1, 9, 3, 7)));
	fixture_end(&f);
}

static void test_a_recount_that_was_given_up_is_told_so(void)
{
	struct change_recount first = { 0 }, second = { 0 }, none = { .number = 1000 };

	fixture_begin(&f);
	put_numbered(0, 3000);
	assert(recount_step("bucket", &none) == -ESTALE);
	assert(recount_step("bucket", &first) == 1);
	assert(recount_step("bucket", &second) == 1);
	assert(recount_step("bucket", &first) == -ESTALE);
	while (!second.through)
		assert(recount_step("bucket", &second) >= 0);
	assert(equal(second.counted, second.recorded));
	second.through = false;
	assert(recount_step("bucket", &second) == -ESTALE);
	assert(recount_step("nobody", &none) == S3_ERROR_NO_SUCH_BUCKET);
	fixture_end(&f);
}

/* --- anything at all ------------------------------------------------------------------------ */

#define KEYS 12

static const char *random_key(void)
{
	static char key[16];

	snprintf(key, sizeof(key), "key-%u", randombytes_uniform(KEYS));
	return key;
}

static char ids[KEYS][UPLOAD_ID_TEXT_MAX];

static void do_anything(void)
{
	static uint8_t bytes[40000];
	struct span body = { bytes, randombytes_uniform(300) };
	unsigned int n = randombytes_uniform(KEYS);
	char key[16], etags[2][ETAG_TEXT_MAX];
	uint16_t numbers[] = { 1, 2 };

	snprintf(key, sizeof(key), "key-%u", n);
	switch (randombytes_uniform(9)) {
	case 0:
	case 1:
		assert(put(&f, key, body) == 0);
		break;
	case 2:
		assert(put_blob(&f, key, (struct span){ bytes, 30000 + body.len }) == 0);
		break;
	case 3:
		(void)copy(&f, random_key(), key);
		break;
	case 4:
		assert(delete_object(&f, key) == 0);
		break;
	case 5:
		if (ids[n][0])
			break;
		assert(create_upload(&f, key, CHECKSUM_NONE, CHECKSUM_TYPE_NONE, ids[n]) == 0);
		break;
	case 6:
		if (ids[n][0])
			assert(put_part(&f, key, ids[n], (uint16_t)(1 + randombytes_uniform(3)),
					body, NULL) == 0);
		break;
	case 7:
		if (!ids[n][0])
			break;
		/* The first may be too small to be one: then the upload goes on. */
		assert(put_part(&f, key, ids[n], 1, body, etags[0]) == 0);
		if (complete(&f, key, ids[n], 1, numbers, etags, NULL) == 0)
			ids[n][0] = '\0';
		break;
	case 8:
		if (ids[n][0])
			assert(abort_upload(&f, key, ids[n]) == 0);
		ids[n][0] = '\0';
		break;
	}
}

/* By SQL, which knows nothing of figures. */
static struct usage count_by_sql(void)
{
	struct usage u = { 0 };
	char path[128], id[IPC_ID_TEXT_SIZE];
	sqlite3_stmt *s;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", f.directory,
		 ipc_id_text(&f.tenant, id));
	assert(sqlite3_open(path, &db) == SQLITE_OK);
	assert(sqlite3_prepare_v2(
		       db,
		       "SELECT (SELECT count(*) FROM objects),"
		       " (SELECT total(size) FROM objects), (SELECT count(*) FROM uploads),"
		       " (SELECT total(size) FROM parts)",
		       -1, &s, NULL) == SQLITE_OK);
	assert(sqlite3_step(s) == SQLITE_ROW);
	u.objects = (uint64_t)sqlite3_column_int64(s, 0);
	u.bytes = (uint64_t)sqlite3_column_int64(s, 1);
	u.uploads = (uint64_t)sqlite3_column_int64(s, 2);
	u.upload_bytes = (uint64_t)sqlite3_column_int64(s, 3);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return u;
}

static void test_whatever_is_done_the_figures_are_what_is_there(void)
{
	fixture_begin(&f);
	for (int round = 0; round < 8; round++) {
		struct change_recount counted;

		for (int i = 0; i < 120; i++)
			do_anything();
		counted = recount("bucket");
		assert(equal(counted.counted, counted.recorded));
		assert(equal(counted.counted, usage_of_all()));
		fixture_close(&f);
		assert(equal(count_by_sql(), counted.counted));
		fixture_open(&f);
		assert(equal(usage_of("bucket"), counted.counted));
	}
	fixture_end(&f);
}

int main(int argc, char *argv[])
{
	assert(argc == 2);
	RUN(test_puts_copies_and_deletions_are_counted);
	RUN(test_deletions_of_many_are_counted);
	RUN(test_uploads_and_their_parts_are_counted);
	RUN(test_a_copied_part_has_the_size_of_its_source);
	RUN(test_a_tenant_has_the_sum_of_its_buckets);
	RUN(test_a_bucket_takes_its_uploads_with_it);
	RUN(test_a_tenant_without_anything_uses_nothing);
	RUN(test_nobody_waits_while_the_figures_of_all_are_told);
	RUN(test_figures_are_there_after_a_restart);
	fprintf(stderr, "%s\n", "test_a_catalog_of_version_1_is_counted_once");
	test_a_catalog_of_version_1_is_counted_once(argv[1]);
	RUN(test_a_recount_puts_wrong_figures_right);
	RUN(test_a_recount_is_right_while_objects_change);
	RUN(test_a_recount_is_right_while_uploads_change);
	RUN(test_a_recount_that_was_given_up_is_told_so);
	RUN(test_whatever_is_done_the_figures_are_what_is_there);
	return 0;
}
