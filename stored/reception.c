/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/reception.h"

#include "base/clock.h"
#include "stored/call_life.h"
#include "stored/integrity.h"
#include "stored/reply.h"
#include "stored/service.h"

/*
 * How long a body may take: without a byte, and in all. Who sends slower than the rate for the
 * whole of a body holds a pipe, a file and memory that others want.
 */
#define BODY_IDLE_NS	       (60 * NS_PER_S)
#define BODY_LEAST_NS	       (600 * NS_PER_S)
#define BODY_LEAST_RATE	       (64 * KIB) /* bytes per second */
#define BODY_LEAST_RATE_SHARED KIB /* of one of a tenant whose bodies share a bandwidth */

static void on_body_hashes(struct task *t)
{
	struct body *b = task_owner(t, struct body, notes.hashes);
	struct call *c = b->notes.owner;
	_cleanup_(buffer_clear) struct buffer hashes = { 0 };

	body_take_hashes(b, &hashes);
	authority_send_hashes(&c->service->authority, &c->grant.id, buffer_span(&hashes));
}

/* What a body that ended comes to: 0, or why it is refused. */
static int judge_body(struct call *c)
{
	const struct s3_request *r = call_request(c);

	switch (c->body->end) {
	case BODY_WHOLE:
		return integrity_check(r, &c->body->hashes,
				       (struct span){ c->trailer, c->trailer_len }, &c->detail);
	case BODY_EXCESSIVE:
		return r->length == S3_LENGTH_UNKNOWN ? S3_ERROR_ENTITY_TOO_LARGE
						      : S3_ERROR_INCOMPLETE_BODY;
	case BODY_FAILED:
		if (c->body->result == S3_ERROR_QUOTA_EXCEEDED)
			return call_refuse_quota(c, c->body->exceeded);
		return c->body->result;
	case BODY_UNDER_WAY:
	case BODY_SHORT:
	case BODY_LONG:
	case BODY_ABSURD:
	case BODY_DROPPED:
		break;
	}
	return -EPROTO;
}

/* The frontend, which has counted the same bytes, says something else than the pipe. */
static const char *violation(enum body_end end)
{
	if (end == BODY_ABSURD)
		return "chunk-lengths";
	return end == BODY_SHORT || end == BODY_LONG ? "body-length" : NULL;
}

static void on_body_ended(struct task *t)
{
	struct call *c = task_owner(t, struct body, notes.ended)->notes.owner;
	int r;

	/* The end of the session abandons all its calls, this one too. */
	if (c->session && violation(c->body->end))
		session_violated(c->session, violation(c->body->end));
	if (!c->session) {
		call_over(c);
		return;
	}
	r = judge_body(c);
	if (r)
		call_conclude(c, r);
	else
		call_send_away(c, c->body->blob ? c->service->flushers : c->service->readers);
}

static uint64_t body_deadline_ns(const struct call *c)
{
	uint64_t rate = c->grant.limits.bandwidth ? BODY_LEAST_RATE_SHARED : BODY_LEAST_RATE;

	return clock_boottime_ns() + BODY_LEAST_NS + c->terms.most / rate * NS_PER_S;
}

/* Tells the body what the frontend has said about it before it was there. */
static int catch_up(struct call *c)
{
	int r = c->lengths.len ? body_expect(c->body, buffer_span(&c->lengths)) : 0;

	buffer_clear(&c->lengths);
	if (r == 0 && c->committed)
		body_commit(c->body, c->length);
	return r;
}

void reception_begin(struct call *c)
{
	struct body_notes notes = { .hashes.run = on_body_hashes,
				    .ended.run = on_body_ended,
				    .mailbox = &c->service->mailbox,
				    .owner = c };
	int write_fd, r;

	if (!session_take_body(c->session, c)) {
		call_conclude(c, S3_ERROR_SLOW_DOWN);
		return;
	}
	c->terms.inside = c->has_inside ? c->inside : SPAN_NONE;
	r = body_new(&c->terms, &notes, &c->body, &write_fd);
	if (r < 0) {
		call_conclude(c, r);
		return;
	}
	call_move(c, CALL_RECEIVING);
	c->deadline_ns = body_deadline_ns(c);
	intake_add(c->service->intake, c->body);
	if (!c->has_inside)
		reply_pipe(c, write_fd);
	if (catch_up(c) < 0)
		call_refuse_now(c, S3_ERROR_SERVICE_UNAVAILABLE);
}

bool reception_is_overdue(const struct call *c, uint64_t now_ns)
{
	return c->state == CALL_RECEIVING &&
	       (now_ns >= c->deadline_ns || now_ns >= body_moved_ns(c->body) + BODY_IDLE_NS);
}

void reception_expire(struct call *c)
{
	call_refuse_now(c, S3_ERROR_REQUEST_TIMEOUT);
}

/* What the frontend still says about a body may cross with the answer, and is of no consequence. */
static bool is_decided(const struct call *c)
{
	return c->state == CALL_TELLING;
}

int reception_lengths(struct call *c, struct span lengths)
{
	int r;

	if (is_decided(c))
		return 0;
	if (!s3_payload_is_chained(call_request(c)->payload) || c->committed)
		return session_violation(c->session, "lengths-not-expected");
	if (c->state == CALL_RECEIVING) {
		r = body_expect(c->body, lengths);
		if (r < 0)
			call_refuse_now(c, S3_ERROR_SERVICE_UNAVAILABLE);
		return 0;
	}
	buffer_append(&c->lengths, lengths);
	r = buffer_error(&c->lengths);
	return r == -EMSGSIZE ? session_violation(c->session, "too-many-lengths") : r;
}

static void take_trailer(struct call *c, struct span trailer)
{
	/* What does not fit is no checksum of any algorithm; a piece of it is none either. */
	c->trailer_len = MIN(trailer.len, sizeof(c->trailer));
	memcpy(c->trailer, trailer.data, c->trailer_len);
}

/* The chain of a signed stream must have been walked by authd, and end where the frontend says. */
static int check_chain(struct call *c, uint64_t length, struct span sealed, struct span trailer)
{
	struct chain_seal seal;
	int r = unseal_chain(c->service->unseal, sealed, &c->grant.id, &c->grant.channel, &seal);

	if (r == UNSEAL_STALE) {
		call_refuse_now(c, S3_ERROR_SERVICE_UNAVAILABLE);
		return 0;
	}
	if (r != UNSEAL_OK)
		return session_violation(c->session, "chain-seal-forged");
	if (seal.length != length || trailer.len)
		return session_violation(c->session, "commit-beside-seal");
	c->chain_is_done = true;
	take_trailer(c, seal.trailer);
	return 0;
}

int reception_commit(struct call *c, uint64_t length, struct span seal, struct span trailer)
{
	const struct s3_request *r = call_request(c);
	int result = 0;

	if (is_decided(c))
		return 0;
	if (s3_operations[r->operation].body != S3_BODY_OBJECT || c->committed)
		return session_violation(c->session, "commit-not-expected");
	if (s3_payload_is_chained(r->payload))
		result = check_chain(c, length, seal, trailer);
	else if (seal.len)
		result = session_violation(c->session, "seal-not-expected");
	else
		take_trailer(c, trailer);
	if (result || !c->session)
		return result;
	c->committed = true;
	c->length = length;
	/* The client, not the frontend: it has announced another length than it has sent. */
	if (r->length != S3_LENGTH_UNKNOWN && length != r->length)
		call_refuse_now(c, S3_ERROR_INCOMPLETE_BODY);
	else if (c->state == CALL_RECEIVING)
		body_commit(c->body, length);
	return 0;
}
