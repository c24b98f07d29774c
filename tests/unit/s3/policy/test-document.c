/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/document.h"

#include "s3/operations.h"

#include "policy.h"

/* A policy around a statement, and a statement around what is tried. */
#define POLICY(statement) "{'Version':'2012-10-17','Statement':[" statement "]}"
#define MAY		  POLICY("{'Effect':'Allow','Action':'s3:*','Resource':'*'}")
#define BUCKET(rest)	  POLICY("{'Effect':'Allow','Action':'s3:GetObject'," rest "}")
#define WHO(principal)	  BUCKET("'Resource':'arn:aws:s3:::bkt/*','Principal':" principal)
#define WHAT(action)	  POLICY("{'Effect':'Allow','Resource':'*','Action':" action "}")
#define WHERE(resource)	  POLICY("{'Effect':'Allow','Action':'s3:*','Resource':" resource "}")
#define WHEN(condition)                                                                            \
	POLICY("{'Effect':'Allow','Action':'s3:*','Resource':'*','Condition':" condition "}")

static void test_policies_that_are_taken(void)
{
	static const struct {
		enum policy_kind kind;
		const char *json;
	} rows[] = {
		{ POLICY_IDENTITY, MAY },
		{ POLICY_IDENTITY,
		  "{'Statement':{'Effect':'Deny','NotAction':['s3:Get*','S3:putobject'],"
		  "'NotResource':['arn:aws:s3:::a','arn:aws:s3:::a/*']}}" },
		{ POLICY_IDENTITY,
		  "{'Version':'2008-10-17','Statement':[{'Sid':'A1','Effect':'Allow',"
		  "'Action':'*','Resource':'arn:aws:s3:::a/${aws:nobody}'}]}" },
		{ POLICY_IDENTITY, WHERE("'arn:aws:s3:::home/${aws:username}/*'") },
		{ POLICY_IDENTITY, WHEN("{}") },
		{ POLICY_IDENTITY, WHEN("{'StringEquals':{}}") },
		{ POLICY_IDENTITY, WHEN("{'NumericLessThan':{'s3:max-keys':10},"
					"'NumericEquals':{'s3:max-keys':[1,2.5,'3']},"
					"'Bool':{'aws:SecureTransport':true},"
					"'Null':{'s3:RequestObjectTagKeys':'false'},"
					"'StringLike':{'s3:ExistingObjectTag/a b':'*'}}") },
		/* Documented by S3, though no operation of ours. */
		{ POLICY_IDENTITY,
		  WHAT("['s3:PutObjectLegalHold','s3:ListBucketVersions','s3:?etObject']") },
		{ POLICY_BUCKET, WHO("'*'") },
		{ POLICY_BUCKET, WHO("{'AWS':'*'}") },
		{ POLICY_BUCKET, WHO("{'AWS':['111122223333','arn:aws:iam::acme:root',"
				     "'arn:aws:iam::acme:user/path/alice'],"
				     "'CanonicalUser':'" TEST_CANONICAL "'}") },
		{ POLICY_BUCKET, "{'Version':'2012-10-17','Id':'My policy','Statement':{'Sid':'A "
				 "statement','Effect':"
				 "'Deny','NotPrincipal':{'AWS':'acme'},'Action':'s3:*','Resource':'"
				 "arn:aws:s3:::bkt'}}" },
		{ POLICY_BUCKET,
		  BUCKET("'Principal':'*','Resource':['*','arn:aws:s3:::*','arn:aws:s3:::*/*',"
			 "'arn:aws:s3:::b?t/x','arn:aws:s3:::bkt','arn:aws:s3:::bkt/a*',"
			 "'arn:aws:s3:::b*x','arn:aws:s3:::${aws:username}']") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy_document *d =
			test_policy(rows[i].kind, rows[i].json);

		assert(d->kind == rows[i].kind && d->statement_count == 1);
	}
}

struct refusal {
	enum policy_kind kind;
	const char *json;
	const char *complaint;
};

static const struct refusal refusals[] = {
	{ POLICY_IDENTITY, "", "Policies must be valid JSON and the first byte must be '{'" },
	{ POLICY_IDENTITY, " " MAY, "Policies must be valid JSON and the first byte must be '{'" },
	{ POLICY_IDENTITY, "[]", "Policies must be valid JSON and the first byte must be '{'" },
	{ POLICY_IDENTITY, "{", "This policy contains invalid Json, at line 1, column 1" },
	{ POLICY_IDENTITY, MAY "x", "This policy contains invalid Json, at line 1, column 89" },
	{ POLICY_IDENTITY, "{'Statement':[],'Statement':[]}",
	  "A field stands there twice, at line 1, column 27" },
	{ POLICY_IDENTITY,
	  POLICY("{'Effect':'Allow','Effect':'Deny','Action':'s3:*','Resource':'*'}"),
	  "A field stands there twice, at line 1, column 63" },
	{ POLICY_IDENTITY, "{'Statement':[[[[[[[]]]]]]]}",
	  "Nothing in a policy is nested so deep" },
	{ POLICY_IDENTITY, "{}", "Missing required field Statement" },
	{ POLICY_IDENTITY, "{'Statement':[]}", "Statement is empty" },
	{ POLICY_IDENTITY, "{'Statement':['x']}", "Statement 1: It must be an object" },
	{ POLICY_IDENTITY, "{'Version':'2012-10-18','Statement':[]}",
	  "The policy must contain a valid version string: 2012-10-18" },
	{ POLICY_IDENTITY, "{'Version':1,'Statement':[]}",
	  "The policy must contain a valid version string: " },
	{ POLICY_IDENTITY, "{'Id':'x','Statement':[]}", "A policy of an identity has no Id" },
	{ POLICY_BUCKET, "{'Id':1,'Statement':[]}", "Id must be a text" },
	{ POLICY_IDENTITY, "{'statement':[]}", "Unknown field statement" },
	{ POLICY_IDENTITY, "{'a\\nb':1}", "Unknown field a?b" },
	{ POLICY_IDENTITY, POLICY("{'Effect':'Allow','Action':'s3:*','Resource':'*','Extra':1}"),
	  "Statement 1: Unknown field Extra" },
	{ POLICY_IDENTITY, POLICY("{'Effect':'Allow','Action':'s3:*','Resource':'*'},{'Sid':'x'}"),
	  "Statement 2: Missing required field Effect" },
	{ POLICY_IDENTITY, POLICY("{'Effect':'allow','Action':'s3:*','Resource':'*'}"),
	  "Statement 1: Invalid effect: allow" },
	{ POLICY_IDENTITY, POLICY("{'Effect':true,'Action':'s3:*','Resource':'*'}"),
	  "Statement 1: Invalid effect: " },
	{ POLICY_IDENTITY, POLICY("{'Sid':'a b','Effect':'Allow','Action':'s3:*','Resource':'*'}"),
	  "Statement 1: Statement IDs (SID) must be alpha-numeric" },
	{ POLICY_IDENTITY, POLICY("{'Sid':1,'Effect':'Allow','Action':'s3:*','Resource':'*'}"),
	  "Statement 1: Sid must be a text" },
	{ POLICY_IDENTITY,
	  POLICY("{'Sid':'a','Effect':'Allow','Action':'s3:*','Resource':'*'},"
		 "{'Sid':'a','Effect':'Allow','Action':'s3:*','Resource':'*'}"),
	  "Statement 2: Statement IDs (SID) must be unique" },

	{ POLICY_IDENTITY, WHAT("[]"), "Statement 1: Action is empty" },
	{ POLICY_IDENTITY, WHAT("1"), "Statement 1: Action must be a text or a list of texts" },
	{ POLICY_IDENTITY, WHAT("''"), "Statement 1: Action must be a text or a list of texts" },
	{ POLICY_IDENTITY, WHAT("['s3:*',['s3:*']]"),
	  "Statement 1: Action must be a text or a list of texts" },
	{ POLICY_IDENTITY, WHAT("'GetObject'"),
	  "Statement 1: Action 'GetObject' does not begin with a vendor, as in s3:GetObject" },
	{ POLICY_IDENTITY, WHAT("'s*'"),
	  "Statement 1: Action 's*' does not begin with a vendor, as in s3:GetObject" },
	{ POLICY_IDENTITY, WHAT("'iam:CreateUser'"),
	  "Statement 1: Vendor iam is not valid: there is only s3" },
	{ POLICY_IDENTITY, WHAT("'*:GetObject'"),
	  "Statement 1: Vendor * is not valid: there is only s3" },
	{ POLICY_IDENTITY, WHAT("'s3:Frobnicate'"),
	  "Statement 1: Policy has invalid action: s3:Frobnicate" },
	{ POLICY_IDENTITY, WHAT("'s3:'"), "Statement 1: Policy has invalid action: s3:" },
	{ POLICY_IDENTITY, WHAT("'s3:GetObject '"),
	  "Statement 1: Policy has invalid action: s3:GetObject " },
	{ POLICY_IDENTITY, WHAT("'s3:GetBucketConfiguration'"),
	  "Statement 1: Policy has invalid action: s3:GetBucketConfiguration" },
	{ POLICY_IDENTITY,
	  POLICY("{'Effect':'Allow','Action':'s3:*','NotAction':'s3:*','Resource':'*'}"),
	  "Statement 1: There are both Action and NotAction" },
	{ POLICY_IDENTITY, POLICY("{'Effect':'Allow','Resource':'*'}"),
	  "Statement 1: Missing required field Action" },
	{ POLICY_IDENTITY, POLICY("{'Effect':'Allow','Action':'s3:*'}"),
	  "Statement 1: Missing required field Resource" },

	{ POLICY_IDENTITY, WHERE("'bkt'"),
	  "Statement 1: Resource bkt must be '*' or begin with arn:aws:s3:::" },
	{ POLICY_IDENTITY, WHERE("'arn:aws:s3:::'"),
	  "Statement 1: Resource arn:aws:s3::: must be '*' or begin with arn:aws:s3:::" },
	{ POLICY_IDENTITY, WHERE("'arn:aws:sqs:::q'"),
	  "Statement 1: Resource arn:aws:sqs:::q must be '*' or begin with arn:aws:s3:::" },
	{ POLICY_IDENTITY, WHERE("'arn:aws:s3:::a/${aws:username'"),
	  "Statement 1: The variable in Resource 'arn:aws:s3:::a/${aws:username' is not closed" },
	{ POLICY_IDENTITY, WHERE("'arn:aws:s3:::a/${x}'"),
	  "Statement 1: The variable in Resource 'arn:aws:s3:::a/${x}' is not known" },
	{ POLICY_IDENTITY, WHERE("'arn:aws:s3:::a/${aws:TagKeys}'"),
	  "Statement 1: The variable in Resource 'arn:aws:s3:::a/${aws:TagKeys}' has many values" },
	{ POLICY_BUCKET, BUCKET("'Principal':'*','Resource':'arn:aws:s3:::bkt2/*'"),
	  "Statement 1: Policy has invalid resource: arn:aws:s3:::bkt2/* is not in the bucket" },
	{ POLICY_BUCKET, BUCKET("'Principal':'*','Resource':'arn:aws:s3:::bk'"),
	  "Statement 1: Policy has invalid resource: arn:aws:s3:::bk is not in the bucket" },
	{ POLICY_BUCKET, BUCKET("'Principal':'*','Resource':'arn:aws:s3:::other*'"),
	  "Statement 1: Policy has invalid resource: arn:aws:s3:::other* is not in the bucket" },
	{ POLICY_BUCKET, BUCKET("'Principal':'*','Resource':'arn:aws:s3:::bktx*'"),
	  "Statement 1: Policy has invalid resource: arn:aws:s3:::bktx* is not in the bucket" },
	{ POLICY_BUCKET, BUCKET("'Principal':'*','NotResource':'arn:aws:s3:::other'"),
	  "Statement 1: Policy has invalid resource: arn:aws:s3:::other is not in the bucket" },

	{ POLICY_IDENTITY,
	  POLICY("{'Principal':'*','Effect':'Allow','Action':'s3:*','Resource':'*'}"),
	  "Statement 1: A policy of an identity has no Principal" },
	{ POLICY_IDENTITY,
	  POLICY("{'NotPrincipal':'*','Effect':'Allow','Action':'s3:*','Resource':'*'}"),
	  "Statement 1: A policy of an identity has no Principal" },
	{ POLICY_BUCKET, BUCKET("'Resource':'*'"),
	  "Statement 1: Missing required field Principal" },
	{ POLICY_BUCKET, BUCKET("'Resource':'*','Principal':'*','NotPrincipal':'*'"),
	  "Statement 1: There are both Principal and NotPrincipal" },
	{ POLICY_BUCKET, WHO("'111122223333'"), "Statement 1: Principal must be '*' or an object" },
	{ POLICY_BUCKET, WHO("['*']"), "Statement 1: Principal must be '*' or an object" },
	{ POLICY_BUCKET, WHO("{}"), "Statement 1: Principal names nobody" },
	{ POLICY_BUCKET, WHO("{'AWS':[]}"), "Statement 1: AWS is empty" },
	{ POLICY_BUCKET, WHO("{'AWS':1}"), "Statement 1: AWS must be a text or a list of texts" },
	{ POLICY_BUCKET, WHO("{'Service':'x.amazonaws.com'}"),
	  "Statement 1: Unknown field Service" },
	{ POLICY_BUCKET, WHO("{'AWS':'a b'}"), "Statement 1: Invalid principal in policy: a b" },
	{ POLICY_BUCKET, WHO("{'AWS':'arn:aws:iam::acme:user/*'}"),
	  "Statement 1: Invalid principal in policy: arn:aws:iam::acme:user/*" },
	{ POLICY_BUCKET, WHO("{'AWS':'arn:aws:iam::acme:user/'}"),
	  "Statement 1: Invalid principal in policy: arn:aws:iam::acme:user/" },
	{ POLICY_BUCKET, WHO("{'AWS':'arn:aws:iam::*:root'}"),
	  "Statement 1: Invalid principal in policy: arn:aws:iam::*:root" },
	{ POLICY_BUCKET, WHO("{'AWS':'arn:aws:iam::acme:role/r'}"),
	  "Statement 1: Invalid principal in policy: arn:aws:iam::acme:role/r" },
	{ POLICY_BUCKET, WHO("{'CanonicalUser':'*'}"),
	  "Statement 1: Invalid principal in policy: *" },
	{ POLICY_BUCKET, WHO("{'CanonicalUser':'79a59df9'}"),
	  "Statement 1: Invalid principal in policy: 79a59df9" },

	{ POLICY_IDENTITY, WHEN("[]"), "Statement 1: Condition must be an object" },
	{ POLICY_IDENTITY, WHEN("null"), "Statement 1: Condition must be an object" },
	{ POLICY_IDENTITY, WHEN("{'StringEquals':'x'}"),
	  "Statement 1: StringEquals must be an object" },
	{ POLICY_IDENTITY, WHEN("{'StringIs':{'s3:prefix':'x'}}"),
	  "Statement 1: Invalid condition operator: StringIs" },
	{ POLICY_IDENTITY, WHEN("{'NullIfExists':{'s3:prefix':'true'}}"),
	  "Statement 1: Invalid condition operator: NullIfExists" },
	{ POLICY_IDENTITY, WHEN("{'StringEquals':{'s3:nothing':'x'}}"),
	  "Statement 1: Policy has an invalid condition key: s3:nothing" },
	{ POLICY_IDENTITY, WHEN("{'StringEquals':{'s3:prefix':[]}}"),
	  "Statement 1: s3:prefix is empty" },
	{ POLICY_IDENTITY, WHEN("{'StringEquals':{'s3:prefix':null}}"),
	  "Statement 1: A value of the condition on s3:prefix is no text, number or Boolean" },
	{ POLICY_IDENTITY, WHEN("{'StringEquals':{'s3:prefix':['a',null]}}"),
	  "Statement 1: A value of the condition on s3:prefix is no text, number or Boolean" },
	{ POLICY_IDENTITY, WHEN("{'NumericEquals':{'s3:max-keys':1e300}}"),
	  "Statement 1: A value of the condition on s3:max-keys is no text, number or Boolean" },
	{ POLICY_IDENTITY, WHEN("{'NumericEquals':{'S3:max-keys':'ten'}}"),
	  "Statement 1: s3:max-keys 'ten' is not of the form that the operator wants" },
	{ POLICY_IDENTITY, WHEN("{'StringEquals':{'s3:RequestObjectTagKeys':'x'}}"),
	  "Statement 1: s3:RequestObjectTagKeys has many values and needs ForAllValues or "
	  "ForAnyValue" },
	{ POLICY_IDENTITY, WHEN("{'StringEquals':{'s3:prefix':'${s3:prefix'}}"),
	  "Statement 1: The variable in s3:prefix '${s3:prefix' is not closed" },
	{ POLICY_IDENTITY,
	  WHAT("'s3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"),
	  "Statement 1: Policy has invalid action: "
	  "s3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..." },
};

static void test_policies_that_are_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct policy_document *d = NULL;
		struct policy_complaint c = { "" };
		int r = test_policy_parse(refusals[i].kind, refusals[i].json, &d, &c);

		if (strcmp(c.text, refusals[i].complaint))
			fprintf(stderr, "%s\n-> %s\n", refusals[i].json, c.text);
		assert(r == S3_ERROR_MALFORMED_POLICY && !d);
		assert(!strcmp(c.text, refusals[i].complaint));
	}
}

