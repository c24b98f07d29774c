/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

#include "s3/encoding.h"
#include "stored/engine/layout.h"

static struct span upload_span(const uint8_t id[static UPLOAD_ID_LEN])
{
	return (struct span){ id, UPLOAD_ID_LEN };
}

static void post(struct work *w, uint64_t bucket, struct span key, struct span id,
		 const struct posting *p)
{
	work_post(w, bucket, &(struct ledger_row){ LEDGER_UPLOADS, key, id }, p);
}

/* --- beginning ----------------------------------------------------------------------------- */

/* What S3 does where a client asks for an algorithm and does not say how parts come together. */
static enum checksum_type usual_type(enum checksum_algorithm a)
{
	if (a == CHECKSUM_NONE)
		return CHECKSUM_TYPE_NONE;
	return checksum_rows[a].composite ? CHECKSUM_TYPE_COMPOSITE : CHECKSUM_TYPE_FULL_OBJECT;
}

static bool type_is_possible(enum checksum_algorithm a, enum checksum_type type)
{
	switch (type) {
	case CHECKSUM_TYPE_NONE:
		return a == CHECKSUM_NONE;
	case CHECKSUM_TYPE_FULL_OBJECT:
		return a != CHECKSUM_NONE && checksum_rows[a].full_object;
	case CHECKSUM_TYPE_COMPOSITE:
		return a != CHECKSUM_NONE && checksum_rows[a].composite;
	}
	return false;
}

int apply_create_upload(struct work *w, struct change *c)
{
	struct change_create_upload *create = &c->create_upload;
	enum checksum_type type = create->checksum_type;
	uint8_t id[UPLOAD_ID_LEN];
	struct bucket bucket;
	struct query q;
	int r;

	r = work_find_bucket(w, c->bucket, &bucket);
	if (r != 0)
		return r;
	if (type == CHECKSUM_TYPE_NONE)
		type = usual_type(create->checksum_algorithm);
	if (!type_is_possible(create->checksum_algorithm, type))
		return S3_ERROR_INVALID_REQUEST;
	create->checksum_type = type;
	create->created_ns = w->now_ms * NS_PER_MS;
	upload_id_make(w->now_ms, id);
	hex_encode(upload_span(id), create->upload_id);

	q = query_begin(w->db, CATALOG_INSERT_UPLOAD);
	query_number(&q, bucket.id);
	query_bytes(&q, c->key);
	query_bytes(&q, upload_span(id));
	query_number(&q, w->now_ms);
	query_text(&q, create->storage_class);
	query_text(&q, layout_algorithm_name(create->checksum_algorithm));
	query_number(&q, type == CHECKSUM_TYPE_COMPOSITE);
	query_bytes(&q, create->attributes.len ? create->attributes : SPAN(""));
	post(w, bucket.id, c->key, upload_span(id), &(struct posting){ .uploads = 1 });
	return query_run(&q);
}

/* --- parts --------------------------------------------------------------------------------- */

/* What is written down of a part; `blob` is NULL where it has no bytes. */
struct new_part {
	uint16_t number;
	uint64_t size;
	const uint8_t *md5;
	const uint8_t *crc64nvme;
	struct checksum_value checksum; /* of the upload's algorithm, or NONE */
	const struct ipc_id *blob;
};

/* An upload of the change's key. */
struct found_upload {
	uint64_t bucket;
	uint8_t id[UPLOAD_ID_LEN]; /* as it is stored */
	enum checksum_algorithm algorithm;
};

static int find_upload(struct work *w, struct change *c, struct span text, struct found_upload *ret)
{
	_cleanup_(query_end) struct query q = { 0 };
	struct found_upload u;
	struct upload_row row;
	struct bucket bucket;
	int r;

	r = work_find_bucket(w, c->bucket, &bucket);
	if (r == 0)
		r = upload_id_parse(text, u.id);
	if (r != 0)
		return r;
	r = upload_row_find(w->db, bucket.id, c->key, upload_span(u.id), &q, &row);
	if (r <= 0)
		return r < 0 ? r : S3_ERROR_NO_SUCH_UPLOAD;
	u.bucket = bucket.id;
	u.algorithm = row.checksum_algorithm;
	*ret = u;
	return 0;
}

static void post_part(struct work *w, const struct found_upload *u, int64_t bytes)
{
	post(w, u->bucket, w->change->key, upload_span(u->id),
	     &(struct posting){ .upload_bytes = bytes });
}

static int release_part(struct work *w, const struct found_upload *u, uint16_t number)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_FIND_PART);
	struct ipc_id blob;
	int r;

	query_bytes(&q, upload_span(u->id));
	query_number(&q, number);
	r = query_step(&q);
	if (r <= 0)
		return r;
	post_part(w, u, -(int64_t)query_column_number(&q, 0));
	if (span_is_none(query_column_bytes(&q, 5)))
		return 0;
	r = query_column_copy(&q, 5, blob.bytes, sizeof(blob.bytes));
	return r < 0 ? r : work_release_blob(w, &blob);
}

