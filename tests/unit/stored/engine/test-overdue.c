/* SPDX-License-Identifier: Apache-2.0 */

/* Uploads in parts that nobody finishes, and which of them the sweep ends. */

#include "engine-fixture.h"

#include <unistd.h>

#define MANY	  150 /* more than two batches of them */
#define LONG_AGO  "1000" /* in ms */
#define MOMENT_MS 2000
#define PATIENCE  200 /* times a tenth of a second */

static struct fixture f;

static void age(const char *sql)
{
	fixture_close(&f);
	fixture_sql(&f, &f.tenant, sql);
	fixture_open(&f);
}

static void begin_upload(const char *key, char id[static UPLOAD_ID_TEXT_MAX])
{
	assert(create_upload(&f, key, CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
}

static size_t end_overdue(void)
{
	size_t n = 0;

	assert(sweep_overdue(f.store, &f.tenant, MOMENT_MS, &n) == 0);
	return n;
}

static bool is_there(const char *key, const char *id)
{
	struct upload u = { 0 };
	int r = store_find_upload(f.store, &f.tenant, SPAN("bucket"), span_from_string(key),
				  span_from_string(id), &u);

	upload_clear(&u);
	assert(r == 0 || r == S3_ERROR_NO_SUCH_UPLOAD);
	return r == 0;
}

static void test_old_ones_are_ended_and_others_stay(void)
{
	char old[UPLOAD_ID_TEXT_MAX], fresh[UPLOAD_ID_TEXT_MAX];

	fixture_begin(&f);
	begin_upload("k", old);
	age("UPDATE uploads SET created = " LONG_AGO);
	begin_upload("k", fresh);
	assert(end_overdue() == 1);
	assert(!is_there("k", old) && is_there("k", fresh));
	assert(end_overdue() == 0);
	fixture_end(&f);
}

static void test_their_parts_go_with_them(void)
{
	char id[UPLOAD_ID_TEXT_MAX], etag[ETAG_TEXT_MAX];

	fixture_begin(&f);
	begin_upload("k", id);
	assert(put_part(&f, "k", id, 1, SPAN("bytes"), etag) == 0);
	age("UPDATE uploads SET created = " LONG_AGO "; UPDATE parts SET modified = " LONG_AGO);
	assert(count_files(&f) == 1 && end_overdue() == 1);
	bury(&f);
	assert(count_files(&f) == 0);
	fixture_end(&f);
}

static void test_one_that_is_still_added_to_stays(void)
{
	char id[UPLOAD_ID_TEXT_MAX], etag[ETAG_TEXT_MAX];

	fixture_begin(&f);
	begin_upload("k", id);
	assert(put_part(&f, "k", id, 1, SPAN("one"), etag) == 0);
	assert(put_part(&f, "k", id, 2, SPAN("two"), etag) == 0);
	age("UPDATE uploads SET created = " LONG_AGO "; UPDATE parts SET modified = " LONG_AGO
	    " WHERE number = 1");
	assert(end_overdue() == 0 && is_there("k", id));
	age("UPDATE parts SET modified = " LONG_AGO);
	assert(end_overdue() == 1 && !is_there("k", id));
	fixture_end(&f);
}

static int end_if_overdue(const char *key, const char *id)
{
	struct change *c = new_change(&f, CHANGE_ABORT_UPLOAD, key);
	int r;

	c->abort_upload.upload_id = span_from_string(id);
	c->abort_upload.before_ms = MOMENT_MS;
	r = submit(&f, c);
	change_free(c);
	return r;
}

/* As between the look that found it and the commit. */
static void test_one_that_is_added_to_meanwhile_stays(void)
{
	char id[UPLOAD_ID_TEXT_MAX], etag[ETAG_TEXT_MAX];

	fixture_begin(&f);
	begin_upload("k", id);
	assert(end_if_overdue("k", id) == S3_ERROR_PRECONDITION_FAILED);
	age("UPDATE uploads SET created = " LONG_AGO);
	assert(put_part(&f, "k", id, 1, SPAN("one"), etag) == 0);
	assert(end_if_overdue("k", id) == S3_ERROR_PRECONDITION_FAILED && is_there("k", id));
	age("UPDATE parts SET modified = " LONG_AGO);
	assert(end_if_overdue("k", id) == 0 && !is_there("k", id));
	fixture_end(&f);
}

/* Of keys with several, and of several keys: none is passed over where a batch ends. */
static void test_there_may_be_many(void)
{
	char id[UPLOAD_ID_TEXT_MAX], key[16];

	fixture_begin(&f);
	assert(create_bucket(&f, "another") == 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "k%d", i / 3);
		begin_upload(key, id);
	}
	age("UPDATE uploads SET created = " LONG_AGO);
	begin_upload("k0", id);
	assert(end_overdue() == MANY && is_there("k0", id));
	fixture_end(&f);
}

static void test_of_a_tenant_without_a_bucket_there_is_none(void)
{
	struct ipc_id nobody = other_tenant();
	size_t n = 1;

	fixture_begin(&f);
	assert(sweep_overdue(f.store, &nobody, MOMENT_MS, &n) == 0 && n == 0);
	fixture_end(&f);
}

static void test_the_sweep_ends_them_by_itself_and_counts(void)
{
	char id[UPLOAD_ID_TEXT_MAX];
	int left = PATIENCE;

	fixture_init(&f);
	f.config.sweep_delay_s = 1;
	f.config.uploads_expire_ns = NS_PER_S;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	begin_upload("k", id);
	while (left-- && is_there("k", id))
		usleep(100 * 1000);
	assert(!is_there("k", id));
	assert(put(&f, "k", SPAN("it goes on")) == 0);
	/* Counted when all of a look are done, which may be a moment later. */
	while (left-- > 0 && !meter_read(&f.store->meters.expired))
		usleep(100 * 1000);
	assert(meter_read(&f.store->meters.expired) == 1);
	fixture_end(&f);
}

int main(void)
{
	RUN(test_old_ones_are_ended_and_others_stay);
	RUN(test_their_parts_go_with_them);
	RUN(test_one_that_is_still_added_to_stays);
	RUN(test_one_that_is_added_to_meanwhile_stays);
	RUN(test_there_may_be_many);
	RUN(test_of_a_tenant_without_a_bucket_there_is_none);
	RUN(test_the_sweep_ends_them_by_itself_and_counts);
	return 0;
}