/* What any operation asks for can be written into a policy. */
static void test_every_action_of_ours_can_be_named(void)
{
	char json[256];

	for (unsigned int i = 0; i < S3_OPERATION_COUNT + S3_CONFIGURATION_COUNT; i++) {
		_cleanup_(policy_freep) struct policy_document *d = NULL;

		if (i == S3_GET_BUCKET_CONFIGURATION)
			continue;
		snprintf(json, sizeof(json), WHAT("'%s'"),
			 i < S3_OPERATION_COUNT ? s3_operations[i].action
						: s3_configurations[i - S3_OPERATION_COUNT].action);
		d = test_policy(POLICY_IDENTITY, json);
	}
}

static int parse(enum policy_kind kind, struct span text, size_t size_max,
		 struct policy_complaint *c)
{
	_cleanup_(policy_freep) struct policy_document *d = NULL;
	struct policy_rules rules = { .kind = kind, .bucket = SPAN("bkt"), .size_max = size_max };

	return policy_parse(text, &rules, &d, c);
}

static void append_statements(struct buffer *b, const char *open, const char *item, size_t n,
			      const char *close)
{
	buffer_append_string(b, open);
	for (size_t i = 0; i < n; i++) {
		buffer_append_string(b, i ? "," : "");
		buffer_append_string(b, item);
	}
	buffer_append_string(b, close);
	assert(!buffer_error(b));
}

