/* SPDX-License-Identifier: Apache-2.0 */

/* ListObjects in both versions, and ListMultipartUploads: pages of what is in a bucket. */

#include "stored/answers.h"
#include "stored/bounds.h"
#include "stored/handler.h"
#include "stored/service.h"
#include "stored/token.h"

static uint64_t absent_if_zero(uint64_t n)
{
	return n ? n : ANSWER_ABSENT;
}

static int emit_prefix(struct call *c, const struct listing_item *item)
{
	struct answer a;

	answer_init(&a);
	a.kind = ANSWER_KIND_PREFIX;
	a.prefix = item->key;
	return items_add(&c->items, &a);
}

/* What objects and uploads have in common. */
static void fill_item(struct answer *a, enum answer_kind kind, const struct listing_item *item)
{
	answer_init(a);
	a->kind = kind;
	a->key = item->key;
	if (item->storage_class.len)
		a->storage_class = item->storage_class;
	a->checksum_algorithm = absent_if_zero(item->checksum_algorithm);
	a->checksum_type = absent_if_zero(item->checksum_type);
}

/*
 * How much of the page that is asked for may be filled: nothing where no key can be in it, which is
 * an empty page and no error. Sets the prefix.
 */
static uint32_t limit_within_bounds(const struct call *c, struct span *prefix, uint64_t limit)
{
	return bounds_prefix(&c->grant, *prefix, prefix) ? (uint32_t)limit : 0;
}

/* --- objects --------------------------------------------------------------------------------- */

static bool shows_owner(const struct s3_request *r)
{
	return r->operation == S3_LIST_OBJECTS ||
	       span_equal(r->params[S3_PARAM_FETCH_OWNER], SPAN("true"));
}

static int emit_object(void *context, const struct listing_item *item)
{
	struct call *c = context;
	struct answer a;

	if (item->is_prefix)
		return emit_prefix(c, item);
	fill_item(&a, ANSWER_KIND_OBJECT, item);
	a.size = item->size;
	a.etag = item->etag;
	a.last_modified = item->modified_ns;
	if (shows_owner(call_request(c)))
		answer_owner(&a, c);
	return items_add(&c->items, &a);
}

static int list_objects(struct call *c, struct span after, struct listing *l)
{
	const struct s3_request *r = call_request(c);
	uint64_t limit = s3_request_number(r, S3_PARAM_MAX_KEYS, S3_LIST_MAX);
	int e;

	*l = (struct listing){
		.prefix = r->params[S3_PARAM_PREFIX],
		.delimiter = r->params[S3_PARAM_DELIMITER],
		.after = after.len ? after : SPAN_NONE,
		.emit = emit_object,
		.context = c,
	};
	l->limit = limit_within_bounds(c, &l->prefix, limit);
	e = store_list_objects(c->service->store, call_owner(c), r->bucket, l);
	if (e)
		return e;
	c->answer.bucket = r->bucket;
	c->answer.limit = limit;
	c->answer.count = l->count;
	c->answer.truncated = l->truncated;
	return 0;
}

/* Keeps where a page ended, for the answer. */
static struct span keep_last(struct call *c, const struct listing *l)
{
	_Static_assert(sizeof(l->last) <= sizeof(c->text), "the last key fits where it is kept");
	memcpy(c->text, l->last, l->last_len);
	return (struct span){ c->text, l->last_len };
}

int handler_list_objects(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct listing l;
	int e = list_objects(c, r->params[S3_PARAM_MARKER], &l);

	/* Without a delimiter S3 gives no NextMarker: the last key serves as one. */
	if (e == 0 && l.truncated && r->params[S3_PARAM_DELIMITER].len)
		c->answer.next_key = keep_last(c, &l);
	return e;
}

int handler_list_objects_v2(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct span token = r->params[S3_PARAM_CONTINUATION_TOKEN];
	struct span after = r->params[S3_PARAM_START_AFTER];
	uint8_t position[S3_KEY_MAX + 1];
	struct listing l;
	int e;

	/* An empty token is where lists begin. */
	if (token.len && !token_read(token, position, &after))
		return call_say(c, S3_ERROR_INVALID_ARGUMENT,
				"The continuation token provided is incorrect");
	e = list_objects(c, after, &l);
	if (e == 0 && l.truncated)
		c->answer.next_token = token_write((struct span){ l.last, l.last_len }, c->text);
	return e;
}

/* --- uploads --------------------------------------------------------------------------------- */

static int emit_upload(void *context, const struct listing_item *item)
{
	struct call *c = context;
	struct answer a;

	if (item->is_prefix)
		return emit_prefix(c, item);
	fill_item(&a, ANSWER_KIND_UPLOAD, item);
	a.upload_id = item->upload_id;
	a.created = item->modified_ns;
	answer_owner(&a, c);
	return items_add(&c->items, &a);
}

/* The id that a page ended with stands behind the key, in the same place. */
static struct span keep_last_upload(struct call *c, const struct listing *l)
{
	size_t len = strlen(l->last_upload);

	_Static_assert(sizeof(l->last) + sizeof(l->last_upload) <= sizeof(c->text), "both fit");
	memcpy(c->text + sizeof(l->last), l->last_upload, len);
	return (struct span){ c->text + sizeof(l->last), len };
}

int handler_list_multipart_uploads(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct span after = r->params[S3_PARAM_KEY_MARKER];
	uint64_t limit = s3_request_number(r, S3_PARAM_MAX_UPLOADS, S3_LIST_MAX);
	struct listing l = {
		.prefix = r->params[S3_PARAM_PREFIX],
		.delimiter = r->params[S3_PARAM_DELIMITER],
		.after = after.len ? after : SPAN_NONE,
		/* Without a key the id says nothing, and is ignored. */
		.after_upload = after.len ? r->params[S3_PARAM_UPLOAD_ID_MARKER] : SPAN_NONE,
		.emit = emit_upload,
		.context = c,
	};
	int e;

	l.limit = limit_within_bounds(c, &l.prefix, limit);
	e = store_list_uploads(c->service->store, call_owner(c), r->bucket, &l);
	if (e)
		return e;
	c->answer.bucket = r->bucket;
	c->answer.limit = limit;
	c->answer.count = l.count;
	c->answer.truncated = l.truncated;
	if (!l.truncated)
		return 0;
	c->answer.next_key = keep_last(c, &l);
	c->answer.next_upload = keep_last_upload(c, &l);
	return 0;
}
