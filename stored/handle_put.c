/* SPDX-License-Identifier: Apache-2.0 */

/* PutObject. */

#include "stored/answers.h"
#include "stored/handler.h"
#include "stored/incoming.h"
#include "stored/service.h"

/* What the object keeps of the request. The grant outlives the change: nothing is copied. */
static int begin_put(struct call *c)
{
	const struct s3_request *r = call_request(c);
	int e = call_change(c, CHANGE_PUT_OBJECT);

	if (e)
		return e;
	c->change->put_object.attributes = r->attributes;
	c->change->put_object.storage_class = r->headers[S3_HEADER_AMZ_STORAGE_CLASS];
	c->change->put_object.condition = condition_of_request(r);
	return 0;
}

static int put_received(struct call *c)
{
	int e = begin_put(c);

	if (e == 0)
		e = incoming_keep(c, &c->change->put_object.data);
	return e ? e : call_submit(c, incoming_settle_put);
}

static int put_inside(struct call *c)
{
	int e = begin_put(c);

	if (e == 0)
		e = incoming_keep_inside(c, &c->change->put_object.data);
	return e ? e : call_submit(c, incoming_settle_put);
}

/* What the commit will decide again. To know it before the body came saves the body. */
static int refuse_early(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct condition condition = condition_of_request(r);
	_cleanup_(object_freep) struct object *o = NULL;
	struct bucket bucket;
	int e = store_find_bucket(c->service->store, call_owner(c), r->bucket, &bucket);

	if (e || (span_is_none(condition.if_match) && span_is_none(condition.if_none_match)))
		return e;
	e = store_find_object(c->service->store, call_owner(c), r->bucket, r->key, SPAN_NONE, 0,
			      &o);
	if (e && e != S3_ERROR_NO_SUCH_KEY)
		return e;
	switch ((enum condition_outcome)condition_write(&condition, o ? o->etag : SPAN_NONE)) {
	case CONDITION_OK:
		return 0;
	case CONDITION_MISSING:
		return S3_ERROR_NO_SUCH_KEY;
	case CONDITION_FAILED:
	case CONDITION_NOT_MODIFIED:
		break;
	}
	return S3_ERROR_PRECONDITION_FAILED;
}

int handler_put_object(struct call *c)
{
	int e;

	if (c->has_inside && !s3_payload_is_framed(call_request(c)->payload))
		return put_inside(c);
	e = refuse_early(c);
	if (e == 0)
		e = incoming_reserve(c, call_request(c)->length);
	if (e)
		return e;
	return incoming_receive(c, c->service->config.inline_limit, CHECKSUM_NONE, put_received);
}
