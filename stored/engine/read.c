/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/store.h"

#include "s3/encoding.h"
#include "stored/engine/layout.h"
#include "stored/engine/reading.h"

/* --- buckets ------------------------------------------------------------------------------- */

static int find_own_bucket(struct store *s, const struct ipc_id *tenant, struct span name,
			   struct bucket *ret)
{
	struct reading reading;
	int r;

	r = reading_begin(s, tenant, false, &reading);
	if (r == 0)
		r = bucket_row_find(reading.db, name, ret);
	reading_end(&reading);
	return r;
}

int store_has_bucket(struct store *s, const struct ipc_id *tenant, struct span name)
{
	struct bucket bucket;
	int r = find_own_bucket(s, tenant, name, &bucket);

	if (r == S3_ERROR_NO_SUCH_BUCKET)
		return 0;
	return r < 0 ? r : 1;
}

int store_explain_missing(struct store *s, const struct ipc_id *tenant, struct span name)
{
	struct ipc_id other;
	int r;

	r = bucket_index_find(&s->index, name, &other);
	if (r < 0)
		return r;
	if (r == 0 || ipc_id_equal(&other, tenant))
		return S3_ERROR_NO_SUCH_BUCKET;
	r = store_has_bucket(s, &other, name);
	if (r < 0)
		return r;
	return r ? S3_ERROR_ACCESS_DENIED : S3_ERROR_NO_SUCH_BUCKET;
}

int store_find_bucket(struct store *s, const struct ipc_id *tenant, struct span name,
		      struct bucket *ret)
{
	int r = find_own_bucket(s, tenant, name, ret);

	return r == S3_ERROR_NO_SUCH_BUCKET ? store_explain_missing(s, tenant, name) : r;
}

int store_check_room(struct store *s, uint64_t bytes)
{
	return room_check(&s->room, bytes);
}

/* --- objects ------------------------------------------------------------------------------- */

struct held_object {
	struct object object; /* first: it is what callers have */
	_Atomic unsigned int refs;
	struct extent *extents;
	struct object_part *parts;
	struct buffer memory; /* etag, storage class, attributes, body, one after another */

	/* Of one that has extents, which are pinned: */
	struct store *store;
	struct catalog *catalog; /* a reference */
};

static struct held_object *held(struct object *o)
{
	return (struct held_object *)o;
}

struct object *object_ref(struct object *o)
{
	atomic_fetch_add(&held(o)->refs, 1);
	return o;
}

struct object *object_free(struct object *o)
{
	struct held_object *h = held(o);

	if (!o || atomic_fetch_sub(&h->refs, 1) > 1)
		return NULL;
	if (h->catalog && catalog_unpin(h->catalog, h->extents, o->n_extents))
		sweep_tell_of_dead(&h->store->sweep, &h->catalog->tenant);
	catalog_put(h->catalog);
	buffer_clear(&h->memory);
	free(h->extents);
	free(h->parts);
	free(h);
	return NULL;
}

/* Bytes that are kept, as a span of their place; SPAN_NONE where memory ran out. */
static struct span keep(struct buffer *memory, struct span bytes)
{
	struct span kept = { memory->data + memory->len, bytes.len };

	buffer_append(memory, bytes);
	return kept;
}

/* All at once, so that the memory never moves. */
static int keep_row(struct held_object *h, const struct object_row *row, struct span body)
{
	size_t size = row->etag.len + row->storage_class.len + row->attributes.len + body.len;
	struct object *o = &h->object;

	h->memory = BUFFER_INIT(size + 1);
	if (!buffer_reserve(&h->memory, size + 1))
		return -ENOMEM;
	o->instance = row->instance;
	o->size = row->size;
	o->modified_ns = row->modified_ms * NS_PER_MS;
	o->checksum = row->checksum;
	o->checksum_type = row->checksum_type;
	o->parts_count = row->parts_count;
	o->etag = keep(&h->memory, row->etag);
	o->storage_class = keep(&h->memory, row->storage_class);
	o->attributes = keep(&h->memory, row->attributes);
	o->body = span_is_none(body) ? SPAN_NONE : keep(&h->memory, body);
	return buffer_error(&h->memory);
}

static int read_extents(struct held_object *h, struct reading *reading, const struct query *q)
{
	int r;

	if (span_is_none(query_column_bytes(q, 1)))
		return 0;
	r = layout_get_extents(query_column_bytes(q, 1), &h->extents, &h->object.n_extents);
	if (r == 0)
		r = catalog_pin(reading->catalog, h->extents, h->object.n_extents);
	if (r != 0)
		return r;
	h->store = reading->store;
	h->catalog = catalog_ref(reading->catalog);
	h->object.extents = h->extents;
	return 0;
}

static int read_parts(struct held_object *h, const struct query *q)
{
	int r;

	if (span_is_none(query_column_bytes(q, 2)))
		return 0;
	r = layout_get_parts(query_column_bytes(q, 2), &h->parts, &h->object.n_parts);
	h->object.parts = h->parts;
	return r;
}

