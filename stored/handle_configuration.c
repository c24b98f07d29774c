/* SPDX-License-Identifier: Apache-2.0 */

/* What the owner of a bucket says about it: its policy, and its public access block. */

#include "s3/policy/public.h"
#include "s3/public_access.h"
#include "stored/documents.h"
#include "stored/handler.h"
#include "stored/permission.h"
#include "stored/service.h"

/* Others may set the block as well, not for ever. */
#define ATTEMPTS_MAX 5

#define BLOCKED                                                                                    \
	"Public policies are blocked by the BlockPublicPolicy setting of the bucket's public "     \
	"access block."

#define SET_OF(kind) (1u << STORE_CONFIGURATION_##kind)

static struct span command(const struct call *c)
{
	return (struct span){ c->document, c->command_len };
}

/* --- reading --------------------------------------------------------------------------------- */

/* As it is, not as it was when the gate was looked at: of the bucket that it stands before. */
static int find(struct call *c, unsigned int kinds, struct configuration *ret)
{
	struct span name = call_request(c)->bucket;
	struct bucket bucket;
	int e = store_find_bucket(c->service->store, call_owner(c), name, &bucket);

	if (e == 0)
		e = store_find_configuration(c->service->store, name, kinds, ret);
	if (e == 0 && bucket.id != ret->bucket) {
		configuration_clear(ret);
		return S3_ERROR_NO_SUCH_BUCKET;
	}
	return e;
}

/* NO_SUCH_BUCKET_POLICY. */
static int find_policy(struct call *c, struct configuration *ret)
{
	int e = find(c, SET_OF(POLICY), ret);

	if (e == 0 && span_is_none(ret->documents[STORE_CONFIGURATION_POLICY]))
		return S3_ERROR_NO_SUCH_BUCKET_POLICY;
	return e;
}

int handler_get_bucket_policy(struct call *c)
{
	_cleanup_(configuration_clear) struct configuration found = { 0 };
	int e = find_policy(c, &found);

	if (e)
		return e;
	c->answer.document = found.documents[STORE_CONFIGURATION_POLICY];
	c->document = steal_ptr(found.memory);
	return 0;
}

static int parse(struct call *c, struct span text, bool is_put, struct policy_document **ret)
{
	struct policy_rules rules = {
		.kind = POLICY_BUCKET,
		.bucket = call_request(c)->bucket,
		.is_put = is_put,
	};
	struct policy_complaint complaint;
	int e = policy_parse(text, &rules, ret, &complaint);

	if (e <= 0)
		return e;
	_Static_assert(sizeof(complaint.text) <= sizeof(c->text), "what is wrong can be said");
	memcpy(c->text, complaint.text, sizeof(complaint.text));
	return call_say(c, (enum s3_error)e, c->text);
}

int handler_get_bucket_policy_status(struct call *c)
{
	_cleanup_(configuration_clear) struct configuration found = { 0 };
	_cleanup_(policy_freep) struct policy_document *policy = NULL;
	int e = find_policy(c, &found);

	if (e == 0)
		e = parse(c, found.documents[STORE_CONFIGURATION_POLICY], false, &policy);
	if (e == S3_ERROR_MALFORMED_POLICY)
		return -EUCLEAN;
	if (e == 0)
		c->answer.is_public = policy_is_public(policy);
	return e;
}

static int read_blocks(const struct configuration *found, unsigned int *ret)
{
	return gate_read_blocks(found->documents[STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK], ret);
}

int handler_get_public_access_block(struct call *c)
{
	_cleanup_(configuration_clear) struct configuration found = { 0 };
	unsigned int blocks;
	int e = find(c, SET_OF(PUBLIC_ACCESS_BLOCK), &found);

	if (e == 0 && span_is_none(found.documents[STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK]))
		return S3_ERROR_NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION;
	if (e == 0)
		e = read_blocks(&found, &blocks);
	if (e == 0)
		c->answer.blocks = blocks;
	return e;
}

/* --- setting --------------------------------------------------------------------------------- */

static int settle(struct call *c)
{
	int e = c->change->result;

	if (e == -ESTALE && ++c->attempts < ATTEMPTS_MAX)
		return call_go_on(c, CALL_READ, handler_put_bucket_policy);
	return e == -ESTALE ? S3_ERROR_CONDITIONAL_REQUEST_CONFLICT : e;
}

/* The text is kept; SPAN_NONE takes the document away. */
static int set(struct call *c, enum store_configuration kind, struct span text)
{
	struct change_set_configuration *s;
	int e = call_change(c, CHANGE_SET_CONFIGURATION);

	if (e)
		return e;
	s = &c->change->set_configuration;
	s->kind = kind;
	if (permission_is_own(&c->grant, c->gate)) {
		s->owner_id = c->grant.principal.canonical_id;
		s->owner_name = c->grant.principal.display_name;
	}
	return change_keep(c->change, text, &s->document);
}

/* What was found has to be there still when the policy is set. */
static int depend_on_block(struct call *c, const struct configuration *found)
{
	struct change_set_configuration *s = &c->change->set_configuration;

	s->depends = true;
	s->on = STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK;
	return change_keep(c->change, found->documents[s->on], &s->on_document);
}

/* Not before it is known that the bucket is there, and one's own. */
static int check_block(struct call *c, const struct policy_document *policy,
		       struct configuration *ret)
{
	unsigned int blocks;
	int e = find(c, SET_OF(PUBLIC_ACCESS_BLOCK), ret);

	if (e == 0)
		e = read_blocks(ret, &blocks);
	if (e == 0 && s3_blocks(blocks, S3_BLOCK_POLICY) && policy_is_public(policy))
		return call_say(c, S3_ERROR_ACCESS_DENIED, BLOCKED);
	return e;
}

int handler_put_bucket_policy(struct call *c)
{
	_cleanup_(configuration_clear) struct configuration found = { 0 };
	_cleanup_(policy_freep) struct policy_document *policy = NULL;
	_cleanup_(buffer_clear) struct buffer compact = BUFFER_INIT(STORE_CONFIGURATION_MAX);
	int e = parse(c, command(c), true, &policy);

	if (e == 0)
		e = check_block(c, policy, &found);
	if (e)
		return e;
	policy_compact(&compact, command(c));
	e = buffer_error(&compact);
	if (e == 0)
		e = set(c, STORE_CONFIGURATION_POLICY, buffer_span(&compact));
	if (e == 0)
		e = depend_on_block(c, &found);
	return e ? e : call_submit(c, settle);
}

int handler_delete_bucket_policy(struct call *c)
{
	int e = set(c, STORE_CONFIGURATION_POLICY, SPAN_NONE);

	return e ? e : call_submit(c, settle);
}

int handler_put_public_access_block(struct call *c)
{
	_cleanup_(public_access_document_clear) struct public_access_document d = { 0 };
	int e = public_access_document_read(command(c), &d);

	if (e == 0 && c->command_len > STORE_CONFIGURATION_MAX)
		e = S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED;
	if (e == 0)
		e = set(c, STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK, command(c));
	return e ? e : call_submit(c, settle);
}

int handler_delete_public_access_block(struct call *c)
{
	int e = set(c, STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK, SPAN_NONE);

	return e ? e : call_submit(c, settle);
}
