/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/database/rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/wal.h"

/* Says in the file's header whose it is: "CFau". */
#define APPLICATION_ID 0x43466175

static const char first_schema[] =
	"CREATE TABLE tenants ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
	"	name TEXT NOT NULL UNIQUE,"
	"	display_name TEXT NOT NULL,"
	"	email TEXT NOT NULL,"
	"	canonical_id TEXT NOT NULL UNIQUE CHECK (length(canonical_id) = 64),"
	"	created_ns INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE keys ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	id TEXT NOT NULL UNIQUE,"
	"	tenant INTEGER NOT NULL REFERENCES tenants (number),"
	"	sealed BLOB NOT NULL,"
	"	enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),"
	"	created_ns INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX keys_by_tenant ON keys (tenant);";

/* Times of tokens are whole seconds, 0 for never, as their clients are told them. */
static const char token_schema[] =
	"CREATE TABLE tokens ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	tenant INTEGER NOT NULL REFERENCES tenants (number),"
	"	name TEXT NOT NULL,"
	"	hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),"
	"	scopes INTEGER NOT NULL,"
	"	bucket TEXT NOT NULL,"
	"	prefix TEXT NOT NULL,"
	"	rate INTEGER NOT NULL,"
	"	created_s INTEGER NOT NULL,"
	"	expires_s INTEGER NOT NULL,"
	"	used_s INTEGER NOT NULL,"
	"	UNIQUE (tenant, name)"
	") STRICT;";

/* deletion: enum tenant_deletion. */
static const char tenant_state_schema[] =
	"ALTER TABLE tenants ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0"
	"	CHECK (suspended IN (0, 1));"
	"ALTER TABLE tenants ADD COLUMN deletion INTEGER NOT NULL DEFAULT 0"
	"	CHECK (deletion IN (0, 1, 2));";

/* policy: its JSON; empty: none. Times of keys' expiry and use are as tokens'. */
static const char user_schema[] =
	"CREATE TABLE users ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
	"	tenant INTEGER NOT NULL REFERENCES tenants (number),"
	"	name TEXT NOT NULL,"
	"	policy TEXT NOT NULL DEFAULT '',"
	"	created_ns INTEGER NOT NULL,"
	"	UNIQUE (tenant, name)"
	") STRICT;"
	"ALTER TABLE keys ADD COLUMN user INTEGER REFERENCES users (number);"
	"ALTER TABLE keys ADD COLUMN expires_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE keys ADD COLUMN used_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX keys_by_user ON keys (user);";

static const char administrator_schema[] =
	"ALTER TABLE users ADD COLUMN administrator INTEGER NOT NULL DEFAULT 0"
	"	CHECK (administrator IN (0, 1));";

/* What a tenant may have at a time, as authd/ceiling.h says it; -1: what the configuration says. */
static const char ceiling_schema[] =
	"ALTER TABLE tenants ADD COLUMN requests_per_second INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE tenants ADD COLUMN burst INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE tenants ADD COLUMN bandwidth INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE tenants ADD COLUMN parallel INTEGER NOT NULL DEFAULT -1;";

/* Step i brings user_version from i to i + 1. Steps are never changed, only added. */
static const char *const migrations[] = { first_schema, token_schema,	      tenant_state_schema,
					  user_schema,	administrator_schema, ceiling_schema };

static const char *const texts[STATEMENT_COUNT] = {
#define STATEMENT(SYMBOL, text) [STATEMENT_##SYMBOL] = text,
	STATEMENTS(STATEMENT)
#undef STATEMENT
};

int database_failure(int code)
{
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	default:
		return -EIO;
	}
}

