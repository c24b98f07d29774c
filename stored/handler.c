/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/handler.h"

#include "stored/bounds.h"
#include "stored/command.h"
#include "stored/permission.h"
#include "stored/service.h"

static int (*const handlers[S3_OPERATION_COUNT])(struct call *) = {
#define OPERATION(SYMBOL, symbol, ...) [S3_##SYMBOL] = handler_##symbol,
	S3_OPERATIONS(OPERATION)
#undef OPERATION
};

/* A bucket that is nobody's is expected to be one's own. */
static bool is_owner(const struct call *c, const struct gate *gate, enum s3_header expected)
{
	struct span id = call_request(c)->headers[expected];

	if (span_is_none(id))
		return true;
	if (permission_is_own(&c->grant, gate))
		return span_equal_nocase(id, c->grant.principal.canonical_id);
	return gate && span_equal_nocase(id, gate->owner_id);
}

static int find_gate(struct call *c, struct span bucket, const struct gate **ret)
{
	int e = span_is_none(bucket) ? 0 : gates_find(c->service->gates, bucket, ret);

	return e == S3_ERROR_NO_SUCH_BUCKET ? 0 : e;
}

/* A name that is to be taken may be anybody's, and who has it is not asked. */
static int find_gates(struct call *c)
{
	const struct s3_request *r = call_request(c);
	int e = 0;

	if (c->by_operator)
		return 0;
	if (r->operation != S3_CREATE_BUCKET)
		e = find_gate(c, r->bucket, &c->gate);
	return e ? e : find_gate(c, r->source_bucket, &c->source_gate);
}

/* Its own authd has refused already; so the set is asked about the buckets of others only. */
static bool is_closed(const struct call *c, const struct gate *gate)
{
	return gate && !permission_is_own(&c->grant, gate) &&
	       suspensions_have(&c->service->suspensions, &gate->owner);
}

/* The same on the loop, which does not wait for a thread that hands a change over. */
static bool is_closed_on_loop(const struct call *c)
{
	return !permission_is_own(&c->grant, c->gate) &&
	       suspensions_have_on_loop(&c->service->suspensions, &c->gate->owner);
}

/* What their documents say decides: their handlers ask, when they have read them. */
static bool is_asked_later(enum s3_operation o)
{
	return o == S3_CREATE_BUCKET || o == S3_DELETE_OBJECTS;
}

static int ask(struct call *c)
{
	struct permission_gates gates = { c->gate, c->source_gate };
	struct permission p;
	int e = permission_begin(&c->grant, &gates, &p);

	if (e)
		return e;
	e = permission_check(&p);
	c->hides_keys = e == 0 && !span_is_none(call_request(c)->key) && !permission_to_miss(&p);
	permission_end(&p);
	return e;
}

/* Whether he may; and whether the buckets are whose he takes them to be. */
static int check_permission(struct call *c)
{
	int e = 0;

	if (!c->by_operator && !is_asked_later(call_request(c)->operation))
		e = ask(c);
	if (e)
		return e;
	return is_owner(c, c->gate, S3_HEADER_AMZ_EXPECTED_BUCKET_OWNER) &&
			       is_owner(c, c->source_gate,
					S3_HEADER_AMZ_SOURCE_EXPECTED_BUCKET_OWNER)
		       ? 0
		       : S3_ERROR_ACCESS_DENIED;
}

static int check_inside(const struct call *c)
{
	const struct s3_request *r = call_request(c);

	if (!c->has_inside || r->length == S3_LENGTH_UNKNOWN || r->length == c->inside.len)
		return 0;
	return S3_ERROR_INCOMPLETE_BODY;
}

static int admit(struct call *c)
{
	int e = bounds_check(&c->grant);

	if (e == 0)
		e = find_gates(c);
	if (e == 0 && (is_closed(c, c->gate) || is_closed(c, c->source_gate)))
		e = S3_ERROR_ACCESS_DENIED;
	if (e == 0)
		e = check_permission(c);
	if (e > 0)
		c->refusal = (enum s3_error)e;
	return e;
}

/* Nothing is to be read for it, and what is to be asked was left over by authd for nobody. */
static bool is_plain(const struct call *c)
{
	return !c->by_operator && c->command_fd < 0 && !c->grant.identity.policy.len &&
	       span_is_none(call_request(c)->source_bucket);
}

bool handler_admits(struct call *c)
{
	if (!is_plain(c))
		return false;
	c->gate = gates_peek(c->service->gates, call_request(c)->bucket);
	c->admitted = c->gate && c->gate->is_brief && bounds_check(&c->grant) == 0 &&
		      !is_closed_on_loop(c) && check_permission(c) == 0;
	if (c->admitted)
		return true;
	c->gate = gate_put(c->gate);
	c->hides_keys = false;
	return false;
}

/*
 * Between the loop, which has admitted it, and a thread that comes to it there may have been time
 * to shut others out and to be told so, and then to put what they must not have.
 */
static bool is_still_admitted(struct call *c)
{
	if (!c->admitted)
		return false;
	if (gates_confirm(c->service->gates, c->gate) && !is_closed(c, c->gate))
		return true;
	c->gate = gate_put(c->gate);
	c->admitted = c->hides_keys = false;
	return false;
}

int handler_run_admitted(struct call *c)
{
	const struct s3_request *r = call_request(c);
	int e = check_inside(c);

	if (e == 0 && c->command_fd >= 0)
		e = command_read(c->command_fd, c->command_len, r, &c->service->methods,
				 &c->document, &c->detail);
	return e ? e : handlers[r->operation](c);
}

int handler_run(struct call *c)
{
	int e = is_still_admitted(c) ? 0 : admit(c);

	return e ? e : handler_run_admitted(c);
}
