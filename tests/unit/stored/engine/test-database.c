/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/database.h"

#include <assert.h>
#include <errno.h>
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

int main(void)
{
	assert(mkdtemp(directory));
	stpcpy(stpcpy(path, directory), "/catalog.db");
	assert(database_setup() == 0);
	test_t72_what_a_file_would_have_run_is_not_run();
	test_a_reader_sees_no_view_and_writes_nothing();
	assert(unlink(path) == 0);
	assert(rmdir(directory) == 0);
	return 0;
}
