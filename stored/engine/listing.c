/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/store.h"

#include "s3/encoding.h"
#include "stored/engine/folders.h"
#include "stored/engine/layout.h"
#include "stored/engine/reading.h"

/*
 * A list walks rows in the order of their keys from a position on. A common prefix is emitted when
 * the first key under it is met, and then one seek leads behind the last: to the smallest run of
 * bytes that is greater than all that begin with the prefix. Where nothing but folders can follow, the
 * seeks are among these instead: a thousand rows of theirs stand on a few pages, and the keys on as many
 * as there are folders.
 */

/* One more than the longest key, so that "right behind this key" can be written, too. */
#define POSITION_MAX (S3_KEY_MAX + 1)

struct position {
	uint8_t bytes[POSITION_MAX];
	size_t len;
};

/* What differs between lists: how rows are found from a position on, and what is in one. */
struct list_source {
	enum catalog_statement statement;
	int (*read)(const struct query *q, struct list_source *source, struct listing_item *ret);
	uint64_t bucket; /* 0: rows are not of one bucket */
	bool has_folders;

	/* Uploads: rows of one key are in the order of ids. */
	bool has_ids;
	struct span first_key; /* SPAN_NONE, or the key that the page begins within: */
	uint8_t first_id[UPLOAD_ID_LEN]; /* only behind this id of it */
	char id_text[2 * UPLOAD_ID_LEN + 1]; /* the item's, for emit() */
};

static struct span position_span(const struct position *p)
{
	return (struct span){ p->bytes, p->len };
}

static void position_set(struct position *p, struct span bytes)
{
	/* Longer than a key can be: no key begins with it, and the first behind it is found as
	 * well. */
	p->len = MIN(bytes.len, sizeof(p->bytes));
	if (p->len)
		memcpy(p->bytes, bytes.data, p->len);
}

static void position_behind_key(struct position *p, struct span key)
{
	position_set(p, key);
	if (p->len < sizeof(p->bytes))
		p->bytes[p->len++] = 0;
}

/* False where nothing can follow: the prefix is all 0xff. */
static bool position_behind_prefix(struct position *p, struct span prefix)
{
	position_set(p, prefix);
	while (p->len && p->bytes[p->len - 1] == 0xff)
		p->len--;
	if (!p->len)
		return false;
	p->bytes[p->len - 1]++;
	return true;
}

/* The common prefix that the key is under: up to the first delimiter behind the list's prefix. */
static struct span common_prefix(const struct listing *l, struct span key)
{
	struct span rest = span_skip(key, l->prefix.len);
	const uint8_t *at;

	if (!l->delimiter.len)
		return SPAN_NONE;
	at = memmem(rest.data, rest.len, l->delimiter.data, l->delimiter.len);
	if (!at)
		return SPAN_NONE;
	return span_first(key, (size_t)(at - span_bytes(key)) + l->delimiter.len);
}

static bool in_prefix(const struct listing *l, struct span key)
{
	return !l->prefix.len || span_starts_with(key, l->prefix);
}

/*
 * Where the page begins. A marker that is itself a common prefix stands for all that is under it.
 * False: nothing can be there.
 */
static bool first_position(const struct listing *l, const struct list_source *source,
			   struct position *ret)
{
	position_set(ret, l->prefix);
	if (span_is_none(l->after) || span_compare(l->after, l->prefix) < 0)
		return true;
	if (in_prefix(l, l->after)) {
		struct span common = common_prefix(l, l->after);

		if (!span_is_none(common) && common.len == l->after.len)
			return position_behind_prefix(ret, l->after);
	}
	if (span_is_none(source->first_key))
		position_behind_key(ret, l->after);
	else
		position_set(ret, l->after);
	return true;
}

static void seek(struct query *q, const struct list_source *source, const struct position *at)
{
	query_again(q);
	if (source->bucket)
		query_number(q, source->bucket);
	query_bytes(q, position_span(at));
	if (!source->has_ids)
		return;
	if (span_is_none(source->first_key) || !span_equal(position_span(at), source->first_key))
		query_bytes(q, SPAN(""));
	else
		query_bytes(q, (struct span){ source->first_id, sizeof(source->first_id) });
}