static int read_body(struct held_object *h, struct reading *reading, const struct object_row *row,
		     unsigned int with)
{
	_cleanup_(query_end) struct query q = query_begin(reading->db, CATALOG_FIND_BODY);
	struct span body = SPAN_NONE;
	int r;

	query_number(&q, row->instance);
	r = query_step(&q);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	if (with & STORE_WITH_DATA)
		body = query_column_bytes(&q, 0);
	r = keep_row(h, row, body);
	if (r == 0 && (with & STORE_WITH_DATA))
		r = read_extents(h, reading, &q);
	if (r == 0 && (with & STORE_WITH_PARTS))
		r = read_parts(h, &q);
	return r;
}

static int read_object(struct held_object *h, struct reading *reading,
		       const struct object_name *name, unsigned int with)
{
	_cleanup_(query_end) struct query q = { 0 };
	struct object_row row;
	int r;

	r = object_row_find(reading->db, name, &q, &row);
	if (r <= 0)
		return r < 0 ? r : S3_ERROR_NO_SUCH_KEY;
	return with ? read_body(h, reading, &row, with) : keep_row(h, &row, SPAN_NONE);
}

static int find_object(struct reading *reading, struct span bucket, struct span key,
		       struct span version, unsigned int with, struct object **ret)
{
	_cleanup_(object_freep) struct object *o = NULL;
	struct object_name name = { .key = key };
	struct held_object *h;
	struct bucket found;
	int r, bad_version;

	bad_version = version_of(version, &name.version);
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->refs = 1;
	o = &h->object;
	r = bucket_row_find(reading->db, bucket, &found);
	if (r == 0)
		r = bad_version;
	if (r == 0) {
		name.bucket = found.id;
		r = read_object(h, reading, &name, with);
	}
	if (r == S3_ERROR_NO_SUCH_KEY && !span_is_none(version))
		r = S3_ERROR_NO_SUCH_VERSION;
	if (r == 0)
		*ret = steal_ptr(o);
	return r;
}

int store_find_object(struct store *s, const struct ipc_id *tenant, struct span bucket,
		      struct span key, struct span version, unsigned int with, struct object **ret)
{
	struct reading reading;
	int r = reading_begin(s, tenant, with & STORE_WITH_DATA, &reading);

	if (r == 0)
		r = find_object(&reading, bucket, key, version, with, ret);
	return reading_result(&reading, bucket, r);
}

struct moment {
	struct reading reading;
	uint64_t n_ended; /* before it began */
};

struct moment *moment_end(struct moment *m)
{
	if (m)
		reading_end(&m->reading);
	free(m);
	return NULL;
}

/* Whatever was told of before is in it. */
static int moment_begin(struct store *s, const struct ipc_id *tenant, struct moment **ret)
{
	struct moment *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->n_ended = commits_ended(&s->commits);
	r = reading_begin(s, tenant, true, &m->reading);
	if (r == 0)
		*ret = m;
	else
		moment_end(m);
	return r;
}

static bool moment_serves(const struct moment *m, const struct store *s,
			  const struct ipc_id *tenant)
{
	return m && ipc_id_equal(&m->reading.tenant, tenant) &&
	       m->n_ended == commits_ended(&s->commits);
}

int store_find_object_in(struct store *s, struct moment **moment, const struct ipc_id *tenant,
			 struct span bucket, struct span key, struct span version,
			 unsigned int with, struct object **ret)
{
	struct store_mark mark;
	/*
	 * Before it is seen whether the moment serves, or a new one begins. Of a key of which a
	 * commit is under way others may have seen by SQLite what this moment does not.
	 */
	bool marked = commits_mark(&s->commits, tenant, bucket, key, &mark);
	int r = 0;

	if (marked && moment_serves(*moment, s, tenant)) {
		meter_add(&s->meters.reads, 1);
	} else {
		*moment = moment_end(*moment);
		r = moment_begin(s, tenant, moment);
	}
	if (r == 0)
		r = find_object(&(*moment)->reading, bucket, key, version, with, ret);
	if (r == 0) {
		(*ret)->marked = marked;
		(*ret)->mark = mark;
	}
	if (r < 0)
		*moment = moment_end(*moment);
	return r == S3_ERROR_NO_SUCH_BUCKET ? store_explain_missing(s, tenant, bucket) : r;
}

uint64_t store_number_of(const struct store *s, const struct ipc_id *tenant, struct span bucket,
			 struct span key)
{
	return commits_number(&s->commits, tenant, bucket, key);
}

bool store_is_current(const struct store *s, const struct object *o)
{
	return o->marked && commits_hold(&s->commits, &o->mark);
}

