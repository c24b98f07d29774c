/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/check.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/crash/contents.h"
#include "tests/crash/verdict.h"
#include "tests/unit/stored/engine/engine-fixture.h"

struct check {
	struct verdict v;
	struct fixture f;
};

/* --- what a slot has ------------------------------------------------------------------------- */

static bool bucket_is(struct check *c, struct slot s, uint64_t value)
{
	char name[STORY_NAME_MAX];
	int r = find_bucket(&c->f, story_bucket(s.tenant, s.index, name));

	return value ? r == 0 : r == S3_ERROR_NO_SUCH_BUCKET;
}

static bool policy_is(struct check *c, struct slot s, uint64_t value)
{
	_cleanup_(configuration_clear) struct configuration found = { 0 };
	char name[STORY_NAME_MAX], text[STORY_NAME_MAX];
	struct span document;
	int r = store_find_configuration(c->f.store,
					 span_from_string(story_bucket(s.tenant, 0, name)),
					 1u << STORE_CONFIGURATION_POLICY, &found);

	if (r == S3_ERROR_NO_SUCH_BUCKET)
		return !value;
	if (r != 0)
		return false;
	document = found.documents[STORE_CONFIGURATION_POLICY];
	return value ? span_equal(document, story_document(value, text)) : span_is_none(document);
}

static bool quota_is(struct check *c, struct slot s, uint64_t value)
{
	char name[STORY_NAME_MAX];
	struct holding h;
	int r = store_find_holding(c->f.store, &c->f.tenant,
				   span_from_string(story_bucket(s.tenant, 0, name)), &h);

	if (r == S3_ERROR_NO_SUCH_BUCKET)
		return !value;
	return r == 0 && h.quota.objects == (value ? value : QUOTA_NONE);
}

static bool key_is(struct check *c, struct slot s, uint64_t value)
{
	static uint8_t buf[STORY_BYTES_MAX];
	_cleanup_(object_freep) struct object *o = NULL;
	_cleanup_(freep) uint8_t *memory = NULL;
	char bucket[STORY_NAME_MAX], key[STORY_NAME_MAX];
	int fd, r;

	r = store_find_object(
		c->f.store, &c->f.tenant, span_from_string(story_bucket(s.tenant, 0, bucket)),
		span_from_string(story_key(s.index, key)), SPAN_NONE, STORE_WITH_DATA, &o);
	if (r == S3_ERROR_NO_SUCH_KEY || r == S3_ERROR_NO_SUCH_BUCKET)
		return !value;
	if (r != 0 || !value || o->size != story_bytes(value, buf).len)
		return false;
	for (size_t i = 0; i < o->n_extents; i++) {
		struct stat st;
		uint64_t end = o->extents[i].offset + o->extents[i].len;
		bool whole;

		if (store_open_extent(c->f.store, o, i, &fd) != 0)
			return false;
		whole = fstat(fd, &st) == 0 && (uint64_t)st.st_size >= end;
		close(fd);
		if (!whole)
			return false;
	}
	return span_equal(read_object(&c->f, o, &memory), story_bytes(value, buf));
}

struct found_upload {
	struct span key;
	unsigned int n;
	char id[UPLOAD_ID_TEXT_MAX];
};

static int note_upload(void *context, const struct listing_item *item)
{
	struct found_upload *u = context;

	if (span_equal(item->key, u->key)) {
		u->n++;
		snprintf(u->id, sizeof(u->id), "%.*s", (int)item->upload_id.len,
			 (const char *)item->upload_id.data);
	}
	return 0;
}

/* The uploads of that key. */
static struct found_upload find_uploads(struct check *c, struct slot s)
{
	char bucket[STORY_NAME_MAX];
	static char key[STORY_NAME_MAX];
	struct found_upload u = { .key = span_from_string(story_key(s.index, key)) };
	struct listing l = { .limit = 1000, .emit = note_upload, .context = &u };
	int r = store_list_uploads(c->f.store, &c->f.tenant,
				   span_from_string(story_bucket(s.tenant, 0, bucket)), &l);

	if (r != 0 && r != S3_ERROR_NO_SUCH_BUCKET)
		wrong(&c->v, "uploads cannot be listed: %d", r);
	return u;
}

