/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "stored/restoration.h"
#include "stored/snapshot.h"

#define LARGE	  (100 * 1000)
#define BLOBS_MAX 16

static _Atomic bool stop;

/* Two stores: one that has something, and one that is to get it. */
static struct fixture from, to;
static uint8_t bytes[LARGE], other_bytes[LARGE];
static char upload[UPLOAD_ID_TEXT_MAX];
static char detail[RESTORATION_DETAIL_MAX];

static struct span large(void)
{
	return (struct span){ bytes, sizeof(bytes) };
}

static struct span other_large(void)
{
	return (struct span){ other_bytes, sizeof(other_bytes) };
}

/* --- a copy ---------------------------------------------------------------------------------- */

struct copy {
	struct snapshot *snapshot;
	struct snapshot_file files[SNAPSHOT_FILES];
	char list[64 * 1024];
	struct ipc_id blobs[BLOBS_MAX];
	size_t n_blobs;
};

/* What the list says is what a reader of it would find. */
static void read_list(struct copy *c)
{
	size_t len = c->files[SNAPSHOT_LIST].length;
	char *line, *rest = c->list, id[IPC_ID_TEXT_SIZE];

	assert(len < sizeof(c->list));
	assert(fd_pread_all(c->files[SNAPSHOT_LIST].fd, c->list, len, 0) == 0);
	c->list[len] = '\0';
	c->n_blobs = 0;
	while ((line = strsep(&rest, "\n")) && line[0]) {
		if (strncmp(line, "blob ", 5) != 0)
			continue;
		memcpy(id, line + 5, IPC_ID_TEXT_SIZE - 1);
		id[IPC_ID_TEXT_SIZE - 1] = '\0';
		assert(id_parse(id, &c->blobs[c->n_blobs++]));
	}
	assert(fd_pread_all(c->files[SNAPSHOT_LIST].fd, c->list, len, 0) == 0);
}

static void take(struct copy *c)
{
	assert(store_take_snapshot(from.store, &from.tenant, &stop, c->files, &c->snapshot) == 0);
	read_list(c);
}

static void drop(struct copy *c)
{
	for (size_t i = 0; i < SNAPSHOT_FILES; i++)
		fd_close(c->files[i].fd);
	c->snapshot = snapshot_free(c->snapshot);
}

static int begin_with(int catalog_fd, bool resumes, struct restoration **ret)
{
	const struct restoration_terms terms = {
		.tenant = to.tenant,
		.owner_id = SPAN("id"),
		.owner_name = SPAN("name"),
		.catalog_fd = catalog_fd,
		.resumes = resumes,
		.stop = &stop,
	};

	return store_begin_restoration(to.store, &terms, detail, ret);
}

static int take_blobs(struct restoration *r, struct copy *c)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < c->n_blobs; i++) {
		uint64_t length;
		int fd;

		assert(snapshot_open_blob(c->snapshot, &c->blobs[i], &fd, &length) == 0);
		e = restoration_take_blob(r, &c->blobs[i], fd);
		fd_close(fd);
	}
	return e;
}

static int adopt(struct restoration *r)
{
	struct change *c;
	int e = restoration_finish(r);

	if (e)
		return e;
	assert(change_new(CHANGE_ADOPT, &to.tenant, SPAN_NONE, SPAN_NONE, &c) == 0);
	c->adopt.restoration = r;
	e = submit(&to, c);
	change_free(c);
	return e;
}

static int restore(struct copy *c, bool resumes)
{
	struct restoration *r = NULL;
	int e = begin_with(c->files[SNAPSHOT_CATALOG].fd, resumes, &r);

	if (e == 0)
		e = take_blobs(r, c);
	if (e == 0)
		e = adopt(r);
	restoration_free(r);
	return e;
}

static void begin(void)
{
	fixture_begin(&from);
	assert(put(&from, "small", SPAN("small")) == 0);
	assert(put(&from, "empty", SPAN("")) == 0);
	assert(put_blob(&from, "large", large()) == 0);
	assert(copy(&from, "large", "copy") == 0);
	assert(create_upload(&from, "parts", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, upload) == 0);
	assert(put_part(&from, "parts", upload, 1, other_large(), NULL) == 0);
	fixture_init(&to);
	fixture_open(&to);
}

