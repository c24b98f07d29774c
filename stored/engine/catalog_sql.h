/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a tenant's catalog looks like, and every statement that is ever run on it.
 *
 * Keys, names, ids and versions are BLOBs and compare by their bytes; a version of no bytes is S3's
 * "null". Rows hang on a bucket's id, which AUTOINCREMENT never gives out twice. Times are in
 * milliseconds since 1970. Names of algorithms are text: numbers of enums are never stored.
 *
 * objects is ordered as lists are, and holds nothing large before the attributes: a list reads rows
 * from front to back and never meets a body. bodies has what is read only with the object: the
 * bytes themselves, or packed extents and parts (stored/engine/layout.h).
 *
 * A bucket's row has what is used in it, objects and uploads under way with their parts; every change
 * keeps these figures in its own transaction (stored/engine/ledger.h). tenant has what holds for all
 * of it, in one row: its quota, and how its name was shown when a configuration was last set.
 * configurations has what was said of a bucket, one document of each kind (store.h), as text.
 *
 * folders has the prefixes of keys that end with a slash (stored/engine/folders.h).
 *
 * Every blob in the directory is in blobs (with how many extents and parts refer to it), or in
 * dead, or an orphan. completed remembers for a day what an upload became.
 */

/*
 * What brings a catalog from one version to the next: from 0, an empty file, to 1, and so on. Steps
 * are never changed, only added. Each is a transaction of its own.
 */
#define CATALOG_STEP_1                                                                             \
	"CREATE TABLE buckets ("                                                                   \
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                   \
	" name BLOB NOT NULL UNIQUE,"                                                              \
	" created INTEGER NOT NULL,"                                                               \
	" region BLOB NOT NULL," /* 1: another catalog has an older bucket of this name, and that  \
				    one is served */                                               \
	" shadowed INTEGER NOT NULL"                                                               \
	") STRICT;"                                                                                \
	"CREATE TABLE objects ("                                                                   \
	" bucket INTEGER NOT NULL,"                                                                \
	" key BLOB NOT NULL,"                                                                      \
	" version BLOB NOT NULL,"                                                                  \
	" instance INTEGER NOT NULL,"                                                              \
	" size INTEGER NOT NULL,"                                                                  \
	" modified INTEGER NOT NULL,"                                                              \
	" etag TEXT NOT NULL,"                                                                     \
	" storage_class TEXT NOT NULL,"                                                            \
	" checksum_algorithm TEXT NOT NULL,"                                                       \
	" composite INTEGER NOT NULL,"                                                             \
	" checksum BLOB NOT NULL,"                                                                 \
	" parts INTEGER NOT NULL,"                                                                 \
	" attributes BLOB NOT NULL,"                                                               \
	" PRIMARY KEY (bucket, key, version)"                                                      \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"CREATE TABLE bodies ("                                                                    \
	" instance INTEGER PRIMARY KEY,"                                                           \
	" body BLOB,"                                                                              \
	" extents BLOB,"                                                                           \
	" parts BLOB"                                                                              \
	") STRICT;"                                                                                \
	"CREATE TABLE blobs ("                                                                     \
	" id BLOB PRIMARY KEY,"                                                                    \
	" refs INTEGER NOT NULL,"                                                                  \
	" size INTEGER NOT NULL,"                                                                  \
	" crc64nvme BLOB NOT NULL"                                                                 \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"CREATE TABLE dead ("                                                                      \
	" id BLOB PRIMARY KEY"                                                                     \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"CREATE TABLE uploads ("                                                                   \
	" bucket INTEGER NOT NULL,"                                                                \
	" key BLOB NOT NULL,"                                                                      \
	" id BLOB NOT NULL,"                                                                       \
	" created INTEGER NOT NULL,"                                                               \
	" storage_class TEXT NOT NULL,"                                                            \
	" checksum_algorithm TEXT NOT NULL,"                                                       \
	" composite INTEGER NOT NULL,"                                                             \
	" attributes BLOB NOT NULL,"                                                               \
	" PRIMARY KEY (bucket, key, id)"                                                           \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"CREATE TABLE parts ("                                                                     \
	" upload BLOB NOT NULL,"                                                                   \
	" number INTEGER NOT NULL,"                                                                \
	" size INTEGER NOT NULL,"                                                                  \
	" modified INTEGER NOT NULL,"                                                              \
	" md5 BLOB NOT NULL,"                                                                      \
	" checksum BLOB NOT NULL,"                                                                 \
	" crc64nvme BLOB NOT NULL,"                                                                \
	" blob BLOB," /* NULL: no bytes */                                                         \
	" PRIMARY KEY (upload, number)"                                                            \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"CREATE TABLE completed ("                                                                 \
	" upload BLOB PRIMARY KEY,"                                                                \
	" bucket INTEGER NOT NULL,"                                                                \
	" key BLOB NOT NULL,"                                                                      \
	" at INTEGER NOT NULL,"                                                                    \
	" claims BLOB NOT NULL," /* a hash of the list of parts that completed it */               \
	" size INTEGER NOT NULL,"                                                                  \
	" etag TEXT NOT NULL,"                                                                     \
	" checksum_algorithm TEXT NOT NULL,"                                                       \
	" composite INTEGER NOT NULL,"                                                             \
	" checksum BLOB NOT NULL,"                                                                 \
	" parts INTEGER NOT NULL"                                                                  \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"CREATE INDEX completed_at ON completed (at);"                                             \
	"PRAGMA user_version = 1;"

