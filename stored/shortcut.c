/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/shortcut.h"

#include "stored/handler.h"
#include "stored/service.h"

/* --- what is in memory ----------------------------------------------------------------------- */

/* Of what may be asked for briefly: the object as it is now, and all of it; where any is kept. */
static bool is_recallable(const struct call *c)
{
	const struct span *params = call_request(c)->params;

	return c->service->config.recall_bytes && !c->by_operator && call_is_brief(c) &&
	       span_is_none(params[S3_PARAM_VERSION_ID]) &&
	       span_is_none(params[S3_PARAM_PART_NUMBER]);
}

static bool wants_body(const struct call *c)
{
	return call_request(c)->operation == S3_GET_OBJECT;
}

static struct recall_name recall_name(const struct call *c)
{
	const struct s3_request *r = call_request(c);

	return (struct recall_name){ call_owner(c), r->bucket, r->key };
}

/* For who may have it, and nobody else touches what was looked up lately. */
static bool recall(struct call *c)
{
	struct recall_name name;

	if (!is_recallable(c) || !handler_admits(c))
		return false;
	name = recall_name(c);
	c->object = recall_find(c->service->recall, &name, wants_body(c), c->session->moved_ns);
	return c->object;
}

/* Also where the answer is that it is not what somebody expects, or is what he has. */
void shortcut_remember(struct call *c)
{
	struct recall_name name;

	if (!c->session || !c->object || !is_recallable(c))
		return;
	name = recall_name(c);
	recall_add(c->service->recall, &name, wants_body(c), c->object, c->session->moved_ns);
}

/* --- what is to be hashed -------------------------------------------------------------------- */

/* In bytes: to begin, and to hand the change over, takes as long as so many. */
static size_t cost_of_hashing(const struct call *c)
{
	return MAX(c->inside.len, (size_t)SERVICE_HASH_LEAST);
}

/*
 * A small body that came with its call, and is admitted by what is known, needs nothing but to be
 * hashed, and that takes no longer than to wake a reader. So the loop does it, as far as it may in
 * this step.
 */
static bool may_hash(struct call *c)
{
	return call_request(c)->operation == S3_PUT_OBJECT && c->committed &&
	       cost_of_hashing(c) <= c->service->hash_credit && handler_admits(c);
}

bool shortcut_take(struct call *c)
{
	if (may_hash(c))
		c->service->hash_credit -= cost_of_hashing(c);
	else if (!recall(c))
		return false;
	c->step = CALL_ANSWER;
	c->result = handler_run_admitted(c);
	return true;
}
