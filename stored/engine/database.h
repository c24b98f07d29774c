/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One connection to one SQLite file, with its prepared statements (stored/engine/query.h runs them). It is
 * used by one thread at a time. Exactly one connection to a file is the WRITER, for as long as the
 * file is open anywhere: it alone writes and checkpoints (before SQLite 3.51.3 two that do can
 * corrupt the log). READERs cannot.
 *
 * Statements are constant texts, known by number. What comes from outside is only ever bound.
 */

#include <sqlite3.h>

#include "base/span.h"
#include "stored/durable.h"

/* A row with all that is in it: an object of 10000 parts is the largest of ours, at a quarter of this. */
#define DATABASE_ROW_MAX (4 * MIB)

enum database_role {
	DATABASE_WRITER,
	DATABASE_READER,
};

struct database_texts {
	const char *const *sql;
	size_t n;
};

struct database {
	sqlite3 *handle;
	const struct durable *durable;
	struct database_texts texts;
	sqlite3_stmt **prepared; /* by number; NULL until first used */
	uint64_t log_bytes; /* of the write-ahead log, after the last commit */
	struct database *next; /* in a pool */
};

/* Once in a process, before any other thread. */
must_check int database_setup(void);

/* A WRITER makes a missing file, a READER says -ENOENT. -EUCLEAN: it is no database. */
must_check int database_open(const char *path, enum database_role role, const struct durable *d,
			     struct database_texts texts, struct database **ret);
struct database *database_close(struct database *db);
DEFINE_CLEANUP(struct database *, database_close)

/* Several statements from a constant text, without parameters or results. */
must_check int database_run(struct database *db, const char *sql);

/* A pragma's one number, such as user_version. */
must_check int database_number(struct database *db, const char *sql, int64_t *ret);

/* What a result of SQLite's means as -errno. */
int database_error(const struct database *db, int code);

/* Whether a transaction is open: after an error SQLite may have ended it by itself. */
bool database_in_transaction(const struct database *db);

/*
 * Whether the last error may have lost what was to be flushed: from then on the file's contents are
 * uncertain, and asking for the flush again would be answered with a false yes.
 */
bool database_lost_flush(const struct database *db);

/*
 * Closing it will not touch the log. After a lost flush the log's pages may be clean in memory and
 * missing on the disk: only who reads them again from there may move them into the file.
 */
void database_keep_log(struct database *db);

/*
 * Moves what can be moved of the write-ahead log into the file, flushed. With `whole` it waits for
 * readers and leaves the log empty; -EBUSY if they do not end.
 */
must_check int database_checkpoint(struct database *db, bool whole);
