/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <sqlite3.h>
#include <unistd.h>

static struct fixture f;

/* --- counting ------------------------------------------------------------------------------ */

static _Atomic int steps[DURABLE_STEP_COUNT];
static _Atomic bool hold_commits, hold_one_commit, let_held_commit_go;

static void count_step(void *context, enum durable_step step)
{
	steps[step]++;
	while (step == DURABLE_CATALOG_COMMIT && hold_commits)
		usleep(1000);
	if (step == DURABLE_CATALOG_COMMIT && atomic_exchange(&hold_one_commit, false))
		while (!let_held_commit_go)
			usleep(1000);
}

static void begin_counting(void)
{
	fixture_init(&f);
	f.config.hook = (struct durable_hook){ count_step, NULL };
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	memset(steps, 0, sizeof(steps));
}

/* --- changes that are not waited for one by one -------------------------------------------- */

static _Atomic int n_left;

static void count_off(struct change *c)
{
	n_left--;
}

static void hand_over(struct change *c)
{
	n_left++;
	c->done = count_off;
	assert(store_submit(f.store, c) == 0);
}

static void wait_for_all(void)
{
	while (n_left)
		usleep(1000);
}

static struct change *new_put(const char *key, struct span bytes)
{
	struct change *c = new_change(&f, CHANGE_PUT_OBJECT, key);

	c->put_object.data.size = bytes.len;
	assert(change_keep(c, bytes, &c->put_object.data.body) == 0);
	return c;
}

static struct change *first_of_all;

/* What is handed over between these two is one batch. */
static void begin_batch(void)
{
	first_of_all = new_put("first of all", SPAN("x"));
	hold_commits = true;
	hand_over(first_of_all);
	while (steps[DURABLE_CATALOG_COMMIT] == 0)
		usleep(1000);
}

static void end_batch(void)
{
	hold_commits = false;
	wait_for_all();
	change_free(first_of_all);
}

static void test_changes_that_wait_share_a_commit(void)
{
	enum { N = 100 };
	struct change *changes[N];
	char key[32];

	begin_counting();
	begin_batch();
	for (int i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		changes[i] = new_put(key, SPAN("x"));
		hand_over(changes[i]);
	}
	end_batch();
	assert(steps[DURABLE_CATALOG_COMMIT] == 2);
	for (int i = 0; i < N; i++) {
		assert(changes[i]->result == 0);
		change_free(changes[i]);
		snprintf(key, sizeof(key), "key-%d", i);
		assert(holds(&f, key, SPAN("x")));
	}
	fixture_end(&f);
}

static void test_a_lone_writer_has_a_commit_of_its_own(void)
{
	begin_counting();
	assert(put(&f, "one", SPAN("x")) == 0);
	assert(put(&f, "two", SPAN("x")) == 0);
	assert(steps[DURABLE_CATALOG_COMMIT] == 2);
	fixture_end(&f);
}

static void test_refusals_cost_no_commit(void)
{
	begin_counting();
	assert(put_if(&f, "key", SPAN("x"), "*", NULL) == S3_ERROR_NO_SUCH_KEY);
	assert(steps[DURABLE_CATALOG_COMMIT] == 0);
	fixture_end(&f);
}

static void test_one_that_fails_leaves_its_batch_alone(void)
{
	struct change *before, *failing, *after;
	int r;

	begin_counting();
	assert(put(&f, "there", SPAN("old")) == 0);
	memset(steps, 0, sizeof(steps));
	begin_batch();
	before = new_put("before", SPAN("x"));
	failing = new_put("there", SPAN("new"));
	failing->put_object.condition.if_none_match = SPAN("*");
	after = new_put("after", SPAN("x"));
	hand_over(before);
	hand_over(failing);
	hand_over(after);
	end_batch();
	r = failing->result;
	assert(r == S3_ERROR_PRECONDITION_FAILED && before->result == 0 && after->result == 0);
	assert(holds(&f, "there", SPAN("old")) && holds(&f, "before", SPAN("x")));
	assert(holds(&f, "after", SPAN("x")));
	change_free(before);
	change_free(failing);
	change_free(after);
	fixture_end(&f);
}