static void test_sizes(void)
{
	static const char text[] = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
				   "\"Resource\":\"arn:aws:s3:::\xc3\xa9\"}}";
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);
	struct policy_complaint c;
	size_t characters = sizeof(text) - 2;

	assert(parse(POLICY_IDENTITY, SPAN(text), characters, &c) == 0);
	assert(parse(POLICY_IDENTITY, SPAN(text), characters - 1, &c) == S3_ERROR_MALFORMED_POLICY);
	/* White space is not counted, but even that has an end. */
	buffer_append(&b, span_first(SPAN(text), 1));
	while (b.len < POLICY_TEXT_MAX - (sizeof(text) - 2))
		buffer_append_byte(&b, " \t\r\n"[b.len % 4]);
	buffer_append(&b, span_skip(SPAN(text), 1));
	assert(b.len == POLICY_TEXT_MAX);
	assert(parse(POLICY_IDENTITY, buffer_span(&b), characters, &c) == 0);
	buffer_append_byte(&b, ' ');
	assert(parse(POLICY_IDENTITY, buffer_span(&b), characters, &c) ==
	       S3_ERROR_MALFORMED_POLICY);
	assert(!strcmp(c.text, "A policy has at most 65536 bytes"));
}

/* It is kept, and goes with grants. */
static void test_white_space_in_a_text_is_some_of_it(void)
{
	static const char text[] = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
				   "\"Resource\":\"arn:aws:s3:::\\\" b\"} }";
	size_t characters = sizeof(text) - 2;
	struct policy_complaint c;

	assert(parse(POLICY_IDENTITY, SPAN(text), characters, &c) == 0);
	assert(parse(POLICY_IDENTITY, SPAN(text), characters - 1, &c) == S3_ERROR_MALFORMED_POLICY);
}

