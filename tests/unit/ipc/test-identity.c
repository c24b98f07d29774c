/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/identity.h"

#include "ipc/grant.h"

#undef NDEBUG
#include <assert.h>

#define SIGNED	 "20261126T100000Z"
#define SIGNED_S 1795687200

static struct grant grant_of_user(void)
{
	struct grant g = {
		.principal = { .tenant = { { 0xab } },
			       .tenant_name = SPAN("acme"),
			       .canonical_id = SPAN("0123"),
			       .display_name = SPAN("Acme"),
			       .user = SPAN("alice"),
			       .user_id = { { 0xcd } },
			       .credential = SPAN("AKID"),
			       .prefix = SPAN("") },
		.identity = { .policy = SPAN(""),
			      .now_s = SIGNED_S + 5,
			      .source = SPAN("192.0.2.7"),
			      .referer = SPAN("http://here/"),
			      .user_agent = SPAN("test/1") },
		.peer = SPAN("192.0.2.7"),
		.request = { .operation = S3_LIST_OBJECTS_V2, .bucket = SPAN("bucket") },
	};

	g.request.params[S3_PARAM_PREFIX] = SPAN("mine/");
	return g;
}

static struct grant presigned(void)
{
	struct grant g = grant_of_user();

	g.request.params[S3_PARAM_AMZ_ALGORITHM] = SPAN("AWS4-HMAC-SHA256");
	g.request.params[S3_PARAM_AMZ_DATE] = SPAN(SIGNED);
	g.request.params[S3_PARAM_AMZ_CREDENTIAL] = SPAN("AKID/20261126/r/s3/aws4_request");
	g.request.params[S3_PARAM_AMZ_SIGNATURE] = SPAN("00");
	return g;
}

static struct grant signed_in_a_header(void)
{
	struct grant g = grant_of_user();

	g.request.headers[S3_HEADER_AMZ_DATE] = SPAN(SIGNED);
	g.request.headers[S3_HEADER_AUTHORIZATION] = SPAN("AWS4-HMAC-SHA256 ...");
	return g;
}

static void ask(struct identity_question *q, const struct grant *g)
{
	identity_ask(q, &g->identity, &g->principal, &g->request);
}

/* NULL: it has no value. */
static bool is(const struct grant *g, enum policy_key key, const char *expected)
{
	struct identity_question q;
	struct span value;

	ask(&q, g);
	if (policy_context_get(&q.context, key, SPAN_NONE, &value) != POLICY_YES)
		return !expected;
	return expected && span_equal(value, span_from_string(expected));
}

static void test_how_it_is_signed(void)
{
	struct grant g = presigned();

	assert(is(&g, POLICY_KEY_AUTH_TYPE, "REST-QUERY-STRING"));
	assert(is(&g, POLICY_KEY_SIGNATURE_VERSION, "AWS4-HMAC-SHA256"));
	assert(is(&g, POLICY_KEY_SIGNATURE_AGE, "5000"));
	/* By a clock that goes before ours. */
	g.identity.now_s = SIGNED_S - 5;
	assert(is(&g, POLICY_KEY_SIGNATURE_AGE, "0"));
	g = signed_in_a_header();
	assert(is(&g, POLICY_KEY_AUTH_TYPE, "REST-HEADER"));
	assert(is(&g, POLICY_KEY_SIGNATURE_AGE, NULL));
}

static void test_who_asks_and_from_where(void)
{
	struct grant g = grant_of_user();

	assert(is(&g, POLICY_KEY_USER_NAME, "alice"));
	assert(is(&g, POLICY_KEY_USER_ID, "cd000000000000000000000000000000"));
	assert(is(&g, POLICY_KEY_PRINCIPAL_ACCOUNT, "ab000000000000000000000000000000"));
	assert(is(&g, POLICY_KEY_SOURCE_IP, "192.0.2.7"));
	assert(is(&g, POLICY_KEY_REFERER, "http://here/"));
	assert(is(&g, POLICY_KEY_USER_AGENT, "test/1"));
	assert(is(&g, POLICY_KEY_SECURE_TRANSPORT, "false"));
	/* What is empty is not there. */
	g.identity.source = g.identity.referer = g.identity.user_agent = SPAN("");
	assert(is(&g, POLICY_KEY_SOURCE_IP, NULL) && is(&g, POLICY_KEY_REFERER, NULL));
	assert(is(&g, POLICY_KEY_USER_AGENT, NULL));
	g.principal.user = SPAN("");
	assert(is(&g, POLICY_KEY_USER_NAME, NULL));
	assert(is(&g, POLICY_KEY_USER_ID, "ab000000000000000000000000000000"));
}

static void expect_the_same(const struct policy_context *sent, const struct policy_context *got)
{
	for (enum policy_key k = 0; k < POLICY_KEY_COUNT; k++) {
		bool has_tag = policy_keys[k].shape == POLICY_SHAPE_TAG;
		struct span tag = has_tag ? SPAN("a") : SPAN_NONE, a, b;
		enum policy_truth t;

		if (policy_keys[k].shape == POLICY_SHAPE_MANY)
			continue;
		t = policy_context_get(sent, k, tag, &a);
		assert(policy_context_get(got, k, tag, &b) == t);
		assert(t != POLICY_YES || span_equal(a, b));
	}
}

/* Credentials stay behind, and yet stored sees what authd saw. */
static void test_t25_what_a_grant_carries_is_all_that_conditions_see(void)
{
	const struct grant grants[] = { presigned(), signed_in_a_header() };

	for (size_t i = 0; i < ARRAY_SIZE(grants); i++) {
		struct buffer b = BUFFER_INIT(IPC_GRANT_MAX);
		struct identity_question sent, got;
		struct grant there;

		grant_encode(&grants[i], &b);
		assert(buffer_error(&b) == 0 && grant_decode(buffer_span(&b), &there));
		ask(&sent, &grants[i]);
		ask(&got, &there);
		expect_the_same(&sent.context, &got.context);
		buffer_clear(&b);
	}
}

static bool is_identity(const struct buffer *b)
{
	struct wire_reader r = wire_reader(buffer_span(b));
	struct identity i;

	identity_get(&r, &i);
	assert(i.n <= POLICY_NEEDS_MAX);
	return wire_ended(&r);
}

static void test_t71_an_answer_or_a_number_that_there_is_not_is_no_identity(void)
{
	struct identity i = grant_of_user().identity;
	struct buffer b = BUFFER_INIT(IPC_GRANT_MAX);

	i.n = POLICY_NEEDS_MAX;
	identity_put(&b, &i);
	assert(is_identity(&b));
	b.data[POLICY_NEEDS_MAX] = POLICY_SAYS_DENY;
	assert(is_identity(&b));
	b.data[POLICY_NEEDS_MAX] = POLICY_SAYS_DENY + 1;
	assert(!is_identity(&b));
	b.data[POLICY_NEEDS_MAX] = 0;
	b.data[0] = POLICY_NEEDS_MAX + 1;
	assert(!is_identity(&b));
	buffer_clear(&b);
}

int main(void)
{
	test_how_it_is_signed();
	test_who_asks_and_from_where();
	test_t25_what_a_grant_carries_is_all_that_conditions_see();
	test_t71_an_answer_or_a_number_that_there_is_not_is_no_identity();
	return 0;
}
