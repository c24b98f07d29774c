/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Statements of a database being run. */

#include "stored/engine/database.h"

/*
 * A statement being run: begin, bind in order, step, read columns, end. Errors of binding stick and
 * come out of the first step. Bound bytes are borrowed until the end; columns until the next step.
 */
struct query {
	struct database *db;
	sqlite3_stmt *statement;
	int bound;
	int error;
};

struct query query_begin(struct database *db, size_t number);
void query_end(struct query *q); /* for _cleanup_ */

void query_number(struct query *q, uint64_t value); /* over INT64_MAX: -ERANGE */
void query_bytes(struct query *q, struct span value); /* a BLOB; SPAN_NONE is NULL */
void query_text(struct query *q, struct span value);

/* 1: a row; 0: no more. */
must_check int query_step(struct query *q);

/* For statements without rows: steps once and ends. */
must_check int query_run(struct query *q);

/* Binds from the start again, as for the next seek. */
void query_again(struct query *q);

uint64_t query_column_number(const struct query *q, int column); /* NULL and negative: 0 */
uint64_t query_column_or(const struct query *q, int column, uint64_t otherwise); /* of NULL */
struct span query_column_bytes(const struct query *q, int column); /* NULL: SPAN_NONE */

/* Exactly `len` bytes to `to`; -EUCLEAN where the column is of another length. */
must_check int query_column_copy(const struct query *q, int column, void *to, size_t len);