/* A file that a row refers to and that is not there, or too short, is damage: no missing key. */
int store_open_extent(struct store *s, const struct object *o, size_t n, int *ret_fd)
{
	const struct held_object *h = (const struct held_object *)o;
	int r;

	if (n >= o->n_extents)
		return -EINVAL;
	r = place_open_blob(&h->catalog->place, &o->extents[n].blob, ret_fd);
	return r == -ENOENT ? -EUCLEAN : r;
}

/* --- uploads ------------------------------------------------------------------------------- */

static int keep_upload(const struct upload_row *row, struct upload *ret)
{
	uint8_t *memory = malloc(row->attributes.len + row->storage_class.len + 1);

	if (!memory)
		return -ENOMEM;
	memcpy(memory, row->attributes.data, row->attributes.len);
	memcpy(memory + row->attributes.len, row->storage_class.data, row->storage_class.len);
	*ret = (struct upload){
		.created_ns = row->created_ms * NS_PER_MS,
		.attributes = { memory, row->attributes.len },
		.storage_class = { memory + row->attributes.len, row->storage_class.len },
		.checksum_algorithm = row->checksum_algorithm,
		.checksum_type = row->checksum_type,
		.memory = memory,
	};
	return 0;
}

void upload_clear(struct upload *u)
{
	free(u->memory);
	*u = (struct upload){ 0 };
}

/* 0, with the row and what it is borrowed from; NO_SUCH_BUCKET, NO_SUCH_UPLOAD. */
static int find_upload(struct reading *reading, struct span bucket, struct span key,
		       struct span text, uint8_t id[static UPLOAD_ID_LEN], struct query *q,
		       struct upload_row *ret)
{
	struct bucket found;
	int r;

	r = bucket_row_find(reading->db, bucket, &found);
	if (r == 0)
		r = upload_id_parse(text, id);
	if (r != 0)
		return r;
	r = upload_row_find(reading->db, found.id, key, (struct span){ id, UPLOAD_ID_LEN }, q, ret);
	if (r == 0)
		return S3_ERROR_NO_SUCH_UPLOAD;
	return r < 0 ? r : 0;
}

int store_find_upload(struct store *s, const struct ipc_id *tenant, struct span bucket,
		      struct span key, struct span upload_id, struct upload *ret)
{
	struct query q = { 0 };
	uint8_t id[UPLOAD_ID_LEN];
	struct reading reading;
	struct upload_row row;
	int r;

	r = reading_begin(s, tenant, false, &reading);
	if (r == 0)
		r = find_upload(&reading, bucket, key, upload_id, id, &q, &row);
	if (r == 0)
		r = keep_upload(&row, ret);
	query_end(&q);
	return reading_result(&reading, bucket, r);
}

static int read_part(const struct query *q, enum checksum_algorithm algorithm,
		     struct upload_part *ret)
{
	uint8_t md5[16];
	int r;

	*ret = (struct upload_part){
		.number = (uint16_t)query_column_number(q, 0),
		.size = query_column_number(q, 1),
		.modified_ns = query_column_number(q, 2) * NS_PER_MS,
		.checksum.algorithm = algorithm,
	};
	r = query_column_copy(q, 3, md5, sizeof(md5));
	if (r == 0 && algorithm != CHECKSUM_NONE)
		r = query_column_copy(q, 4, ret->checksum.bytes, checksum_rows[algorithm].len);
	if (r == 0)
		etag_format(md5, 0, ret->etag);
	return r;
}

static int read_parts_of(struct reading *reading, struct span id, uint16_t after,
			 enum checksum_algorithm algorithm, uint32_t limit,
			 struct upload_part *parts, uint32_t *ret_count)
{
	_cleanup_(query_end) struct query q = query_begin(reading->db, CATALOG_LIST_PARTS);
	uint32_t n = 0;
	int r, k = 0;

	query_bytes(&q, id);
	query_number(&q, after);
	while ((r = query_step(&q)) == 1 && n < limit && k == 0)
		k = read_part(&q, algorithm, &parts[n++]);
	if (r < 0 || k < 0)
		return r < 0 ? r : k;
	*ret_count = n;
	return r;
}

int store_list_parts(struct store *s, const struct ipc_id *tenant, struct span bucket,
		     struct span key, struct span upload_id, uint16_t after, uint32_t limit,
		     struct upload_part *parts, uint32_t *ret_count, bool *ret_truncated)
{
	struct query q = { 0 };
	uint8_t id[UPLOAD_ID_LEN];
	struct reading reading;
	struct upload_row row;
	uint32_t count = 0;
	int r, more = 0;

	r = reading_begin(s, tenant, false, &reading);
	if (r == 0)
		r = find_upload(&reading, bucket, key, upload_id, id, &q, &row);
	query_end(&q);
	if (r == 0)
		more = read_parts_of(&reading, (struct span){ id, sizeof(id) }, after,
				     row.checksum_algorithm, limit, parts, &count);
	if (more < 0)
		r = more;
	r = reading_result(&reading, bucket, r);
	if (r != 0)
		return r;
	*ret_count = count;
	*ret_truncated = more == 1 && limit;
	return 0;
}
