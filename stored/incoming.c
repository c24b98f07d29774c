/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/incoming.h"

#include "stored/answers.h"
#include "stored/integrity.h"
#include "stored/service.h"

int incoming_receive(struct call *c, size_t head_limit, enum checksum_algorithm otherwise,
		     int (*work)(struct call *))
{
	const struct s3_request *r = call_request(c);

	c->terms = (struct body_terms){
		.store = c->service->store,
		.methods = &c->service->methods,
		.tenant = *call_owner(c),
		.wants = integrity_wants(r, otherwise),
		.chained = s3_payload_is_chained(r->payload),
		.length = r->length,
		.most = MIN(r->length, c->most),
		.head_limit = head_limit,
		.reservation = c->reservation,
	};
	return call_go_on(c, CALL_RECEIVE, work);
}

int incoming_reserve(struct call *c, uint64_t bytes)
{
	const struct s3_request *r = call_request(c);
	struct reservation_terms terms = {
		.tenant = call_owner(c),
		.bucket = r->bucket,
		.key = r->key,
		.upload_id = r->params[S3_PARAM_UPLOAD_ID],
		.part_number = (uint16_t)s3_request_number(r, S3_PARAM_PART_NUMBER, 0),
		.bytes = bytes == S3_LENGTH_UNKNOWN ? 0 : bytes,
	};
	enum quota_limit limit;
	int e = store_check_room(c->service->store, terms.bytes);

	if (e == 0)
		e = store_reserve(c->service->store, &terms, &limit, &c->reservation);
	return e == S3_ERROR_QUOTA_EXCEEDED ? call_refuse_quota(c, limit) : e;
}

void incoming_describe(const struct hashes *h, const struct hasher_wants *wants,
		       struct change_data *ret)
{
	memcpy(ret->md5, h->md5, sizeof(ret->md5));
	memcpy(ret->crc64nvme, h->crc64.bytes, sizeof(ret->crc64nvme));
	if (wants->checksum != CHECKSUM_NONE)
		ret->checksum = h->checksum;
}

int incoming_keep(struct call *c, struct change_data *ret)
{
	struct body *b = c->body;
	int e = b->blob ? blob_finish(b->blob) : 0;

	if (e)
		return e;
	incoming_describe(&b->hashes, &c->terms.wants, ret);
	ret->size = b->received;
	ret->blob = steal_ptr(b->blob);
	if (ret->blob)
		return 0;
	return change_keep(c->change, buffer_span(&b->head), &ret->body);
}

int incoming_keep_inside(struct call *c, struct change_data *ret)
{
	const struct s3_request *r = call_request(c);
	struct hasher_wants wants = integrity_wants(r, CHECKSUM_NONE);
	struct hashes hashes;
	int e = hash_bytes(&c->service->methods, &wants, c->inside, &hashes);

	if (e == 0)
		e = integrity_check(r, &hashes, SPAN_NONE, &c->detail);
	if (e)
		return e;
	incoming_describe(&hashes, &wants, ret);
	ret->size = c->inside.len;
	/* It lies in the call's own memory, which outlives the change: no need to keep it twice. */
	ret->body = c->inside;
	return 0;
}

int incoming_settle_put(struct call *c)
{
	if (c->change->result == 0)
		answer_made(c, &c->change->put_object.made);
	return c->change->result;
}

int incoming_settle_part(struct call *c)
{
	if (c->change->result == 0)
		answer_made(c, &c->change->put_part.made);
	return c->change->result;
}
