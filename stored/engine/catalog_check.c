/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/catalog_check.h"

#include "ipc/schema.h"
#include "s3/etag.h"
#include "s3/names.h"
#include "s3/pairs.h"
#include "s3/request.h"
#include "stored/engine/catalog.h"
#include "stored/engine/layout.h"

#define NOT_A_CATALOG "The file is no catalog, or a damaged one."
#define OTHER_TABLES  "The catalog has other tables than this release makes."
#define TOO_NEW	      "The catalog was made by a later release."

/* Milliseconds that stay a time when they are nanoseconds. */
#define LATEST	"9000000000000"
#define LARGEST "70368744177664"

/* length() of a text counts characters, and none behind a NUL. */
#define OCTETS(column) "length(CAST(" #column " AS BLOB))"

#define KNOWN_KINDS	   "''"
#define KIND(SYMBOL, name) ", '" name "'"

/* CHECK(SYMBOL, "a row of it is a fault", "which") */
#define CHECKS(CHECK)                                                                              \
	CHECK(BUCKETS,                                                                             \
	      "SELECT 1 FROM buckets WHERE id < 1 OR created NOT BETWEEN 0 AND " LATEST            \
	      " OR length(region) > 63 OR quota_bytes < 0 OR quota_objects < 0",                   \
	      "A bucket's row is not sound.")                                                      \
	CHECK(OBJECTS,                                                                             \
	      "SELECT 1 FROM objects WHERE length(version) <> 0"                                   \
	      " OR instance NOT BETWEEN 1 AND 4611686018427387904"                                 \
	      " OR size NOT BETWEEN 0 AND " LARGEST " OR modified NOT BETWEEN 0 AND " LATEST       \
	      " OR " OCTETS(etag) " NOT BETWEEN 1 AND 63 OR " OCTETS(                              \
		      storage_class) " > 32"                                                       \
				     " OR composite NOT IN (0, 1) OR parts NOT BETWEEN 0 AND "     \
				     "10000"                                                       \
				     " OR bucket NOT IN (SELECT id FROM buckets)",                 \
	      "An object's row is not sound.")                                                     \
	CHECK(BODIES,                                                                              \
	      "SELECT 1 WHERE (SELECT count(*) FROM objects) <> (SELECT count(*) FROM bodies)"     \
	      " OR (SELECT count(*) FROM objects) <> (SELECT count(DISTINCT instance) FROM "       \
	      "objects)",                                                                          \
	      "An object has no body, or a body has no object.")                                   \
	CHECK(BLOBS,                                                                               \
	      "SELECT 1 FROM blobs WHERE length(id) <> 16 OR refs < 1"                             \
	      " OR size NOT BETWEEN 1 AND " LARGEST " OR length(crc64nvme) <> 8",                  \
	      "A blob's row is not sound.")                                                        \
	CHECK(UPLOADS,                                                                             \
	      "SELECT 1 FROM uploads WHERE length(id) <> 24"                                       \
	      " OR created NOT BETWEEN 0 AND " LATEST                                              \
	      " OR " OCTETS(storage_class) " > 32"                                                 \
					   " OR composite NOT IN (0, 1) OR bucket NOT IN (SELECT " \
					   "id FROM buckets)",                                     \
	      "An upload's row is not sound.")                                                     \
	CHECK(PARTS,                                                                               \
	      "SELECT 1 FROM parts AS p LEFT JOIN blobs AS b ON b.id = p.blob"                     \
	      " WHERE p.number NOT BETWEEN 1 AND 10000 OR length(p.md5) <> 16"                     \
	      " OR length(p.checksum) > 32 OR length(p.crc64nvme) <> 8"                            \
	      " OR p.modified NOT BETWEEN 0 AND " LATEST                                           \
	      " OR p.upload NOT IN (SELECT id FROM uploads)"                                       \
	      " OR p.size <> CASE WHEN p.blob IS NULL THEN 0 ELSE coalesce(b.size, -1) END",       \
	      "A part's row is not sound, or its blob is missing.")                                \
	CHECK(CONFIGURATIONS,                                                                      \
	      "SELECT 1 FROM configurations WHERE length(document) > 65536"                        \
	      " OR kind NOT IN (" KNOWN_KINDS STORE_CONFIGURATIONS(                                \
		      KIND) ")"                                                                    \
			    " OR bucket NOT IN (SELECT id FROM buckets)",                          \
	      "A bucket's configuration is not sound.")                                            \
	CHECK(COMPLETED,                                                                           \
	      "SELECT 1 FROM completed WHERE length(upload) <> 24 OR " OCTETS(                     \
		      etag) " > 63"                                                                \
			    " OR at NOT BETWEEN 0 AND " LATEST                                     \
			    " OR size NOT BETWEEN 0 AND " LARGEST                                  \
			    " OR composite NOT IN (0, 1) OR parts NOT BETWEEN 0 AND 10000",        \
	      "The row of a finished upload is not sound.")                                        \
	CHECK(TENANT,                                                                              \
	      "SELECT 1 WHERE (SELECT count(*) FROM tenant) <> 1"                                  \
	      " OR EXISTS (SELECT 1 FROM tenant WHERE quota_bytes < 0 OR quota_objects < 0)",      \
	      "The tenant's row is not sound.")                                                    \
	CHECK(REFERENCES,                                                                          \
	      "SELECT 1 FROM blobs AS b LEFT JOIN referred AS r ON r.blob = b.id"                  \
	      " WHERE b.refs <> coalesce(r.n, 0)"                                                  \
	      " UNION ALL SELECT 1 FROM referred WHERE blob NOT IN (SELECT id FROM blobs)",        \
	      "Blobs are referred to more or less often than their rows say.")