static struct change *new_completion(const char *id, const char *etag)
{
	struct change *c = new_change(&f, CHANGE_COMPLETE_UPLOAD, "key");
	struct change_part_claim *claims = change_keep_array(c, 1, sizeof(*claims));

	claims[0] = (struct change_part_claim){ .number = 1, .etag = span_from_string(etag) };
	c->complete_upload.upload_id = span_from_string(id);
	c->complete_upload.parts = claims;
	c->complete_upload.n_parts = 1;
	c->complete_upload.size = S3_LENGTH_UNKNOWN;
	return c;
}

/*
 * One of the last things that a completion writes is in the way, so much was written before it
 * fails. The others of the batch are committed, and nothing of this.
 */
static void test_half_done_work_is_undone(void)
{
	char id[UPLOAD_ID_TEXT_MAX], etag[ETAG_TEXT_MAX], sql[512];
	struct change *failing, *other;

	begin_counting();
	assert(put_blob(&f, "key", SPAN("old")) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "key", id, 1, SPAN("new"), etag) == 0);
	fixture_close(&f);
	snprintf(
		sql, sizeof(sql),
		"INSERT INTO completed VALUES (x'%s', 77, x'', 1 << 60, x'', 0, '', '', 0, x'', 0)",
		id);
	fixture_sql(&f, &f.tenant, sql);
	fixture_open(&f);
	memset(steps, 0, sizeof(steps));
	begin_batch();
	failing = new_completion(id, etag);
	other = new_put("other", SPAN("x"));
	hand_over(failing);
	hand_over(other);
	end_batch();
	assert(failing->result == -EEXIST && other->result == 0);
	assert(steps[DURABLE_CATALOG_COMMIT] == 2);
	assert(holds(&f, "key", SPAN("old")) && holds(&f, "other", SPAN("x")));
	change_free(failing);
	change_free(other);
	fixture_close(&f);
	fixture_sql(&f, &f.tenant, "DELETE FROM completed");
	fixture_open(&f);
	failing = new_completion(id, etag);
	assert(submit(&f, failing) == 0);
	change_free(failing);
	assert(holds(&f, "key", SPAN("new")));
	fixture_end(&f);
}

/* --- a full catalog ------------------------------------------------------------------------ */

static struct catalog *own_catalog(void)
{
	struct catalog *c;

	assert(catalog_get(&f.store->catalogs, &f.tenant, false, &c) == 0);
	return c;
}

/* From here on the catalog cannot grow, as on a full disk; -1: it can again. */
static void limit_pages(int64_t more)
{
	_cleanup_(catalog_putp) struct catalog *c = own_catalog();
	int64_t pages, limit;
	char sql[64];

	assert(database_number(c->writer, "PRAGMA page_count", &pages) == 0);
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
		 more < 0 ? 1000000LL : (long long)(pages + more));
	assert(database_number(c->writer, sql, &limit) == 0);
}

/* SQLITE_FULL rolls everything back; whoever can still be served then is served alone. */
static void test_t58_a_full_catalog_refuses_and_can_be_emptied(void)
{
	enum { N = 10 };
	static uint8_t bytes[16 * 1024];
	struct span large = { bytes, sizeof(bytes) };
	struct change *puts[N], *deletion;
	struct holding all;
	char key[32];
	int refused = 0;

	begin_counting();
	for (int i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "old-%d", i);
		assert(put(&f, key, large) == 0);
	}
	limit_pages(6);
	memset(steps, 0, sizeof(steps));
	begin_batch();
	for (int i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "new-%d", i);
		puts[i] = new_put(key, large);
		hand_over(puts[i]);
	}
	deletion = new_change(&f, CHANGE_DELETE_OBJECT, "old-0");
	hand_over(deletion);
	end_batch();
	assert(deletion->result == 0 && is_missing(&f, "old-0"));
	for (int i = 0; i < N; i++) {
		int r = puts[i]->result;

		assert(r == 0 || r == S3_ERROR_INSUFFICIENT_STORAGE);
		refused += r != 0;
		snprintf(key, sizeof(key), "new-%d", i);
		assert(r == 0 ? holds(&f, key, large) : is_missing(&f, key));
		change_free(puts[i]);
	}
	assert(refused > 0 && refused < N);
	/* The first of all, and then each by itself. */
	assert(steps[DURABLE_CATALOG_COMMIT] > 2);
	change_free(deletion);
	for (int i = 1; i < N; i++) {
		snprintf(key, sizeof(key), "old-%d", i);
		assert(holds(&f, key, large));
		assert(delete_object(&f, key) == 0);
	}
	/* There is room again. */
	assert(put(&f, "later", large) == 0);
	/* What was undone with the others was not counted with them. */
	assert(store_find_holding(f.store, &f.tenant, SPAN("bucket"), &all) == 0);
	assert(all.used.objects == (uint64_t)(N - refused) + 2);
	assert(all.used.bytes == (uint64_t)(N - refused + 1) * sizeof(bytes) + strlen("x"));
	limit_pages(-1);
	fixture_end(&f);
}

