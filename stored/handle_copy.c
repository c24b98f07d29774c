/* SPDX-License-Identifier: Apache-2.0 */

/* CopyObject and UploadPartCopy. */

#include "s3/range.h"
#include "stored/answers.h"
#include "stored/handler.h"
#include "stored/incoming.h"
#include "stored/service.h"
#include "stored/source.h"

/* A source that is replaced while it is looked at is looked at again, not for ever. */
#define ATTEMPTS_MAX 5

#define TOO_LARGE                                                                                  \
	"The specified copy source is larger than the maximum allowable size for a copy source: "  \
	"5368709120"

/* The grant outlives the change: nothing is copied. */
static struct change_source source_of(const struct s3_request *r)
{
	return (struct change_source){
		.bucket = r->source_bucket,
		.key = r->source_key,
		.version = r->source_version,
		.condition = condition_of_source(r),
	};
}

/* One of two: the client is told which. */
static int say_missing(struct call *c, struct span bucket)
{
	c->answer.bucket = bucket;
	return S3_ERROR_NO_SUCH_BUCKET;
}

static int find_source(struct call *c, unsigned int with)
{
	const struct s3_request *r = call_request(c);
	int e;

	c->object = object_free(c->object);
	e = store_find_object(c->service->store, call_source_owner(c), r->source_bucket,
			      r->source_key, r->source_version, with, &c->object);
	return e == S3_ERROR_NO_SUCH_BUCKET ? say_missing(c, r->source_bucket) : e;
}

/*
 * A blob belongs to one tenant: what another has is read and written, and is his from then on who
 * has the bucket.
 */
static bool is_from_another(const struct call *c)
{
	return !ipc_id_equal(call_owner(c), call_source_owner(c));
}

static int check_source(const struct call *c)
{
	struct condition condition = condition_of_source(call_request(c));

	return condition_source(&condition, c->object->etag,
				(int64_t)(c->object->modified_ns / NS_PER_S)) == CONDITION_OK
		       ? 0
		       : S3_ERROR_PRECONDITION_FAILED;
}

/* The bytes, hashed and in a durable blob of their own. */
static int copy_bytes(struct call *c, const struct range *range, const struct hasher_wants *wants,
		      struct change_data *ret)
{
	_cleanup_(hasher_freep) struct hasher *h = NULL;
	_cleanup_(blob_dropp) struct blob *blob = NULL;
	struct hashes hashes;
	int e = hasher_new(&c->service->methods, wants, &h);

	if (e == 0 && range->len)
		e = blob_begin(c->service->store, call_owner(c), range->len, &blob);
	if (e == 0 && range->len)
		e = source_read(c->service->store, c->object, range->offset, range->len, h, blob);
	if (e == 0)
		e = hasher_finish(h, &hashes);
	if (e == 0 && blob)
		e = blob_finish(blob);
	if (e)
		return e;
	incoming_describe(&hashes, wants, ret);
	ret->size = range->len;
	ret->blob = steal_ptr(blob);
	return 0;
}

/* --- CopyObject ------------------------------------------------------------------------------ */

static int settle_copy(struct call *c)
{
	int e = c->change->result;

	if (e == -ESTALE && ++c->attempts < ATTEMPTS_MAX)
		return call_go_on(c, CALL_READ, handler_copy_object);
	if (e == -ESTALE)
		return S3_ERROR_CONDITIONAL_REQUEST_CONFLICT;
	if (e == S3_ERROR_INVALID_REQUEST)
		return call_say(c, S3_ERROR_INVALID_REQUEST, TOO_LARGE);
	if (e == S3_ERROR_NO_SUCH_BUCKET)
		return say_missing(c, c->change->missing);
	if (e == 0)
		answer_made(c, &c->change->copy_object.made);
	return e;
}

static int begin_copy(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct change_copy_object *copy;
	int e = call_change(c, CHANGE_COPY_OBJECT);

	if (e)
		return e;
	copy = &c->change->copy_object;
	copy->source = source_of(r);
	copy->replace = span_equal(r->headers[S3_HEADER_AMZ_METADATA_DIRECTIVE], SPAN("REPLACE"));
	copy->attributes = r->attributes;
	copy->storage_class = r->headers[S3_HEADER_AMZ_STORAGE_CLASS];
	copy->condition = condition_of_request(r);
	return 0;
}

/* On a copier: the checksum that was asked for is not the one that the source has. */
static int copy_with_checksum(struct call *c)
{
	struct hasher_wants wants = { .checksum = call_request(c)->checksum_algorithm };
	_cleanup_(hasher_freep) struct hasher *h = NULL;
	struct hashes hashes;
	int e = hasher_new(&c->service->methods, &wants, &h);

	if (e == 0)
		e = source_read(c->service->store, c->object, 0, c->object->size, h, NULL);
	if (e == 0)
		e = hasher_finish(h, &hashes);
	if (e == 0)
		e = begin_copy(c);
	if (e)
		return e;
	c->change->copy_object.checksum = hashes.checksum;
	c->change->copy_object.source.instance = c->object->instance;
	c->object = object_free(c->object);
	return call_submit(c, settle_copy);
}