static void end(void)
{
	fixture_end(&from);
	fixture_end(&to);
}

static struct usage usage_of(struct fixture *f)
{
	struct holding h;

	assert(store_find_holding(f->store, &f->tenant, SPAN_NONE, &h) == 0);
	return h.used;
}

/* --- snapshots ------------------------------------------------------------------------------- */

static size_t count_staged(void)
{
	char id[IPC_ID_TEXT_SIZE], path[PATH_MAX];
	struct dirent *entry;
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/tenants/%s/staging", from.directory,
		 ipc_id_text(&from.tenant, id));
	d = opendir(path);
	assert(d);
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

static void test_a_snapshot_keeps_what_it_names(void)
{
	struct copy c;
	uint64_t length;
	int fd;

	begin();
	take(&c);
	assert(c.n_blobs == 2 && count_staged() == 0);
	assert(strncmp(c.list, "bucket bucket 4 200005 1 100000\nblob ", 37) == 0);
	assert(delete_object(&from, "large") == 0 && delete_object(&from, "copy") == 0);
	assert(abort_upload(&from, "parts", upload) == 0);
	bury(&from);
	assert(count_files(&from) == 2);
	for (size_t i = 0; i < c.n_blobs; i++) {
		assert(snapshot_open_blob(c.snapshot, &c.blobs[i], &fd, &length) == 0);
		assert(length == LARGE && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
		fd_close(fd);
	}
	drop(&c);
	bury(&from);
	assert(count_files(&from) == 0);
	end();
}

static _Atomic bool hold_one, is_held, is_taken;

static size_t count_pending(void)
{
	size_t n;

	pthread_mutex_lock(&from.store->lock);
	n = from.store->n_pending;
	pthread_mutex_unlock(&from.store->lock);
	return n;
}

/* Until something waits behind it, or the snapshot is there. */
static void hold_commit(void *context, enum durable_step step)
{
	if (step != DURABLE_CATALOG_COMMIT || !atomic_exchange(&hold_one, false))
		return;
	is_held = true;
	while (!is_taken && count_pending() < 2)
		usleep(1000);
}

static void *put_late(void *context)
{
	assert(put(&from, "late", SPAN("late")) == 0);
	return NULL;
}

static void test_what_was_under_way_is_in_the_snapshot(void)
{
	pthread_t thread;
	struct copy c;

	begin();
	fixture_close(&from);
	from.config.hook = (struct durable_hook){ hold_commit, NULL };
	fixture_open(&from);
	hold_one = true;
	assert(pthread_create(&thread, NULL, put_late, NULL) == 0);
	while (!is_held)
		usleep(1000);
	take(&c);
	is_taken = true;
	assert(pthread_join(thread, NULL) == 0);
	assert(restore(&c, false) == 0 && holds(&to, "late", SPAN("late")));
	drop(&c);
	end();
}

static void test_a_hold_ends_with_its_time(void)
{
	struct catalog *catalog;
	struct copy c;

	begin();
	take(&c);
	assert(catalog_get(&from.store->catalogs, &from.tenant, false, &catalog) == 0);
	catalog->held_until_ns = 1;
	assert(delete_object(&from, "large") == 0 && delete_object(&from, "copy") == 0);
	bury(&from);
	assert(count_files(&from) == 1);
	catalog_put(catalog);
	drop(&c);
	end();
}

static void test_what_is_interrupted_leaves_nothing(void)
{
	struct copy c;

	begin();
	stop = true;
	assert(store_take_snapshot(from.store, &from.tenant, &stop, c.files, &c.snapshot) ==
	       -ECANCELED);
	stop = false;
	assert(count_staged() == 0);
	assert(delete_object(&from, "large") == 0 && delete_object(&from, "copy") == 0);
	bury(&from);
	assert(count_files(&from) == 1);
	end();
}

static void test_what_is_no_blob_of_the_tenants_is_not_opened(void)
{
	struct ipc_id unknown = { { 1 } };
	uint64_t length;
	struct copy c;
	int fd;

	begin();
	take(&c);
	assert(snapshot_open_blob(c.snapshot, &unknown, &fd, &length) == S3_ERROR_NO_SUCH_KEY);
	drop(&c);
	end();
}

/* --- restorations ---------------------------------------------------------------------------- */

static void test_what_was_copied_is_there_again(void)
{
	const uint16_t numbers[] = { 1 };
	char etags[1][ETAG_TEXT_MAX];
	struct usage before, after;
	struct change_made made;
	struct upload_part part;
	uint32_t n;
	bool truncated;
	struct copy c;

	begin();
	take(&c);
	assert(restore(&c, false) == 0);
	assert(holds(&to, "small", SPAN("small")) && holds(&to, "empty", SPAN("")));
	assert(holds(&to, "large", large()) && holds(&to, "copy", large()));
	before = usage_of(&from);
	after = usage_of(&to);
	assert(memcmp(&before, &after, sizeof(before)) == 0);
	/* What was unfinished can be finished. */
	assert(store_list_parts(to.store, &to.tenant, SPAN("bucket"), SPAN("parts"),
				span_from_string(upload), 0, 1, &part, &n, &truncated) == 0);
	memcpy(etags[0], part.etag, sizeof(etags[0]));
	assert(complete(&to, "parts", upload, 1, numbers, etags, &made) == 0);
	assert(holds(&to, "parts", other_large()));
	assert(delete_object(&to, "large") == 0 && delete_object(&to, "copy") == 0);
	bury(&to);
	assert(count_files(&to) == 1);
	/* And nothing of how it came is left. */
	fixture_close(&to);
	fixture_open(&to);
	assert(holds(&to, "parts", other_large()) && put_blob(&to, "new", large()) == 0);
	drop(&c);
	end();
}

/* Of the tenant is what changed while it was copied, or it is not; but all of one moment. */
static void test_what_comes_later_is_not_in_it(void)
{
	struct copy c;

	begin();
	take(&c);
	assert(put_blob(&from, "later", other_large()) == 0);
	assert(delete_object(&from, "small") == 0);
	assert(restore(&c, false) == 0);
	assert(is_missing(&to, "later") && holds(&to, "small", SPAN("small")));
	drop(&c);
	end();
}

static void test_while_it_is_restored_a_tenant_gets_nothing_else(void)
{
	struct restoration *r, *second;
	struct copy c;

	begin();
	take(&c);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, false, &r) == 0);
	assert(find_bucket(&to, "bucket") == S3_ERROR_NO_SUCH_BUCKET);
	assert(create_bucket(&to, "second") == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, true, &second) ==
	       S3_ERROR_CONDITIONAL_REQUEST_CONFLICT);
	assert(take_blobs(r, &c) == 0 && adopt(r) == 0);
	/* It is over: neither more nor again. */
	assert(restoration_take_blob(r, &c.blobs[0], -1) == S3_ERROR_INVALID_REQUEST);
	assert(adopt(r) == S3_ERROR_INVALID_REQUEST);
	restoration_free(r);
	assert(create_bucket(&to, "second") == 0);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, false, &r) == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, true, &r) == S3_ERROR_BUCKET_NOT_EMPTY);
	drop(&c);
	end();
}

