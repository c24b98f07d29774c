/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <unistd.h>

static struct fixture f;

static int put_something(struct fixture *fixture, const char *key)
{
	return put(fixture, key, SPAN("x"));
}

static void test_a_name_belongs_to_who_made_it(void)
{
	fixture_begin(&f);
	assert(create_bucket(&f, "bucket") == S3_ERROR_BUCKET_ALREADY_OWNED_BY_YOU);
	assert(as_other(&f, create_bucket, "bucket") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(as_other(&f, create_bucket, "theirs") == 0);
	assert(create_bucket(&f, "theirs") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(find_bucket(&f, "theirs") == S3_ERROR_ACCESS_DENIED);
	assert(find_bucket(&f, "nobodys") == S3_ERROR_NO_SUCH_BUCKET);
	assert(as_other(&f, find_bucket, "theirs") == 0);
	assert(as_other(&f, find_bucket, "bucket") == S3_ERROR_ACCESS_DENIED);
	assert(as_other(&f, delete_bucket, "bucket") == S3_ERROR_ACCESS_DENIED);
	assert(delete_bucket(&f, "nobodys") == S3_ERROR_NO_SUCH_BUCKET);
	assert(find_bucket(&f, "bucket") == 0);
	fixture_end(&f);
}

static void test_t30_another_tenants_bucket_is_closed(void)
{
	struct listing l = { .limit = 10 };
	struct ipc_id other = other_tenant();
	struct object *o;
	struct change *c;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("secret")) == 0);
	assert(as_other(&f, create_bucket, "theirs") == 0);
	/* Existing or not: the same answer. */
	assert(store_find_object(f.store, &other, SPAN("bucket"), SPAN("key"), SPAN_NONE, 0, &o) ==
	       S3_ERROR_ACCESS_DENIED);
	assert(store_find_object(f.store, &other, SPAN("bucket"), SPAN("kex"), SPAN_NONE, 0, &o) ==
	       S3_ERROR_ACCESS_DENIED);
	assert(store_list_objects(f.store, &other, SPAN("bucket"), &l) == S3_ERROR_ACCESS_DENIED);
	assert(store_list_uploads(f.store, &other, SPAN("bucket"), &l) == S3_ERROR_ACCESS_DENIED);
	assert(as_other(&f, put_something, "key") == S3_ERROR_ACCESS_DENIED);
	assert(as_other(&f, delete_object, "key") == S3_ERROR_ACCESS_DENIED);
	/* T20: nor can it be copied from. */
	assert(change_new(CHANGE_COPY_OBJECT, &other, SPAN("theirs"), SPAN("mine"), &c) == 0);
	c->copy_object.source =
		(struct change_source){ .bucket = SPAN("bucket"), .key = SPAN("key") };
	assert(submit(&f, c) == S3_ERROR_ACCESS_DENIED);
	change_free(c);
	assert(holds(&f, "key", SPAN("secret")));
	fixture_end(&f);
}

static void test_only_an_empty_bucket_can_be_deleted(void)
{
	char id[UPLOAD_ID_TEXT_MAX];

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("x")) == 0);
	assert(delete_bucket(&f, "bucket") == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(holds(&f, "key", SPAN("x")));
	assert(delete_object(&f, "key") == 0);
	/* Uploads under way go with it. */
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "key", id, 1, SPAN("part"), NULL) == 0);
	assert(delete_bucket(&f, "bucket") == 0);
	assert(find_bucket(&f, "bucket") == S3_ERROR_NO_SUCH_BUCKET);
	assert(put_part(&f, "key", id, 2, SPAN("part"), NULL) == S3_ERROR_NO_SUCH_BUCKET);
	bury(&f);
	fixture_close(&f);
	assert(count_files(&f) == 0);
	fixture_remove(&f);
}

