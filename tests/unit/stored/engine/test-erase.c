/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/fd.h"

#define LARGE (100 * 1000)

static struct fixture f;
static uint8_t bytes[LARGE];
static char upload[UPLOAD_ID_TEXT_MAX];

static struct span large(void)
{
	return (struct span){ bytes, sizeof(bytes) };
}

/* Something of every kind. */
static void fill_tenant(void)
{
	assert(put(&f, "small", SPAN("small")) == 0);
	assert(put_blob(&f, "large", large()) == 0);
	assert(create_upload(&f, "parts", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, upload) == 0);
	assert(put_part(&f, "parts", upload, 1, large(), NULL) == 0);
	assert(create_bucket(&f, "second") == 0);
}

static void test_all_that_a_tenant_has_goes_and_nothing_else(void)
{
	struct ipc_id whose;

	fixture_begin(&f);
	fill_tenant();
	assert(as_other(&f, create_bucket, "theirs") == 0);
	assert(erase_wholly(&f) == 0);
	assert(!has_directory(&f));
	assert(bucket_index_find(&f.store->index, SPAN("second"), &whose) == 0);
	assert(bucket_index_find(&f.store->index, SPAN("theirs"), &whose) == 1);
	assert(find_bucket(&f, "bucket") == S3_ERROR_NO_SUCH_BUCKET);
	assert(as_other(&f, find_bucket, "theirs") == 0);
	assert(as_other(&f, find_bucket, "bucket") == S3_ERROR_NO_SUCH_BUCKET);
	/* Nor is any file held open for it. */
	assert(catalogs_count(&f.store->catalogs) == 1);
	fixture_close(&f);
	fixture_open(&f);
	assert(find_bucket(&f, "second") == S3_ERROR_NO_SUCH_BUCKET);
	assert(as_other(&f, find_bucket, "theirs") == 0);
	fixture_end(&f);
}