int database_execute(struct database *d, const char *sql)
{
	int code = sqlite3_exec(d->sqlite, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : database_failure(code);
}

static int read_number(struct database *d, const char *sql, int *ret)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(d->sqlite, sql, -1, &s, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return code == SQLITE_ROW ? 0 : database_failure(code);
}

static int migrate_one(struct database *d, int from)
{
	char version[64];
	int r;

	snprintf(version, sizeof(version), "PRAGMA user_version = %d; COMMIT", from + 1);
	r = database_execute(d, "BEGIN EXCLUSIVE");
	if (r < 0)
		return r;
	r = database_execute(d, migrations[from]);
	if (r >= 0)
		r = database_execute(d, version);
	if (r < 0 && !sqlite3_get_autocommit(d->sqlite))
		(void)!database_execute(d, "ROLLBACK");
	return r;
}

static int migrate(struct database *d)
{
	int version = 0, owner = 0, r;

	r = read_number(d, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	r = read_number(d, "PRAGMA application_id", &owner);
	if (r < 0)
		return r;
	if (version > 0 && owner != APPLICATION_ID)
		return -EBADMSG;
	if (version > (int)ARRAY_SIZE(migrations))
		return -EFBIG;
	/* Nothing is built on a log that may not be on the disk. */
	if (version < (int)ARRAY_SIZE(migrations) && d->unsettled)
		return -EROFS;
	for (; r >= 0 && version < (int)ARRAY_SIZE(migrations); version++)
		r = migrate_one(d, version);
	return r;
}

static int configure(struct database *d)
{
	char owner[64];
	int version = 0, r;

	sqlite3_extended_result_codes(d->sqlite, 1);
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = database_execute(d, "PRAGMA locking_mode = EXCLUSIVE;"
				"PRAGMA journal_mode = WAL;"
				"PRAGMA synchronous = FULL;"
				"PRAGMA foreign_keys = ON;"
				"PRAGMA temp_store = MEMORY;"
				"PRAGMA secure_delete = ON;");
	if (r < 0)
		return r;
	r = read_number(d, "PRAGMA user_version", &version);
	if (r < 0 || version > 0)
		return r;
	snprintf(owner, sizeof(owner), "PRAGMA application_id = %d", APPLICATION_ID);
	return database_execute(d, owner);
}

static int prepare(struct database *d)
{
	for (int i = 0; i < STATEMENT_COUNT; i++) {
		int code = sqlite3_prepare_v3(d->sqlite, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					      &d->statements[i], NULL);

		if (code != SQLITE_OK)
			return database_failure(code);
	}
	return 0;
}

/* SQLite would make it by the umask; WAL and index get the mode of the file. */
static int create_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	fd_close(fd);
	return 0;
}

/*
 * Moves what an earlier process left in the log into the file. Where there is no room for it, it has been read
 * from the disk, and can be gone on with.
 */
static void settle(struct database *d)
{
	int code = sqlite3_wal_checkpoint_v2(d->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	d->unsettled = code != SQLITE_OK && database_failure(code) != -ENOSPC;
	if (d->unsettled)
		database_keep_log(d);
}

/*
 * Commits what is there already. Where a disk writes nothing any more, there may be no log to tell of it, and each
 * change would be found to fail, and end its process, anew.
 */
static int try_commit(struct database *d)
{
	char owner[64];
	int r;

	snprintf(owner, sizeof(owner), "PRAGMA application_id = %d", APPLICATION_ID);
	r = database_execute(d, owner);
	if (r == -EIO) {
		d->unsettled = true;
		database_keep_log(d);
	}
	return r == -EIO || r == -ENOSPC ? 0 : r;
}

int database_open(const char *path, struct database **ret)
{
	_cleanup_(database_closep) struct database *d = calloc(1, sizeof(*d));
	int code, log_was_left, r;

	if (!d)
		return -ENOMEM;
	r = create_private(path);
	if (r < 0)
		return r;
	log_was_left = wal_forget_pages(AT_FDCWD, path);
	if (log_was_left < 0)
		return log_was_left;
	code = sqlite3_open_v2(path, &d->sqlite,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
				       SQLITE_OPEN_NOFOLLOW,
			       NULL);
	if (code != SQLITE_OK)
		return database_failure(code);
	r = configure(d);
	if (r >= 0 && log_was_left)
		settle(d);
	if (r >= 0)
		r = migrate(d);
	if (r >= 0)
		r = prepare(d);
	if (r >= 0 && !d->unsettled)
		r = try_commit(d);
	if (r < 0)
		return r;
	*ret = steal_ptr(d);
	return 0;
}

struct database *database_close(struct database *d)
{
	if (!d)
		return NULL;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(d->statements[i]);
	sqlite3_close(d->sqlite);
	free(d);
	return NULL;
}

bool database_is_settled(const struct database *d)
{
	return !d->unsettled;
}

void database_keep_log(struct database *d)
{
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

const char *database_complaint(const struct database *d)
{
	return sqlite3_errmsg(d->sqlite);
}

/* --- rows ---------------------------------------------------------------------------------- */

struct span column_bytes(sqlite3_stmt *s, int i)
{
	const void *data = sqlite3_column_blob(s, i);

	return (struct span){ data ? data : "", (size_t)sqlite3_column_bytes(s, i) };
}

bool column_text(sqlite3_stmt *s, int i, char *to, size_t size)
{
	struct span text = column_bytes(s, i);

	if (text.len >= size || memchr(text.data, '\0', text.len))
		return false;
	memcpy(to, text.data, text.len);
	to[text.len] = '\0';
	return true;
}

int database_read(struct database *d, struct keyring *k, const char *sql,
		  int (*take)(struct keyring *, sqlite3_stmt *))
{
	sqlite3_stmt *s = NULL;
	int code, r = 0;

	code = sqlite3_prepare_v2(d->sqlite, sql, -1, &s, NULL);
	if (code != SQLITE_OK)
		return database_failure(code);
	while (r >= 0 && (code = sqlite3_step(s)) == SQLITE_ROW)
		r = take(k, s);
	sqlite3_finalize(s);
	if (r < 0)
		return r;
	return code == SQLITE_DONE ? 0 : database_failure(code);
}

sqlite3_stmt *database_statement(struct database *d, enum statement which)
{
	return d->statements[which];
}

void bind_text(sqlite3_stmt *s, int i, const char *text)
{
	sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
}

void bind_number(sqlite3_stmt *s, int i, uint64_t n)
{
	sqlite3_bind_int64(s, i, (sqlite3_int64)n);
}

/* Outside of a transaction each statement is one of its own: when it is done, it is flushed. */
int database_run(struct database *d, enum statement which)
{
	sqlite3_stmt *s = d->statements[which];
	int code = sqlite3_step(s);

	/* Bindings are borrowed from the caller and must not be left behind. */
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	if (code == SQLITE_CONSTRAINT_UNIQUE)
		return DATABASE_EXISTS;
	/* What it was to hang on went meanwhile. */
	if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
		return DATABASE_MISSING;
	if (code != SQLITE_DONE)
		return database_failure(code);
	return sqlite3_changes(d->sqlite) ? DATABASE_OK : DATABASE_MISSING;
}

int database_together(struct database *d, int (*make)(struct database *d, void *what), void *what)
{
	int r;

	r = database_execute(d, "BEGIN IMMEDIATE");
	if (r < 0)
		return r;
	r = make(d, what);
	if (r == DATABASE_OK)
		r = database_execute(d, "COMMIT");
	/* What SQLite could not do it may have rolled back by itself already. */
	if (r != DATABASE_OK && !sqlite3_get_autocommit(d->sqlite) &&
	    database_execute(d, "ROLLBACK") < 0)
		return -EIO;
	return r;
}

int database_load(struct database *d, struct keyring *k)
{
	int r;

	r = database_load_identities(d, k);
	return r < 0 ? r : database_load_tokens(d, k);
}