static void test_a_new_bucket_of_an_old_name_is_another(void)
{
	char id[UPLOAD_ID_TEXT_MAX];
	struct bucket before, after;

	fixture_begin(&f);
	assert(store_find_bucket(f.store, &f.tenant, SPAN("bucket"), &before) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(delete_bucket(&f, "bucket") == 0);
	assert(as_other(&f, create_bucket, "bucket") == 0);
	assert(find_bucket(&f, "bucket") == S3_ERROR_ACCESS_DENIED);
	assert(as_other(&f, delete_bucket, "bucket") == 0);
	assert(create_bucket(&f, "bucket") == 0);
	assert(store_find_bucket(f.store, &f.tenant, SPAN("bucket"), &after) == 0);
	assert(after.id > before.id);
	assert(put_part(&f, "key", id, 1, SPAN("part"), NULL) == S3_ERROR_NO_SUCH_UPLOAD);
	fixture_end(&f);
}

static void test_the_region_is_kept(void)
{
	struct bucket b;
	struct change *c;

	fixture_begin(&f);
	assert(change_new(CHANGE_CREATE_BUCKET, &f.tenant, SPAN("there"), SPAN_NONE, &c) == 0);
	c->create_bucket.region = SPAN("eu-north-1");
	assert(submit(&f, c) == 0);
	assert(store_find_bucket(f.store, &f.tenant, SPAN("there"), &b) == 0);
	assert(strcmp(b.region, "eu-north-1") == 0 && b.created_ns == c->create_bucket.created_ns);
	change_free(c);
	fixture_end(&f);
}

/* --- the index and the catalogs ------------------------------------------------------------ */

static void on_index(const char *sql)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/buckets.db", f.directory);
	assert(sqlite3_open(path, &db) == SQLITE_OK);
	assert(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static bool index_knows(const char *name)
{
	struct ipc_id tenant;
	int r = bucket_index_find(&f.store->index, span_from_string(name), &tenant);

	assert(r >= 0);
	return r;
}

static void test_a_claim_without_a_row_is_no_bucket(void)
{
	fixture_begin(&f);
	assert(as_other(&f, create_bucket, "theirs") == 0);
	fixture_close(&f);
	on_index("INSERT INTO claims VALUES (x'666f6f', zeroblob(16)), (x'626172', zeroblob(16))");
	/* One at start, */
	fixture_open(&f);
	assert(!index_knows("foo") && index_knows("bucket"));
	/* and one, in a store that runs, by who creates the name next. */
	on_index("INSERT INTO claims VALUES (x'666f6f', zeroblob(16))");
	assert(find_bucket(&f, "foo") == S3_ERROR_NO_SUCH_BUCKET);
	assert(create_bucket(&f, "foo") == 0);
	assert(as_other(&f, create_bucket, "foo") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(find_bucket(&f, "foo") == 0);
	fixture_end(&f);
}

static void test_a_lost_index_is_made_again(void)
{
	char path[128];

	fixture_begin(&f);
	assert(as_other(&f, create_bucket, "theirs") == 0);
	fixture_close(&f);
	snprintf(path, sizeof(path), "%s/buckets.db", f.directory);
	assert(unlink(path) == 0);
	fixture_open(&f);
	assert(index_knows("bucket") && index_knows("theirs"));
	assert(find_bucket(&f, "theirs") == S3_ERROR_ACCESS_DENIED);
	assert(as_other(&f, create_bucket, "bucket") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	fixture_end(&f);
}

static void test_of_two_buckets_the_older_is_served(void)
{
	struct ipc_id other = other_tenant();

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("mine")) == 0);
	assert(as_other(&f, create_bucket, "theirs") == 0);
	fixture_close(&f);
	/* As if a tenant's directory had come back from a backup. */
	fixture_sql(&f, &other,
		    "INSERT INTO buckets (name, created, region, shadowed)"
		    " VALUES (x'6275636b6574', 1, x'', 0)");
	fixture_open(&f);
	assert(as_other(&f, find_bucket, "bucket") == 0);
	assert(find_bucket(&f, "bucket") == S3_ERROR_ACCESS_DENIED);
	assert(create_bucket(&f, "bucket") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	/* Once the name is free, the other one shows again, with all that is in it. */
	assert(as_other(&f, delete_bucket, "bucket") == 0);
	assert(create_bucket(&f, "bucket") == 0);
	assert(holds(&f, "key", SPAN("mine")));
	fixture_end(&f);
}

static void test_a_damaged_catalog_hurts_one_tenant(void)
{
	char path[128], id[IPC_ID_TEXT_SIZE];
	struct ipc_id other = other_tenant();
	FILE *file;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("mine")) == 0);
	assert(as_other(&f, create_bucket, "theirs") == 0);
	fixture_close(&f);
	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", f.directory,
		 ipc_id_text(&other, id));
	file = fopen(path, "r+");
	assert(file && fwrite("this is no database at all", 26, 1, file) == 1 && fclose(file) == 0);
	fixture_open(&f);
	assert(holds(&f, "key", SPAN("mine")));
	assert(as_other(&f, find_bucket, "theirs") < 0);
	/* What is theirs stays theirs. */
	assert(create_bucket(&f, "theirs") < 0);
	assert(create_bucket(&f, "mine") == 0);
	fixture_end(&f);
}