static void test_its_names_are_free_for_others(void)
{
	fixture_begin(&f);
	assert(create_bucket(&f, "second") == 0);
	assert(as_other(&f, create_bucket, "second") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(erase(&f, ERASE_ALL) == 0);
	assert(as_other(&f, create_bucket, "second") == 0);
	assert(as_other(&f, create_bucket, "bucket") == 0);
	fixture_close(&f);
	fixture_open(&f);
	/* Of its files some may be left; its buckets are not. */
	assert(as_other(&f, find_bucket, "second") == 0 &&
	       as_other(&f, find_bucket, "bucket") == 0);
	assert(find_bucket(&f, "bucket") == S3_ERROR_ACCESS_DENIED);
	fixture_end(&f);
}

static void test_one_that_has_a_bucket_stays_unless_all_is_to_go(void)
{
	fixture_begin(&f);
	fill_tenant();
	assert(erase(&f, ERASE_ASK) == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(erase(&f, ERASE_EMPTY) == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(holds(&f, "small", SPAN("small")) && holds(&f, "large", large()));
	assert(put_part(&f, "parts", upload, 2, large(), NULL) == 0);
	assert(as_other(&f, create_bucket, "second") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	fixture_end(&f);
}

static void test_one_without_a_bucket_goes(void)
{
	fixture_begin(&f);
	assert(delete_bucket(&f, "bucket") == 0);
	assert(erase(&f, ERASE_ASK) == 0);
	/* That was a question. */
	assert(create_bucket(&f, "bucket") == 0 && delete_bucket(&f, "bucket") == 0);
	assert(erase(&f, ERASE_EMPTY) == 0);
	assert(create_bucket(&f, "bucket") != 0);
	fixture_end(&f);
}

static void test_one_that_has_nothing_here_is_gone_already(void)
{
	fixture_begin(&f);
	f.tenant = other_tenant();
	assert(erase(&f, ERASE_ASK) == 0 && erase(&f, ERASE_EMPTY) == 0);
	assert(erase_wholly(&f) == 0 && erase_wholly(&f) == 0);
	fixture_end(&f);
}

/* Grants live longer than the tenant whose they are. */
static void test_nothing_of_it_is_made_again(void)
{
	struct blob *b;

	fixture_begin(&f);
	fill_tenant();
	assert(erase_wholly(&f) == 0);
	assert(put(&f, "small", SPAN("again")) == S3_ERROR_NO_SUCH_BUCKET);
	assert(create_bucket(&f, "third") == S3_ERROR_ACCESS_DENIED);
	assert(abort_upload(&f, "parts", upload) == S3_ERROR_NO_SUCH_BUCKET);
	assert(blob_begin(f.store, &f.tenant, 1, &b) == S3_ERROR_NO_SUCH_BUCKET);
	assert(!has_directory(&f));
	assert(as_other(&f, create_bucket, "third") == 0);
	fixture_end(&f);
}

static void test_an_upload_that_had_begun_ends_in_nothing(void)
{
	struct blob *begun, *finished;
	struct change *c;

	fixture_begin(&f);
	finished = make_blob(&f, large());
	assert(blob_begin(f.store, &f.tenant, 1, &begun) == 0);
	assert(erase_wholly(&f) == 0);
	assert(blob_finish(begun) < 0);
	blob_drop(begun);
	c = new_change(&f, CHANGE_PUT_OBJECT, "large");
	c->put_object.data.blob = finished;
	describe_data(&c->put_object.data, large());
	assert(submit(&f, c) == S3_ERROR_NO_SUCH_BUCKET);
	change_free(c);
	assert(!has_directory(&f));
	fixture_end(&f);
}

static void test_who_reads_a_small_object_meanwhile_has_it(void)
{
	struct object *o;
	int r;

	fixture_begin(&f);
	assert(put(&f, "small", SPAN("small")) == 0);
	o = find(&f, "small", STORE_WITH_DATA, &r);
	assert(erase_wholly(&f) == 0);
	assert(span_equal(o->body, SPAN("small")));
	object_free(o);
	fixture_end(&f);
}

/* Nobody can say what is in it. */
static void test_a_catalog_that_cannot_be_read_goes_only_with_all_data(void)
{
	char id[IPC_ID_TEXT_SIZE], path[PATH_MAX];
	int fd;

	fixture_begin(&f);
	fixture_close(&f);
	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", f.directory,
		 ipc_id_text(&f.tenant, id));
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert(fd >= 0 && fd_write_all(fd, SPAN("this is no database, and long enough to say so,"
						" in more than a hundred bytes: so there is no"
						" doubt that it is none whatever is asked")) == 0);
	fd_close(fd);
	fixture_open(&f);
	assert(erase(&f, ERASE_ASK) < 0 && erase(&f, ERASE_EMPTY) < 0);
	assert(has_directory(&f));
	assert(erase_wholly(&f) == 0 && !has_directory(&f));
	assert(as_other(&f, create_bucket, "bucket") == 0);
	fixture_end(&f);
}

static void test_who_wants_to_stop_does_not_wait_and_it_can_be_gone_on_with(void)
{
	static const _Atomic bool stop = true;

	fixture_begin(&f);
	fill_tenant();
	assert(erase(&f, ERASE_ALL) == 0);
	assert(store_remove_tenant(f.store, &f.tenant, &stop) == -ECANCELED);
	assert(has_directory(&f));
	assert(erase_wholly(&f) == 0 && !has_directory(&f));
	fixture_end(&f);
}

static _Atomic int n_done, n_without_bucket;

static void done(struct change *c)
{
	if (c->result != 0) {
		assert(c->result == S3_ERROR_NO_SUCH_BUCKET);
		n_without_bucket++;
	}
	change_free(c);
	n_done++;
}

static void submit_without_waiting(struct change *c)
{
	c->done = done;
	assert(store_submit(f.store, c) == 0);
}

/* They wait together, and each has an outcome. */
static void test_changes_before_and_behind_it_are_answered(void)
{
	enum { EACH = 200 };
	struct change *c;
	char key[16];

	fixture_begin(&f);
	for (int i = 0; i <= 2 * EACH; i++) {
		if (i == EACH) {
			assert(change_new(CHANGE_ERASE_TENANT, &f.tenant, SPAN_NONE, SPAN_NONE,
					  &c) == 0);
			c->erase_tenant.mode = ERASE_ALL;
		} else {
			snprintf(key, sizeof(key), "key-%d", i);
			c = new_change(&f, CHANGE_PUT_OBJECT, key);
			c->put_object.data.body = SPAN("x");
			describe_data(&c->put_object.data, SPAN("x"));
		}
		submit_without_waiting(c);
	}
	fixture_close(&f);
	assert(n_done == 2 * EACH + 1 && n_without_bucket == EACH);
	fixture_remove(&f);
}

int main(void)
{
	fill(bytes, sizeof(bytes), 1);
	RUN(test_all_that_a_tenant_has_goes_and_nothing_else);
	RUN(test_its_names_are_free_for_others);
	RUN(test_one_that_has_a_bucket_stays_unless_all_is_to_go);
	RUN(test_one_without_a_bucket_goes);
	RUN(test_one_that_has_nothing_here_is_gone_already);
	RUN(test_nothing_of_it_is_made_again);
	RUN(test_an_upload_that_had_begun_ends_in_nothing);
	RUN(test_who_reads_a_small_object_meanwhile_has_it);
	RUN(test_a_catalog_that_cannot_be_read_goes_only_with_all_data);
	RUN(test_who_wants_to_stop_does_not_wait_and_it_can_be_gone_on_with);
	RUN(test_changes_before_and_behind_it_are_answered);
	return 0;
}