/* Counts once what is there: reads every object's row, but no body. */
#define CATALOG_STEP_2                                                                             \
	"ALTER TABLE buckets ADD COLUMN objects INTEGER NOT NULL DEFAULT 0;"                       \
	"ALTER TABLE buckets ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"                         \
	"ALTER TABLE buckets ADD COLUMN uploads INTEGER NOT NULL DEFAULT 0;"                       \
	"ALTER TABLE buckets ADD COLUMN upload_bytes INTEGER NOT NULL DEFAULT 0;"                  \
	"ALTER TABLE buckets ADD COLUMN quota_bytes INTEGER;" /* NULL: none */                     \
	"ALTER TABLE buckets ADD COLUMN quota_objects INTEGER;"                                    \
	"CREATE TABLE tenant ("                                                                    \
	" one INTEGER PRIMARY KEY CHECK (one = 1)," /* there is one row */                         \
	" quota_bytes INTEGER,"                                                                    \
	" quota_objects INTEGER"                                                                   \
	") STRICT;"                                                                                \
	"INSERT INTO tenant (one) VALUES (1);"                                                     \
	"UPDATE buckets SET (objects, bytes) ="                                                    \
	" (SELECT count(*), coalesce(sum(size), 0) FROM objects WHERE bucket = buckets.id),"       \
	" (uploads, upload_bytes) ="                                                               \
	" (SELECT count(DISTINCT u.id), coalesce(sum(p.size), 0) FROM uploads AS u"                \
	" LEFT JOIN parts AS p ON p.upload = u.id WHERE u.bucket = buckets.id);"                   \
	"PRAGMA user_version = 2;"

/* What every bucket has from its first day: nothing in it can be made public by mistake. */
#define CATALOG_BLOCK_ALL                                                                          \
	"CAST('<PublicAccessBlockConfiguration>"                                                   \
	"<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"         \
	"<BlockPublicPolicy>true</BlockPublicPolicy>"                                              \
	"<RestrictPublicBuckets>true</RestrictPublicBuckets>"                                      \
	"</PublicAccessBlockConfiguration>' AS BLOB)"