/* --- races --------------------------------------------------------------------------------- */

struct rival {
	pthread_t thread;
	struct fixture fixture; /* with a tenant of its own */
	int wins;
	int held;
	int *holder;
};

enum { ROUNDS = 60, RIVALS = 4 };

/* Who holds the name may delete it; nobody else ever holds it meanwhile. */
static void *compete(void *context)
{
	struct rival *r = context;

	for (int i = 0; i < ROUNDS; i++) {
		int k = create_bucket(&r->fixture, "contested");

		if (k == 0) {
			assert(__atomic_add_fetch(r->holder, 1, __ATOMIC_SEQ_CST) == 1);
			r->wins++;
			assert(find_bucket(&r->fixture, "contested") == 0);
			assert(__atomic_sub_fetch(r->holder, 1, __ATOMIC_SEQ_CST) == 0);
			assert(delete_bucket(&r->fixture, "contested") == 0);
		} else {
			assert(k == S3_ERROR_BUCKET_ALREADY_EXISTS);
		}
	}
	return NULL;
}

static void test_a_contested_name_has_one_holder(void)
{
	struct rival rivals[RIVALS];
	int holder = 0, wins = 0;

	fixture_begin(&f);
	for (int i = 0; i < RIVALS; i++) {
		rivals[i] = (struct rival){ .fixture = f, .holder = &holder };
		memset(rivals[i].fixture.tenant.bytes, 0x30 + i, 16);
		assert(pthread_create(&rivals[i].thread, NULL, compete, &rivals[i]) == 0);
	}
	for (int i = 0; i < RIVALS; i++) {
		pthread_join(rivals[i].thread, NULL);
		wins += rivals[i].wins;
	}
	assert(wins > 0);
	assert(!index_knows("contested"));
	fixture_end(&f);
}

/* The step at which whoever comes to it is held; or DURABLE_STEP_COUNT. */
static _Atomic int held_step = DURABLE_STEP_COUNT;
static _Atomic bool holding;

static void hold_at_step(void *context, enum durable_step step)
{
	while ((int)step == held_step) {
		holding = true;
		usleep(1000);
	}
}

static void begin_holding(enum durable_step step)
{
	fixture_init(&f);
	f.config.hook = (struct durable_hook){ hold_at_step, NULL };
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	holding = false;
	held_step = (int)step;
}

static _Atomic int n_left;

static void count_off(struct change *c)
{
	assert(c->result == 0);
	n_left--;
	change_free(c);
}

static void hand_over(enum change_kind kind, const char *name)
{
	struct change *c;

	assert(change_new(kind, &f.tenant, span_from_string(name), SPAN_NONE, &c) == 0);
	c->done = count_off;
	n_left++;
	assert(store_submit(f.store, c) == 0);
}