enum check_statement {
	CHECK_BUCKET_NAMES,
	CHECK_ALL_OBJECTS,
	CHECK_ALL_UPLOADS,
	CHECK_FIND_BLOB,
	CHECK_REFER,
	CHECK_REFER_PARTS,
	CHECK_SHOW_OWNER,
#define CHECK(SYMBOL, text, fault) CHECK_##SYMBOL,
	CHECKS(CHECK)
#undef CHECK
		CHECK_STATEMENTS,
};

#define REFER(values)                                                                              \
	"INSERT INTO temp.referred (blob, n) " values                                              \
	" ON CONFLICT (blob) DO UPDATE SET n = n + excluded.n"

static const char *const sql[CHECK_STATEMENTS] = {
	[CHECK_BUCKET_NAMES] = "SELECT name FROM buckets",
	[CHECK_ALL_OBJECTS] =
		"SELECT o.key, o.size, o.checksum_algorithm, o.checksum, o.attributes,"
		" o.parts, b.body, b.extents, b.parts"
		" FROM objects AS o JOIN bodies AS b ON b.instance = o.instance",
	[CHECK_ALL_UPLOADS] = "SELECT key, checksum_algorithm, attributes FROM uploads",
	[CHECK_FIND_BLOB] = "SELECT size FROM blobs WHERE id = ?1",
	[CHECK_REFER] = REFER("VALUES (?1, 1)"),
	[CHECK_REFER_PARTS] = REFER("SELECT blob, count(*) FROM parts"
				    " WHERE blob IS NOT NULL GROUP BY blob"),
	[CHECK_SHOW_OWNER] = "UPDATE tenant SET canonical_id = ?1, display_name = ?2"
			     " WHERE canonical_id IS NOT NULL",
#define CHECK(SYMBOL, text, fault) [CHECK_##SYMBOL] = (text " LIMIT 1"),
	CHECKS(CHECK)
#undef CHECK
};

static const char *const faults[CHECK_STATEMENTS] = {
#define CHECK(SYMBOL, text, fault) [CHECK_##SYMBOL] = (fault),
	CHECKS(CHECK)
#undef CHECK
};

static const struct database_texts texts = { sql, CHECK_STATEMENTS };

struct check {
	struct database *db;
	const struct restoration_terms *terms;
	const char *fault;
};

static int find_fault(struct check *c, const char *fault)
{
	c->fault = fault;
	return S3_ERROR_INVALID_REQUEST;
}

static int may_go_on(const struct check *c)
{
	return *c->terms->stop ? -ECANCELED : 0;
}

/* --- what the file is ------------------------------------------------------------------------ */

/* Nothing in it is run, whatever it defines; the tables are compared all the same. */
static int harden(struct database *db)
{
	sqlite3 *h = db->handle;

	if (sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) != SQLITE_OK ||
	    sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) != SQLITE_OK ||
	    sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK)
		return -EPROTO;
	return database_run(db, "PRAGMA cell_size_check = ON");
}

#define SCHEMA                                                                                     \
	"SELECT group_concat(type || char(31) || name || char(31) || tbl_name || char(31)"         \
	" || coalesce(sql, ''), char(30))"                                                         \
	" FROM (SELECT * FROM sqlite_schema ORDER BY type, name)"

