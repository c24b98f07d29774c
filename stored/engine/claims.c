/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/claims.h"

#include "stored/engine/query.h"

#define CLAIMS_VERSION 1

#define CLAIMS_SCHEMA                                                                              \
	"BEGIN IMMEDIATE;"                                                                         \
	"CREATE TABLE claims ("                                                                    \
	" name BLOB PRIMARY KEY,"                                                                  \
	" tenant BLOB NOT NULL"                                                                    \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"PRAGMA user_version = 1;"                                                                 \
	"COMMIT"

#define CLAIMS_STATEMENTS(STATEMENT)                                                               \
	STATEMENT(BEGIN, "BEGIN IMMEDIATE")                                                        \
	STATEMENT(COMMIT, "COMMIT")                                                                \
	STATEMENT(ROLLBACK, "ROLLBACK")                                                            \
	STATEMENT(FIND, "SELECT tenant FROM claims WHERE name = ?1")                               \
	STATEMENT(PUT, "INSERT OR REPLACE INTO claims (name, tenant) VALUES (?1, ?2)")             \
	STATEMENT(DELETE, "DELETE FROM claims WHERE name = ?1 AND tenant = ?2")                    \
	STATEMENT(DELETE_ALL, "DELETE FROM claims WHERE tenant = ?1")                              \
	STATEMENT(NEXT, "SELECT name, tenant FROM claims WHERE name > ?1 ORDER BY name LIMIT 1")

enum claims_statement {
#define STATEMENT(SYMBOL, text) CLAIMS_##SYMBOL,
	CLAIMS_STATEMENTS(STATEMENT)
#undef STATEMENT
		CLAIMS_STATEMENT_COUNT,
};

static const char *const sql[CLAIMS_STATEMENT_COUNT] = {
#define STATEMENT(SYMBOL, text) [CLAIMS_##SYMBOL] = (text),
	CLAIMS_STATEMENTS(STATEMENT)
#undef STATEMENT
};

const struct database_texts claims_texts = { sql, CLAIMS_STATEMENT_COUNT };

int claims_prepare(struct database *db)
{
	int64_t version = 0;
	int r;

	r = database_number(db, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	if (version == 0)
		return database_run(db, CLAIMS_SCHEMA);
	return version == CLAIMS_VERSION ? 0 : -ENOTSUP;
}

static int run_statement(struct database *db, enum claims_statement statement)
{
	struct query q = query_begin(db, statement);

	return query_run(&q);
}

int claims_begin(struct database *db)
{
	return run_statement(db, CLAIMS_BEGIN);
}

int claims_commit(struct database *db)
{
	return run_statement(db, CLAIMS_COMMIT);
}

void claims_roll_back(struct database *db)
{
	if (database_in_transaction(db))
		(void)!run_statement(db, CLAIMS_ROLLBACK);
}

static struct span id_span(const struct ipc_id *id)
{
	return (struct span){ id->bytes, sizeof(id->bytes) };
}

int claims_find(struct database *db, struct span name, struct ipc_id *ret)
{
	_cleanup_(query_end) struct query q = query_begin(db, CLAIMS_FIND);
	int r, k;

	query_bytes(&q, name);
	r = query_step(&q);
	if (r <= 0)
		return r;
	k = query_column_copy(&q, 0, ret->bytes, sizeof(ret->bytes));
	return k < 0 ? k : 1;
}

int claims_put(struct database *db, struct span name, const struct ipc_id *tenant)
{
	struct query q = query_begin(db, CLAIMS_PUT);

	query_bytes(&q, name);
	query_bytes(&q, id_span(tenant));
	return query_run(&q);
}

int claims_delete(struct database *db, struct span name, const struct ipc_id *tenant)
{
	struct query q = query_begin(db, CLAIMS_DELETE);

	query_bytes(&q, name);
	query_bytes(&q, id_span(tenant));
	return query_run(&q);
}

int claims_delete_all(struct database *db, const struct ipc_id *tenant)
{
	struct query q = query_begin(db, CLAIMS_DELETE_ALL);

	query_bytes(&q, id_span(tenant));
	return query_run(&q);
}

int claims_next(struct database *db, struct claim *at)
{
	_cleanup_(query_end) struct query q = query_begin(db, CLAIMS_NEXT);
	struct claim next = { 0 };
	struct span name;
	int r, k;

	query_bytes(&q, (struct span){ at->name, at->name_len });
	r = query_step(&q);
	if (r <= 0)
		return r;
	name = query_column_bytes(&q, 0);
	if (name.len > sizeof(next.name))
		return -EUCLEAN;
	memcpy(next.name, name.data, name.len);
	next.name_len = name.len;
	k = query_column_copy(&q, 1, next.tenant.bytes, sizeof(next.tenant.bytes));
	if (k < 0)
		return k;
	*at = next;
	return 1;
}
