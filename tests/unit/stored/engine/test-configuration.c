/* SPDX-License-Identifier: Apache-2.0 */

/* What owners say about their buckets, kept and found. */

#include "engine-fixture.h"

#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct fixture f;

#define ALL_KINDS ((1u << STORE_CONFIGURATION_COUNT) - 1)
#define POLICY	  STORE_CONFIGURATION_POLICY
#define BLOCK	  STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK

static int set_if(const char *bucket, enum store_configuration kind, struct span document,
		  const struct span *premise)
{
	_cleanup_(change_freep) struct change *c = NULL;
	struct change_set_configuration *s;

	assert(change_new(CHANGE_SET_CONFIGURATION, &f.tenant, span_from_string(bucket), SPAN_NONE,
			  &c) == 0);
	s = &c->set_configuration;
	s->kind = kind;
	s->document = document;
	s->owner_id = SPAN("0123");
	s->owner_name = SPAN("Me");
	if (premise) {
		s->depends = true;
		s->on = BLOCK;
		s->on_document = *premise;
	}
	return submit(&f, c);
}

static int set(const char *bucket, enum store_configuration kind, struct span document)
{
	return set_if(bucket, kind, document, NULL);
}

static bool is(const char *bucket, enum store_configuration kind, struct span document)
{
	_cleanup_(configuration_clear) struct configuration found = { 0 };
	struct span there;

	assert(store_find_configuration(f.store, span_from_string(bucket), ALL_KINDS, &found) == 0);
	assert(ipc_id_equal(&found.owner, &f.tenant));
	there = found.documents[kind];
	return span_is_none(there) == span_is_none(document) && span_equal(there, document);
}

static bool is_blocked(const char *bucket)
{
	return is(bucket, BLOCK,
		  SPAN("<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
		       "<IgnorePublicAcls>true</IgnorePublicAcls>"
		       "<BlockPublicPolicy>true</BlockPublicPolicy>"
		       "<RestrictPublicBuckets>true</RestrictPublicBuckets>"
		       "</PublicAccessBlockConfiguration>"));
}

static void test_a_document_is_kept_until_it_is_replaced_or_taken_away(void)
{
	fixture_begin(&f);
	assert(is("bucket", POLICY, SPAN_NONE));
	assert(set("bucket", POLICY, SPAN("{1}")) == 0);
	assert(is("bucket", POLICY, SPAN("{1}")));
	assert(set("bucket", POLICY, SPAN("{22}")) == 0);
	fixture_close(&f);
	fixture_open(&f);
	assert(is("bucket", POLICY, SPAN("{22}")));
	assert(set("bucket", POLICY, SPAN_NONE) == 0);
	assert(is("bucket", POLICY, SPAN_NONE));
	assert(set("bucket", POLICY, SPAN_NONE) == 0);
	fixture_end(&f);
}

static void test_only_what_is_asked_for_is_found(void)
{
	_cleanup_(configuration_clear) struct configuration found = { 0 };

	fixture_begin(&f);
	assert(set("bucket", POLICY, SPAN("{1}")) == 0);
	assert(store_find_configuration(f.store, SPAN("bucket"), 1u << BLOCK, &found) == 0);
	assert(span_is_none(found.documents[POLICY]) && found.documents[BLOCK].len);
	assert(span_equal(found.owner_id, SPAN("0123")) &&
	       span_equal(found.owner_name, SPAN("Me")));
	assert(store_find_configuration(f.store, SPAN("nobodys"), ALL_KINDS, &found) ==
	       S3_ERROR_NO_SUCH_BUCKET);
	fixture_end(&f);
}

static void test_a_new_bucket_is_closed_to_the_public(void)
{
	fixture_begin(&f);
	assert(is_blocked("bucket"));
	assert(set("bucket", BLOCK, SPAN_NONE) == 0);
	assert(is("bucket", BLOCK, SPAN_NONE));
	fixture_end(&f);
}

static void test_a_new_bucket_of_an_old_name_has_nothing_of_the_old_one(void)
{
	fixture_begin(&f);
	assert(set("bucket", POLICY, SPAN("{1}")) == 0);
	assert(set("bucket", BLOCK, SPAN_NONE) == 0);
	assert(delete_bucket(&f, "bucket") == 0);
	assert(create_bucket(&f, "bucket") == 0);
	assert(is("bucket", POLICY, SPAN_NONE) && is_blocked("bucket"));
	fixture_end(&f);
}

/* Nobody would find the rows, as the number of a bucket is not used again; they would only stay. */
static void test_with_a_bucket_its_documents_go(void)
{
	fixture_begin(&f);
	assert(set("bucket", POLICY, SPAN("{1}")) == 0);
	assert(delete_bucket(&f, "bucket") == 0);
	fixture_close(&f);
	fixture_sql(&f, &f.tenant,
		    "CREATE TEMP TABLE left_behind (n INTEGER CHECK (n = 0));"
		    "INSERT INTO left_behind SELECT count(*) FROM configurations");
	fixture_open(&f);
	fixture_end(&f);
}

static void test_t30_nobody_else_sets_it(void)
{
	struct ipc_id mine;

	fixture_begin(&f);
	mine = f.tenant;
	f.tenant = other_tenant();
	assert(create_bucket(&f, "theirs") == 0);
	assert(set("bucket", POLICY, SPAN("{1}")) == S3_ERROR_ACCESS_DENIED);
	assert(set("nobodys", POLICY, SPAN("{1}")) == S3_ERROR_NO_SUCH_BUCKET);
	f.tenant = mine;
	assert(is("bucket", POLICY, SPAN_NONE));
	fixture_end(&f);
}