static void test_the_size_of_a_bucket_policy(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);
	struct policy_complaint c;

	buffer_append_string(&b, "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
				 "\"Resource\":\"*\",\"Principal\":\"*\"}");
	while (b.len < POLICY_BUCKET_SIZE - 1)
		buffer_append_byte(&b, ' ');
	buffer_append_byte(&b, '}');
	assert(parse(POLICY_BUCKET, buffer_span(&b), 0, &c) == 0);
	buffer_append_byte(&b, ' ');
	assert(parse(POLICY_BUCKET, buffer_span(&b), 0, &c) == S3_ERROR_MALFORMED_POLICY);
	assert(!strcmp(c.text, "A bucket policy has at most 20480 bytes"));
}

static void test_counts_have_limits(void)
{
	static const struct {
		const char *open, *item, *close, *complaint;
		size_t max;
	} lists[] = {
		{ "{\"Statement\":[", "{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}",
		  "]}", "There are more than 256 statements", POLICY_STATEMENTS_MAX },
		{ "{\"Statement\":{\"Effect\":\"Deny\",\"Action\":[", "\"*\"",
		  "],\"Resource\":\"*\"}}", "Statement 1: Action has more than 512 items",
		  POLICY_ITEMS_MAX },
		{ "{\"Statement\":{\"Effect\":\"Deny\",\"Resource\":[", "\"*\"",
		  "],\"Action\":\"*\"}}", "Statement 1: Resource has more than 512 items",
		  POLICY_ITEMS_MAX },
		{ "{\"Statement\":{\"Effect\":\"Deny\",\"Resource\":\"*\",\"Action\":\"*\","
		  "\"Condition\":{\"StringEquals\":{\"s3:prefix\":[",
		  "\"*\"", "]}}}}", "Statement 1: s3:prefix has more than 512 items",
		  POLICY_ITEMS_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);
		struct policy_complaint c = { "" };

		append_statements(&b, lists[i].open, lists[i].item, lists[i].max, lists[i].close);
		assert(parse(POLICY_IDENTITY, buffer_span(&b), POLICY_TEXT_MAX, &c) == 0);
		buffer_reset(&b);
		append_statements(&b, lists[i].open, lists[i].item, lists[i].max + 1,
				  lists[i].close);
		assert(parse(POLICY_IDENTITY, buffer_span(&b), POLICY_TEXT_MAX, &c) ==
		       S3_ERROR_MALFORMED_POLICY);
		assert(!strcmp(c.text, lists[i].complaint));
	}
}