static bool find_part(struct check *c, struct slot s, struct upload_part *ret)
{
	struct found_upload u = find_uploads(c, s);
	char bucket[STORY_NAME_MAX];
	struct upload_part parts[10];
	uint32_t count = 0;
	bool truncated;

	if (!u.n)
		return false;
	if (store_list_parts(c->f.store, &c->f.tenant,
			     span_from_string(story_bucket(s.tenant, 0, bucket)), u.key,
			     span_from_string(u.id), 0, ARRAY_SIZE(parts), parts, &count,
			     &truncated) != 0)
		wrong(&c->v, "parts cannot be listed");
	for (uint32_t i = 0; i < count; i++)
		if (parts[i].number == s.part + 1) {
			*ret = parts[i];
			return true;
		}
	return false;
}

static bool part_is(struct check *c, struct slot s, uint64_t value)
{
	static uint8_t buf[STORY_BYTES_MAX];
	struct change_data expected = { 0 };
	struct upload_part part;
	char text[ETAG_TEXT_MAX];

	if (!find_part(c, s, &part))
		return !value;
	if (!value)
		return false;
	describe_data(&expected, story_bytes(value, buf));
	for (size_t i = 0; i < sizeof(expected.md5); i++)
		snprintf(text + 2 * i, 3, "%02x", expected.md5[i]);
	return part.size == expected.size && strcmp(part.etag, text) == 0;
}

static bool slot_is(void *context, struct slot s, uint64_t value)
{
	struct check *c = context;

	c->f.tenant = story_tenant(s.tenant);
	switch (s.kind) {
	case STORY_BUCKET:
		return bucket_is(c, s, value);
	case STORY_POLICY:
		return policy_is(c, s, value);
	case STORY_QUOTA:
		return quota_is(c, s, value);
	case STORY_KEY:
		return key_is(c, s, value);
	case STORY_UPLOAD:
		return find_uploads(c, s).n == value;
	case STORY_PART:
		return part_is(c, s, value);
	case STORY_TENANT:
	case STORY_TITLE:
	case STORY_SUSPENSION:
	case STORY_USER:
	case STORY_RIGHTS:
	case STORY_SECRET:
	case STORY_TOKEN:
		return !value;
	case STORY_KINDS:
		break;
	}
	return false;
}

/* --- lists ----------------------------------------------------------------------------------- */

static int count_item(void *context, const struct listing_item *item)
{
	++*(unsigned int *)context;
	return 0;
}

/* Nothing beside what it may have. */
static void check_lists(struct check *c, unsigned int tenant)
{
	unsigned int n_buckets = 0, n_keys = 0, expected = 0, expected_keys = 0;
	struct listing l = { .limit = 1000, .emit = count_item, .context = &n_buckets };
	char bucket[STORY_NAME_MAX];

	for (unsigned int i = 0; i < STORY_BUCKETS; i++)
		expected += found(&c->v, tenant, STORY_BUCKET, i) != 0;
	for (unsigned int i = 0; i < STORY_KEYS; i++)
		expected_keys += found(&c->v, tenant, STORY_KEY, i) != 0;
	if (store_list_buckets(c->f.store, &c->f.tenant, &l) != 0 || n_buckets != expected)
		wrong(&c->v, "tenant %u: %u buckets in place of %u", tenant, n_buckets, expected);
	if (!found(&c->v, tenant, STORY_BUCKET, 0))
		return;
	l = (struct listing){ .limit = 1000, .emit = count_item, .context = &n_keys };
	if (store_list_objects(c->f.store, &c->f.tenant,
			       span_from_string(story_bucket(tenant, 0, bucket)), &l) != 0 ||
	    n_keys != expected_keys)
		wrong(&c->v, "tenant %u: %u keys in place of %u", tenant, n_keys, expected_keys);
}

/* --- figures, sweep, use --------------------------------------------------------------------- */

static int run(struct check *c, enum change_kind kind, const char *bucket, const char *key,
	       struct change **ret)
{
	assert(change_new(kind, &c->f.tenant, span_from_string(bucket), span_from_string(key),
			  ret) == 0);
	return submit(&c->f, *ret);
}

