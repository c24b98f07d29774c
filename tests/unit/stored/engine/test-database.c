/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/database.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct durable durable = { .durability = DURABILITY_FULL };
static char directory[] = "/tmp/coffer-database-XXXXXX";
static char path[sizeof(directory) + sizeof("/catalog.db")];

static struct database *open_as(enum database_role role)
{
	struct database *db = NULL;

	assert(database_open(path, role, &durable, (struct database_texts){ 0 }, &db) == 0);
	return db;
}

/* Of a file from elsewhere that slipped past what looks at its schema. */
static void test_t72_what_a_file_would_have_run_is_not_run(void)
{
	_cleanup_(database_closep) struct database *db = open_as(DATABASE_WRITER);
	int64_t n = -1;

	assert(database_run(
		       db, "CREATE TABLE a (x); CREATE TABLE b (x);"
			   "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); END;"
			   "CREATE VIEW v AS SELECT x FROM a") == 0);
	assert(database_run(db, "INSERT INTO a VALUES (1)") == 0);
	assert(database_number(db, "SELECT count(*) FROM a", &n) == 0 && n == 1);
	assert(database_number(db, "SELECT count(*) FROM b", &n) == 0 && n == 0);
	assert(database_number(db, "SELECT x FROM v", &n) < 0);
}

static void test_a_reader_sees_no_view_and_writes_nothing(void)
{
	_cleanup_(database_closep) struct database *writer = open_as(DATABASE_WRITER);
	_cleanup_(database_closep) struct database *db = open_as(DATABASE_READER);
	int64_t n = -1;

	assert(database_number(db, "SELECT x FROM v", &n) < 0);
	assert(database_run(db, "INSERT INTO a VALUES (2)") == -EROFS);
	assert(database_number(db, "SELECT count(*) FROM a", &n) == 0 && n == 1);
}

/* As nobody of ours would write it. */
static void put_elsewhere(const char *sql)
{
	sqlite3 *db = NULL;

	assert(sqlite3_open(path, &db) == SQLITE_OK);
	assert(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	assert(sqlite3_close(db) == SQLITE_OK);
}

static int count_long(void)
{
	_cleanup_(database_closep) struct database *db = NULL;
	int64_t n;
	int r = database_open(path, DATABASE_WRITER, &durable, (struct database_texts){ 0 }, &db);

	return r ? r : database_number(db, "SELECT length(hex(x)) FROM long", &n);
}

static void test_t72_what_is_larger_than_anything_of_ours_is_not_read(void)
{
	char sql[128];

	put_elsewhere("CREATE TABLE long (x)");
	snprintf(sql, sizeof(sql), "INSERT INTO long VALUES (zeroblob(%zu))", (size_t)DATABASE_ROW_MAX / 4);
	put_elsewhere(sql);
	assert(count_long() == 0);
	snprintf(sql, sizeof(sql), "UPDATE long SET x = zeroblob(%zu)", (size_t)DATABASE_ROW_MAX + 1);
	put_elsewhere(sql);
	assert(count_long() == -EPROTO);
	put_elsewhere("UPDATE long SET x = 1");
	assert(count_long() == 0);
	put_elsewhere("PRAGMA writable_schema = ON; UPDATE sqlite_schema"
		      " SET sql = 'CREATE TABLE long (x' || replace(hex(zeroblob(40000)), '0', ' ') || ')'"
		      " WHERE name = 'long'");
	assert(count_long() == -EUCLEAN);
}

static void test_no_other_file_is_attached(void)
{
	_cleanup_(database_closep) struct database *db = open_as(DATABASE_WRITER);

	assert(database_run(db, "ATTACH ':memory:' AS other") < 0);
}

int main(void)
{
	assert(mkdtemp(directory));
	stpcpy(stpcpy(path, directory), "/catalog.db");
	assert(database_setup() == 0);
	test_t72_what_a_file_would_have_run_is_not_run();
	test_a_reader_sees_no_view_and_writes_nothing();
	test_no_other_file_is_attached();
	test_t72_what_is_larger_than_anything_of_ours_is_not_read();
	assert(unlink(path) == 0);
	assert(rmdir(directory) == 0);
	return 0;
}
