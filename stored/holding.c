/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/holding.h"

#include <stdio.h>

#include "base/log.h"
#include "stored/service.h"

/* Counts that are given up for another one of the same bucket are begun again, not for ever. */
#define ATTEMPTS_MAX 5

#define LIMIT_TEXT_MAX sizeof("18446744073709551615")

static void answer_usage(struct answer *a, const struct usage *u)
{
	a->objects = u->objects;
	a->bytes = u->bytes;
	a->uploads = u->uploads;
	a->upload_bytes = u->upload_bytes;
}

int holding_tell(struct call *c)
{
	struct holding h;
	int e = store_find_holding(c->service->store, call_owner(c), call_request(c)->bucket, &h);

	if (e)
		return e;
	answer_usage(&c->answer, &h.used);
	/* None is absent: both have the same value. */
	_Static_assert(QUOTA_NONE == ANSWER_ABSENT, "no quota is no field");
	c->answer.quota_bytes = h.quota.bytes;
	c->answer.quota_objects = h.quota.objects;
	return 0;
}

/* --- counting again -------------------------------------------------------------------------- */

static bool is_equal(const struct usage *a, const struct usage *b)
{
	return a->objects == b->objects && a->bytes == b->bytes && a->uploads == b->uploads &&
	       a->upload_bytes == b->upload_bytes;
}

static void log_correction(const struct call *c, const struct change_recount *r)
{
	log_warning("usage-corrected tenant=%s bucket=%s objects=%llu->%llu bytes=%llu->%llu "
		    "uploads=%llu->%llu upload-bytes=%llu->%llu",
		    LOG_VALUE(c->grant.principal.tenant_name), LOG_VALUE(call_request(c)->bucket),
		    (unsigned long long)r->recorded.objects, (unsigned long long)r->counted.objects,
		    (unsigned long long)r->recorded.bytes, (unsigned long long)r->counted.bytes,
		    (unsigned long long)r->recorded.uploads, (unsigned long long)r->counted.uploads,
		    (unsigned long long)r->recorded.upload_bytes,
		    (unsigned long long)r->counted.upload_bytes);
}

static void answer_recount(struct call *c, const struct change_recount *r)
{
	answer_usage(&c->answer, &r->counted);
	if (is_equal(&r->recorded, &r->counted))
		return;
	log_correction(c, r);
	c->answer.wrong_objects = r->recorded.objects;
	c->answer.wrong_bytes = r->recorded.bytes;
	c->answer.wrong_uploads = r->recorded.uploads;
	c->answer.wrong_upload_bytes = r->recorded.upload_bytes;
}

static int settle_step(struct call *c);

/* One more step, of the count that the change before was of. */
static int next_step(struct call *c)
{
	uint64_t number = c->change ? c->change->recount.number : 0;
	int e = call_change(c, CHANGE_RECOUNT);

	if (e)
		return e;
	c->change->recount.number = number;
	return call_submit(c, settle_step);
}

static int settle_step(struct call *c)
{
	struct change_recount *r = &c->change->recount;

	if (c->change->result == -ESTALE && ++c->attempts < ATTEMPTS_MAX)
		r->number = 0;
	else if (c->change->result == -ESTALE)
		return S3_ERROR_CONDITIONAL_REQUEST_CONFLICT;
	else if (c->change->result)
		return c->change->result;
	if (!r->through)
		return call_go_on(c, CALL_READ, next_step);
	answer_recount(c, r);
	return 0;
}

int holding_recount(struct call *c)
{
	return next_step(c);
}

/* --- quotas ---------------------------------------------------------------------------------- */

static const char *limit_text(bool set, uint64_t limit, char buf[static LIMIT_TEXT_MAX])
{
	if (!set || limit == QUOTA_NONE)
		return set ? "none" : "-";
	snprintf(buf, LIMIT_TEXT_MAX, "%llu", (unsigned long long)limit);
	return buf;
}

/* When it is ordered: who orders it need not wait for what comes of it. */
static void log_order(const struct call *c)
{
	const struct change_set_quota *q = &c->change->set_quota;
	struct span bucket = call_request(c)->bucket;
	char bytes[LIMIT_TEXT_MAX], objects[LIMIT_TEXT_MAX];

	log_info("quota-ordered tenant=%s bucket=%s bytes=%s objects=%s by=%s",
		 LOG_VALUE(c->grant.principal.tenant_name),
		 span_is_none(bucket) ? "-" : LOG_VALUE(bucket),
		 limit_text(q->bytes, q->quota.bytes, bytes),
		 limit_text(q->objects, q->quota.objects, objects),
		 LOG_VALUE(c->grant.principal.credential));
}

static int settle_quota(struct call *c)
{
	return c->change->result ? c->change->result : call_go_on(c, CALL_READ, holding_tell);
}

int holding_set_quota(struct call *c)
{
	log_order(c);
	return call_submit(c, settle_quota);
}
