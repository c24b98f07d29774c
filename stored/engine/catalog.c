/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/catalog.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wal.h"
#include "stored/engine/catalogs.h"
#include "stored/engine/restoring.h"

static const char *const catalog_texts[CATALOG_STATEMENT_COUNT] = {
#define STATEMENT(SYMBOL, text) [CATALOG_##SYMBOL] = (text),
	CATALOG_STATEMENTS(STATEMENT)
#undef STATEMENT
};

const struct database_texts catalog_statements = { catalog_texts, CATALOG_STATEMENT_COUNT };

#define TO(state) (1u << (state))

static const uint8_t catalog_moves[CATALOG_STATES] = {
	[CATALOG_CLOSED] = TO(CATALOG_OPEN),
	[CATALOG_OPEN] = TO(CATALOG_CLOSED) | TO(CATALOG_FAILED),
	[CATALOG_FAILED] = TO(CATALOG_CLOSED),
};

/* False where it is not there to be moved: two threads may report the same failure. */
static bool catalog_move(struct catalog *c, enum catalog_state from, enum catalog_state to)
{
	if (!(catalog_moves[from] & TO(to)))
		abort();
	return atomic_compare_exchange_strong(&c->state, &from, to);
}

/* --- opening ------------------------------------------------------------------------------- */

/*
 * Moves what an earlier process left in the log into the file. A log for which there is no room in
 * the file yet has been read from the disk and can be gone on with: a full store must be able to
 * delete.
 */
static void settle(struct catalog *c)
{
	char text[IPC_ID_TEXT_SIZE];
	int r = database_checkpoint(c->writer, true);

	c->unsettled = r < 0 && r != -ENOSPC && r != -EDQUOT && r != -EBUSY;
	if (r < 0)
		log_error("log-not-settled tenant=%s error=%d read-only=%s",
			  ipc_id_text(&c->tenant, text), -r, c->unsettled ? "yes" : "no");
}

/* Where that fails the catalog can still be read. */
static int open_writer(struct catalog *c, const char *path)
{
	int left, r;

	left = wal_forget_pages(c->place.directory_fd, "catalog.db");
	if (left < 0)
		return left;
	r = database_open(path, DATABASE_WRITER, c->catalogs->durable, catalog_statements,
			  &c->writer);
	if (r < 0)
		return r;
	c->unsettled = false;
	if (left)
		settle(c);
	return 0;
}

#define STEP(text) "BEGIN IMMEDIATE;" text "COMMIT"

/* What brings a catalog of version i to i + 1. */
static const char *const steps[] = {
	STEP(CATALOG_STEP_1),
	STEP(CATALOG_STEP_2),
	STEP(CATALOG_STEP_3),
	STEP(CATALOG_STEP_4),
};

_Static_assert(ARRAY_SIZE(steps) == CATALOG_VERSION, "a step leads to each version");

int catalog_make_steps(struct database *db, size_t from, size_t to)
{
	int r = 0;

	for (size_t i = from; r == 0 && i < to; i++)
		r = database_run(db, steps[i]);
	return r;
}

static int make_tables(struct catalog *c)
{
	int r = catalog_make_steps(c->writer, 0, ARRAY_SIZE(steps));

	if (r < 0)
		return r;
	/* The file's own name; SQLite flushed what is in it and the log's name. */
	return durable_flush_database_directory(c->catalogs->durable, c->place.directory_fd);
}

static int migrate(struct catalog *c, size_t version)
{
	char text[IPC_ID_TEXT_SIZE];
	int r;

	/* Nothing is built on a log that may not be on the disk. */
	if (c->unsettled)
		return -EROFS;
	r = catalog_make_steps(c->writer, version, ARRAY_SIZE(steps));
	if (r == 0)
		log_info("catalog-migrated tenant=%s from=%zu to=%zu",
			 ipc_id_text(&c->tenant, text), version, ARRAY_SIZE(steps));
	return r;
}

