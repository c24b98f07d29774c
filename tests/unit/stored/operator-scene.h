/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A world with an operator in it, who shows a grant and asks. */

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/request.h"
#include "stored/operator.h"
#include "tests/unit/stored/world.h"

#define UID 1000

static struct world w;
static struct operator_grant grant;
static struct buffer sealed = BUFFER_INIT(SEALS_MAX);

#define assert_error(x, error) assert((x) == IPC_FAILED && world_error(&w) == (error))

/* Another grant, good and not yet shown. */
static inline void make_grant(enum operator_purpose purpose)
{
	grant = (struct operator_grant){ .epoch = w.seals.epoch,
					 .expires_ns =
						 clock_boottime_ns() + OPERATOR_LIFE_NS - NS_PER_S,
					 .uid = UID,
					 .principal = { .tenant = w.tenant,
							.tenant_name = SPAN("somebody"),
							.canonical_id = SPAN("0123456789abcdef"),
							.display_name = SPAN("Somebody"),
							.user = SPAN(""),
							.credential = SPAN("uid:1000"),
							.prefix = SPAN("") },
					 .bucket = SPAN("bucket"),
					 .purpose = purpose };
	randombytes_buf(grant.id.bytes, sizeof(grant.id.bytes));
}

static inline struct span seal_grant(void)
{
	buffer_reset(&sealed);
	seals_seal_operator(&w.seals, &grant, &sealed);
	return buffer_span(&sealed);
}

static inline void present(struct worker *o, struct span bytes)
{
	world_send(&w, o,
		   &(struct ipc_message){ .number = IPC_PRESENT, .present = { .grant = bytes } },
		   -1);
}

static inline void enter(enum operator_purpose purpose, struct worker *ret)
{
	make_grant(purpose);
	if (!operator_fits_bucket(purpose, true))
		grant.bucket = SPAN("");
	world_connect(&w, &operator_role, UID, ret);
	present(ret, seal_grant());
	assert(world_hear(&w, ret) == IPC_ENTERED);
	assert(w.heard.message.entered.inline_limit == WORLD_INLINE_LIMIT);
	ret->phase = IPC_PHASE_READY;
}

static inline void begin(void)
{
	world_begin(&w);
	assert(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("old")) == IPC_DONE);
}

static inline void end(struct worker *o)
{
	close(o->fd);
	world_end(&w);
}

/* As if nobody had said anything on operators' channels for so long. */
static inline void sweep_with(const struct worker *o, uint64_t silent_ns)
{
	struct session *s = w.service.sessions.first;

	while (s->role != &operator_role)
		s = s->next;
	s->moved_ns = clock_boottime_ns() - silent_ns;
	assert(w.service.sessions.sweep.expired(&w.service.sessions.sweep) == 0);
}

/* Whatever ended the operator's channel, a worker's lives, and the bucket has what it had. */
static inline void assert_only_his_channel_ended(struct worker *o)
{
	assert(world_is_closed(&w, o));
	close(o->fd);
	assert(world_ask(&w, "GET /bucket?list-type=2", NO_HEADERS) == IPC_DONE);
	assert(world_answer(&w).count == 1);
}

/* --- what he asks ---------------------------------------------------------------------------- */

static inline struct s3_request request(enum s3_operation operation, const char *key)
{
	return (struct s3_request){ .operation = operation,
				    .bucket = SPAN("bucket"),
				    .key = span_from_string(key),
				    .length = 0 };
}

static inline void operate_with(struct worker *o, const struct s3_request *r, bool has_body,
			 struct span body)
{
	struct buffer b = BUFFER_INIT(IPC_REQUEST_MAX);

	request_put(&b, r);
	world_send(&w, o,
		   &(struct ipc_message){ .number = IPC_OPERATE,
					  .operate = { .call = w.next_call++,
						       .request = buffer_span(&b),
						       .has_body = has_body,
						       .body = body } },
		   -1);
	buffer_clear(&b);
}

static inline enum ipc_number operate(struct worker *o, const struct s3_request *r)
{
	operate_with(o, r, false, SPAN(""));
	return world_hear(&w, o);
}

static inline enum ipc_number put_inside(struct worker *o, const char *key, struct span body)
{
	struct s3_request r = request(S3_PUT_OBJECT, key);

	r.length = body.len;
	operate_with(o, &r, true, body);
	return world_hear(&w, o);
}

static inline struct span make_bytes(size_t len)
{
	static uint8_t bytes[MIB];

	assert(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
	return (struct span){ bytes, len };
}

static inline struct s3_request request_with_trailer(const char *key, uint64_t length)
{
	struct s3_request r = request(S3_PUT_OBJECT, key);

	r.length = length;
	r.payload = S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER;
	r.trailer = r.checksum_algorithm = CHECKSUM_CRC64NVME;
	return r;
}

/* The checksum goes behind the body, as of a file that is read once. */
static inline enum ipc_number put_through_pipe(struct worker *o, const char *key, struct span body,
					struct span checksum)
{
	struct s3_request r = request_with_trailer(key, body.len);

	if (operate(o, &r) != IPC_PIPE)
		return w.heard.number;
	world_write(&w, w.heard.fd, body);
	world_send(&w, o,
		   &(struct ipc_message){ .number = IPC_COMMIT,
					  .commit = { .call = w.next_call - 1,
						      .length = body.len,
						      .seal = SPAN(""),
						      .trailer = checksum } },
		   -1);
	return world_hear(&w, o);
}

static inline struct span checksum_of(struct span body)
{
	static char text[CHECKSUM_TEXT_MAX];
	struct checksum_value value;
	struct checksum *c;

	assert(checksum_new(CHECKSUM_CRC64NVME, &c) == 0 && checksum_update(c, body) == 0);
	assert(checksum_finish(c, &value) == 0);
	checksum_free(c);
	return span_from_string(checksum_format(&value, 0, text));
}

static inline struct s3_request request_for(struct span bucket, enum s3_operation operation)
{
	struct s3_request r = request(operation, NULL);

	r.bucket = bucket;
	return r;
}

/* A channel for that bucket alone, or for all. */
static inline void enter_to_manage(struct span bucket, struct worker *ret)
{
	make_grant(OPERATOR_MANAGE);
	grant.bucket = bucket;
	world_connect(&w, &operator_role, UID, ret);
	present(ret, seal_grant());
	assert(world_hear(&w, ret) == IPC_ENTERED);
	ret->phase = IPC_PHASE_READY;
}
