/* SPDX-License-Identifier: Apache-2.0 */

/* bucket policy and bucket access: whom a bucket is open to, beside its tenant. */

#include <stdio.h>
#include <string.h>

#include "client/input.h"
#include "client/manage/management.h"
#include "client/render.h"
#include "s3/policy/document.h"
#include "s3/public_access.h"

struct opened {
	struct management *management;
	char tenant[MANAGEMENT_TENANT_MAX];
	struct manager manager;
};

static const char *bucket_of(const struct management *m)
{
	return m->invocation->operand;
}

static int find(struct management *m, struct opened *ret)
{
	struct manager_reply reply;

	ret->management = m;
	return management_find_owner(m, bucket_of(m), ret->tenant, &ret->manager, &reply);
}

/* Asks it of the bucket. What stored refuses, but for `expected`, is complained of. */
static int ask(struct opened *o, enum s3_operation operation, struct span document,
	       enum s3_error expected, struct manager_reply *ret)
{
	struct management *m = o->management;
	const struct s3_request r = { .operation = operation,
				      .bucket = span_from_string(bucket_of(m)),
				      .length = document.len };
	char text[RENDER_TEXT_MAX];
	int e = manager_command(&o->manager, &r, document, ret);

	if (e < 0 || ret->error == S3_ERROR_NONE || ret->error == expected)
		return e;
	complain(m->why, 0, "%s of %s: %s", s3_operations[operation].name, bucket_of(m),
		 ret->detail[0] ? render_text(ret->detail, text) : s3_errors[ret->error].message);
	if (operation == S3_PUT_BUCKET_POLICY && ret->error == S3_ERROR_ACCESS_DENIED)
		complaint_hint(m->why,
			       "`cofferctl bucket access %s --block none` lets a policy open it",
			       bucket_of(m));
	return -EREMOTEIO;
}

static int change(struct opened *o, enum s3_operation operation, struct span document)
{
	struct manager_reply reply;

	return ask(o, operation, document, S3_ERROR_NONE, &reply);
}

static json_t *describe(const struct opened *o)
{
	return json_pack("{s:s, s:s}", "name", bucket_of(o->management), "tenant", o->tenant);
}

/* --- policy ---------------------------------------------------------------------------------- */

