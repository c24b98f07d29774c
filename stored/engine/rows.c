/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/rows.h"

#include <endian.h>
#include <sodium.h>

#include "s3/encoding.h"
#include "stored/engine/layout.h"

int version_of(struct span text, struct span *ret)
{
	if (!span_is_none(text) && !span_equal(text, SPAN("null")))
		return S3_ERROR_NO_SUCH_VERSION;
	*ret = SPAN("");
	return 0;
}

int bucket_row_find(struct database *db, struct span name, struct bucket *ret)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_FIND_BUCKET);
	struct span region;
	int r;

	query_bytes(&q, name);
	r = query_step(&q);
	if (r < 0)
		return r;
	if (r == 0)
		return S3_ERROR_NO_SUCH_BUCKET;
	region = query_column_bytes(&q, 2);
	if (region.len >= sizeof(ret->region))
		return -EUCLEAN;
	*ret = (struct bucket){
		.id = query_column_number(&q, 0),
		.created_ns = query_column_number(&q, 1) * NS_PER_MS,
	};
	memcpy(ret->region, region.data, region.len);
	return 0;
}

struct span configuration_name(enum store_configuration kind)
{
	static const char *const names[STORE_CONFIGURATION_COUNT] = {
#define KIND(SYMBOL, name) [STORE_CONFIGURATION_##SYMBOL] = (name),
		STORE_CONFIGURATIONS(KIND)
#undef KIND
	};

	return span_from_string(names[kind]);
}

enum checksum_type row_checksum_type(enum checksum_algorithm a, bool composite)
{
	if (a == CHECKSUM_NONE)
		return CHECKSUM_TYPE_NONE;
	return composite ? CHECKSUM_TYPE_COMPOSITE : CHECKSUM_TYPE_FULL_OBJECT;
}

int row_checksum(const struct query *q, int column, struct checksum_value *ret,
		 enum checksum_type *ret_type)
{
	struct checksum_value v = { 0 };
	int r;

	r = layout_algorithm(query_column_bytes(q, column), &v.algorithm);
	if (r < 0)
		return r;
	if (v.algorithm != CHECKSUM_NONE) {
		r = query_column_copy(q, column + 2, v.bytes, checksum_rows[v.algorithm].len);
		if (r < 0)
			return r;
	}
	*ret_type = row_checksum_type(v.algorithm, query_column_number(q, column + 1));
	*ret = v;
	return 0;
}

void row_bind_checksum(struct query *q, const struct checksum_value *v, enum checksum_type type)
{
	size_t len = v->algorithm == CHECKSUM_NONE ? 0 : checksum_rows[v->algorithm].len;

	query_text(q, layout_algorithm_name(v->algorithm));
	query_number(q, type == CHECKSUM_TYPE_COMPOSITE);
	query_bytes(q, (struct span){ v->bytes, len });
}

static void bind_name(struct query *q, const struct object_name *n)
{
	query_number(q, n->bucket);
	query_bytes(q, n->key);
	query_bytes(q, n->version);
}

int object_row_find(struct database *db, const struct object_name *n, struct query *q,
		    struct object_row *ret)
{
	struct object_row row;
	int r;

	*q = query_begin(db, CATALOG_FIND_OBJECT);
	bind_name(q, n);
	r = query_step(q);
	if (r <= 0)
		return r;
	row = (struct object_row){
		.instance = query_column_number(q, 0),
		.size = query_column_number(q, 1),
		.modified_ms = query_column_number(q, 2),
		.etag = query_column_bytes(q, 3),
		.storage_class = query_column_bytes(q, 4),
		.parts_count = (uint32_t)query_column_number(q, 8),
		.attributes = query_column_bytes(q, 9),
	};
	r = row_checksum(q, 5, &row.checksum, &row.checksum_type);
	if (r < 0)
		return r;
	*ret = row;
	return 1;
}

int object_row_put(struct database *db, const struct object_name *n, const struct object_row *row)
{
	struct query q = query_begin(db, CATALOG_PUT_OBJECT);

	bind_name(&q, n);
	query_number(&q, row->instance);
	query_number(&q, row->size);
	query_number(&q, row->modified_ms);
	query_text(&q, row->etag);
	query_text(&q, row->storage_class);
	row_bind_checksum(&q, &row->checksum, row->checksum_type);
	query_number(&q, row->parts_count);
	query_bytes(&q, span_is_none(row->attributes) ? SPAN("") : row->attributes);
	return query_run(&q);
}

int upload_row_find(struct database *db, uint64_t bucket, struct span key, struct span id,
		    struct query *q, struct upload_row *ret)
{
	struct upload_row row;
	int r;

	*q = query_begin(db, CATALOG_FIND_UPLOAD);
	query_number(q, bucket);
	query_bytes(q, key);
	query_bytes(q, id);
	r = query_step(q);
	if (r <= 0)
		return r;
	row = (struct upload_row){
		.created_ms = query_column_number(q, 0),
		.storage_class = query_column_bytes(q, 1),
		.attributes = query_column_bytes(q, 4),
	};
	r = layout_algorithm(query_column_bytes(q, 2), &row.checksum_algorithm);
	if (r < 0)
		return r;
	row.checksum_type = row_checksum_type(row.checksum_algorithm, query_column_number(q, 3));
	*ret = row;
	return 1;
}

/* One text for one id: what another case of digits names is no upload. */
int upload_id_parse(struct span text, uint8_t ret[static UPLOAD_ID_LEN])
{
	if (!span_is_lower_hex(text) || !hex_decode(text, ret, UPLOAD_ID_LEN))
		return S3_ERROR_NO_SUCH_UPLOAD;
	return 0;
}

void upload_id_make(uint64_t now_ms, uint8_t ret[static UPLOAD_ID_LEN])
{
	uint64_t prefix = htobe64(now_ms);

	memcpy(ret, &prefix, sizeof(prefix));
	randombytes_buf(ret + sizeof(prefix), UPLOAD_ID_LEN - sizeof(prefix));
}