/* Buckets of before get what a new one has: none of them was public. */
#define CATALOG_STEP_3                                                                             \
	"ALTER TABLE tenant ADD COLUMN canonical_id TEXT;" /* NULL: none was ever set */           \
	"ALTER TABLE tenant ADD COLUMN display_name TEXT;"                                         \
	"CREATE TABLE configurations ("                                                            \
	" bucket INTEGER NOT NULL,"                                                                \
	" kind TEXT NOT NULL,"                                                                     \
	" document BLOB NOT NULL,"                                                                 \
	" PRIMARY KEY (bucket, kind)"                                                              \
	") STRICT, WITHOUT ROWID;"                                                                 \
	"INSERT INTO configurations SELECT id, 'public-access-block', " CATALOG_BLOCK_ALL          \
	" FROM buckets;"                                                                           \
	"PRAGMA user_version = 3;"

/*
 * All folders that the keys make, found by going from each key to the next: whatever is remembered on the
 * way is a few rows, however many keys there are.
 */
#define CATALOG_FIND_FOLDERS                                                                       \
	"WITH RECURSIVE walk (bucket, key, at, depth) AS ("                                        \
	" SELECT id, (SELECT key FROM objects WHERE bucket = id ORDER BY key LIMIT 1), 0, 0"       \
	" FROM buckets"                                                                            \
	" UNION ALL SELECT bucket, key, at + instr(substr(key, at + 1), x'2f'), depth + 1"         \
	" FROM walk WHERE depth < 8 AND instr(substr(key, at + 1), x'2f') > 0"                     \
	" UNION ALL SELECT bucket, (SELECT o.key FROM objects AS o WHERE o.bucket = walk.bucket"   \
	" AND o.key > walk.key ORDER BY o.key LIMIT 1), 0, 0"                                      \
	" FROM walk WHERE depth = 0 AND key IS NOT NULL)"                                          \
	" INSERT INTO folders (bucket, path, has_keys)"                                            \
	" SELECT bucket, substr(key, 1, at),"                                                      \
	" depth = 8 OR instr(substr(key, at + 1), x'2f') = 0 FROM walk WHERE key IS NOT NULL"      \
	" ON CONFLICT DO UPDATE SET has_keys = 1 WHERE excluded.has_keys > has_keys;"

#define CATALOG_STEP_4                                                                             \
	"CREATE TABLE folders ("                                                                   \
	" bucket INTEGER NOT NULL,"                                                                \
	" path BLOB NOT NULL,"                                                                     \
	" has_keys INTEGER NOT NULL," /* 0: there are only folders directly in it */               \
	" PRIMARY KEY (bucket, path)"                                                              \
	") STRICT, WITHOUT ROWID;" CATALOG_FIND_FOLDERS "PRAGMA user_version = 4;"