static void test_what_was_decided_by_something_else_is_not_set(void)
{
	fixture_begin(&f);
	assert(set("bucket", BLOCK, SPAN("<1/>")) == 0);
	assert(set_if("bucket", POLICY, SPAN("{1}"), &SPAN("<2/>")) == -ESTALE);
	assert(set_if("bucket", POLICY, SPAN("{1}"), &SPAN_NONE) == -ESTALE);
	assert(is("bucket", POLICY, SPAN_NONE));
	assert(set_if("bucket", POLICY, SPAN("{1}"), &SPAN("<1/>")) == 0);
	assert(set("bucket", BLOCK, SPAN_NONE) == 0);
	assert(set_if("bucket", POLICY, SPAN("{2}"), &SPAN("<1/>")) == -ESTALE);
	assert(set_if("bucket", POLICY, SPAN("{2}"), &SPAN_NONE) == 0);
	fixture_end(&f);
}

static void test_a_document_has_a_limit(void)
{
	static uint8_t bytes[STORE_CONFIGURATION_MAX + 1];

	fixture_begin(&f);
	assert(set("bucket", POLICY, (struct span){ bytes, sizeof(bytes) }) == -EMSGSIZE);
	assert(set("bucket", POLICY, (struct span){ bytes, sizeof(bytes) - 1 }) == 0);
	assert(is("bucket", POLICY, (struct span){ bytes, sizeof(bytes) - 1 }));
	fixture_end(&f);
}

/* Who keeps what he found asks by the stamp whether it still holds. */
static void test_a_change_shows_in_the_stamp(void)
{
	uint64_t stamp;

	fixture_begin(&f);
	stamp = store_stamp(f.store, SPAN("bucket"));
	assert(put(&f, "key", SPAN("x")) == 0 && delete_object(&f, "key") == 0);
	assert(store_stamp(f.store, SPAN("bucket")) == stamp);
	assert(set("bucket", POLICY, SPAN("{1}")) == 0);
	assert(store_stamp(f.store, SPAN("bucket")) != stamp);
	stamp = store_stamp(f.store, SPAN("bucket"));
	assert(delete_bucket(&f, "bucket") == 0);
	assert(store_stamp(f.store, SPAN("bucket")) != stamp);
	stamp = store_stamp(f.store, SPAN("bucket"));
	assert(create_bucket(&f, "bucket") == 0);
	assert(store_stamp(f.store, SPAN("bucket")) != stamp);
	stamp = store_stamp(f.store, SPAN("bucket"));
	assert(erase(&f, ERASE_ALL) == 0);
	assert(store_stamp(f.store, SPAN("bucket")) != stamp);
	fixture_end(&f);
}

/* Files as earlier versions made them: no bucket of theirs was public. */
static void test_buckets_of_before_are_closed_to_the_public(const char *dump)
{
	fixture_begin_from(&f, dump);
	assert(is_blocked("alpha") && is_blocked("empty"));
	assert(is("alpha", POLICY, SPAN_NONE));
	assert(set("alpha", POLICY, SPAN("{1}")) == 0 && is("alpha", POLICY, SPAN("{1}")));
	fixture_end(&f);
}

/* In the library's place: files cannot be flushed. */
static _Atomic bool flushes_fail;

int fdatasync(int fd)
{
	if (!flushes_fail)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}

/* As a process leaves it behind that could not flush it. */
static void leave_a_log(void)
{
	char path[PATH_MAX], tenant[IPC_ID_TEXT_SIZE];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", f.directory,
		 ipc_id_text(&f.tenant, tenant));
	assert(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert(sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA application_id = 1", NULL, NULL,
			    NULL) == SQLITE_OK);
	sqlite3_close(db);
}

/* A release cannot read what an earlier one made, and nothing is built on a log that may be lost. */
static void test_a_catalog_of_before_waits_until_its_log_is_flushed(const char *dump)
{
	struct catalog *c;

	fixture_prepare_from(&f, dump);
	leave_a_log();
	flushes_fail = true;
	fixture_open(&f);
	assert(catalog_get(&f.store->catalogs, &f.tenant, false, &c) == -EROFS);
	/* No start is needed: each time it is opened the log is read again. */
	flushes_fail = false;
	assert(catalog_get(&f.store->catalogs, &f.tenant, false, &c) == 0);
	catalog_put(c);
	/* Whose names these are the index hears at the next. */
	fixture_close(&f);
	fixture_open(&f);
	assert(is_blocked("alpha"));
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	RUN(test_a_document_is_kept_until_it_is_replaced_or_taken_away);
	RUN(test_only_what_is_asked_for_is_found);
	RUN(test_a_new_bucket_is_closed_to_the_public);
	RUN(test_a_new_bucket_of_an_old_name_has_nothing_of_the_old_one);
	RUN(test_with_a_bucket_its_documents_go);
	RUN(test_t30_nobody_else_sets_it);
	RUN(test_what_was_decided_by_something_else_is_not_set);
	RUN(test_a_document_has_a_limit);
	RUN(test_a_change_shows_in_the_stamp);
	for (int i = 1; i < argc; i++)
		test_buckets_of_before_are_closed_to_the_public(argv[i]);
	assert(argc > 1);
	test_a_catalog_of_before_waits_until_its_log_is_flushed(argv[1]);
	return 0;
}