/* ROLLBACK takes memory, too. What is begun next must not find it open for ever. */
static void test_a_transaction_that_could_not_be_undone_is_undone_later(void)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;

	fixture_begin(&f);
	assert(catalog_get(&f.store->catalogs, &f.tenant, false, &c) == 0);
	assert(database_run(c->writer, "BEGIN IMMEDIATE") == 0);
	assert(put(&f, "key", SPAN("bytes")) == 0);
	c = catalog_put(c);
	fixture_close(&f);
	fixture_open(&f);
	assert(holds(&f, "key", SPAN("bytes")));
	fixture_end(&f);
}

/* --- a flush that fails -------------------------------------------------------------------- */

static sqlite3_vfs failing_vfs, *real_vfs;

/* Files with locks (catalogs) and without (logs) have methods of their own. */
static struct {
	const sqlite3_io_methods *real;
	sqlite3_io_methods failing;
} methods[4];

static _Atomic bool flushes_fail;
static _Atomic int flush_error = SQLITE_IOERR_FSYNC;
static _Atomic int n_failed;

static int sync_or_fail(sqlite3_file *file, int flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (file->pMethods == &methods[i].failing && !flushes_fail)
			return methods[i].real->xSync(file, flags);
	return flush_error;
}

static int open_failing(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
			int *ret_flags)
{
	int r = real_vfs->xOpen(real_vfs, name, file, flags, ret_flags);

	for (size_t i = 0; r == SQLITE_OK && i < ARRAY_SIZE(methods); i++) {
		if (methods[i].real && methods[i].real != file->pMethods)
			continue;
		if (!methods[i].real) {
			methods[i].real = file->pMethods;
			methods[i].failing = *file->pMethods;
			methods[i].failing.xSync = sync_or_fail;
		}
		file->pMethods = &methods[i].failing;
		break;
	}
	return r;
}

static void let_flushes_fail(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	failing_vfs = *real_vfs;
	failing_vfs.zName = "failing";
	failing_vfs.xOpen = open_failing;
	assert(sqlite3_vfs_register(&failing_vfs, 1) == SQLITE_OK);
}

static void note_failure(void *context, const struct ipc_id *tenant)
{
	assert(ipc_id_equal(tenant, &f.tenant));
	n_failed++;
}

static void begin_failing(void)
{
	fixture_init(&f);
	f.config.failed = note_failure;
	n_failed = 0;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	assert(put_blob(&f, "old", SPAN("old")) == 0);
}

