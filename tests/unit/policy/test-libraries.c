/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG

/*
 * The other side of the probe: what SQLite, libsodium and the C library need goes through, from
 * several threads at once, in authd and in stored, after the warm-up that the daemons make.
 */

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policy/confine.h"

#define TEST_UID     61232
#define THREADS	     4
#define ROWS	     40
#define TIME_LIMIT_S 60

static const char *database;

static void run(sqlite3 *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK)
		return;
	fprintf(stderr, "%s: %s\n", sql, message);
	abort();
}

static sqlite3 *open_database(void)
{
	sqlite3 *db;

	assert(sqlite3_open_v2(database, &db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL) == SQLITE_OK);
	sqlite3_busy_timeout(db, 1000 * TIME_LIMIT_S);
	run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY");
	return db;
}

static void write_rows(sqlite3 *db)
{
	for (int i = 0; i < ROWS; i++)
		run(db, "BEGIN IMMEDIATE; SAVEPOINT one;"
			"INSERT INTO rows VALUES (randomblob(16), zeroblob(20000));"
			"RELEASE one; COMMIT");
}

static void keep_a_key(void)
{
	uint8_t *key = sodium_malloc(32);

	assert(key);
	randombytes_buf(key, 32);
	assert(sodium_mprotect_readonly(key) == 0 && sodium_mprotect_noaccess(key) == 0);
	assert(sodium_mprotect_readwrite(key) == 0);
	sodium_free(key);
}

static int by_number(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(int));
}

/* More than qsort(3) sorts on the stack, and more than malloc(3) takes from an arena. */
static void sort_much(void)
{
	size_t n = 200000;
	int *numbers = malloc(n * sizeof(*numbers));

	assert(numbers);
	for (size_t i = 0; i < n; i++)
		numbers[i] = (int)(i * 7919 % n);
	qsort(numbers, n, sizeof(*numbers), by_number);
	numbers = realloc(numbers, 4 * n * sizeof(*numbers));
	assert(numbers);
	free(numbers);
}

static void tell_the_time(void)
{
	time_t now = time(NULL);
	char text[64];
	struct tm t;

	assert(gmtime_r(&now, &t) && strftime(text, sizeof(text), "%a, %d %b %Y", &t));
}

static void *work(void *start)
{
	char go;
	sqlite3 *db;

	assert(read(*(int *)start, &go, 1) == 1);
	db = open_database();
	write_rows(db);
	run(db, "PRAGMA query_only=1; SELECT count(*), sum(length(value)) FROM rows");
	assert(sqlite3_close(db) == SQLITE_OK);
	keep_a_key();
	sort_much();
	tell_the_time();
	return NULL;
}

static void warm_up(void)
{
	uint8_t byte;

	assert(sodium_init() >= 0);
	sqlite3_randomness(1, &byte);
	tell_the_time();
}

static void finish(void)
{
	sqlite3 *db = open_database();

	run(db, "PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA integrity_check");
	run(db, "DELETE FROM rows; PRAGMA wal_checkpoint(TRUNCATE)");
	assert(sqlite3_close(db) == SQLITE_OK);
}

static void live(enum process p, const char *directory)
{
	struct confine c = CONFINE_INIT(p);
	pthread_t threads[THREADS];
	int fds[2];
	sqlite3 *db;

	alarm(TIME_LIMIT_S);
	if (getuid() == 0)
		c.uid = c.gid = TEST_UID;
	c.directory = directory;
	assert(pipe(fds) == 0);
	assert(confine_drop(&c) == 0);
	warm_up();
	db = open_database();
	run(db, "CREATE TABLE IF NOT EXISTS rows (name BLOB PRIMARY KEY, value BLOB)");
	assert(confine_enclose(&c) == 0);
	for (int i = 0; i < THREADS; i++)
		assert(pthread_create(&threads[i], NULL, work, &fds[0]) == 0);
	assert(confine_filter(&c) == 0);
	assert(write(fds[1], "gogo", THREADS) == THREADS);
	for (int i = 0; i < THREADS; i++)
		assert(pthread_join(threads[i], NULL) == 0);
	assert(sqlite3_close(db) == SQLITE_OK);
	finish();
}

static void test_libraries_work_confined(enum process p, const char *directory)
{
	int status;
	pid_t pid = fork();

	assert(pid >= 0);
	if (pid == 0) {
		live(p, directory);
		exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid);
	assert(status == 0);
}

int main(void)
{
	char directory[] = "/tmp/cf-libraries-XXXXXX", path[64];

	assert(mkdtemp(directory));
	if (getuid() == 0)
		assert(chown(directory, TEST_UID, TEST_UID) == 0);
	snprintf(path, sizeof(path), "%s/a.db", directory);
	database = path;
	test_libraries_work_confined(PROCESS_AUTHD, directory);
	test_libraries_work_confined(PROCESS_STORED, directory);
	assert(unlink(path) == 0 && rmdir(directory) == 0);
	return 0;
}