static int check_tables(struct catalog *c)
{
	int64_t version = 0;
	int r;

	r = database_number(c->writer, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	/* A later release made it: what it means is not known here. */
	if (version < 0 || version > (int64_t)ARRAY_SIZE(steps))
		return -ENOTSUP;
	if (version == 0)
		return make_tables(c);
	return version < (int64_t)ARRAY_SIZE(steps) ? migrate(c, (size_t)version) : 0;
}

static int find_next_instance(struct catalog *c)
{
	_cleanup_(query_end) struct query q = query_begin(c->writer, CATALOG_LAST_INSTANCE);
	int r = query_step(&q);

	if (r < 0)
		return r;
	c->next_instance = query_column_number(&q, 0) + 1;
	return 0;
}

static int file_path(struct catalog *c, char buf[static PATH_MAX])
{
	char name[IPC_ID_TEXT_SIZE];
	int n = snprintf(buf, PATH_MAX, "%s/%s/catalog.db", c->catalogs->tenants_path,
			 ipc_id_text(&c->tenant, name));

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static void close_files(struct catalog *c)
{
	/* Readers first: the writer, closing last, leaves no log behind. */
	database_pool_clear(&c->readers);
	if (c->writer && (c->unsettled || c->erased || atomic_load(&c->state) == CATALOG_FAILED))
		database_keep_log(c->writer);
	c->writer = database_close(c->writer);
	ledger_forget(&c->ledger);
	place_close(&c->place);
	c->log_tried = 0;
}

static int open_files(struct catalog *c, bool make)
{
	char path[PATH_MAX];
	struct stat st;
	int r;

	r = file_path(c, path);
	if (r < 0)
		return r;
	r = place_open(c->catalogs->tenants_fd, &c->tenant, make, c->catalogs->durable, &c->place);
	if (r < 0)
		return r;
	if (fstatat(c->place.directory_fd, "catalog.db", &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (!make || errno != ENOENT)
			return -errno;
		if (fstatat(c->place.directory_fd, RESTORING_DIRECTORY, &st, AT_SYMLINK_NOFOLLOW) ==
		    0)
			return -EBUSY;
	}
	r = open_writer(c, path);
	if (r < 0)
		return r;
	r = check_tables(c);
	if (r < 0)
		return r;
	r = ledger_load(&c->ledger, c->writer);
	if (r < 0)
		return r;
	r = database_pool_init(&c->readers, path, c->catalogs->durable, catalog_statements);
	if (r < 0)
		return r;
	return find_next_instance(c);
}

int catalog_open(struct catalog *c, bool make)
{
	int r = 0;

	pthread_mutex_lock(&c->opening);
	if (atomic_load(&c->state) == CATALOG_CLOSED) {
		r = open_files(c, make);
		if (r < 0)
			close_files(c);
		else
			(void)catalog_move(c, CATALOG_CLOSED, CATALOG_OPEN);
	}
	pthread_mutex_unlock(&c->opening);
	return r;
}

bool catalog_fail(struct catalog *c)
{
	return catalog_move(c, CATALOG_OPEN, CATALOG_FAILED);
}

bool catalog_close(struct catalog *c)
{
	if (!catalog_move(c, CATALOG_OPEN, CATALOG_CLOSED))
		return false;
	close_files(c);
	return true;
}

/* --- memory -------------------------------------------------------------------------------- */

struct catalog *catalog_new(struct catalogs *all, const struct ipc_id *tenant)
{
	struct catalog *c = calloc(1, sizeof(*c));
	pthread_rwlockattr_t fair;

	if (!c)
		return NULL;
	c->catalogs = all;
	c->tenant = *tenant;
	c->place = PLACE_NONE;
	ledger_init(&c->ledger);
	c->pins = TABLE_INIT(CATALOG_PINS_MAX);
	c->young = TABLE_INIT(CATALOG_YOUNG_MAX);
	pthread_mutex_init(&c->opening, NULL);
	pthread_mutex_init(&c->blobs_lock, NULL);
	/* Or readers that come all the time would keep the sweep out for ever. */
	pthread_rwlockattr_init(&fair);
	pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&c->reading, &fair);
	pthread_rwlockattr_destroy(&fair);
	return c;
}

struct catalog *catalog_free(struct catalog *c)
{
	close_files(c);
	ledger_clear(&c->ledger);
	table_clear(&c->pins);
	table_clear(&c->young);
	pthread_rwlock_destroy(&c->reading);
	pthread_mutex_destroy(&c->blobs_lock);
	pthread_mutex_destroy(&c->opening);
	free(c);
	return NULL;
}