static void note_last(struct listing *l, const struct listing_item *item)
{
	l->last_len = MIN(item->key.len, sizeof(l->last));
	memcpy(l->last, item->key.data, l->last_len);
	l->last_upload[0] = '\0';
	if (item->upload_id.len && item->upload_id.len < sizeof(l->last_upload)) {
		memcpy(l->last_upload, item->upload_id.data, item->upload_id.len);
		l->last_upload[item->upload_id.len] = '\0';
	}
	l->count++;
}

/* The upload that the page before ended with. */
static bool was_before(const struct listing *l, const struct list_source *source,
		       const struct listing_item *item)
{
	return !span_is_none(source->first_key) && span_equal(item->key, source->first_key) &&
	       span_compare(item->upload_id, l->after_upload) <= 0;
}

enum emit_outcome {
	EMIT_OK = 0,
	EMIT_SEEK, /* behind the common prefix that was emitted; *at is there */
	EMIT_END,
};

static int emit_row(struct listing *l, struct list_source *source, const struct query *q,
		    struct position *at)
{
	struct listing_item item = { 0 };
	struct span common;
	int r;

	r = source->read(q, source, &item);
	if (r < 0)
		return r;
	if (!in_prefix(l, item.key))
		return EMIT_END;
	if (was_before(l, source, &item))
		return EMIT_OK;
	if (l->count == l->limit) {
		l->truncated = true;
		return EMIT_END;
	}
	common = common_prefix(l, item.key);
	if (!span_is_none(common))
		item = (struct listing_item){ .is_prefix = true, .key = common };
	r = l->emit(l->context, &item);
	if (r < 0)
		return r;
	note_last(l, &item);
	if (!item.is_prefix)
		return EMIT_OK;
	return position_behind_prefix(at, common) ? EMIT_SEEK : EMIT_END;
}

static int read_folder(const struct query *q, struct list_source *source, struct listing_item *ret)
{
	(void)source;
	*ret = (struct listing_item){ .key = query_column_bytes(q, 0) };
	return 0;
}

/* 1: all that the list may still name are common prefixes, each of which is a folder. */
static int is_of_folders(const struct listing *l, const struct list_source *source,
			 struct database *db)
{
	if (!source->has_folders || !span_equal(l->delimiter, SPAN("/")))
		return 0;
	return folder_has_folders_only(db, source->bucket, folder_of(l->prefix));
}

static int walk_from(struct listing *l, struct list_source *source, struct database *db,
		     struct position *at);

static int walk_folders(struct listing *l, uint64_t bucket, struct database *db,
			struct position *at)
{
	struct list_source folders = {
		.statement = CATALOG_LIST_FOLDERS,
		.read = read_folder,
		.bucket = bucket,
	};

	return walk_from(l, &folders, db, at);
}

static int walk_from(struct listing *l, struct list_source *source, struct database *db,
		     struct position *at)
{
	_cleanup_(query_end) struct query q = query_begin(db, source->statement);
	int r;

	seek(&q, source, at);
	while ((r = query_step(&q)) == 1) {
		r = emit_row(l, source, &q, at);
		if (r < 0)
			return r;
		switch ((enum emit_outcome)r) {
		case EMIT_OK:
			break;
		case EMIT_SEEK:
			r = is_of_folders(l, source, db);
			if (r != 0)
				return r < 0 ? r : walk_folders(l, source->bucket, db, at);
			source->has_folders = false;
			seek(&q, source, at);
			break;
		case EMIT_END:
			return 0;
		}
	}
	return r;
}

static int walk(struct listing *l, struct list_source *source, struct database *db)
{
	struct position at;

	return first_position(l, source, &at) ? walk_from(l, source, db, &at) : 0;
}

static void reset(struct listing *l)
{
	l->truncated = false;
	l->count = 0;
	l->last_len = 0;
	l->last_upload[0] = '\0';
}