static bool has_marker(void)
{
	char id[IPC_ID_TEXT_SIZE], path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tenants/%s/restoring", to.directory,
		 ipc_id_text(&to.tenant, id));
	return access(path, F_OK) == 0;
}

static void test_one_that_died_when_it_was_through_leaves_no_mark(void)
{
	char id[IPC_ID_TEXT_SIZE], path[PATH_MAX];
	struct copy c;
	size_t n;

	begin();
	take(&c);
	assert(restore(&c, false) == 0 && !has_marker());
	snprintf(path, sizeof(path), "%s/tenants/%s/restoring", to.directory,
		 ipc_id_text(&to.tenant, id));
	assert(mkdir(path, 0700) == 0);
	fixture_close(&to);
	fixture_open(&to);
	assert(holds(&to, "large", large()) && create_bucket(&to, "second") == 0);
	assert(sweep_orphans(to.store, &to.tenant, &n) == 0 && n == 0 && !has_marker());
	drop(&c);
	end();
}

static _Atomic int steps[DURABLE_STEP_COUNT];

static void count_step(void *context, enum durable_step step)
{
	steps[step]++;
}

static void test_what_was_interrupted_is_gone_on_with(void)
{
	struct restoration *r;
	struct copy c;
	uint64_t length;
	size_t n;
	int fd;

	begin();
	take(&c);
	/* There is nothing yet that could be gone on with. */
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, true, &r) == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(strstr(detail, "is not being restored"));
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, false, &r) == 0);
	assert(snapshot_open_blob(c.snapshot, &c.blobs[0], &fd, &length) == 0);
	assert(restoration_take_blob(r, &c.blobs[0], fd) == 0);
	fd_close(fd);
	assert(adopt(r) == S3_ERROR_INVALID_REQUEST);
	restoration_free(r);
	fixture_close(&to);
	to.config.hook = (struct durable_hook){ count_step, NULL };
	fixture_open(&to);
	/* No sweep takes what has come. */
	assert(sweep_orphans(to.store, &to.tenant, &n) == -ENOENT && count_files(&to) == 1);
	assert(find_bucket(&to, "bucket") == S3_ERROR_NO_SUCH_BUCKET);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, true, &r) == 0);
	assert(steps[DURABLE_BLOB_FLUSH] == 1 && steps[DURABLE_BLOB_DIRECTORY_FLUSH] == 0);
	/* What is there is not read again; but who put it there may have died before its name was
	 * flushed. */
	assert(restoration_take_blob(r, &c.blobs[0], -1) == 0);
	assert(steps[DURABLE_BLOB_FLUSH] == 1 && steps[DURABLE_BLOB_DIRECTORY_FLUSH] == 1);
	assert(take_blobs(r, &c) == 0 && adopt(r) == 0);
	restoration_free(r);
	assert(holds(&to, "large", large()));
	drop(&c);
	end();
}