static void append_conditions(struct buffer *b, size_t n)
{
	buffer_append_string(
		b, "{\"Statement\":{\"Effect\":\"Deny\",\"Resource\":\"*\",\"Action\":\"*\","
		   "\"Condition\":{\"StringEquals\":{");
	for (size_t i = 0; i < n; i++)
		buffer_printf(b, "%s\"s3:ExistingObjectTag/%zu\":\"x\"", i ? "," : "", i);
	buffer_append_string(b, "}}}}");
}

static void test_conditions_have_a_limit(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);
	struct policy_complaint c = { "" };

	append_conditions(&b, POLICY_CONDITIONS_MAX);
	assert(parse(POLICY_IDENTITY, buffer_span(&b), POLICY_TEXT_MAX, &c) == 0);
	buffer_reset(&b);
	append_conditions(&b, POLICY_CONDITIONS_MAX + 1);
	assert(parse(POLICY_IDENTITY, buffer_span(&b), POLICY_TEXT_MAX, &c) ==
	       S3_ERROR_MALFORMED_POLICY);
	assert(!strcmp(c.text, "Statement 1: There are more than 64 conditions"));
}

/* Whoever recurses as deep as the text says ends here. */
static void test_depth_is_refused_before_it_is_walked(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);
	struct policy_complaint c = { "" };

	buffer_append_string(&b, "{\"Statement\":");
	while (b.len < POLICY_TEXT_MAX)
		buffer_append_byte(&b, '[');
	assert(parse(POLICY_IDENTITY, buffer_span(&b), POLICY_TEXT_MAX, &c) ==
	       S3_ERROR_MALFORMED_POLICY);
	assert(!strcmp(c.text, "Nothing in a policy is nested so deep"));
	/* Brackets in a text are no depth. */
	assert(parse(POLICY_IDENTITY,
		     SPAN("{\"Statement\":{\"Sid\":\"\",\"Effect\":\"Deny\",\"Action\":\"*\","
			  "\"Resource\":"
			  "\"arn:aws:s3:::[[[[[[[[\\\"[[[[[\"}}"),
		     POLICY_IDENTITY_SIZE, &c) == 0);
}