static void check_that_it_is_claimed(void)
{
	held_step = DURABLE_STEP_COUNT;
	while (n_left)
		usleep(1000);
	assert(find_bucket(&f, "bucket") == 0 && index_knows("bucket"));
	assert(as_other(&f, create_bucket, "bucket") == S3_ERROR_BUCKET_ALREADY_EXISTS);
}

/*
 * A bucket is deleted while its name is being created again. The index comes to the release when
 * the creation has its claim, and no row yet: the claim must stay.
 */
static void test_a_release_leaves_a_creation_under_way_its_claim(void)
{
	begin_holding(DURABLE_INDEX_CLAIM);
	hand_over(CHANGE_CREATE_BUCKET, "first");
	while (!holding)
		usleep(1000);
	hand_over(CHANGE_CREATE_BUCKET, "bucket");
	hand_over(CHANGE_DELETE_BUCKET, "bucket");
	while (find_bucket(&f, "bucket") != S3_ERROR_NO_SUCH_BUCKET)
		usleep(1000);
	/* The release comes to the queue right after the row is gone. */
	usleep(50 * 1000);
	check_that_it_is_claimed();
	fixture_end(&f);
}

/* Both in one transaction of the catalog: at the release, the new row is there. */
static void test_a_release_leaves_a_row_its_claim(void)
{
	begin_holding(DURABLE_CATALOG_COMMIT);
	hand_over(CHANGE_CREATE_BUCKET, "first");
	while (!holding)
		usleep(1000);
	hand_over(CHANGE_DELETE_BUCKET, "bucket");
	hand_over(CHANGE_CREATE_BUCKET, "bucket");
	/* Time for the claim, so that the committer finds both. */
	usleep(100 * 1000);
	held_step = DURABLE_INDEX_RELEASE;
	while (n_left > 1)
		usleep(1000);
	check_that_it_is_claimed();
	fixture_end(&f);
}

static void test_one_store_per_directory(void)
{
	struct store *second = NULL;

	fixture_begin(&f);
	assert(store_open(&f.config, &second) == -EBUSY);
	assert(!second);
	fixture_end(&f);
}

/* More tenants than may be open at once, all in use by turns. */
static void test_catalogs_are_closed_and_opened_again(void)
{
	struct ipc_id mine;
	char name[32];

	fixture_init(&f);
	f.config.max_open_catalogs = 2;
	fixture_open(&f);
	mine = f.tenant;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 8; i++) {
			memset(f.tenant.bytes, 0x40 + i, 16);
			snprintf(name, sizeof(name), "bucket-%d-%d", i, round);
			assert(create_bucket(&f, name) == 0);
			snprintf(name, sizeof(name), "bucket-%d-0", i);
			assert(find_bucket(&f, name) == 0);
		}
	}
	/* Those under way at that moment: of each committer the one, and the one in its list. */
	assert(f.store->catalogs.count <= 2 + 2 * f.config.committers);
	f.tenant = mine;
	assert(create_bucket(&f, "mine") == 0);
	memset(f.tenant.bytes, 0x41, 16);
	assert(find_bucket(&f, "bucket-1-2") == 0);
	fixture_end(&f);
}

int main(void)
{
	RUN(test_a_name_belongs_to_who_made_it);
	RUN(test_t30_another_tenants_bucket_is_closed);
	RUN(test_only_an_empty_bucket_can_be_deleted);
	RUN(test_a_new_bucket_of_an_old_name_is_another);
	RUN(test_the_region_is_kept);
	RUN(test_a_claim_without_a_row_is_no_bucket);
	RUN(test_a_lost_index_is_made_again);
	RUN(test_of_two_buckets_the_older_is_served);
	RUN(test_a_damaged_catalog_hurts_one_tenant);
	RUN(test_a_contested_name_has_one_holder);
	RUN(test_a_release_leaves_a_creation_under_way_its_claim);
	RUN(test_a_release_leaves_a_row_its_claim);
	RUN(test_one_store_per_directory);
	RUN(test_catalogs_are_closed_and_opened_again);
	return 0;
}
