/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the database share: its statements, and how rows are read and changed. Nobody
 * else includes it.
 */

#include <sqlite3.h>

#include "authd/database/database.h"

/* STATEMENT(SYMBOL, "text"): prepared once, at the start */
#define STATEMENTS(STATEMENT)                                                                      \
	STATEMENT(ADD_TENANT,                                                                      \
		  "INSERT INTO tenants (id, name, display_name, email, canonical_id, created_ns)"  \
		  " VALUES (?, ?, ?, ?, ?, ?)")                                                    \
	STATEMENT(RENAME_TENANT,                                                                   \
		  "UPDATE tenants SET display_name = coalesce(nullif(?2, ''), display_name),"      \
		  " email = coalesce(nullif(?3, ''), email) WHERE number = ?1")                    \
	STATEMENT(SUSPEND_TENANT, "UPDATE tenants SET suspended = ?2 WHERE number = ?1")           \
	STATEMENT(MARK_TENANT, /* 2: TENANT_GOES */                                                \
		  "UPDATE tenants SET deletion = CASE deletion WHEN 2 THEN 2 ELSE ?2 END"          \
		  " WHERE number = ?1")                                                            \
	STATEMENT(LIMIT_TENANT, /* -2: CEILING_STAYS */                                            \
		  "UPDATE tenants SET"                                                             \
		  " requests_per_second = CASE ?2 WHEN -2 THEN requests_per_second ELSE ?2 END,"   \
		  " burst = CASE ?3 WHEN -2 THEN burst ELSE ?3 END,"                               \
		  " bandwidth = CASE ?4 WHEN -2 THEN bandwidth ELSE ?4 END,"                       \
		  " parallel = CASE ?5 WHEN -2 THEN parallel ELSE ?5 END WHERE number = ?1")       \
	STATEMENT(REMOVE_TENANT, "DELETE FROM tenants WHERE number = ?")                           \
	STATEMENT(REMOVE_KEYS, "DELETE FROM keys WHERE tenant = ?")                                \
	STATEMENT(REMOVE_TOKENS, "DELETE FROM tokens WHERE tenant = ?")                            \
	STATEMENT(REMOVE_USERS, "DELETE FROM users WHERE tenant = ?")                              \
	STATEMENT(ADD_USER,                                                                        \
		  "INSERT INTO users (id, tenant, name, created_ns, administrator)"                \
		  " VALUES (?, ?, ?, ?, ?)")                                                       \
	STATEMENT(SET_ADMINISTRATOR, "UPDATE users SET administrator = ?2 WHERE number = ?1")      \
	STATEMENT(SET_POLICY, "UPDATE users SET policy = ?2 WHERE number = ?1")                    \
	STATEMENT(REMOVE_USER, "DELETE FROM users WHERE number = ?")                                \
	STATEMENT(ADD_KEY, /* 6: the user, 8: how many he may have */                              \
		  "INSERT INTO keys (id, tenant, sealed, enabled, created_ns, user, expires_s)"    \
		  " SELECT ?1, ?2, ?3, ?4, ?5, nullif(?6, 0), ?7"                                  \
		  " WHERE (SELECT count(*) FROM keys WHERE user = ?6) < ?8")                       \
	STATEMENT(ENABLE_KEY, "UPDATE keys SET enabled = ? WHERE id = ?")                          \
	STATEMENT(REMOVE_KEY, "DELETE FROM keys WHERE id = ?")                                     \
	STATEMENT(ADD_TOKEN,                                                                       \
		  "INSERT INTO tokens (tenant, name, hash, scopes, bucket, prefix, rate,"          \
		  " created_s, expires_s, used_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)")          \
	STATEMENT(REPLACE_TOKEN,                                                                   \
		  "UPDATE tokens SET hash = ?2, scopes = ?3, bucket = ?4, prefix = ?5, rate = ?6," \
		  " expires_s = ?7 WHERE number = ?1")                                             \
	STATEMENT(REMOVE_TOKEN, "DELETE FROM tokens WHERE number = ?")                             \
	STATEMENT(USE_TOKEN, "UPDATE tokens SET used_s = ?2 WHERE number = ?1")                    \
	STATEMENT(USE_KEY, "UPDATE keys SET used_s = ?2 WHERE number = ?1")

enum statement {
#define STATEMENT(SYMBOL, text) STATEMENT_##SYMBOL,
	STATEMENTS(STATEMENT)
#undef STATEMENT
	STATEMENT_COUNT,
};

struct database {
	sqlite3 *sqlite;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	bool unsettled; /* what is in the log is not known to be on the disk */
};

/* A code of SQLite's as -errno. */
int database_failure(int code);

must_check int database_execute(struct database *d, const char *sql);

sqlite3_stmt *database_statement(struct database *d, enum statement which);

/* Runs a statement whose values are bound. DATABASE_MISSING where it has changed no row. */
must_check int database_run(struct database *d, enum statement which);

/*
 * All that make() changes, or, where it does not say DATABASE_OK, none of it. -EIO also where even that cannot be
 * said: what comes behind it would not be durable.
 */
must_check int database_together(struct database *d, int (*make)(struct database *d, void *what),
				 void *what);

/* Gives each row that the query finds to take(), until that says < 0. */
must_check int database_read(struct database *d, struct keyring *k, const char *sql,
			     int (*take)(struct keyring *k, sqlite3_stmt *s));

must_check int database_load_identities(struct database *d, struct keyring *k);
must_check int database_load_users(struct database *d, struct keyring *k);
must_check int database_load_tokens(struct database *d, struct keyring *k);

/* One more, within database_together(). Sets its number. */
must_check int database_add_token(struct database *d, struct token *t);

/* Values are borrowed from the row until the next one, and by the statement until it has run. */
struct span column_bytes(sqlite3_stmt *s, int i);
void bind_text(sqlite3_stmt *s, int i, const char *text);
void bind_number(sqlite3_stmt *s, int i, uint64_t n);

/* What the file holds was valid when it was written; it may have been written by somebody else. */
must_check bool column_text(sqlite3_stmt *s, int i, char *to, size_t size);
