/* SPDX-License-Identifier: Apache-2.0 */

/* Operations on buckets as such, and the service's list of them. */

#include "stored/answers.h"
#include "stored/documents.h"
#include "stored/handler.h"
#include "stored/permission.h"
#include "stored/service.h"
#include "stored/token.h"

#define BUCKETS_PAGE_MAX 10000

/* --- ListBuckets ----------------------------------------------------------------------------- */

static int emit_bucket(void *context, const struct listing_item *item)
{
	struct call *c = context;
	struct span region = call_request(c)->params[S3_PARAM_BUCKET_REGION];
	struct answer a;

	if (region.len && !span_equal(region, item->region))
		return 0;
	answer_init(&a);
	a.kind = ANSWER_KIND_BUCKET;
	a.bucket = item->key;
	a.created = item->modified_ns;
	a.region = item->region;
	return items_add(&c->items, &a);
}

int handler_list_buckets(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct span token = r->params[S3_PARAM_CONTINUATION_TOKEN];
	uint8_t position[S3_KEY_MAX + 1];
	struct listing l = {
		.prefix = r->params[S3_PARAM_PREFIX],
		.limit = (uint32_t)s3_request_number(r, S3_PARAM_MAX_BUCKETS, BUCKETS_PAGE_MAX),
		.emit = emit_bucket,
		.context = c,
	};
	int e;

	/* An empty token is where lists begin. */
	if (token.len && !token_read(token, position, &l.after))
		return call_say(c, S3_ERROR_INVALID_ARGUMENT,
				"The continuation token provided is incorrect");
	e = store_list_buckets(c->service->store, call_owner(c), &l);
	if (e)
		return e;
	answer_owner(&c->answer, c);
	c->answer.truncated = l.truncated;
	if (l.truncated)
		c->answer.next_token = token_write((struct span){ l.last, l.last_len }, c->text);
	return 0;
}

/* --- CreateBucket ---------------------------------------------------------------------------- */

static bool is_region_name(struct span name)
{
	const uint8_t *p = span_bytes(name);

	if (!name.len || name.len >= STORE_REGION_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9') || p[i] == '-' ||
		      (p[i] >= 'A' && p[i] <= 'Z')))
			return false;
	return true;
}

/* The region that the document asks for, or ours. */
static int choose_region(struct call *c, struct span asked, struct span *ret)
{
	const struct service_config *config = &c->service->config;
	struct span ours = span_from_string(config->region);

	asked = span_trim(asked);
	if (!asked.len) {
		*ret = ours;
		return 0;
	}
	if (!is_region_name(asked))
		return call_say(c, S3_ERROR_INVALID_ARGUMENT,
				"The specified location-constraint is not valid");
	if (config->region_pinned && !span_equal(asked, ours))
		return S3_ERROR_ILLEGAL_LOCATION_CONSTRAINT;
	*ret = asked;
	return 0;
}

/* Whether he may have it there. There is no bucket yet whose policy could be asked. */
static int ask_for_location(struct call *c, struct span location)
{
	struct permission_gates none = { NULL, NULL };
	struct permission p;
	int e = permission_begin(&c->grant, &none, &p);

	if (e)
		return e;
	location = span_trim(location);
	permission_know_location(&p, location.len ? location : SPAN_NONE);
	e = permission_check(&p);
	permission_end(&p);
	if (e > 0)
		c->refusal = (enum s3_error)e;
	return e;
}

static int settle_create_bucket(struct call *c)
{
	c->answer.bucket = call_request(c)->bucket;
	return c->change->result;
}

int handler_create_bucket(struct call *c)
{
	_cleanup_(bucket_document_clear) struct bucket_document d = { 0 };
	struct span region;
	int e = 0;

	if (c->command_len)
		e = bucket_document_read((struct span){ c->document, c->command_len }, &d);
	if (!e && !c->by_operator)
		e = ask_for_location(c, d.location);
	if (!e)
		e = choose_region(c, d.location, &region);
	if (!e)
		e = call_change(c, CHANGE_CREATE_BUCKET);
	if (!e)
		e = change_keep(c->change, region, &c->change->create_bucket.region);
	return e ? e : call_submit(c, settle_create_bucket);
}

/* --- the others ------------------------------------------------------------------------------ */

static int find_bucket(struct call *c, struct bucket *ret)
{
	return store_find_bucket(c->service->store, call_owner(c), call_request(c)->bucket, ret);
}

/* The answer borrows the text, which must live as long as the call. */
static int answer_bucket(struct call *c)
{
	struct bucket b;
	int e = find_bucket(c, &b);

	if (e)
		return e;
	_Static_assert(sizeof(b.region) <= sizeof(c->text), "the region fits where it is kept");
	memcpy(c->text, b.region, sizeof(b.region));
	c->answer.region = span_from_string(c->text);
	c->answer.created = b.created_ns;
	return 0;
}

int handler_head_bucket(struct call *c)
{
	return answer_bucket(c);
}

int handler_get_bucket_location(struct call *c)
{
	return answer_bucket(c);
}

/* ACLs are disabled, and what can be read is that the owner may do everything. */
int handler_get_bucket_acl(struct call *c)
{
	struct bucket b;
	int e = find_bucket(c, &b);

	if (e == 0)
		answer_owner(&c->answer, c);
	return e;
}

static int settle_delete_bucket(struct call *c)
{
	return c->change->result;
}

int handler_delete_bucket(struct call *c)
{
	int e = call_change(c, CHANGE_DELETE_BUCKET);

	return e ? e : call_submit(c, settle_delete_bucket);
}

int handler_get_bucket_configuration(struct call *c)
{
	struct bucket b;
	int e = find_bucket(c, &b);

	return e ? e : s3_configurations[call_request(c)->configuration].error;
}