static void test_after_a_failed_flush_nothing_is_acknowledged(void)
{
	begin_failing();
	flushes_fail = true;
	assert(put_blob(&f, "new", SPAN("new")) == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(n_failed == 1);
	/* The kernel says the next flush is fine; that is not to be believed. */
	flushes_fail = false;
	assert(put(&f, "newer", SPAN("newer")) == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(delete_object(&f, "old") == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(n_failed == 1);
	assert(holds(&f, "old", SPAN("old")));
	/* Others go on. */
	f.tenant = other_tenant();
	assert(create_bucket(&f, "theirs") == 0);
	memset(f.tenant.bytes, 0x11, 16);

	/* The commit may have happened or not; what it refers to was kept for that. */
	fixture_close(&f);
	assert(count_files(&f) == 2);
	fixture_open(&f);
	assert(holds(&f, "old", SPAN("old")));
	assert(is_missing(&f, "new") || holds(&f, "new", SPAN("new")));
	assert(is_missing(&f, "newer"));
	assert(put(&f, "newer", SPAN("newer")) == 0);
	fixture_end(&f);
}

/* A store whose last process left a log that it could not flush. */
static void leave_a_log(void)
{
	begin_failing();
	flushes_fail = true;
	assert(put(&f, "new", SPAN("new")) == S3_ERROR_SERVICE_UNAVAILABLE);
	fixture_close(&f);
}

static void test_an_unsettled_log_is_read_only_until_it_is_read_again(void)
{
	leave_a_log();
	fixture_open(&f);
	assert(holds(&f, "old", SPAN("old")));
	assert(put(&f, "new", SPAN("new")) == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(delete_object(&f, "old") == S3_ERROR_SERVICE_UNAVAILABLE);
	/* The next flush may well claim to be fine. */
	flushes_fail = false;
	assert(put(&f, "new", SPAN("new")) == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(holds(&f, "old", SPAN("old")));
	fixture_close(&f);
	fixture_open(&f);
	assert(put(&f, "new", SPAN("new")) == 0);
	assert(holds(&f, "new", SPAN("new")) && holds(&f, "old", SPAN("old")));
	fixture_end(&f);
}

/* A full disk loses nothing, and must not keep anyone from deleting. */
static void test_a_log_that_only_lacks_room_is_gone_on_with(void)
{
	leave_a_log();
	flush_error = SQLITE_FULL;
	fixture_open(&f);
	assert(holds(&f, "old", SPAN("old")));
	flushes_fail = false;
	flush_error = SQLITE_IOERR_FSYNC;
	assert(delete_object(&f, "old") == 0);
	assert(create_bucket(&f, "second") == 0);
	assert(is_missing(&f, "old"));
	fixture_end(&f);
}

static void test_a_failed_flush_of_the_index_stops_creations_only(void)
{
	begin_failing();
	flushes_fail = true;
	assert(create_bucket(&f, "second") == S3_ERROR_SERVICE_UNAVAILABLE);
	flushes_fail = false;
	assert(n_failed == 1);
	assert(create_bucket(&f, "third") == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(put(&f, "new", SPAN("new")) == 0);
	assert(holds(&f, "new", SPAN("new")) && holds(&f, "old", SPAN("old")));
	/* The next start reads what is really there. */
	fixture_close(&f);
	fixture_open(&f);
	assert(create_bucket(&f, "second") == 0);
	assert(create_bucket(&f, "third") == 0);
	fixture_end(&f);
}

/* --- the log ------------------------------------------------------------------------------- */

static void test_the_log_has_a_limit(void)
{
	static uint8_t bytes[16 * 1024];
	uint64_t longest = 0;
	struct catalog *c;

	fixture_init(&f);
	f.config.wal_limit = 256 * KIB;
	f.config.hook = (struct durable_hook){ count_step, NULL };
	f.config.durability = DURABILITY_RELAXED;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	memset(steps, 0, sizeof(steps));
	c = own_catalog();
	for (int i = 0; i < 200; i++) {
		assert(put(&f, "key", (struct span){ bytes, sizeof(bytes) }) == 0);
		longest = MAX(longest, c->writer->log_bytes);
	}
	catalog_put(c);
	assert(longest < 4 * f.config.wal_limit);
	assert(steps[DURABLE_CHECKPOINT] > 2);
	fixture_end(&f);
}

static void test_an_idle_log_is_moved_into_the_file(void)
{
	begin_counting();
	assert(put(&f, "key", SPAN("x")) == 0);
	assert(steps[DURABLE_CHECKPOINT] == 0);
	for (int i = 0; i < 600 && !steps[DURABLE_CHECKPOINT]; i++)
		usleep(50 * 1000);
	assert(steps[DURABLE_CHECKPOINT] > 0);
	fixture_end(&f);
}

/* --- many at once -------------------------------------------------------------------------- */

enum { WRITERS = 8, PUTS = 50 };

static void *write_many(void *context)
{
	int number = (int)(intptr_t)context;
	char key[32];

	for (int i = 0; i < PUTS; i++) {
		snprintf(key, sizeof(key), "key-%d-%d", number, i);
		assert(put(&f, key, span_from_string(key)) == 0);
		assert(holds(&f, key, span_from_string(key)));
	}
	return NULL;
}

static void test_threads_write_and_read_what_they_wrote(void)
{
	pthread_t threads[WRITERS];
	char key[32];

	begin_counting();
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, write_many, (void *)(intptr_t)i);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert(steps[DURABLE_CATALOG_COMMIT] < WRITERS * PUTS);
	for (int i = 0; i < WRITERS; i++) {
		snprintf(key, sizeof(key), "key-%d-%d", i, PUTS - 1);
		assert(holds(&f, key, span_from_string(key)));
	}
	fixture_end(&f);
}

static _Atomic bool overwriting;

static void *overwrite(void *context)
{
	uint8_t *bytes = malloc(200 * 1000);

	for (unsigned int i = 0; i < 60; i++) {
		size_t len = 50 * 1000 + 1000 * i;

		fill(bytes, len, i);
		assert(put_blob(&f, "key", (struct span){ bytes, len }) == 0);
		bury(&f);
	}
	overwriting = false;
	free(bytes);
	return NULL;
}

/* What is read is one of the objects that were there, whole, whatever is buried meanwhile. */
static void test_t81_overwriting_never_tears_a_read(void)
{
	uint8_t *expected = malloc(200 * 1000), *memory;
	pthread_t thread;
	int n = 0;

	begin_counting();
	assert(put_blob(&f, "key", SPAN("first")) == 0);
	overwriting = true;
	pthread_create(&thread, NULL, overwrite, NULL);
	while (overwriting) {
		struct object *o;
		struct span s;
		int r;

		o = find(&f, "key", STORE_WITH_DATA, &r);
		assert(r == 0);
		s = read_object(&f, o, &memory);
		if (s.len == 5) {
			assert(span_equal(s, SPAN("first")));
		} else {
			fill(expected, s.len, (unsigned int)(s.len / 1000 - 50));
			assert(span_equal(s, (struct span){ expected, s.len }));
		}
		n++;
		free(memory);
		object_free(o);
	}
	pthread_join(thread, NULL);
	assert(n > 10);
	bury(&f);
	assert(count_files(&f) == 1);
	free(expected);
	fixture_end(&f);
}

/* --- several tenants ----------------------------------------------------------------------- */

static _Atomic int n_done;

struct place_of {
	int place; /* among what was done, from 1 on */
};

static void note_place(struct change *c)
{
	((struct place_of *)c->context)->place = ++n_done;
	n_left--;
}

static void hand_over_noted(struct change *c, struct place_of *ret)
{
	n_left++;
	c->context = ret;
	c->done = note_place;
	assert(store_submit(f.store, c) == 0);
}

static void begin_with_another_tenant(unsigned int committers)
{
	struct ipc_id own;

	fixture_init(&f);
	own = f.tenant;
	f.config.hook = (struct durable_hook){ count_step, NULL };
	f.config.committers = committers;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	f.tenant = other_tenant();
	assert(create_bucket(&f, "theirs") == 0);
	f.tenant = own;
	memset(steps, 0, sizeof(steps));
	n_done = 0;
}

static struct change *new_put_of_another(void)
{
	struct ipc_id another = other_tenant();
	struct change *c;

	assert(change_new(CHANGE_PUT_OBJECT, &another, SPAN("theirs"), SPAN("key"), &c) == 0);
	return c;
}

static struct change *new_bulk_deletion(size_t n)
{
	struct change *c;

	assert(change_new(CHANGE_DELETE_OBJECTS, &f.tenant, SPAN("bucket"), SPAN_NONE, &c) == 0);
	c->delete_objects.items = change_keep_array(c, n, sizeof(*c->delete_objects.items));
	c->delete_objects.n = n;
	for (size_t i = 0; i < n; i++) {
		c->delete_objects.items[i].key = SPAN("none");
		c->delete_objects.items[i].version = SPAN_NONE;
	}
	return c;
}

/* There is one thread for all: between two of the flood's turns it serves the other. */
static void test_t57_bulk_deletes_delay_another_tenant_by_one_turn(void)
{
	enum { N = 6 };
	struct change *bulk[N], *put;
	struct place_of places[N], place;

	begin_with_another_tenant(1);
	begin_batch();
	for (int i = 0; i < N; i++) {
		bulk[i] = new_bulk_deletion(COMMITTER_TURN_COST);
		hand_over_noted(bulk[i], &places[i]);
	}
	put = new_put_of_another();
	hand_over_noted(put, &place);
	end_batch();
	assert(put->result == 0 && place.place == 2);
	for (int i = 0; i < N; i++) {
		assert(bulk[i]->result == 0);
		assert(places[i].place == (i ? i + 2 : 1));
		change_free(bulk[i]);
	}
	change_free(put);
	fixture_end(&f);
}

/* Whoever the tenants are: no two of them share a thread while another is free. */
static void test_t57_a_tenant_does_not_wait_for_the_flush_of_another(void)
{
	struct change *held, *put;

	begin_with_another_tenant(2);
	held = new_put("held", SPAN("x"));
	hold_one_commit = true;
	hand_over(held);
	while (hold_one_commit)
		usleep(1000);
	put = new_put_of_another();
	hand_over(put);
	while (n_left > 1)
		usleep(1000);
	assert(put->result == 0);
	let_held_commit_go = true;
	wait_for_all();
	assert(held->result == 0);
	change_free(held);
	change_free(put);
	fixture_end(&f);
}

static void test_t57_a_flood_gets_another_tenants_changes_not_refused(void)
{
	static struct change *flood[COMMITTER_WAITING_MAX];
	struct change *put;
	size_t n = 0;

	begin_with_another_tenant(1);
	begin_batch();
	do {
		flood[n] = new_change(&f, CHANGE_DELETE_OBJECT, "none");
		flood[n]->done = count_off;
		n_left++;
	} while (store_submit(f.store, flood[n]) == 0 && ++n < ARRAY_SIZE(flood));
	assert(n == COMMITTER_WAITING_MAX / 2);
	n_left--;
	change_free(flood[n]);
	put = new_put_of_another();
	hand_over(put);
	end_batch();
	assert(put->result == 0);
	for (size_t i = 0; i < n; i++) {
		assert(flood[i]->result == 0);
		change_free(flood[i]);
	}
	change_free(put);
	fixture_end(&f);
}

int main(void)
{
	let_flushes_fail();
	RUN(test_changes_that_wait_share_a_commit);
	RUN(test_a_lone_writer_has_a_commit_of_its_own);
	RUN(test_refusals_cost_no_commit);
	RUN(test_one_that_fails_leaves_its_batch_alone);
	RUN(test_half_done_work_is_undone);
	RUN(test_t58_a_full_catalog_refuses_and_can_be_emptied);
	RUN(test_a_transaction_that_could_not_be_undone_is_undone_later);
	RUN(test_after_a_failed_flush_nothing_is_acknowledged);
	RUN(test_an_unsettled_log_is_read_only_until_it_is_read_again);
	RUN(test_a_log_that_only_lacks_room_is_gone_on_with);
	RUN(test_a_failed_flush_of_the_index_stops_creations_only);
	RUN(test_the_log_has_a_limit);
	RUN(test_an_idle_log_is_moved_into_the_file);
	RUN(test_threads_write_and_read_what_they_wrote);
	RUN(test_t57_bulk_deletes_delay_another_tenant_by_one_turn);
	RUN(test_t57_a_tenant_does_not_wait_for_the_flush_of_another);
	RUN(test_t57_a_flood_gets_another_tenants_changes_not_refused);
	RUN(test_t81_overwriting_never_tears_a_read);
	return 0;
}
