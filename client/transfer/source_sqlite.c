/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A SQLite file with a table objects(key TEXT PRIMARY KEY, data BLOB). It is opened read-only, and
 * read in one transaction: what the older service still writes meanwhile is not seen. Bytes of
 * large values are read in pieces, never as a whole.
 *
 * Whoever could write the file could have put anything into it, and we may be root. So nothing of
 * its schema is trusted, and the table must be an ordinary one.
 */

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/transfer/source.h"

#define BUSY_MS 10000

struct database {
	struct source source; /* first */
	sqlite3 *handle;
	sqlite3_stmt *rows;
};

static struct database *database_of(struct source *s)
{
	return (struct database *)s;
}

static void database_free(struct source *s)
{
	sqlite3_finalize(database_of(s)->rows);
	sqlite3_close(database_of(s)->handle);
	free(s);
}

/* What became of a call of SQLite's, as an errno. */
static int error_of(sqlite3 *handle)
{
	switch (sqlite3_errcode(handle)) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_blob(struct source_reader *r, void *to, size_t size, size_t *ret_len)
{
	size_t n = (size_t)MIN((uint64_t)MIN(size, (size_t)INT_MAX), r->size - r->at);

	if (n && sqlite3_blob_read(r->blob, to, (int)n, (int)r->at) != SQLITE_OK)
		return -EIO;
	r->at += n;
	*ret_len = n;
	return 0;
}

/* The transaction sees the file as it was at its beginning. */
static bool blob_has_changed(const struct source_reader *r)
{
	return false;
}

static void close_blob(struct source_reader *r)
{
	sqlite3_blob_close(r->blob);
}

static int database_open(struct source *s, const struct source_entry *e, struct source_reader *ret)
{
	struct source_reader r = {
		.fd = -1, .read = read_blob, .has_changed = blob_has_changed, .close = close_blob
	};
	sqlite3 *handle = database_of(s)->handle;

	if (sqlite3_blob_open(handle, "main", "objects", "data", e->row, 0, &r.blob) != SQLITE_OK) {
		sqlite3_blob_close(r.blob);
		return error_of(handle);
	}
	r.size = (uint64_t)sqlite3_blob_bytes(r.blob);
	*ret = r;
	return 0;
}

/* --- rows ------------------------------------------------------------------------------------ */

enum { ROW_NUMBER, ROW_KEY, ROW_TYPE, ROW_LENGTH };

static struct span key_of(sqlite3_stmt *row)
{
	/* In this order: the first may convert, the second tells how long it is then. */
	const unsigned char *text = sqlite3_column_text(row, ROW_KEY);

	return (struct span){ text, text ? (size_t)sqlite3_column_bytes(row, ROW_KEY) : 0 };
}

/* What is no text has no name to be shown; its row has a number. */
static struct source_entry *odd_entry(int64_t number)
{
	char name[64];
	struct source_entry *e;

	snprintf(name, sizeof(name), "row %lld", (long long)number);
	e = source_entry_new(span_from_string(name), SPAN_NONE);
	if (e)
		e->reason = "its key is no text";
	return e;
}

static struct source_entry *entry_of(sqlite3_stmt *row)
{
	int64_t number = sqlite3_column_int64(row, ROW_NUMBER);
	struct source_entry *e;
	struct span key;

	if (sqlite3_column_type(row, ROW_KEY) != SQLITE_TEXT)
		return odd_entry(number);
	key = key_of(row);
	e = span_is_none(key) ? NULL : source_entry_new(key, key);
	if (!e)
		return NULL;
	e->row = number;
	e->size = (uint64_t)sqlite3_column_int64(row, ROW_LENGTH);
	if (!span_equal(span_from_string((const char *)sqlite3_column_text(row, ROW_TYPE)),
			SPAN("blob")))
		e->reason = "its data is no blob";
	else
		source_entry_check(e);
	return e;
}

static bool is_passed_over(struct source *s, sqlite3_stmt *row)
{
	const char *key;

	/* To ask for the text of something else would make it text. */
	if (sqlite3_column_type(row, ROW_KEY) != SQLITE_TEXT)
		return false;
	key = (const char *)sqlite3_column_text(row, ROW_KEY);
	if (!key || !source_excludes(s, key))
		return false;
	s->n_excluded++;
	return true;
}

static int database_next(struct source *s, struct source_entry **ret)
{
	struct database *d = database_of(s);
	struct source_entry *e;
	int r;

	do
		r = sqlite3_step(d->rows);
	while (r == SQLITE_ROW && is_passed_over(s, d->rows));
	if (r != SQLITE_ROW)
		return r == SQLITE_DONE ? SOURCE_END : error_of(d->handle);
	e = entry_of(d->rows);
	if (!e)
		return -ENOMEM;
	*ret = e;
	return SOURCE_ENTRY;
}

/* --- opening --------------------------------------------------------------------------------- */

static int complain_sqlite(struct complaint *why, sqlite3 *handle, const char *path)
{
	int r = handle ? error_of(handle) : -ENOMEM;

	complain(why, r, "cannot read %s: %s", path, handle ? sqlite3_errmsg(handle) : "no memory");
	if (handle && sqlite3_errcode(handle) == SQLITE_CANTOPEN)
		complaint_hint(why,
			       "a database in WAL mode needs its -wal and -shm files beside it, "
			       "and the right to make them");
	return r;
}

/* SQLite would make sense of much that is no file: of names like ":memory:", and of pipes. */
static int check_file(const char *path, struct complaint *why)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return complain_errno(why, -errno, "cannot open %s", path);
	return S_ISREG(st.st_mode) ? 0 : complain(why, -EINVAL, "%s is no SQLite file", path);
}

