/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Rows of a catalog as structs, for readers and committers alike. */

#include "stored/engine/catalog_sql.h"
#include "stored/engine/query.h"
#include "stored/store.h"

struct object_row {
	uint64_t instance;
	uint64_t size;
	uint64_t modified_ms;
	struct span etag, storage_class, attributes; /* borrowed */
	struct checksum_value checksum;
	enum checksum_type checksum_type;
	uint32_t parts_count;
};

/* Which object: a bucket's id, a key, and a version as it is stored. */
struct object_name {
	uint64_t bucket;
	struct span key;
	struct span version;
};

/* A version as S3 writes it, as it is stored. NO_SUCH_VERSION if it cannot be one of ours. */
must_check int version_of(struct span text, struct span *ret);

/* NO_SUCH_BUCKET. */
must_check int bucket_row_find(struct database *db, struct span name, struct bucket *ret);

/* How a kind of configuration is called in rows. */
struct span configuration_name(enum store_configuration kind);

/* 1: found, *ret borrows from *q until query_end(); 0: there is none. *q is to be ended anyway. */
must_check int object_row_find(struct database *db, const struct object_name *n, struct query *q,
			       struct object_row *ret);
must_check int object_row_put(struct database *db, const struct object_name *n,
			      const struct object_row *row);

/* The same for an upload; the id is as it is stored. */
struct upload_row {
	uint64_t created_ms;
	struct span storage_class, attributes;
	enum checksum_algorithm checksum_algorithm;
	enum checksum_type checksum_type;
};
must_check int upload_row_find(struct database *db, uint64_t bucket, struct span key,
			       struct span id, struct query *q, struct upload_row *ret);

/* How a checksum stands in rows: three columns from `column` on, and back. */
must_check int row_checksum(const struct query *q, int column, struct checksum_value *ret,
			    enum checksum_type *ret_type);
void row_bind_checksum(struct query *q, const struct checksum_value *v, enum checksum_type type);
enum checksum_type row_checksum_type(enum checksum_algorithm a, bool composite);

/*
 * Ids of uploads: the time they began in ms, big-endian, so that ids are in that order, and a
 * random rest. NO_SUCH_UPLOAD for a text that is none.
 */
#define UPLOAD_ID_LEN 24
must_check int upload_id_parse(struct span text, uint8_t ret[static UPLOAD_ID_LEN]);
void upload_id_make(uint64_t now_ms, uint8_t ret[static UPLOAD_ID_LEN]);