/* STATEMENT(SYMBOL, "text") */
#define CATALOG_STATEMENTS(STATEMENT)                                                              \
	STATEMENT(BEGIN, "BEGIN IMMEDIATE")                                                        \
	STATEMENT(BEGIN_READ, "BEGIN")                                                             \
	STATEMENT(COMMIT, "COMMIT")                                                                \
	STATEMENT(ROLLBACK, "ROLLBACK")                                                            \
	STATEMENT(SAVEPOINT, "SAVEPOINT change")                                                   \
	STATEMENT(ROLLBACK_TO, "ROLLBACK TO change")                                               \
	STATEMENT(RELEASE, "RELEASE change")                                                       \
	STATEMENT(QUICK_CHECK, "PRAGMA quick_check(1)")                                            \
                                                                                                   \
	STATEMENT(FIND_BUCKET,                                                                     \
		  "SELECT id, created, region FROM buckets WHERE name = ?1 AND shadowed = 0")      \
	STATEMENT(FIND_ANY_BUCKET, "SELECT id, created, shadowed FROM buckets WHERE name = ?1")    \
	STATEMENT(INSERT_BUCKET,                                                                   \
		  "INSERT INTO buckets (name, created, region, shadowed) VALUES (?1, ?2, ?3, 0)"   \
		  " RETURNING id")                                                                 \
	STATEMENT(DELETE_BUCKET, "DELETE FROM buckets WHERE id = ?1")                              \
	STATEMENT(BLOCK_BUCKET, "INSERT INTO configurations (bucket, kind, document)"              \
				" VALUES (?1, 'public-access-block', " CATALOG_BLOCK_ALL ")")      \
	STATEMENT(PUT_CONFIGURATION, "INSERT OR REPLACE INTO configurations"                       \
				     " (bucket, kind, document) VALUES (?1, ?2, ?3)")              \
	STATEMENT(FIND_CONFIGURATION,                                                              \
		  "SELECT document FROM configurations WHERE bucket = ?1 AND kind = ?2")           \
	STATEMENT(DELETE_CONFIGURATION,                                                            \
		  "DELETE FROM configurations WHERE bucket = ?1 AND kind = ?2")                    \
	STATEMENT(DELETE_CONFIGURATIONS, "DELETE FROM configurations WHERE bucket = ?1")           \
	STATEMENT(FIND_OWNER, "SELECT canonical_id, display_name FROM tenant")                     \
	STATEMENT(PUT_OWNER, "UPDATE tenant SET canonical_id = ?1, display_name = ?2")             \
	STATEMENT(ANY_BUCKET, "SELECT 1 FROM buckets LIMIT 1")                                     \
	STATEMENT(SHADOW_BUCKET, "UPDATE buckets SET shadowed = ?2 WHERE name = ?1")               \
	STATEMENT(LIST_BUCKETS, "SELECT name, created, region FROM buckets"                        \
				" WHERE name >= ?1 AND shadowed = 0 ORDER BY name")                \
	STATEMENT(NEXT_BUCKET, "SELECT name, created, shadowed FROM buckets"                       \
			       " WHERE name > ?1 ORDER BY name LIMIT 1")                           \
                                                                                                   \
	STATEMENT(LIST_USAGE, "SELECT id, objects, bytes, uploads, upload_bytes, quota_bytes,"     \
			      " quota_objects FROM buckets")                                       \
	STATEMENT(LIST_BUCKETS_USAGE, "SELECT name, objects, bytes, uploads, upload_bytes"         \
				      " FROM buckets ORDER BY name")                               \
	STATEMENT(FIND_TENANT_QUOTA, "SELECT quota_bytes, quota_objects FROM tenant")              \
	STATEMENT(PUT_TENANT_QUOTA, "UPDATE tenant SET quota_bytes = ?1, quota_objects = ?2")      \
	STATEMENT(PUT_BUCKET_QUOTA, "UPDATE buckets SET quota_bytes = ?1, quota_objects = ?2"      \
				    " WHERE id = ?3")                                              \
	STATEMENT(PUT_USAGE, "UPDATE buckets SET objects = ?2, bytes = ?3, uploads = ?4,"          \
			     " upload_bytes = ?5 WHERE id = ?1")                                   \
	STATEMENT(COUNT_OBJECTS,                                                                   \
		  "SELECT key, version, size FROM objects"                                         \
		  " WHERE bucket = ?1 AND (key, version) > (?2, ?3)"                               \
		  " ORDER BY key, version LIMIT ?4")                                               \
	STATEMENT(COUNT_UPLOADS, "SELECT key, id FROM uploads"                                     \
				 " WHERE bucket = ?1 AND (key, id) > (?2, ?3)"                     \
				 " ORDER BY key, id LIMIT ?4")                                     \
	STATEMENT(SUM_PARTS, "SELECT coalesce(sum(size), 0), count(*) FROM parts"                  \
			     " WHERE upload = ?1")                                                 \
                                                                                                   \
	STATEMENT(ANY_OBJECT, "SELECT 1 FROM objects WHERE bucket = ?1 LIMIT 1")                   \
	STATEMENT(FIND_OBJECT,                                                                     \
		  "SELECT instance, size, modified, etag, storage_class, checksum_algorithm,"      \
		  " composite, checksum, parts, attributes FROM objects"                           \
		  " WHERE bucket = ?1 AND key = ?2 AND version = ?3")                              \
	STATEMENT(                                                                                 \
		PUT_OBJECT,                                                                        \
		"INSERT OR REPLACE INTO objects (bucket, key, version, instance, size, modified,"  \
		" etag, storage_class, checksum_algorithm, composite, checksum, parts,"            \
		" attributes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")    \
	STATEMENT(DELETE_OBJECT,                                                                   \
		  "DELETE FROM objects WHERE bucket = ?1 AND key = ?2 AND version = ?3")           \
	STATEMENT(LIST_OBJECTS,                                                                    \
		  "SELECT key, size, modified, etag, storage_class, checksum_algorithm, composite" \
		  " FROM objects WHERE bucket = ?1 AND key >= ?2 ORDER BY key, version")           \
                                                                                                   \
	STATEMENT(NEXT_KEY, "SELECT key FROM objects WHERE bucket = ?1 AND key >= ?2"              \
			    " ORDER BY key LIMIT 1")                                               \
	STATEMENT(FIND_FOLDER, "SELECT has_keys FROM folders WHERE bucket = ?1 AND path = ?2")     \
	STATEMENT(PUT_FOLDER,                                                                      \
		  "INSERT OR REPLACE INTO folders (bucket, path, has_keys) VALUES (?1, ?2, ?3)")   \
	STATEMENT(DELETE_FOLDER, "DELETE FROM folders WHERE bucket = ?1 AND path = ?2")            \
	STATEMENT(LIST_FOLDERS, "SELECT path FROM folders WHERE bucket = ?1 AND path >= ?2"        \
				" ORDER BY path")                                                  \
                                                                                                   \
	STATEMENT(LAST_INSTANCE, "SELECT max(instance) FROM bodies")                               \
	STATEMENT(FIND_BODY, "SELECT body, extents, parts FROM bodies WHERE instance = ?1")        \
	STATEMENT(INSERT_BODY,                                                                     \
		  "INSERT INTO bodies (instance, body, extents, parts) VALUES (?1, ?2, ?3, ?4)")   \
	STATEMENT(DELETE_BODY, "DELETE FROM bodies WHERE instance = ?1")                           \
                                                                                                   \
	STATEMENT(INSERT_BLOB,                                                                     \
		  "INSERT INTO blobs (id, refs, size, crc64nvme) VALUES (?1, 1, ?2, ?3)")          \
	STATEMENT(REFER_TO_BLOB, "UPDATE blobs SET refs = refs + 1 WHERE id = ?1")                 \
	STATEMENT(RELEASE_BLOB, "UPDATE blobs SET refs = refs - 1 WHERE id = ?1 RETURNING refs")   \
	STATEMENT(DELETE_BLOB, "DELETE FROM blobs WHERE id = ?1")                                  \
	STATEMENT(FIND_BLOB, "SELECT size, crc64nvme FROM blobs WHERE id = ?1")                    \
	STATEMENT(LIST_BLOBS, "SELECT id, size, crc64nvme FROM blobs ORDER BY id")                 \
	STATEMENT(BLOB_IS_KNOWN, "SELECT 1 FROM blobs WHERE id = ?1"                               \
				 " UNION ALL SELECT 1 FROM dead WHERE id = ?1")                    \
	STATEMENT(INSERT_DEAD, "INSERT OR IGNORE INTO dead (id) VALUES (?1)")                      \
	STATEMENT(DELETE_DEAD, "DELETE FROM dead WHERE id = ?1")                                   \
	STATEMENT(LIST_DEAD, "SELECT id FROM dead WHERE id > ?1 ORDER BY id LIMIT ?2")             \
                                                                                                   \
	STATEMENT(INSERT_UPLOAD, "INSERT INTO uploads (bucket, key, id, created, storage_class,"   \
				 " checksum_algorithm, composite, attributes)"                     \
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                       \
	STATEMENT(FIND_UPLOAD,                                                                     \
		  "SELECT created, storage_class, checksum_algorithm, composite, attributes"       \
		  " FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3")                      \
	STATEMENT(ANY_UPLOAD, "SELECT key, id FROM uploads WHERE bucket = ?1 LIMIT 1")             \
	STATEMENT(LIST_OVERDUE,                                                                    \
		  "SELECT b.name, u.bucket, u.key, u.id"                                           \
		  " FROM uploads u CROSS JOIN buckets b ON b.id = u.bucket AND b.shadowed = 0"     \
		  " WHERE (u.bucket, u.key, u.id) > (?1, ?2, ?3) AND u.created < ?4"               \
		  " AND NOT EXISTS (SELECT 1 FROM parts p"                                         \
		  " WHERE p.upload = u.id AND p.modified >= ?4)"                                   \
		  " ORDER BY u.bucket, u.key, u.id LIMIT ?5")                                      \
	STATEMENT(IS_OVERDUE, "SELECT u.created < ?4 AND NOT EXISTS (SELECT 1 FROM parts p"        \
			      " WHERE p.upload = u.id AND p.modified >= ?4) FROM uploads u"        \
			      " WHERE u.bucket = ?1 AND u.key = ?2 AND u.id = ?3")                 \
	STATEMENT(DELETE_UPLOAD, "DELETE FROM uploads WHERE bucket = ?1 AND key = ?2 AND id = ?3") \
	STATEMENT(LIST_UPLOADS,                                                                    \
		  "SELECT key, id, created, storage_class, checksum_algorithm, composite"          \
		  " FROM uploads WHERE bucket = ?1 AND (key, id) >= (?2, ?3) ORDER BY key, id")    \
                                                                                                   \
	STATEMENT(PUT_PART,                                                                        \
		  "INSERT OR REPLACE INTO parts (upload, number, size, modified, md5, checksum,"   \
		  " crc64nvme, blob) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                     \
	STATEMENT(FIND_PART, "SELECT size, modified, md5, checksum, crc64nvme, blob FROM parts"    \
			     " WHERE upload = ?1 AND number = ?2")                                 \
	STATEMENT(LIST_PARTS, "SELECT number, size, modified, md5, checksum FROM parts"            \
			      " WHERE upload = ?1 AND number > ?2 ORDER BY number")                \
	STATEMENT(PARTS_BLOBS, "SELECT number, blob, size FROM parts WHERE upload = ?1"            \
			       " ORDER BY number") \
	STATEMENT(NEXT_PART, "SELECT number, blob FROM parts WHERE upload = ?1 AND number > ?2"    \
			     " ORDER BY number LIMIT 1")                                           \
	STATEMENT(DELETE_PARTS, "DELETE FROM parts WHERE upload = ?1")                             \
                                                                                                   \
	STATEMENT(INSERT_COMPLETED,                                                                \
		  "INSERT INTO completed (upload, bucket, key, at, claims, size, etag,"            \
		  " checksum_algorithm, composite, checksum, parts)"                               \
		  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")                        \
	STATEMENT(FIND_COMPLETED,                                                                  \
		  "SELECT at, claims, size, etag, checksum_algorithm, composite, checksum, parts"  \
		  " FROM completed WHERE upload = ?1 AND bucket = ?2 AND key = ?3 AND at >= ?4")   \
	STATEMENT(DELETE_COMPLETED, "DELETE FROM completed WHERE at < ?1")

enum catalog_statement {
#define STATEMENT(SYMBOL, text) CATALOG_##SYMBOL,
	CATALOG_STATEMENTS(STATEMENT)
#undef STATEMENT
		CATALOG_STATEMENT_COUNT,
};