/* The object that was found outlives the change: nothing of it is copied but the body. */
static int copy_across(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct hasher_wants wants = { .checksum = r->checksum_algorithm };
	struct range whole = { 0 };
	struct change_put_object *put;
	int e = incoming_reserve(c, c->object->size);

	if (e == 0)
		e = call_change(c, CHANGE_PUT_OBJECT);
	if (e)
		return e;
	if (wants.checksum == CHECKSUM_NONE)
		wants.checksum = c->object->checksum.algorithm;
	whole.len = c->object->size;
	put = &c->change->put_object;
	e = copy_bytes(c, &whole, &wants, &put->data);
	if (e)
		return e;
	put->attributes = span_equal(r->headers[S3_HEADER_AMZ_METADATA_DIRECTIVE], SPAN("REPLACE"))
				  ? r->attributes
				  : c->object->attributes;
	put->storage_class = r->headers[S3_HEADER_AMZ_STORAGE_CLASS];
	put->condition = condition_of_request(r);
	return call_submit(c, incoming_settle_put);
}

/* On a copier. */
static int copy_from_another(struct call *c)
{
	int e = find_source(c, STORE_WITH_DATA);

	if (e == 0)
		e = check_source(c);
	if (e == 0 && c->object->size > S3_PUT_MAX)
		return call_say(c, S3_ERROR_INVALID_REQUEST, TOO_LARGE);
	return e ? e : copy_across(c);
}

static bool has_checksum(const struct object *o, enum checksum_algorithm wanted)
{
	return o->checksum.algorithm == wanted && o->checksum_type == CHECKSUM_TYPE_FULL_OBJECT;
}

int handler_copy_object(struct call *c)
{
	enum checksum_algorithm wanted = call_request(c)->checksum_algorithm;
	int e;

	if (is_from_another(c))
		return call_go_on(c, CALL_COPY, copy_from_another);
	if (wanted != CHECKSUM_NONE) {
		e = find_source(c, STORE_WITH_DATA);
		if (e)
			return e;
		if (c->object->size > S3_PUT_MAX)
			return call_say(c, S3_ERROR_INVALID_REQUEST, TOO_LARGE);
		if (!has_checksum(c->object, wanted))
			return call_go_on(c, CALL_COPY, copy_with_checksum);
		c->object = object_free(c->object);
	}
	e = begin_copy(c);
	return e ? e : call_submit(c, settle_copy);
}

/* --- UploadPartCopy -------------------------------------------------------------------------- */

static struct span upload_id(const struct call *c)
{
	return call_request(c)->params[S3_PARAM_UPLOAD_ID];
}

static uint16_t part_number(const struct call *c)
{
	return (uint16_t)s3_request_number(call_request(c), S3_PARAM_PART_NUMBER, 0);
}

/* Which bytes of the source the part is to be. */
static int select_range(struct call *c, struct range *ret)
{
	struct span header = call_request(c)->headers[S3_HEADER_AMZ_COPY_SOURCE_RANGE];

	*ret = (struct range){ 0, c->object->size };
	if (!span_is_none(header) &&
	    range_parse_copy_source(header, c->object->size, ret) != RANGE_OK)
		return call_say(c, S3_ERROR_INVALID_ARGUMENT,
				"Range specified is not valid for source object");
	return ret->len > S3_PUT_MAX ? call_say(c, S3_ERROR_INVALID_REQUEST, TOO_LARGE) : 0;
}

static int copy_range(struct call *c, const struct upload *u)
{
	struct hasher_wants wants = { .checksum = u->checksum_algorithm };
	struct range range;
	int e = select_range(c, &range);

	if (e == 0)
		e = incoming_reserve(c, range.len);
	if (e == 0)
		e = call_change(c, CHANGE_PUT_PART);
	if (e == 0)
		e = copy_bytes(c, &range, &wants, &c->change->put_part.data);
	if (e)
		return e;
	c->change->put_part.upload_id = upload_id(c);
	c->change->put_part.number = part_number(c);
	return call_submit(c, incoming_settle_part);
}

/* On a copier. The object that was found stays as it is while it is read, whatever becomes of the
 * key. */
static int copy_part_bytes(struct call *c)
{
	const struct s3_request *r = call_request(c);
	_cleanup_(upload_clear) struct upload u = { 0 };
	int e = store_find_upload(c->service->store, call_owner(c), r->bucket, r->key, upload_id(c),
				  &u);

	if (e == 0)
		e = find_source(c, STORE_WITH_DATA);
	if (e == 0)
		e = check_source(c);
	return e ? e : copy_range(c, &u);
}

static int settle_copied_reference(struct call *c)
{
	int e = c->change->result;

	if (e == -EXDEV)
		return call_go_on(c, CALL_COPY, copy_part_bytes);
	if (e == S3_ERROR_INVALID_REQUEST)
		return call_say(c, S3_ERROR_INVALID_REQUEST, TOO_LARGE);
	if (e == S3_ERROR_NO_SUCH_BUCKET)
		return say_missing(c, c->change->missing);
	if (e == 0)
		answer_made(c, &c->change->copy_part.made);
	return e;
}

int handler_upload_part_copy(struct call *c)
{
	const struct s3_request *r = call_request(c);
	int e;

	if (is_from_another(c) || !span_is_none(r->headers[S3_HEADER_AMZ_COPY_SOURCE_RANGE]))
		return call_go_on(c, CALL_COPY, copy_part_bytes);
	e = call_change(c, CHANGE_COPY_PART);
	if (e)
		return e;
	c->change->copy_part.source = source_of(r);
	c->change->copy_part.upload_id = upload_id(c);
	c->change->copy_part.number = part_number(c);
	return call_submit(c, settle_copied_reference);
}
