/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/database.h"

#define BUSY_WAIT_MS 5000

/* In KiB. A reader's cache is dropped whenever the writer commits, so a large one is no use. */
#define WRITER_CACHE "PRAGMA cache_size = -8192"
#define READER_CACHE "PRAGMA cache_size = -1024"

/* Larger pages were measured and win nothing: docs/storage.md. */
#define PAGE_BYTES 4096
#define PAGE_SIZE  "PRAGMA page_size = 4096"

int database_setup(void)
{
	/*
	 * SQLITE_MISUSE: SQLite is in use already, such as by an earlier store in this process.
	 * Connections are opened NOMUTEX anyway; this spares the allocator's mutex.
	 */
	int r = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

	if (r != SQLITE_OK && r != SQLITE_MISUSE)
		return -EIO;
	if (!sqlite3_threadsafe())
		return -ENOTSUP;
	return sqlite3_initialize() == SQLITE_OK ? 0 : -ENOMEM;
}

/* What the last failure on this connection is as an errno. */
int database_error(const struct database *db, int code)
{
	int system = db->handle ? sqlite3_system_errno(db->handle) : 0;

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
		return -EUCLEAN;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_CANTOPEN:
		return system ? -system : -ENOENT;
	case SQLITE_IOERR:
		/* Growing the shared index of the log on a full disk ends here, not in FULL. */
		if (code == SQLITE_IOERR_NOMEM)
			return -ENOMEM;
		return system == ENOSPC || system == EDQUOT ? -system : -EIO;
	default:
		return -EPROTO;
	}
}

static int error_now(const struct database *db)
{
	return database_error(db, sqlite3_extended_errcode(db->handle));
}

int database_run(struct database *db, const char *sql)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return error_now(db);
	return 0;
}

int database_number(struct database *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *s = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL) != SQLITE_OK)
		return error_now(db);
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		*ret = sqlite3_column_int64(s, 0);
		break;
	case SQLITE_DONE:
		r = -ENODATA;
		break;
	default:
		r = error_now(db);
		break;
	}
	sqlite3_finalize(s);
	return r;
}

/* Before the file is looked at: nothing of ours is larger, and what came from elsewhere costs no more. */
static void limit(sqlite3 *handle)
{
	sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, DATABASE_ROW_MAX);
	sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 64 * 1024);
	sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 100);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

static int configure(struct database *db, enum database_role role)
{
	bool relaxed = db->durable->durability == DURABILITY_RELAXED;
	int r;

	limit(db->handle);
	/* mmap stays off: a file cut short under us must be an error, not a SIGBUS. */
	r = database_run(db, "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
			     "PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0");
	if (r < 0)
		return r;
	/* Ours have none. What came in a file from elsewhere is never run. */
	if (sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) != SQLITE_OK ||
	    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) != SQLITE_OK)
		return -EPROTO;
	switch (role) {
	case DATABASE_WRITER:
		r = database_run(db,
				 PAGE_SIZE ";" WRITER_CACHE ";"
					   "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF");
		if (r < 0)
			return r;
		return database_run(db, relaxed ? "PRAGMA synchronous = NORMAL"
						: "PRAGMA synchronous = FULL");
	case DATABASE_READER:
		/* Or the last one to close would checkpoint. */
		if (sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) !=
		    SQLITE_OK)
			return -EPROTO;
		return database_run(db, READER_CACHE "; PRAGMA query_only = ON");
	}
	return -EINVAL;
}

static int note_log(void *context, sqlite3 *handle, const char *name, int pages)
{
	struct database *db = context;

	db->log_bytes = (uint64_t)pages * PAGE_BYTES;
	return SQLITE_OK;
}

int database_open(const char *path, enum database_role role, const struct durable *d,
		  struct database_texts texts, struct database **ret)
{
	_cleanup_(database_closep) struct database *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
		    SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
	int r;

	if (role == DATABASE_WRITER)
		flags |= SQLITE_OPEN_CREATE;
	db = calloc(1, sizeof(*db));
	if (!db)
		return -ENOMEM;
	db->durable = d;
	db->texts = texts;
	db->prepared = calloc(texts.n, sizeof(*db->prepared));
	if (!db->prepared)
		return -ENOMEM;
	r = sqlite3_open_v2(path, &db->handle, flags, NULL);
	if (r != SQLITE_OK)
		return database_error(db, r);
	sqlite3_busy_timeout(db->handle, BUSY_WAIT_MS);
	r = configure(db, role);
	if (r < 0)
		return r;
	if (role == DATABASE_WRITER)
		sqlite3_wal_hook(db->handle, note_log, db);
	*ret = steal_ptr(db);
	return 0;
}

struct database *database_close(struct database *db)
{
	if (!db)
		return NULL;
	for (size_t i = 0; db->prepared && i < db->texts.n; i++)
		sqlite3_finalize(db->prepared[i]);
	free(db->prepared);
	/* close_v2 would leave a connection behind that nobody knows of. */
	sqlite3_close(db->handle);
	free(db);
	return NULL;
}

bool database_in_transaction(const struct database *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

bool database_lost_flush(const struct database *db)
{
	int code = sqlite3_extended_errcode(db->handle);

	return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC ||
	       code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_CLOSE;
}

void database_keep_log(struct database *db)
{
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

int database_checkpoint(struct database *db, bool whole)
{
	int mode = whole ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;

	durable_step(db->durable, DURABLE_CHECKPOINT);
	if (sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, NULL, NULL) != SQLITE_OK)
		return error_now(db);
	return 0;
}