static int parse_actions(const char *action, size_t n, struct policy_complaint *c)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);

	append_statements(
		&b,
		"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Resource\":\"*\","
		"\"Action\":[",
		action, n, "]}}");
	return parse(POLICY_BUCKET, buffer_span(&b), 0, c);
}

/* Each of them is looked for in all of the actions, and is the last. */
static void test_looking_actions_up_costs_no_more_than_the_allowance(void)
{
	struct policy_complaint c = { "" };

	assert(parse_actions("\"s3:UpdateStorageLensGroup\"", POLICY_ITEMS_MAX, &c) == 0);
	assert(parse_actions("\"s3:*??????????geLensGroup\"", POLICY_ITEMS_MAX / 16, &c) == 0);
	assert(parse_actions("\"s3:*??????????geLensGroup\"", POLICY_ITEMS_MAX, &c) ==
	       S3_ERROR_MALFORMED_POLICY);
	assert(!strcmp(c.text, "Statement 1: There are too many wildcards in actions"));
}

static void test_compact(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(KIB);

	policy_compact(&b, SPAN("{ \"a b\" :\n\t[ \"c \\\" d\" , 1 ]\r\n}"));
	assert(span_equal(buffer_span(&b), SPAN("{\"a b\":[\"c \\\" d\",1]}")));
}

int main(void)
{
	test_policies_that_are_taken();
	test_policies_that_are_refused();
	test_every_action_of_ours_can_be_named();
	test_sizes();
	test_white_space_in_a_text_is_some_of_it();
	test_the_size_of_a_bucket_policy();
	test_counts_have_limits();
	test_conditions_have_a_limit();
	test_depth_is_refused_before_it_is_walked();
	test_looking_actions_up_costs_no_more_than_the_allowance();
	test_compact();
	return 0;
}