static void check_figures(struct check *c, const char *bucket)
{
	struct change_recount at = { 0 };
	struct change *change;
	int r;

	do {
		assert(change_new(CHANGE_RECOUNT, &c->f.tenant, span_from_string(bucket), SPAN_NONE,
				  &change) == 0);
		change->recount.number = at.number;
		r = submit(&c->f, change);
		at = change->recount;
		change_free(change);
	} while (r == 0 && !at.through);
	if (r != 0 || memcmp(&at.recorded, &at.counted, sizeof(at.counted)) != 0)
		wrong(&c->v, "%s: figures are wrong: %d", bucket, r);
}

/* What is left of an upload can be gone on with, and its part has the right bytes. */
static void complete_upload(struct check *c, struct slot s)
{
	char bucket[STORY_NAME_MAX];
	struct found_upload u = find_uploads(c, s);
	struct upload_part part;
	struct change_part_claim claims[1];
	struct change *change;
	int r;

	if (!u.n || !find_part(c, s, &part))
		return;
	claims[0] = (struct change_part_claim){ .number = 1, .etag = span_from_string(part.etag) };
	assert(change_new(CHANGE_COMPLETE_UPLOAD, &c->f.tenant,
			  span_from_string(story_bucket(s.tenant, 0, bucket)), u.key,
			  &change) == 0);
	change->complete_upload.upload_id = span_from_string(u.id);
	change->complete_upload.parts = claims;
	change->complete_upload.n_parts = 1;
	change->complete_upload.size = S3_LENGTH_UNKNOWN;
	r = submit(&c->f, change);
	change_free(change);
	if (r == S3_ERROR_QUOTA_EXCEEDED)
		return;
	if (r != 0)
		wrong(&c->v, "upload of key %u cannot be completed: %d", s.index, r);
	c->v.found[slot_number((struct slot){ s.tenant, STORY_KEY, s.index, 0 })] =
		c->v.found[slot_number((struct slot){ s.tenant, STORY_PART, s.index, 0 })];
	c->v.found[slot_number((struct slot){ s.tenant, STORY_UPLOAD, s.index, 0 })] = 0;
	for (unsigned int i = 0; i < STORY_PARTS; i++)
		c->v.found[slot_number((struct slot){ s.tenant, STORY_PART, s.index, i })] = 0;
}

/* Something new can be made, with a blob, and goes again. */
static void check_use(struct check *c)
{
	static uint8_t buf[STORY_BYTES_MAX];
	struct change *change;

	if (run(c, CHANGE_CREATE_BUCKET, "bucket", NULL, &change) != 0)
		wrong(&c->v, "no bucket can be made");
	change_free(change);
	if (put_blob(&c->f, "afterwards", story_bytes(1, buf)) != 0 ||
	    !holds(&c->f, "afterwards", story_bytes(1, buf)) ||
	    delete_object(&c->f, "afterwards") != 0)
		wrong(&c->v, "it does not work");
	if (run(c, CHANGE_DELETE_BUCKET, "bucket", NULL, &change) != 0)
		wrong(&c->v, "a bucket cannot be deleted");
	change_free(change);
}

static void sweep(struct check *c, bool again)
{
	size_t n = 0;
	int r;

	bury(&c->f);
	r = sweep_orphans(c->f.store, &c->f.tenant, &n);
	if (r != 0 && r != -ENOENT)
		wrong(&c->v, "sweep fails: %d", r);
	if (again && n)
		wrong(&c->v, "the sweep after the second start finds %zu files", n);
}

static void check_tenant(struct check *c, unsigned int tenant)
{
	char bucket[STORY_NAME_MAX];

	c->f.tenant = story_tenant(tenant);
	check_lists(c, tenant);
	sweep(c, false);
	for (unsigned int i = 0; i < STORY_BUCKETS; i++)
		if (found(&c->v, tenant, STORY_BUCKET, i))
			check_figures(c, story_bucket(tenant, i, bucket));
}

/* As authd has it done at the next start. */
static void finish_erasure(struct check *c, unsigned int tenant)
{
	c->f.tenant = story_tenant(tenant);
	for (uint32_t i = 0; i < STORY_SLOTS_EACH; i++)
		c->v.found[tenant * STORY_SLOTS_EACH + i] = 0;
	if (erase_wholly(&c->f) != 0 || has_directory(&c->f))
		wrong(&c->v, "tenant %u cannot be erased", tenant);
}

/* --- files ----------------------------------------------------------------------------------- */