static int text_of(sqlite3 *h, const char *statement, char **ret)
{
	sqlite3_stmt *s = NULL;
	int r = -EUCLEAN;

	if (sqlite3_prepare_v2(h, statement, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(s, 0);

		/* Behind a NUL would be what the comparison does not see, and SQLite does. */
		if (!text || strlen(text) == (size_t)sqlite3_column_bytes(s, 0)) {
			*ret = strdup(text ? text : "");
			r = *ret ? 0 : -ENOMEM;
		}
	}
	sqlite3_finalize(s);
	return r;
}

/* What the tables of that version are called and made of. */
static int expect_schema(const struct durable *d, size_t version, char **ret)
{
	struct database made = { .durable = d };
	int r = sqlite3_open_v2(":memory:", &made.handle,
				SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				NULL) == SQLITE_OK
			? catalog_make_steps(&made, 0, version)
			: -ENOMEM;

	if (r == 0)
		r = text_of(made.handle, SCHEMA, ret);
	sqlite3_close(made.handle);
	return r;
}

static int check_schema(struct check *c, size_t version)
{
	_cleanup_(freep) char *expected = NULL, *found = NULL;
	int r = expect_schema(c->db->durable, version, &expected);

	if (r == 0)
		r = text_of(c->db->handle, SCHEMA, &found);
	if (r == 0 && strcmp(expected, found) != 0)
		r = find_fault(c, OTHER_TABLES);
	return r;
}

static int check_pages(struct check *c)
{
	_cleanup_(freep) char *found = NULL;
	int r = text_of(c->db->handle, "PRAGMA integrity_check(1)", &found);

	return r == 0 && strcmp(found, "ok") != 0 ? find_fault(c, NOT_A_CATALOG) : r;
}

static int check_file(struct check *c)
{
	int64_t version = 0;
	int r = harden(c->db);

	if (r == 0)
		r = database_number(c->db, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	if (version < 1)
		return find_fault(c, NOT_A_CATALOG);
	if (version > CATALOG_VERSION)
		return find_fault(c, TOO_NEW);
	r = check_schema(c, (size_t)version);
	if (r == 0)
		r = check_pages(c);
	return r == 0 ? catalog_make_steps(c->db, (size_t)version, CATALOG_VERSION) : r;
}

/* --- what is in it --------------------------------------------------------------------------- */

/* What is kept of a header field is shown as it is: it must be a list of them. */
static int check_name(struct check *c, struct span key, struct span algorithm,
		      struct span attributes)
{
	enum checksum_algorithm a;

	if (key_check(key) || layout_algorithm(algorithm, &a) < 0 || attributes.len > S3_HEAD_MAX ||
	    !pairs_are_whole(attributes))
		return find_fault(c, "An object's name or attributes are not sound.");
	return 0;
}

static int check_checksum(struct check *c, const struct query *q)
{
	enum checksum_algorithm a = CHECKSUM_NONE;
	struct span sum = query_column_bytes(q, 3);

	if (layout_algorithm(query_column_bytes(q, 2), &a) < 0 ||
	    sum.len != (a == CHECKSUM_NONE ? 0 : checksum_rows[a].len))
		return find_fault(c, "An object's checksum is not sound.");
	return 0;
}

static int check_extent(struct check *c, const struct extent *e)
{
	struct span id = { e->blob.bytes, sizeof(e->blob.bytes) };
	_cleanup_(query_end) struct query q = query_begin(c->db, CHECK_FIND_BLOB);
	struct query refer;
	uint64_t end;
	int r;

	query_bytes(&q, id);
	r = query_step(&q);
	if (r < 0)
		return r;
	if (r == 0 || !e->len || __builtin_add_overflow(e->offset, e->len, &end) ||
	    end > query_column_number(&q, 0))
		return find_fault(c, "An object has bytes that no blob has.");
	refer = query_begin(c->db, CHECK_REFER);
	query_bytes(&refer, id);
	return query_run(&refer);
}

static int check_extents(struct check *c, struct span packed, uint64_t *ret_len)
{
	_cleanup_(freep) struct extent *extents = NULL;
	uint64_t len = 0;
	size_t n = 0;
	int r = layout_get_extents(packed, &extents, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = check_extent(c, &extents[i]);
		if (r == 0 && __builtin_add_overflow(len, extents[i].len, &len))
			r = -EUCLEAN;
	}
	if (r == 0)
		*ret_len = len;
	return r;
}

/* Where it was put in parts they are remembered, and add up to it. */
static int check_object_parts(struct check *c, struct span packed, uint64_t count, uint64_t size)
{
	_cleanup_(freep) struct object_part *parts = NULL;
	uint64_t len = 0;
	size_t n = 0;
	int r = span_is_none(packed) ? 0 : layout_get_parts(packed, &parts, &n);
	bool overflows = false;

	for (size_t i = 0; r == 0 && i < n; i++)
		overflows |= __builtin_add_overflow(len, parts[i].size, &len);
	if (r == 0 && (overflows || n != count || (n && len != size)))
		return find_fault(c, "An object's parts do not add up to it.");
	return r;
}

static int check_body(struct check *c, const struct query *q)
{
	struct span body = query_column_bytes(q, 6), extents = query_column_bytes(q, 7);
	uint64_t size = query_column_number(q, 1), len = body.len;
	int r = 0;

	if (!span_is_none(extents))
		r = span_is_none(body) ? check_extents(c, extents, &len) : -EUCLEAN;
	if (r == 0 && (len != size || body.len > IPC_INLINE_MAX))
		return find_fault(c, "An object's bytes do not add up to it.");
	return r ? r
		 : check_object_parts(c, query_column_bytes(q, 8), query_column_number(q, 5), size);
}

static int check_objects(struct check *c)
{
	_cleanup_(query_end) struct query q = query_begin(c->db, CHECK_ALL_OBJECTS);
	int r, k = 0;

	while (k == 0 && (r = query_step(&q)) == 1) {
		k = may_go_on(c);
		if (k == 0)
			k = check_name(c, query_column_bytes(&q, 0), query_column_bytes(&q, 2),
				       query_column_bytes(&q, 4));
		if (k == 0)
			k = check_checksum(c, &q);
		if (k == 0)
			k = check_body(c, &q);
	}
	return k ? k : r;
}

static int check_uploads(struct check *c)
{
	_cleanup_(query_end) struct query q = query_begin(c->db, CHECK_ALL_UPLOADS);
	int r, k = 0;

	while (k == 0 && (r = query_step(&q)) == 1)
		k = check_name(c, query_column_bytes(&q, 0), query_column_bytes(&q, 1),
			       query_column_bytes(&q, 2));
	return k ? k : r;
}

static int check_bucket_names(struct check *c)
{
	_cleanup_(query_end) struct query q = query_begin(c->db, CHECK_BUCKET_NAMES);
	int r, k = 0;

	while (k == 0 && (r = query_step(&q)) == 1)
		if (!bucket_name_is_valid(query_column_bytes(&q, 0)))
			k = find_fault(c, "A bucket's name is none.");
	return k ? k : r;
}

static int check_statement(struct check *c, enum check_statement which)
{
	_cleanup_(query_end) struct query q = query_begin(c->db, which);
	int r = may_go_on(c);

	if (r == 0)
		r = query_step(&q);
	return r == 1 ? find_fault(c, faults[which]) : r;
}

static int check_rows(struct check *c)
{
	struct query refer;
	int r = database_run(
		c->db, "CREATE TEMP TABLE referred (blob BLOB PRIMARY KEY, n INTEGER NOT NULL)"
		       " WITHOUT ROWID");

	for (enum check_statement i = CHECK_SHOW_OWNER + 1; r == 0 && i < CHECK_REFERENCES; i++)
		r = check_statement(c, i);
	if (r == 0)
		r = check_bucket_names(c);
	if (r == 0)
		r = check_uploads(c);
	if (r == 0)
		r = check_objects(c);
	if (r)
		return r;
	refer = query_begin(c->db, CHECK_REFER_PARTS);
	r = query_run(&refer);
	return r ? r : check_statement(c, CHECK_REFERENCES);
}

/* --- what is made of it ---------------------------------------------------------------------- */

/* Figures and folders are what is found, and no more believed than anything else. */
#define SETTLE                                                                                     \
	"DELETE FROM dead; DELETE FROM folders;" CATALOG_FIND_FOLDERS                              \
	"UPDATE buckets SET shadowed = 0, (objects, bytes) ="                                      \
	" (SELECT count(*), coalesce(sum(size), 0) FROM objects WHERE bucket = buckets.id),"       \
	" (uploads, upload_bytes) ="                                                               \
	" (SELECT count(DISTINCT u.id), coalesce(sum(p.size), 0) FROM uploads AS u"                \
	" LEFT JOIN parts AS p ON p.upload = u.id WHERE u.bucket = buckets.id)"

static int settle(struct check *c)
{
	struct query q = query_begin(c->db, CHECK_SHOW_OWNER);
	int r;

	query_text(&q, c->terms->owner_id);
	query_text(&q, c->terms->owner_name);
	r = query_run(&q);
	if (r == 0)
		r = database_run(c->db, SETTLE);
	return r;
}

static int check_and_settle(struct check *c)
{
	int r = check_file(c);

	if (r == 0)
		r = database_run(c->db, "BEGIN IMMEDIATE");
	if (r == 0)
		r = check_rows(c);
	if (r == 0)
		r = settle(c);
	if (r == 0)
		r = database_run(c->db, "COMMIT");
	return r == 0 ? database_checkpoint(c->db, true) : r;
}

int catalog_check(const char *path, const struct durable *d, const struct restoration_terms *t,
		  const char **ret_fault)
{
	struct check c = { .terms = t };
	int r = database_open(path, DATABASE_WRITER, d, texts, &c.db);

	if (r == 0)
		r = check_and_settle(&c);
	database_close(c.db);
	/* What SQLite says of a file that is none, or of pages that are not what they should be. */
	if (r == -EUCLEAN || r == -EPROTO)
		r = find_fault(&c, NOT_A_CATALOG);
	if (r > 0)
		*ret_fault = c.fault;
	return r;
}