static int write_part(struct work *w, const struct found_upload *u, const struct new_part *p)
{
	const struct checksum_value *v = &p->checksum;
	size_t checksum_len = v->algorithm == CHECKSUM_NONE ? 0 : checksum_rows[v->algorithm].len;
	struct query q;
	int r;

	r = release_part(w, u, p->number);
	if (r < 0)
		return r;
	post_part(w, u, (int64_t)p->size);
	q = query_begin(w->db, CATALOG_PUT_PART);
	query_bytes(&q, upload_span(u->id));
	query_number(&q, p->number);
	query_number(&q, p->size);
	query_number(&q, w->now_ms);
	query_bytes(&q, (struct span){ p->md5, 16 });
	query_bytes(&q, (struct span){ v->bytes, checksum_len });
	query_bytes(&q, (struct span){ p->crc64nvme, 8 });
	query_bytes(&q, p->blob ? (struct span){ p->blob->bytes, 16 } : SPAN_NONE);
	return query_run(&q);
}

static bool number_is_valid(uint16_t number)
{
	return number >= 1 && number <= S3_PART_COUNT_MAX;
}

static void part_made(struct work *w, const struct new_part *p, struct change_made *ret)
{
	*ret = (struct change_made){
		.modified_ns = w->now_ms * NS_PER_MS,
		.size = p->size,
		.checksum = p->checksum,
		.checksum_type = row_checksum_type(p->checksum.algorithm, false),
	};
	etag_format(p->md5, 0, ret->etag);
}

/* The part's checksum under the upload's algorithm, from what came with the bytes. */
static int part_checksum(enum checksum_algorithm wanted, const struct change_data *data,
			 struct checksum_value *ret)
{
	if (wanted == CHECKSUM_NONE) {
		*ret = (struct checksum_value){ 0 };
	} else if (data->checksum.algorithm == wanted) {
		*ret = data->checksum;
	} else if (wanted == CHECKSUM_CRC64NVME && data->checksum.algorithm == CHECKSUM_NONE) {
		*ret = (struct checksum_value){ .algorithm = wanted };
		memcpy(ret->bytes, data->crc64nvme, sizeof(data->crc64nvme));
	} else {
		return S3_ERROR_INVALID_REQUEST;
	}
	return 0;
}

int apply_put_part(struct work *w, struct change *c)
{
	struct change_put_part *put = &c->put_part;
	struct new_part part = {
		.number = put->number,
		.size = put->data.size,
		.md5 = put->data.md5,
		.crc64nvme = put->data.crc64nvme,
		.blob = put->data.blob ? blob_id(put->data.blob) : NULL,
	};
	struct found_upload upload;
	int r;

	if (!number_is_valid(put->number))
		return S3_ERROR_INVALID_ARGUMENT;
	if (!put->data.blob && put->data.size)
		return -EINVAL;
	r = find_upload(w, c, put->upload_id, &upload);
	if (r == 0)
		r = part_checksum(upload.algorithm, &put->data, &part.checksum);
	if (r != 0)
		return r;
	part_made(w, &part, &put->made);
	/* What the client sent is confirmed, also where the upload keeps none. */
	if (upload.algorithm == CHECKSUM_NONE)
		put->made.checksum = put->data.checksum;
	if (put->data.blob)
		r = work_insert_blob(w, &put->data);
	return r < 0 ? r : write_part(w, &upload, &part);
}

/* --- copies -------------------------------------------------------------------------------- */

/* The one whole blob that is the source's body, with what is known of it; else -EXDEV. */
static int whole_blob(struct work *w, const struct object_row *source, struct ipc_id *ret_blob,
		      uint8_t ret_crc64nvme[static 8])
{
	_cleanup_(query_end) struct query body = query_begin(w->db, CATALOG_FIND_BODY);
	_cleanup_(query_end) struct query blob = query_begin(w->db, CATALOG_FIND_BLOB);
	_cleanup_(freep) struct extent *extents = NULL;
	size_t n;
	int r;

	query_number(&body, source->instance);
	r = query_step(&body);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	r = layout_get_extents(query_column_bytes(&body, 1), &extents, &n);
	if (r < 0)
		return r;
	if (n != 1)
		return -EXDEV;
	query_bytes(&blob, (struct span){ extents[0].blob.bytes, 16 });
	r = query_step(&blob);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	if (extents[0].offset != 0 || extents[0].len != query_column_number(&blob, 0))
		return -EXDEV;
	*ret_blob = extents[0].blob;
	return query_column_copy(&blob, 1, ret_crc64nvme, 8);
}