static bool has_table(sqlite3 *handle, int *ret_result)
{
	sqlite3_stmt *found = NULL;
	bool has;

	*ret_result =
		sqlite3_prepare_v2(handle,
				   "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND "
				   "name = 'objects' AND type = 'table' AND wr = 0",
				   -1, &found, NULL);
	if (*ret_result == SQLITE_OK)
		*ret_result = sqlite3_step(found);
	has = *ret_result == SQLITE_ROW;
	sqlite3_finalize(found);
	return has;
}

static int begin(sqlite3 *handle)
{
	sqlite3_busy_timeout(handle, BUSY_MS);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return sqlite3_exec(handle,
			    "PRAGMA query_only = ON; PRAGMA cell_size_check = ON; "
			    "PRAGMA mmap_size = 0; BEGIN",
			    NULL, NULL, NULL);
}

static int prepare(struct database *d, const char *path, struct complaint *why)
{
	int result;

	if (begin(d->handle) != SQLITE_OK)
		return complain_sqlite(why, d->handle, path);
	if (!has_table(d->handle, &result)) {
		if (result != SQLITE_DONE)
			return complain_sqlite(why, d->handle, path);
		complain(why, -EINVAL, "%s has no table objects", path);
		complaint_hint(why,
			       "what is imported is a table objects(key TEXT PRIMARY KEY, data "
			       "BLOB), with rowids");
		return -EINVAL;
	}
	if (sqlite3_prepare_v2(d->handle,
			       "SELECT rowid, key, typeof(data), length(data) FROM objects", -1,
			       &d->rows, NULL) != SQLITE_OK)
		return complain_sqlite(why, d->handle, path);
	return 0;
}

int source_new_sqlite(const char *path, struct source **ret, struct complaint *why)
{
	struct database *d;
	int r = check_file(path, why);

	if (r < 0)
		return r;
	d = calloc(1, sizeof(*d));
	if (!d)
		return complain_errno(why, -ENOMEM, "cannot read %s", path);
	d->source = (struct source){ .next = database_next,
				     .open = database_open,
				     .free = database_free };
	if (sqlite3_open_v2(path, &d->handle, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		r = complain_sqlite(why, d->handle, path);
	else
		r = prepare(d, path, why);
	if (r < 0) {
		database_free(&d->source);
		return r;
	}
	*ret = &d->source;
	return 0;
}