/* In the library's place: the directory's flush behind the adoption fails, once. */
static _Atomic bool adoption_fails;

static void fail_adoption(void *context, enum durable_step step)
{
	if (step == DURABLE_CATALOG_ADOPTED && !steps[step]++)
		adoption_fails = true;
}

int fsync(int fd)
{
	if (!atomic_exchange(&adoption_fails, false))
		return (int)syscall(SYS_fsync, fd);
	errno = EIO;
	return -1;
}

static void test_an_adoption_that_failed_can_be_asked_for_again(void)
{
	struct restoration *r;
	struct copy c;

	begin();
	take(&c);
	fixture_close(&to);
	steps[DURABLE_CATALOG_ADOPTED] = 0;
	to.config.hook = (struct durable_hook){ fail_adoption, NULL };
	fixture_open(&to);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, false, &r) == 0);
	assert(take_blobs(r, &c) == 0);
	assert(adopt(r) == -EIO);
	assert(find_bucket(&to, "bucket") == S3_ERROR_NO_SUCH_BUCKET && has_marker());
	assert(adopt(r) == 0);
	restoration_free(r);
	assert(holds(&to, "large", large()) && !has_marker());
	drop(&c);
	end();
}

static void test_what_is_given_up_leaves_nothing(void)
{
	struct restoration *r;
	struct copy c;

	begin();
	take(&c);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, false, &r) == 0);
	assert(take_blobs(r, &c) == 0);
	assert(erase_wholly(&to) == 0 && !has_directory(&to));
	assert(adopt(r) != 0);
	restoration_free(r);
	assert(!has_directory(&to));
	drop(&c);
	end();
}

static void test_names_that_others_have_are_told_and_nothing_is_changed(void)
{
	struct restoration *r;
	struct ipc_id whose;
	struct copy c;

	begin();
	assert(create_bucket(&from, "second") == 0 && create_bucket(&from, "third") == 0);
	take(&c);
	assert(as_other(&to, create_bucket, "third") == 0);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, false, &r) ==
	       S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(strcmp(detail, "Others have buckets of these names: third.") == 0);
	assert(as_other(&to, delete_bucket, "third") == 0);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, true, &r) == 0);
	assert(take_blobs(r, &c) == 0);
	/* Between looking and claiming somebody else may have come. */
	assert(as_other(&to, create_bucket, "bucket") == 0);
	assert(adopt(r) == S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(bucket_index_find(&to.store->index, SPAN("second"), &whose) == 0);
	assert(find_bucket(&to, "second") == S3_ERROR_NO_SUCH_BUCKET);
	assert(as_other(&to, find_bucket, "bucket") == 0);
	assert(as_other(&to, delete_bucket, "bucket") == 0);
	assert(adopt(r) == 0);
	restoration_free(r);
	assert(find_bucket(&to, "second") == 0 && holds(&to, "large", large()));
	assert(as_other(&to, create_bucket, "second") == S3_ERROR_BUCKET_ALREADY_EXISTS);
	drop(&c);
	end();
}