static int copied_checksum(enum checksum_algorithm wanted, const struct object_row *source,
			   const uint8_t crc64nvme[static 8], struct checksum_value *ret)
{
	if (wanted == CHECKSUM_NONE) {
		*ret = (struct checksum_value){ 0 };
	} else if (wanted == CHECKSUM_CRC64NVME) {
		*ret = (struct checksum_value){ .algorithm = wanted };
		memcpy(ret->bytes, crc64nvme, 8);
	} else if (source->checksum.algorithm == wanted &&
		   source->checksum_type == CHECKSUM_TYPE_FULL_OBJECT) {
		*ret = source->checksum;
	} else {
		return -EXDEV;
	}
	return 0;
}

int apply_copy_part(struct work *w, struct change *c)
{
	struct change_copy_part *copy = &c->copy_part;
	uint8_t md5[16], crc64nvme[8];
	struct found_upload upload;
	struct object_row source;
	unsigned int parts;
	struct ipc_id blob;
	int r;

	if (!number_is_valid(copy->number))
		return S3_ERROR_INVALID_ARGUMENT;
	r = find_upload(w, c, copy->upload_id, &upload);
	if (r == 0)
		r = work_find_source(w, &copy->source, &source);
	if (r != 0)
		return r;
	if (!etag_parse(source.etag, md5, &parts) || parts || source.parts_count)
		return -EXDEV;
	struct new_part part = {
		.number = copy->number,
		.size = source.size,
		.md5 = md5,
		.crc64nvme = crc64nvme,
		.blob = &blob,
	};
	r = whole_blob(w, &source, &blob, crc64nvme);
	if (r == 0)
		r = copied_checksum(upload.algorithm, &source, crc64nvme, &part.checksum);
	if (r == 0)
		r = work_refer_to_blob(w, &blob);
	if (r < 0)
		return r;
	part_made(w, &part, &copy->made);
	return write_part(w, &upload, &part);
}

/* --- ending -------------------------------------------------------------------------------- */

/* kept[] is in order of numbers, as the rows are: walks both at once. */
static int release_parts(struct work *w, struct span id, const struct change_part_claim *kept,
			 size_t n, int64_t *ret_bytes)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_PARTS_BLOBS);
	struct ipc_id blob;
	size_t at = 0;
	int r;

	query_bytes(&q, id);
	while ((r = query_step(&q)) == 1) {
		uint64_t number = query_column_number(&q, 0);

		*ret_bytes += (int64_t)query_column_number(&q, 2);
		while (at < n && kept[at].number < number)
			at++;
		if ((at < n && kept[at].number == number) ||
		    span_is_none(query_column_bytes(&q, 1)))
			continue;
		r = query_column_copy(&q, 1, blob.bytes, sizeof(blob.bytes));
		if (r == 0)
			r = work_release_blob(w, &blob);
		if (r < 0)
			break;
	}
	return r;
}

int work_delete_upload(struct work *w, uint64_t bucket, struct span key, struct span id,
		       const struct change_part_claim *kept, size_t n)
{
	int64_t bytes = 0;
	struct query q;
	int r;

	r = release_parts(w, id, kept, n, &bytes);
	if (r < 0)
		return r;
	post(w, bucket, key, id, &(struct posting){ .uploads = -1, .upload_bytes = -bytes });
	q = query_begin(w->db, CATALOG_DELETE_PARTS);
	query_bytes(&q, id);
	r = query_run(&q);
	if (r < 0)
		return r;
	q = query_begin(w->db, CATALOG_DELETE_UPLOAD);
	query_number(&q, bucket);
	query_bytes(&q, key);
	query_bytes(&q, id);
	return query_run(&q);
}

/* Its client may have come back since somebody thought that it was. */
static int check_overdue(struct work *w, const struct found_upload *u, uint64_t before_ms)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_IS_OVERDUE);
	int r;

	query_number(&q, u->bucket);
	query_bytes(&q, w->change->key);
	query_bytes(&q, upload_span(u->id));
	query_number(&q, before_ms);
	r = query_step(&q);
	if (r < 0)
		return r;
	return r && query_column_number(&q, 0) ? 0 : S3_ERROR_PRECONDITION_FAILED;
}

int apply_abort_upload(struct work *w, struct change *c)
{
	struct found_upload u;
	int r;

	r = find_upload(w, c, c->abort_upload.upload_id, &u);
	if (r == 0 && c->abort_upload.before_ms)
		r = check_overdue(w, &u, c->abort_upload.before_ms);
	if (r != 0)
		return r;
	return work_delete_upload(w, u.bucket, c->key, upload_span(u.id), NULL, 0);
}
