/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

#include "s3/etag.h"
#include "stored/engine/folders.h"
#include "stored/engine/layout.h"

/* What a body in one piece is in the catalog: its bytes, or one extent. */
static int pack_data(struct work *w, const struct change_data *data, struct buffer *extents,
		     struct body_row *ret)
{
	int r;

	if (!data->blob) {
		if (data->body.len != data->size)
			return -EINVAL;
		*ret = (struct body_row){ .body = data->body.len ? data->body : SPAN("") };
		return 0;
	}
	r = work_insert_blob(w, data);
	if (r < 0)
		return r;
	layout_put_extent(extents, &(struct extent){ *blob_id(data->blob), 0, data->size });
	*ret = (struct body_row){ .extents = buffer_span(extents) };
	return buffer_error(extents);
}

static struct checksum_value checksum_shown(const struct change_data *data)
{
	struct checksum_value v = data->checksum;

	if (v.algorithm == CHECKSUM_NONE) {
		v.algorithm = CHECKSUM_CRC64NVME;
		memcpy(v.bytes, data->crc64nvme, sizeof(data->crc64nvme));
	}
	return v;
}

int apply_put_object(struct work *w, struct change *c)
{
	struct change_put_object *put = &c->put_object;
	_cleanup_(buffer_clear) struct buffer extents = BUFFER_INIT(LAYOUT_EXTENT_LEN);
	struct object_name name = { .key = c->key, .version = SPAN("") };
	char etag[ETAG_TEXT_MAX];
	struct body_row body;
	struct standing before;
	struct bucket bucket;
	int r;

	r = work_find_bucket(w, c->bucket, &bucket);
	if (r != 0)
		return r;
	name.bucket = bucket.id;
	r = work_check_condition(w, &name, &put->condition, &before);
	if (r != 0)
		return r;
	r = pack_data(w, &put->data, &extents, &body);
	if (r < 0)
		return r;
	struct object_row row = {
		.size = put->data.size,
		.modified_ms = w->now_ms,
		.etag = span_from_string(etag_format(put->data.md5, 0, etag)),
		.storage_class = put->storage_class,
		.attributes = put->attributes,
		.checksum = checksum_shown(&put->data),
		.checksum_type = CHECKSUM_TYPE_FULL_OBJECT,
	};
	work_made(&row, &put->made);
	return work_put(w, &name, &row, &body, &before);
}

/* --- copies -------------------------------------------------------------------------------- */

static int refer_to_extents(struct work *w, struct span packed)
{
	_cleanup_(freep) struct extent *extents = NULL;
	size_t n;
	int r;

	r = layout_get_extents(packed, &extents, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = work_refer_to_blob(w, &extents[i].blob);
	return r;
}

/* The body of `from` under a name of its own: bytes are copied, blobs referred to once more. */
static int put_copy(struct work *w, const struct object_name *name, uint64_t from,
		    struct object_row *row, const struct standing *before)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_FIND_BODY);
	struct body_row body;
	int r;

	query_number(&q, from);
	r = query_step(&q);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	r = change_keep(w->change, query_column_bytes(&q, 0), &body.body);
	if (r == 0)
		r = change_keep(w->change, query_column_bytes(&q, 1), &body.extents);
	if (r == 0)
		r = change_keep(w->change, query_column_bytes(&q, 2), &body.parts);
	query_end(&q);
	if (r == 0)
		r = refer_to_extents(w, body.extents);
	if (r < 0)
		return r;
	return work_put(w, name, row, &body, before);
}

int apply_copy_object(struct work *w, struct change *c)
{
	struct change_copy_object *copy = &c->copy_object;
	struct object_name name = { .key = c->key, .version = SPAN("") };
	struct object_row row;
	struct standing before;
	struct bucket bucket;
	uint64_t from;
	int r;

	r = work_find_bucket(w, c->bucket, &bucket);
	if (r == 0)
		r = work_find_source(w, &copy->source, &row);
	if (r != 0)
		return r;
	name.bucket = bucket.id;
	r = work_check_condition(w, &name, &copy->condition, &before);
	if (r != 0)
		return r;
	from = row.instance;
	row.modified_ms = w->now_ms;
	row.storage_class = copy->storage_class;
	if (copy->replace)
		row.attributes = copy->attributes;
	if (copy->checksum.algorithm != CHECKSUM_NONE) {
		row.checksum = copy->checksum;
		row.checksum_type = CHECKSUM_TYPE_FULL_OBJECT;
	}
	work_made(&row, &copy->made);
	return put_copy(w, &name, from, &row, &before);
}

/* --- deletions ----------------------------------------------------------------------------- */

static int delete_one(struct work *w, uint64_t bucket, struct span key, struct span version,
		      const struct condition *condition, bool *ret_existed)
{
	struct object_name name = { .bucket = bucket, .key = key };
	struct standing before;
	struct query q;
	int r;

	r = version_of(version, &name.version);
	if (r == 0)
		r = work_check_condition(w, &name, condition, &before);
	if (r != 0)
		return r;
	*ret_existed = before.instance != 0;
	if (!before.instance)
		return 0;
	r = work_release(w, &name, &before);
	if (r < 0)
		return r;
	q = query_begin(w->db, CATALOG_DELETE_OBJECT);
	query_number(&q, name.bucket);
	query_bytes(&q, name.key);
	query_bytes(&q, name.version);
	r = query_run(&q);
	return r == 0 ? folders_remove(w->db, bucket, key) : r;
}

int apply_delete_object(struct work *w, struct change *c)
{
	struct change_delete_object *delete = &c->delete_object;
	struct bucket bucket;
	int r;

	r = work_find_bucket(w, c->bucket, &bucket);
	if (r != 0)
		return r;
	return delete_one(w, bucket.id, c->key, delete->version, &delete->condition,
			  &delete->existed);
}

int apply_delete_objects(struct work *w, struct change *c)
{
	struct change_delete_objects *delete = &c->delete_objects;
	struct bucket bucket;
	bool existed;
	int r;

	r = work_find_bucket(w, c->bucket, &bucket);
	if (r != 0)
		return r;
	for (size_t i = 0; i < delete->n; i++) {
		struct change_delete_item *item = &delete->items[i];

		r = S3_ERROR_ACCESS_DENIED;
		if (!item->forbidden)
			r = delete_one(w, bucket.id, item->key, item->version, &item->condition,
				       &existed);
		/* A key's own refusal leaves the others alone; our own failure undoes them all. */
		if (r < 0)
			return r;
		item->result = r;
	}
	return 0;
}

int apply_forget_dead(struct work *w, struct change *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->forget_dead.n; i++) {
		struct query q = query_begin(w->db, CATALOG_DELETE_DEAD);

		query_bytes(&q, (struct span){ c->forget_dead.ids[i].bytes, 16 });
		r = query_run(&q);
	}
	return r;
}