static int file_of(struct span contents)
{
	char path[] = "/tmp/coffer-blob-XXXXXX";
	int fd = mkstemp(path);

	assert(fd >= 0 && unlink(path) == 0);
	assert(fd_write_all(fd, contents) == 0);
	return fd;
}

static void test_other_bytes_than_the_catalog_names_are_not_taken(void)
{
	const struct ipc_id unknown = { { 7 } };
	struct restoration *r;
	struct copy c;
	int fd;

	begin();
	take(&c);
	assert(begin_with(c.files[SNAPSHOT_CATALOG].fd, false, &r) == 0);
	for (size_t at = 0; at < LARGE; at += LARGE / 3) {
		uint8_t bent[LARGE];

		memcpy(bent, bytes, sizeof(bent));
		bent[at] ^= 1;
		fd = file_of((struct span){ bent, sizeof(bent) });
		for (size_t i = 0; i < c.n_blobs; i++)
			assert(restoration_take_blob(r, &c.blobs[i], fd) == S3_ERROR_BAD_DIGEST);
		fd_close(fd);
	}
	fd = file_of(SPAN("short"));
	assert(restoration_take_blob(r, &c.blobs[0], fd) == S3_ERROR_BAD_DIGEST);
	assert(restoration_take_blob(r, &unknown, fd) == S3_ERROR_NO_SUCH_KEY);
	fd_close(fd);
	assert(count_files(&to) == 0);
	restoration_free(r);
	drop(&c);
	end();
}

/* --- catalogs that are none ------------------------------------------------------------------ */

/* A copy of the catalog on which that was run; NULL: nothing. */
static int bent_catalog(const struct copy *c, const char *sql)
{
	char path[] = "/tmp/coffer-bent-XXXXXX";
	int fd = mkstemp(path);
	size_t len = c->files[SNAPSHOT_CATALOG].length;
	uint8_t *all = malloc(len);
	sqlite3 *db;

	assert(fd >= 0 && all);
	assert(fd_pread_all(c->files[SNAPSHOT_CATALOG].fd, all, len, 0) == 0);
	assert(fd_write_all(fd, (struct span){ all, len }) == 0);
	free(all);
	if (sql) {
		assert(sqlite3_open(path, &db) == SQLITE_OK);
		assert(sqlite3_exec(db, "PRAGMA journal_mode = DELETE; PRAGMA writable_schema = ON",
				    NULL, NULL, NULL) == SQLITE_OK);
		if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
			fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
			abort();
		}
		sqlite3_close(db);
	}
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert(fd >= 0 && unlink(path) == 0);
	return fd;
}

static int try_catalog(int fd)
{
	struct restoration *r = NULL;
	int e = begin_with(fd, has_marker(), &r);

	restoration_free(r);
	fd_close(fd);
	return e;
}

