/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

/*
 * One that another catalog's older bucket of this name kept hidden: the name has become this
 * tenant's, and with it the bucket shows again, with all that is in it.
 */
static int uncover(struct work *w, struct span name)
{
	struct query q = query_begin(w->db, CATALOG_SHADOW_BUCKET);

	query_bytes(&q, name);
	query_number(&q, 0);
	return query_run(&q);
}

static int run_on_bucket(struct work *w, enum catalog_statement statement, uint64_t bucket)
{
	struct query q = query_begin(w->db, statement);

	query_number(&q, bucket);
	return query_run(&q);
}

static int insert(struct work *w, const struct change *c)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_INSERT_BUCKET);
	struct span region = c->create_bucket.region;
	int r;

	query_bytes(&q, c->bucket);
	query_number(&q, w->now_ms);
	query_bytes(&q, region.len ? region : SPAN(""));
	r = query_step(&q);
	if (r <= 0)
		return r < 0 ? r : -EPROTO;
	w->bucket = query_column_number(&q, 0);
	w->done = WORK_POSTED;
	return run_on_bucket(w, CATALOG_BLOCK_BUCKET, w->bucket);
}

/* The name is claimed for this tenant: the index saw to that. */
int apply_create_bucket(struct work *w, struct change *c)
{
	struct query q = query_begin(w->db, CATALOG_FIND_ANY_BUCKET);
	uint64_t created_ms;
	bool shadowed;
	int r;

	query_bytes(&q, c->bucket);
	r = query_step(&q);
	created_ms = r == 1 ? query_column_number(&q, 1) : w->now_ms;
	shadowed = r == 1 && query_column_number(&q, 2);
	query_end(&q);
	if (r < 0)
		return r;
	if (r == 1 && !shadowed)
		return S3_ERROR_BUCKET_ALREADY_OWNED_BY_YOU;
	if (c->create_bucket.region.len >= STORE_REGION_MAX)
		return S3_ERROR_ILLEGAL_LOCATION_CONSTRAINT;
	c->create_bucket.created_ns = created_ms * NS_PER_MS;
	return shadowed ? uncover(w, c->bucket) : insert(w, c);
}

static int is_empty(struct work *w, uint64_t bucket)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_ANY_OBJECT);
	int r;

	query_number(&q, bucket);
	r = query_step(&q);
	return r < 0 ? r : !r;
}

/* 1: one went; 0: there was none. */
static int delete_an_upload(struct work *w, struct change *c, uint64_t bucket)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_ANY_UPLOAD);
	struct span key, id;
	int r;

	query_number(&q, bucket);
	r = query_step(&q);
	if (r <= 0)
		return r;
	r = change_keep(c, query_column_bytes(&q, 0), &key);
	if (r == 0)
		r = change_keep(c, query_column_bytes(&q, 1), &id);
	query_end(&q);
	if (r == 0)
		r = work_delete_upload(w, bucket, key, id, NULL, 0);
	return r < 0 ? r : 1;
}

/* Uploads under way do not keep a bucket: there is no object in them. */
int apply_delete_bucket(struct work *w, struct change *c)
{
	struct bucket bucket;
	int r;

	c->delete_bucket.n_uploads = 0;
	r = work_find_bucket(w, c->bucket, &bucket);
	if (r != 0)
		return r;
	r = is_empty(w, bucket.id);
	if (r <= 0)
		return r < 0 ? r : S3_ERROR_BUCKET_NOT_EMPTY;
	do {
		r = delete_an_upload(w, c, bucket.id);
		c->delete_bucket.n_uploads += r == 1;
	} while (r == 1);
	if (r < 0)
		return r;
	w->bucket = bucket.id;
	w->done = WORK_BUCKET_DELETED;
	r = run_on_bucket(w, CATALOG_DELETE_CONFIGURATIONS, bucket.id);
	return r < 0 ? r : run_on_bucket(w, CATALOG_DELETE_BUCKET, bucket.id);
}
