/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

#include "stored/engine/folders.h"
#include "stored/engine/layout.h"

int work_find_bucket(struct work *w, struct span name, struct bucket *ret)
{
	int r = bucket_row_find(w->db, name, ret);

	if (r == S3_ERROR_NO_SUCH_BUCKET)
		w->missing = name;
	return r;
}

static int condition_error(int outcome)
{
	switch ((enum condition_outcome)outcome) {
	case CONDITION_OK:
		return 0;
	case CONDITION_FAILED:
		return S3_ERROR_PRECONDITION_FAILED;
	case CONDITION_MISSING:
		return S3_ERROR_NO_SUCH_KEY;
	case CONDITION_NOT_MODIFIED:
		break;
	}
	return fold(outcome);
}

int work_check_condition(struct work *w, const struct object_name *n,
			 const struct condition *condition, struct standing *ret)
{
	_cleanup_(query_end) struct query q = { 0 };
	struct object_row row;
	int r, found;

	found = object_row_find(w->db, n, &q, &row);
	if (found < 0)
		return found;
	r = condition_error(condition_write(condition, found ? row.etag : SPAN_NONE));
	if (r == 0)
		*ret = found ? (struct standing){ row.instance, row.size } : (struct standing){ 0 };
	return r;
}

void work_post(struct work *w, uint64_t bucket, const struct ledger_row *row,
	       const struct posting *p)
{
	w->done = WORK_POSTED;
	w->bucket = bucket;
	posting_add(&w->posting, p);
	if (ledger_has_counted(&w->catalog->ledger, bucket, row))
		posting_add(&w->counted, p);
}

static void post_object(struct work *w, const struct object_name *n, const struct posting *p)
{
	work_post(w, n->bucket, &(struct ledger_row){ LEDGER_OBJECTS, n->key, n->version }, p);
}

/* --- blobs --------------------------------------------------------------------------------- */

static struct span id_span(const struct ipc_id *id)
{
	return (struct span){ id->bytes, sizeof(id->bytes) };
}

static int run_on_id(struct work *w, enum catalog_statement statement, const struct ipc_id *id)
{
	struct query q = query_begin(w->db, statement);

	query_bytes(&q, id_span(id));
	return query_run(&q);
}

int work_insert_blob(struct work *w, const struct change_data *data)
{
	struct query q = query_begin(w->db, CATALOG_INSERT_BLOB);

	query_bytes(&q, id_span(blob_id(data->blob)));
	query_number(&q, data->size);
	query_bytes(&q, (struct span){ data->crc64nvme, sizeof(data->crc64nvme) });
	return query_run(&q);
}

int work_refer_to_blob(struct work *w, const struct ipc_id *blob)
{
	return run_on_id(w, CATALOG_REFER_TO_BLOB, blob);
}

/* A reference to a blob that has no row is damage; what has it can be deleted all the same. */
int work_release_blob(struct work *w, const struct ipc_id *blob)
{
	struct query q = query_begin(w->db, CATALOG_RELEASE_BLOB);
	bool last;
	int r;

	query_bytes(&q, id_span(blob));
	r = query_step(&q);
	last = r == 1 && query_column_number(&q, 0) == 0;
	query_end(&q);
	if (r < 0 || !last)
		return r < 0 ? r : 0;
	w->made_dead = true;
	r = run_on_id(w, CATALOG_DELETE_BLOB, blob);
	return r < 0 ? r : run_on_id(w, CATALOG_INSERT_DEAD, blob);
}

/* --- bodies -------------------------------------------------------------------------------- */

static int release_extents(struct work *w, struct span packed)
{
	_cleanup_(freep) struct extent *extents = NULL;
	size_t n;
	int r;

	r = layout_get_extents(packed, &extents, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = work_release_blob(w, &extents[i].blob);
	return r;
}

static int release_body(struct work *w, uint64_t instance)
{
	_cleanup_(query_end) struct query find = query_begin(w->db, CATALOG_FIND_BODY);
	struct query delete;
	struct span extents;
	int r;

	query_number(&find, instance);
	r = query_step(&find);
	if (r < 0)
		return r;
	extents = r ? query_column_bytes(&find, 1) : SPAN_NONE;
	r = release_extents(w, extents);
	query_end(&find);
	if (r < 0)
		return r;
	delete = query_begin(w->db, CATALOG_DELETE_BODY);
	query_number(&delete, instance);
	return query_run(&delete);
}

int work_release(struct work *w, const struct object_name *n, const struct standing *before)
{
	if (!before->instance)
		return 0;
	post_object(w, n, &(struct posting){ .objects = -1, .bytes = -(int64_t)before->size });
	return release_body(w, before->instance);
}

static int insert_body(struct work *w, uint64_t instance, const struct body_row *body)
{
	struct query q = query_begin(w->db, CATALOG_INSERT_BODY);

	query_number(&q, instance);
	query_bytes(&q, body->body);
	query_bytes(&q, body->extents);
	query_bytes(&q, body->parts);
	return query_run(&q);
}

int work_put(struct work *w, const struct object_name *n, struct object_row *row,
	     const struct body_row *body, const struct standing *before)
{
	int r;

	post_object(w, n, &(struct posting){ .objects = 1, .bytes = (int64_t)row->size });
	row->instance = w->catalog->next_instance++;
	r = insert_body(w, row->instance, body);
	if (r == 0)
		r = object_row_put(w->db, n, row);
	if (r == 0 && !before->instance)
		r = folders_add(w->db, n->bucket, n->key);
	/* Last: what is copied onto itself keeps its blobs through the new references. */
	if (r == 0)
		r = work_release(w, n, before);
	return r;
}

/* --- sources ------------------------------------------------------------------------------- */

static int keep_row(struct change *c, struct object_row *row)
{
	int r;

	r = change_keep(c, row->etag, &row->etag);
	if (r == 0)
		r = change_keep(c, row->storage_class, &row->storage_class);
	if (r == 0)
		r = change_keep(c, row->attributes, &row->attributes);
	return r;
}

int work_find_source(struct work *w, const struct change_source *s, struct object_row *ret)
{
	_cleanup_(query_end) struct query q = { 0 };
	struct object_name n = { .key = s->key };
	struct object_row row;
	struct bucket bucket;
	int r;

	r = work_find_bucket(w, s->bucket, &bucket);
	if (r == 0)
		r = version_of(s->version, &n.version);
	if (r != 0)
		return r;
	n.bucket = bucket.id;
	r = object_row_find(w->db, &n, &q, &row);
	if (r < 0)
		return r;
	if (r == 0)
		return span_is_none(s->version) ? S3_ERROR_NO_SUCH_KEY : S3_ERROR_NO_SUCH_VERSION;
	r = condition_error(
		condition_source(&s->condition, row.etag, (int64_t)(row.modified_ms / 1000)));
	if (r != 0)
		return r;
	if (s->instance && s->instance != row.instance)
		return -ESTALE;
	if (row.size > S3_PUT_MAX)
		return S3_ERROR_INVALID_REQUEST;
	r = keep_row(w->change, &row);
	if (r < 0)
		return r;
	*ret = row;
	return 0;
}

void work_made(const struct object_row *row, struct change_made *ret)
{
	*ret = (struct change_made){
		.modified_ns = row->modified_ms * NS_PER_MS,
		.size = row->size,
		.checksum = row->checksum,
		.checksum_type = row->checksum_type,
		.parts_count = row->parts_count,
	};
	memcpy(ret->etag, row->etag.data, MIN(row->etag.len, sizeof(ret->etag) - 1));
}
