/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"

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

/* Step i brings user_version from i to i + 1. Steps are never changed, only added. */
static const char *const migrations[] = { first_schema };

enum statement {
	ADD_TENANT,
	ADD_KEY,
	ENABLE_KEY,
	REMOVE_KEY,
	STATEMENT_COUNT,
};

static const char *const texts[STATEMENT_COUNT] = {
	[ADD_TENANT] =
		"INSERT INTO tenants (id, name, display_name, email, canonical_id, created_ns)"
		" VALUES (?, ?, ?, ?, ?, ?)",
	[ADD_KEY] =
		"INSERT INTO keys (id, tenant, sealed, enabled, created_ns) VALUES (?, ?, ?, ?, ?)",
	[ENABLE_KEY] = "UPDATE keys SET enabled = ? WHERE id = ?",
	[REMOVE_KEY] = "DELETE FROM keys WHERE id = ?",
};

struct database {
	sqlite3 *sqlite;
	sqlite3_stmt *statements[STATEMENT_COUNT];
};

static int failure(struct database *d, int code)
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

static int execute(struct database *d, const char *sql)
{
	int code = sqlite3_exec(d->sqlite, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : failure(d, code);
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
	return code == SQLITE_ROW ? 0 : failure(d, code);
}

static int migrate_one(struct database *d, int from)
{
	char version[64];
	int r;

	snprintf(version, sizeof(version), "PRAGMA user_version = %d; COMMIT", from + 1);
	r = execute(d, "BEGIN EXCLUSIVE");
	if (r < 0)
		return r;
	r = execute(d, migrations[from]);
	if (r >= 0)
		r = execute(d, version);
	if (r < 0 && !sqlite3_get_autocommit(d->sqlite))
		(void)!execute(d, "ROLLBACK");
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
	r = execute(d, "PRAGMA locking_mode = EXCLUSIVE;"
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
	return execute(d, owner);
}

static int prepare(struct database *d)
{
	for (int i = 0; i < STATEMENT_COUNT; i++) {
		int code = sqlite3_prepare_v3(d->sqlite, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					      &d->statements[i], NULL);

		if (code != SQLITE_OK)
			return failure(d, code);
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

int database_open(const char *path, struct database **ret)
{
	_cleanup_(database_closep) struct database *d = calloc(1, sizeof(*d));
	int code, r;

	if (!d)
		return -ENOMEM;
	r = create_private(path);
	if (r < 0)
		return r;
	code = sqlite3_open_v2(path, &d->sqlite,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
				       SQLITE_OPEN_NOFOLLOW,
			       NULL);
	if (code != SQLITE_OK)
		return failure(d, code);
	r = configure(d);
	if (r >= 0)
		r = migrate(d);
	if (r >= 0)
		r = prepare(d);
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

const char *database_complaint(const struct database *d)
{
	return sqlite3_errmsg(d->sqlite);
}

/* --- reading everything ------------------------------------------------------------------- */

static struct span column(sqlite3_stmt *s, int i)
{
	const void *data = sqlite3_column_blob(s, i);

	return (struct span){ data ? data : "", (size_t)sqlite3_column_bytes(s, i) };
}

/* What the file holds was valid when it was written; it may have been written by somebody else. */
static bool take_text(sqlite3_stmt *s, int i, char *to, size_t size)
{
	struct span text = column(s, i);

	if (text.len >= size || memchr(text.data, '\0', text.len))
		return false;
	memcpy(to, text.data, text.len);
	to[text.len] = '\0';
	return true;
}

static int take_tenant(struct keyring *k, sqlite3_stmt *s)
{
	_cleanup_(tenant_freep) struct tenant *t = calloc(1, sizeof(*t));
	struct span id = column(s, 1);
	int r;

	if (!t)
		return -ENOMEM;
	t->number = (uint64_t)sqlite3_column_int64(s, 0);
	t->created_ns = (uint64_t)sqlite3_column_int64(s, 6);
	if (id.len != sizeof(t->id.bytes) || !take_text(s, 2, t->name, sizeof(t->name)) ||
	    !take_text(s, 3, t->display_name, sizeof(t->display_name)) ||
	    !take_text(s, 4, t->email, sizeof(t->email)) ||
	    !take_text(s, 5, t->canonical_id, sizeof(t->canonical_id)))
		return -EBADMSG;
	memcpy(t->id.bytes, id.data, id.len);
	r = keyring_add_tenant(k, t);
	if (r)
		return r < 0 ? r : -ENOSPC;
	t = NULL;
	return 0;
}

static int take_key(struct keyring *k, sqlite3_stmt *s)
{
	_cleanup_(access_key_freep) struct access_key *a = calloc(1, sizeof(*a));
	struct span sealed = column(s, 2);
	int r;

	if (!a)
		return -ENOMEM;
	a->tenant = keyring_find_tenant_number(k, (uint64_t)sqlite3_column_int64(s, 1));
	if (!a->tenant || sealed.len > sizeof(a->sealed) || !take_text(s, 0, a->id, sizeof(a->id)))
		return -EBADMSG;
	memcpy(a->sealed, sealed.data, sealed.len);
	a->sealed_len = sealed.len;
	a->enabled = sqlite3_column_int(s, 3) == 1;
	a->created_ns = (uint64_t)sqlite3_column_int64(s, 4);
	r = keyring_add_key(k, a);
	if (r)
		return r < 0 ? r : -ENOSPC;
	a = NULL;
	return 0;
}

static int load(struct database *d, struct keyring *k, const char *sql,
		int (*take)(struct keyring *, sqlite3_stmt *))
{
	sqlite3_stmt *s = NULL;
	int code, r = 0;

	code = sqlite3_prepare_v2(d->sqlite, sql, -1, &s, NULL);
	if (code != SQLITE_OK)
		return failure(d, code);
	while (r >= 0 && (code = sqlite3_step(s)) == SQLITE_ROW)
		r = take(k, s);
	sqlite3_finalize(s);
	if (r < 0)
		return r;
	return code == SQLITE_DONE ? 0 : failure(d, code);
}

int database_load(struct database *d, struct keyring *k)
{
	int r;

	r = load(d, k,
		 "SELECT number, id, name, display_name, email, canonical_id, created_ns"
		 " FROM tenants ORDER BY number",
		 take_tenant);
	if (r < 0)
		return r;
	return load(d, k,
		    "SELECT id, tenant, sealed, enabled, created_ns FROM keys ORDER BY number",
		    take_key);
}

/* --- changes ------------------------------------------------------------------------------ */

static void bind_text(sqlite3_stmt *s, int i, const char *text)
{
	sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
}

/* Each statement is a transaction of its own: when it is done, it is flushed. */
static int run(struct database *d, enum statement which)
{
	sqlite3_stmt *s = d->statements[which];
	int code = sqlite3_step(s);

	/* Bindings are borrowed from the caller and must not be left behind. */
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	if (code == SQLITE_CONSTRAINT_UNIQUE)
		return DATABASE_EXISTS;
	if (code != SQLITE_DONE)
		return failure(d, code);
	return sqlite3_changes(d->sqlite) ? DATABASE_OK : DATABASE_MISSING;
}

int database_add_tenant(struct database *d, struct tenant *t)
{
	sqlite3_stmt *s = d->statements[ADD_TENANT];
	int r;

	sqlite3_bind_blob(s, 1, t->id.bytes, sizeof(t->id.bytes), SQLITE_STATIC);
	bind_text(s, 2, t->name);
	bind_text(s, 3, t->display_name);
	bind_text(s, 4, t->email);
	bind_text(s, 5, t->canonical_id);
	sqlite3_bind_int64(s, 6, (sqlite3_int64)t->created_ns);
	r = run(d, ADD_TENANT);
	if (r == DATABASE_OK)
		t->number = (uint64_t)sqlite3_last_insert_rowid(d->sqlite);
	return r;
}

int database_add_key(struct database *d, const struct access_key *a)
{
	sqlite3_stmt *s = d->statements[ADD_KEY];

	bind_text(s, 1, a->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)a->tenant->number);
	sqlite3_bind_blob(s, 3, a->sealed, (int)a->sealed_len, SQLITE_STATIC);
	sqlite3_bind_int(s, 4, a->enabled);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)a->created_ns);
	return run(d, ADD_KEY);
}

int database_enable_key(struct database *d, const char *id, bool enabled)
{
	sqlite3_stmt *s = d->statements[ENABLE_KEY];

	sqlite3_bind_int(s, 1, enabled);
	bind_text(s, 2, id);
	return run(d, ENABLE_KEY);
}

int database_remove_key(struct database *d, const char *id)
{
	bind_text(d->statements[REMOVE_KEY], 1, id);
	return run(d, REMOVE_KEY);
}
