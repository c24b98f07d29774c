/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/query.h"

static sqlite3_stmt *prepare(struct database *db, size_t number)
{
	if (!db->prepared[number] &&
	    sqlite3_prepare_v3(db->handle, db->texts.sql[number], -1, SQLITE_PREPARE_PERSISTENT,
			       &db->prepared[number], NULL) != SQLITE_OK)
		return NULL;
	return db->prepared[number];
}

struct query query_begin(struct database *db, size_t number)
{
	struct query q = { .db = db, .statement = prepare(db, number) };

	if (!q.statement)
		q.error = database_error(db, sqlite3_extended_errcode(db->handle));
	return q;
}

void query_end(struct query *q)
{
	if (!q->statement)
		return;
	/* The result of a reset is that of the last step, which was looked at. */
	(void)sqlite3_reset(q->statement);
	(void)sqlite3_clear_bindings(q->statement);
	q->statement = NULL;
}

void query_again(struct query *q)
{
	if (q->statement)
		(void)sqlite3_reset(q->statement);
	q->bound = 0;
}

static void note(struct query *q, int code)
{
	if (code != SQLITE_OK && !q->error)
		q->error = database_error(q->db, code);
}

void query_number(struct query *q, uint64_t value)
{
	if (value > INT64_MAX && !q->error)
		q->error = -ERANGE;
	if (!q->error)
		note(q, sqlite3_bind_int64(q->statement, ++q->bound, (int64_t)value));
}

void query_bytes(struct query *q, struct span value)
{
	if (q->error)
		return;
	/* A NULL pointer would be bound as NULL, also where it is an empty run of bytes. */
	if (span_is_none(value))
		note(q, sqlite3_bind_null(q->statement, ++q->bound));
	else
		note(q, sqlite3_bind_blob64(q->statement, ++q->bound, value.data, value.len,
					    SQLITE_STATIC));
}

void query_text(struct query *q, struct span value)
{
	if (!q->error)
		note(q, sqlite3_bind_text64(q->statement, ++q->bound, value.data ? value.data : "",
					    value.len, SQLITE_STATIC, SQLITE_UTF8));
}

int query_step(struct query *q)
{
	if (q->error)
		return q->error;
	switch (sqlite3_step(q->statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return database_error(q->db, sqlite3_extended_errcode(q->db->handle));
	}
}

int query_run(struct query *q)
{
	int r = query_step(q);

	query_end(q);
	return r < 0 ? r : 0;
}

uint64_t query_column_or(const struct query *q, int column, uint64_t otherwise)
{
	if (sqlite3_column_type(q->statement, column) == SQLITE_NULL)
		return otherwise;
	return query_column_number(q, column);
}

uint64_t query_column_number(const struct query *q, int column)
{
	int64_t value = sqlite3_column_int64(q->statement, column);

	return value < 0 ? 0 : (uint64_t)value;
}

struct span query_column_bytes(const struct query *q, int column)
{
	const void *data;

	if (sqlite3_column_type(q->statement, column) == SQLITE_NULL)
		return SPAN_NONE;
	/* An empty BLOB has no pointer; it is there all the same. */
	data = sqlite3_column_blob(q->statement, column);
	return (struct span){ data ? data : "",
			      (size_t)sqlite3_column_bytes(q->statement, column) };
}

int query_column_copy(const struct query *q, int column, void *to, size_t len)
{
	struct span s = query_column_bytes(q, column);

	if (s.len != len)
		return -EUCLEAN;
	memcpy(to, s.data ? s.data : "", len);
	return 0;
}