/* Nothing in it but its strings can hold what a terminal obeys, and they are shown escaped. */
static void print_policy(const char *bucket, const char *text)
{
	json_t *policy = text ? json_loads(text, 0, NULL) : NULL;

	if (policy)
		json_dumpf(policy, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	else
		printf("%s has no policy", bucket);
	putchar('\n');
	json_decref(policy);
}

static int tell_policy(struct opened *o)
{
	struct management *m = o->management;
	struct manager_reply reply;
	json_t *bucket;
	int r = ask(o, S3_GET_BUCKET_POLICY, SPAN_NONE, S3_ERROR_NO_SUCH_BUCKET_POLICY, &reply);

	if (r < 0)
		return r;
	if (m->wants_json) {
		bucket = describe(o);
		json_object_set_new(bucket, "policy",
				    reply.document ? json_string(reply.document) : json_null());
		m->answer = json_pack("{s:o}", "bucket", bucket);
	} else {
		print_policy(bucket_of(m), reply.document);
	}
	free(reply.document);
	return 0;
}

static int set_policy(struct opened *o, struct span text)
{
	const struct invocation *i = o->management->invocation;

	if (i->options[OPTION_FILE])
		return change(o, S3_PUT_BUCKET_POLICY, text);
	return i->options[OPTION_REMOVE] ? change(o, S3_DELETE_BUCKET_POLICY, SPAN_NONE) : 0;
}

int bucket_policy(struct management *m)
{
	_cleanup_(buffer_clear) struct buffer text = INPUT_INIT(POLICY_TEXT_MAX);
	const char *file = m->invocation->options[OPTION_FILE];
	struct opened o;
	int r;

	if (file && m->invocation->options[OPTION_REMOVE])
		return complain(m->why, RUN_WRONG, "--file and --remove: one of them, or neither");
	if (file && input_read(file, &text, m->why) < 0)
		return RUN_STOPPED;
	if (find(m, &o) < 0)
		return RUN_STOPPED;
	r = set_policy(&o, buffer_span(&text));
	if (r == 0)
		r = tell_policy(&o);
	manager_close(&o.manager);
	return r < 0 ? RUN_STOPPED : RUN_OK;
}

/* --- the block ------------------------------------------------------------------------------- */

static const char *const blocks[S3_BLOCK_COUNT] = {
#define BLOCK(SYMBOL, element) [S3_BLOCK_##SYMBOL] = element,
	S3_PUBLIC_ACCESS_BLOCKS(BLOCK)
#undef BLOCK
};

#define ALL ((1u << S3_BLOCK_COUNT) - 1)

static bool take_name(struct span name, unsigned int *set)
{
	for (unsigned int b = 0; b < S3_BLOCK_COUNT; b++)
		if (span_equal_nocase(name, span_from_string(blocks[b]))) {
			*set |= 1u << b;
			return true;
		}
	return false;
}

static bool take_blocks(const char *value, unsigned int *ret)
{
	struct span rest = span_from_string(value), name;

	*ret = strcmp(value, "all") == 0 ? ALL : 0;
	if (*ret == ALL || strcmp(value, INVOCATION_NONE) == 0)
		return true;
	while (!span_is_none(rest)) {
		rest = span_cut(rest, ',', &name);
		if (!take_name(name, ret))
			return false;
	}
	return true;
}

static int set_blocks(struct opened *o, unsigned int set)
{
	_cleanup_(buffer_clear) struct buffer xml = BUFFER_INIT(1 * KIB);

	if (!set)
		return change(o, S3_DELETE_PUBLIC_ACCESS_BLOCK, SPAN_NONE);
	buffer_append_string(&xml, "<PublicAccessBlockConfiguration>");
	for (unsigned int b = 0; b < S3_BLOCK_COUNT; b++)
		buffer_printf(&xml, "<%s>%s</%s>", blocks[b], s3_blocks(set, b) ? "true" : "false",
			      blocks[b]);
	buffer_append_string(&xml, "</PublicAccessBlockConfiguration>");
	if (buffer_error(&xml) < 0)
		return management_out_of_memory(o->management);
	return change(o, S3_PUT_PUBLIC_ACCESS_BLOCK, buffer_span(&xml));
}

static void print_access(const struct opened *o, const struct manager_reply *block, bool is_public)
{
	static const struct render_field fields[] = {
		{ "bucket", "name" },
		{ "tenant", "tenant" },
#define BLOCK(SYMBOL, element) { element, element },
		S3_PUBLIC_ACCESS_BLOCKS(BLOCK)
#undef BLOCK
			{ "public policy", "public" },
	};
	json_t *shown = describe(o);

	for (unsigned int b = 0; b < S3_BLOCK_COUNT; b++)
		json_object_set_new(shown, blocks[b],
				    json_string(s3_blocks(block->blocks, b) ? "yes" : "no"));
	json_object_set_new(shown, "public", json_string(is_public ? "yes" : "no"));
	render_record(stdout, shown, fields, ARRAY_SIZE(fields));
	json_decref(shown);
}

static json_t *describe_access(const struct opened *o, const struct manager_reply *block,
			       bool is_public)
{
	json_t *bucket = describe(o), *set = json_array();

	for (unsigned int b = 0; b < S3_BLOCK_COUNT; b++)
		if (s3_blocks(block->blocks, b))
			json_array_append_new(set, json_string(blocks[b]));
	json_object_set_new(bucket, "block", set);
	json_object_set_new(bucket, "public", json_boolean(is_public));
	return json_pack("{s:o}", "bucket", bucket);
}

static int tell_access(struct opened *o)
{
	struct management *m = o->management;
	struct manager_reply block, policy;
	int r = ask(o, S3_GET_PUBLIC_ACCESS_BLOCK, SPAN_NONE,
		    S3_ERROR_NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION, &block);

	if (r == 0)
		r = ask(o, S3_GET_BUCKET_POLICY_STATUS, SPAN_NONE, S3_ERROR_NO_SUCH_BUCKET_POLICY,
			&policy);
	if (r < 0)
		return r;
	if (m->wants_json)
		m->answer = describe_access(o, &block, policy.is_public);
	else
		print_access(o, &block, policy.is_public);
	return 0;
}

int bucket_access(struct management *m)
{
	const char *value = m->invocation->options[OPTION_BLOCK];
	unsigned int set = 0;
	struct opened o;
	int r = 0;

	if (value && !take_blocks(value, &set)) {
		complain(m->why, 0, "--block takes all, none, or names with commas between");
		complaint_hint(m->why,
			       "they are BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy "
			       "and RestrictPublicBuckets");
		return RUN_WRONG;
	}
	if (find(m, &o) < 0)
		return RUN_STOPPED;
	if (value)
		r = set_blocks(&o, set);
	if (r == 0)
		r = tell_access(&o);
	manager_close(&o.manager);
	return r < 0 ? RUN_STOPPED : RUN_OK;
}