/* --- objects ------------------------------------------------------------------------------- */

static int read_object(const struct query *q, struct list_source *source, struct listing_item *ret)
{
	int r;

	*ret = (struct listing_item){
		.key = query_column_bytes(q, 0),
		.size = query_column_number(q, 1),
		.modified_ns = query_column_number(q, 2) * NS_PER_MS,
		.etag = query_column_bytes(q, 3),
		.storage_class = query_column_bytes(q, 4),
	};
	r = layout_algorithm(query_column_bytes(q, 5), &ret->checksum_algorithm);
	if (r < 0)
		return r;
	ret->checksum_type = row_checksum_type(ret->checksum_algorithm, query_column_number(q, 6));
	return 0;
}

static int list_of_bucket(struct store *s, const struct ipc_id *tenant, struct span name,
			  struct list_source *source, struct listing *l)
{
	struct reading reading;
	struct bucket bucket;
	int r;

	reset(l);
	r = reading_begin(s, tenant, false, &reading);
	if (r == 0)
		r = bucket_row_find(reading.db, name, &bucket);
	if (r == 0 && l->limit) {
		source->bucket = bucket.id;
		r = walk(l, source, reading.db);
	}
	return reading_result(&reading, name, r);
}

int store_list_objects(struct store *s, const struct ipc_id *tenant, struct span bucket,
		       struct listing *l)
{
	struct list_source source = {
		.statement = CATALOG_LIST_OBJECTS,
		.read = read_object,
		.has_folders = true,
	};

	return list_of_bucket(s, tenant, bucket, &source, l);
}

/* --- uploads ------------------------------------------------------------------------------- */

static int read_upload(const struct query *q, struct list_source *source, struct listing_item *ret)
{
	struct span id = query_column_bytes(q, 1);
	int r;

	if (id.len != UPLOAD_ID_LEN)
		return -EUCLEAN;
	hex_encode(id, source->id_text);
	*ret = (struct listing_item){
		.key = query_column_bytes(q, 0),
		.upload_id = span_from_string(source->id_text),
		.modified_ns = query_column_number(q, 2) * NS_PER_MS,
		.storage_class = query_column_bytes(q, 3),
	};
	r = layout_algorithm(query_column_bytes(q, 4), &ret->checksum_algorithm);
	if (r < 0)
		return r;
	ret->checksum_type = row_checksum_type(ret->checksum_algorithm, query_column_number(q, 5));
	return 0;
}

int store_list_uploads(struct store *s, const struct ipc_id *tenant, struct span bucket,
		       struct listing *l)
{
	struct list_source source = {
		.statement = CATALOG_LIST_UPLOADS,
		.read = read_upload,
		.has_ids = true,
	};

	/* Without the key that it belongs to, S3 ignores an upload's id. */
	if (l->after.len && l->after_upload.len) {
		if (upload_id_parse(l->after_upload, source.first_id) != 0)
			return S3_ERROR_INVALID_ARGUMENT;
		source.first_key = l->after;
	}
	return list_of_bucket(s, tenant, bucket, &source, l);
}

/* --- buckets ------------------------------------------------------------------------------- */

static int read_bucket(const struct query *q, struct list_source *source, struct listing_item *ret)
{
	*ret = (struct listing_item){
		.key = query_column_bytes(q, 0),
		.modified_ns = query_column_number(q, 1) * NS_PER_MS,
		.region = query_column_bytes(q, 2),
	};
	return 0;
}

int store_list_buckets(struct store *s, const struct ipc_id *tenant, struct listing *l)
{
	struct list_source source = { .statement = CATALOG_LIST_BUCKETS, .read = read_bucket };
	struct reading reading;
	int r;

	reset(l);
	l->delimiter = SPAN_NONE;
	r = reading_begin(s, tenant, false, &reading);
	if (r == 0 && l->limit)
		r = walk(l, &source, reading.db);
	reading_end(&reading);
	/* Who never made one has no catalog. */
	return r == S3_ERROR_NO_SUCH_BUCKET ? 0 : r;
}