static void test_t72_a_catalog_that_is_not_sound_is_refused(void)
{
	static const char *const faults[] = {
		"CREATE TRIGGER t AFTER DELETE ON dead BEGIN DELETE FROM buckets; END",
		"CREATE TRIGGER t AFTER DELETE ON dead BEGIN DELETE FROM buckets; END;"
		"UPDATE sqlite_schema SET sql = sql || char(0) || 'x' WHERE type <> 'trigger' AND "
		"name ="
		" (SELECT max(name) FROM sqlite_schema WHERE type = 'table')",
		"CREATE VIEW v AS SELECT * FROM objects",
		"CREATE TABLE more (x)",
		"CREATE INDEX more ON objects (size)",
		"DROP INDEX completed_at",
		"ALTER TABLE buckets ADD COLUMN more INTEGER",
		"CREATE VIRTUAL TABLE more USING fts5(x)",
		"UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'dead'",
		"PRAGMA user_version = 0",
		"PRAGMA user_version = 2",
		"PRAGMA user_version = 1000",
		"UPDATE buckets SET name = CAST('../etc' AS BLOB)",
		"UPDATE buckets SET name = x'00'",
		"UPDATE buckets SET created = -1",
		"UPDATE buckets SET quota_bytes = -1",
		"DELETE FROM buckets",
		"DELETE FROM tenant",
		"UPDATE objects SET bucket = 99",
		"UPDATE objects SET size = size + 1 WHERE key = CAST('small' AS BLOB)",
		"UPDATE objects SET size = -1 WHERE key = CAST('small' AS BLOB)",
		"UPDATE objects SET size = size - 1 WHERE key = CAST('large' AS BLOB)",
		"UPDATE objects SET modified = 9223372036854775807",
		"UPDATE objects SET instance = (SELECT min(instance) FROM objects)",
		"UPDATE objects SET version = x'01' WHERE key = CAST('small' AS BLOB)",
		"UPDATE objects SET etag = hex(zeroblob(100))",
		"UPDATE objects SET etag = 'a' || char(0) || hex(zeroblob(100))",
		"UPDATE objects SET etag = replace(hex(zeroblob(16)), '00', char(8364, 8364))",
		"UPDATE objects SET storage_class = char(0) || hex(zeroblob(100))",
		"UPDATE objects SET attributes = x'ff'",
		"UPDATE objects SET attributes = CAST(x'0000fa8b0000' || zeroblob(35834) AS BLOB)",
		"UPDATE objects SET key = x'ff' WHERE key = CAST('small' AS BLOB)",
		"UPDATE objects SET key = zeroblob(2000) WHERE key = CAST('small' AS BLOB)",
		"UPDATE objects SET checksum_algorithm = 'MD4'",
		"UPDATE objects SET checksum = x'00'",
		"UPDATE objects SET parts = 2 WHERE key = CAST('small' AS BLOB)",
		"DELETE FROM objects WHERE key = CAST('small' AS BLOB)",
		"DELETE FROM bodies WHERE body IS NOT NULL",
		"INSERT INTO bodies (instance, body) VALUES (4000, x'00')",
		"UPDATE bodies SET body = zeroblob(65537) WHERE length(body) = 5; UPDATE objects "
		"SET"
		" size = 65537 WHERE key = CAST('small' AS BLOB)",
		"UPDATE bodies SET extents = x'00' WHERE extents IS NOT NULL",
		"UPDATE bodies SET extents = zeroblob(length(extents)) WHERE extents IS NOT NULL",
		"UPDATE bodies SET extents = CAST(extents || extents AS BLOB) WHERE extents IS NOT "
		"NULL",
		"UPDATE bodies SET body = x'00' WHERE extents IS NOT NULL",
		"DELETE FROM blobs",
		"INSERT INTO blobs VALUES (randomblob(16), 1, 1, zeroblob(8))",
		"INSERT INTO blobs VALUES (x'00', 1, 1, zeroblob(8))",
		"UPDATE blobs SET refs = refs + 1",
		"UPDATE blobs SET refs = 0",
		"UPDATE blobs SET size = size - 1",
		"UPDATE blobs SET size = -1",
		"UPDATE blobs SET crc64nvme = x'00'",
		"UPDATE uploads SET id = x'00'",
		"UPDATE uploads SET storage_class = char(0) || hex(zeroblob(100))",
		"UPDATE uploads SET bucket = 99",
		"UPDATE uploads SET attributes = x'ff'",
		"DELETE FROM uploads",
		"UPDATE parts SET size = size + 1",
		"UPDATE parts SET number = 10001",
		"UPDATE parts SET blob = randomblob(16)",
		"UPDATE parts SET blob = NULL",
		"UPDATE configurations SET kind = 'unknown'",
		"UPDATE configurations SET bucket = 99",
		"UPDATE configurations SET document = zeroblob(70000)",
		"INSERT INTO completed VALUES (x'00', 1, x'00', 1, x'00', 1, '', '', 0, x'', 1)",
	};
	struct ipc_id whose;
	struct copy c;

	begin();
	take(&c);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		int e = try_catalog(bent_catalog(&c, faults[i]));

		if (e != S3_ERROR_INVALID_REQUEST || !detail[0]) {
			fprintf(stderr, "%d %s: %s\n", e, detail, faults[i]);
			abort();
		}
	}
	assert(bucket_index_find(&to.store->index, SPAN("bucket"), &whose) == 0);
	assert(try_catalog(bent_catalog(&c, NULL)) == 0);
	drop(&c);
	end();
}