static sqlite3_int64 ask(struct check *c, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	sqlite3_int64 n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	else
		wrong(&c->v, "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(s);
	return n;
}

/* Each blob in a row has its file; with as many files as rows, there is no other. */
static void check_blobs(struct check *c, const char *tenant, sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	size_t n = 0;
	struct stat st;
	char path[512];

	assert(sqlite3_prepare_v2(db, "SELECT lower(hex(id)), size FROM blobs", -1, &s, NULL) ==
	       SQLITE_OK);
	for (; sqlite3_step(s) == SQLITE_ROW; n++) {
		const char *id = (const char *)sqlite3_column_text(s, 0);

		snprintf(path, sizeof(path), "%s/tenants/%s/blobs/%.2s/%s", c->f.directory, tenant,
			 id, id);
		if (stat(path, &st) < 0 || st.st_size != sqlite3_column_int64(s, 1))
			wrong(&c->v, "blob %s is not there, or not whole", id);
	}
	sqlite3_finalize(s);
	if (count_files(&c->f) != n)
		wrong(&c->v, "tenant %s: %zu files of %zu blobs", tenant, count_files(&c->f), n);
	if (ask(c, db, "SELECT count(*) FROM dead"))
		wrong(&c->v, "tenant %s: some dead are not buried", tenant);
}

static void check_files(struct check *c, unsigned int tenant)
{
	char path[256], id[IPC_ID_TEXT_SIZE];
	sqlite3 *db = NULL;

	c->f.tenant = story_tenant(tenant);
	ipc_id_text(&c->f.tenant, id);
	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", c->f.directory, id);
	if (access(path, F_OK) < 0) {
		if (count_files(&c->f))
			wrong(&c->v, "tenant %u has no catalog, but files", tenant);
		return;
	}
	assert(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	if (ask(c, db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"))
		wrong(&c->v, "the catalog of tenant %u is damaged", tenant);
	check_blobs(c, id, db);
	sqlite3_close(db);
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool open_store(struct check *c)
{
	int r = store_open(&c->f.config, &c->f.store);

	if (r == 0)
		r = store_start(c->f.store);
	if (r != 0)
		wrong(&c->v, "it cannot be opened: %d", r);
	return r == 0;
}

static void first_start(struct check *c)
{
	verdict_told(&c->v);
	for (unsigned int i = 0; i < c->v.story->n_tenants; i++)
		check_tenant(c, i);
	verdict_found(&c->v, "after the sweep");
	for (unsigned int i = 0; i < STORY_KEYS; i++) {
		c->f.tenant = story_tenant(0);
		complete_upload(c, (struct slot){ .kind = STORY_PART, .index = i });
	}
	for (unsigned int i = 0; i < c->v.story->n_tenants; i++)
		if (c->v.story->erased[i])
			finish_erasure(c, i);
	c->f.tenant = story_tenant(0);
	check_use(c);
	sweep(c, false);
}

static void configure(struct check *c, const char *directory)
{
	snprintf(c->f.directory, sizeof(c->f.directory), "%s", directory);
	c->f.config = (struct store_config){
		.data_dir = c->f.directory,
		.committers = 1,
		.floor_bytes = 1,
		.sweep_delay_s = 3600,
	};
}

unsigned int check_directory(const char *directory, const struct story *s)
{
	struct check c = { .v = { .story = s, .slot_is = slot_is, .context = &c } };

	configure(&c, directory);
	if (!open_store(&c))
		return c.v.n_wrong;
	first_start(&c);
	fixture_close(&c.f);
	for (unsigned int i = 0; i < s->n_tenants; i++)
		check_files(&c, i);
	if (!open_store(&c))
		return c.v.n_wrong;
	verdict_found(&c.v, "after the second start");
	for (unsigned int i = 0; i < s->n_tenants; i++) {
		c.f.tenant = story_tenant(i);
		sweep(&c, true);
	}
	fixture_close(&c.f);
	return c.v.n_wrong;
}

unsigned int check_recovery(const char *directory, const struct story *s)
{
	struct check c = { .v = { .story = s, .slot_is = slot_is, .context = &c } };

	configure(&c, directory);
	if (!open_store(&c))
		return c.v.n_wrong;
	verdict_told(&c.v);
	verdict_note(&c.v);
	for (unsigned int i = 0; i < s->n_tenants; i++) {
		c.f.tenant = story_tenant(i);
		sweep(&c, false);
	}
	fixture_close(&c.f);
	return c.v.n_wrong;
}