static void test_t72_a_catalog_of_flipped_bits_is_refused_or_as_good(void)
{
	struct copy c;
	size_t len;
	uint8_t *all;

	begin();
	take(&c);
	len = c.files[SNAPSHOT_CATALOG].length;
	all = malloc(len);
	assert(all && fd_pread_all(c.files[SNAPSHOT_CATALOG].fd, all, len, 0) == 0);
	for (size_t at = 0; at < len; at += len / 97) {
		int e;

		all[at] ^= 0x55;
		e = try_catalog(file_of((struct span){ all, len }));
		all[at] ^= 0x55;
		assert(e == 0 || e == S3_ERROR_INVALID_REQUEST);
	}
	for (size_t cut = 0; cut < len; cut += len / 7)
		assert(try_catalog(file_of((struct span){ all, cut })) == S3_ERROR_INVALID_REQUEST);
	free(all);
	drop(&c);
	end();
}

/* Dead blobs are nobody's, hidden buckets are shown, and wrong figures are right. */
static void test_what_a_catalog_need_not_be_believed_is_made_anew(void)
{
	struct restoration *r;
	struct usage used;
	struct copy c;
	int fd;

	begin();
	take(&c);
	fd = bent_catalog(&c,
			  "INSERT INTO dead VALUES (randomblob(16));"
			  "UPDATE buckets SET shadowed = 1, objects = 77, bytes = 1, uploads = 0");
	assert(begin_with(fd, false, &r) == 0);
	fd_close(fd);
	assert(take_blobs(r, &c) == 0 && adopt(r) == 0);
	restoration_free(r);
	used = usage_of(&to);
	assert(used.objects == 4 && used.bytes == 2 * LARGE + 5);
	assert(used.uploads == 1 && used.upload_bytes == LARGE);
	assert(holds(&to, "large", large()));
	drop(&c);
	end();
}

static void test_a_catalog_of_before_is_brought_up_to_date(const char *dump)
{
	struct restoration *r;
	struct copy c;

	fixture_begin_from(&from, dump);
	fixture_close(&from);
	fixture_sql(&from, &from.tenant, "PRAGMA journal_mode = DELETE");
	fixture_init(&to);
	fixture_open(&to);
	char path[PATH_MAX], id[IPC_ID_TEXT_SIZE];

	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", from.directory,
		 ipc_id_text(&from.tenant, id));
	c.files[0].fd = open(path, O_RDONLY | O_CLOEXEC);
	assert(c.files[0].fd >= 0);
	assert(begin_with(c.files[0].fd, false, &r) == 0);
	restoration_free(r);
	fd_close(c.files[0].fd);
	fixture_open(&from);
	end();
}

int main(int argc, char *argv[])
{
	fill(bytes, sizeof(bytes), 1);
	fill(other_bytes, sizeof(other_bytes), 2);
	RUN(test_a_snapshot_keeps_what_it_names);
	RUN(test_what_was_under_way_is_in_the_snapshot);
	RUN(test_a_hold_ends_with_its_time);
	RUN(test_what_is_interrupted_leaves_nothing);
	RUN(test_what_is_no_blob_of_the_tenants_is_not_opened);
	RUN(test_what_was_copied_is_there_again);
	RUN(test_what_comes_later_is_not_in_it);
	RUN(test_while_it_is_restored_a_tenant_gets_nothing_else);
	RUN(test_one_that_died_when_it_was_through_leaves_no_mark);
	RUN(test_what_was_interrupted_is_gone_on_with);
	RUN(test_an_adoption_that_failed_can_be_asked_for_again);
	RUN(test_what_is_given_up_leaves_nothing);
	RUN(test_names_that_others_have_are_told_and_nothing_is_changed);
	RUN(test_other_bytes_than_the_catalog_names_are_not_taken);
	RUN(test_t72_a_catalog_that_is_not_sound_is_refused);
	RUN(test_t72_a_catalog_of_flipped_bits_is_refused_or_as_good);
	RUN(test_what_a_catalog_need_not_be_believed_is_made_anew);
	for (int i = 1; i < argc; i++)
		test_a_catalog_of_before_is_brought_up_to_date(argv[i]);
	return 0;
}
