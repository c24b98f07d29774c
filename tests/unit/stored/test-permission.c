/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/permission.h"

#undef NDEBUG
#include <assert.h>

#define ALLOW(action, more)                                                                        \
	"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"" action "\",\"Resource\":\"*\"" more   \
	"}}"
#define TAGGED(test) ",\"Condition\":{\"" test "\":{\"s3:ExistingObjectTag/a\":\"b\"}}"

static struct grant grant_of(enum s3_operation o, const char *user)
{
	return (struct grant){
		.principal = { .tenant = { { 1 } },
			       .canonical_id = SPAN("0123"),
			       .user = span_from_string(user),
			       .user_id = { { 2 } } },
		.request = { .operation = o, .bucket = SPAN("bucket"), .key = SPAN("key") },
	};
}

static int check(enum s3_operation o, enum policy_answer answer, const char *policy)
{
	struct grant g = grant_of(o, "alice");

	g.identity.n = 1;
	g.identity.answers[0] = answer;
	g.identity.policy = span_from_string(policy);
	return permission_check(&g);
}

static void test_the_tenant_itself_may_do_everything(void)
{
	struct grant g = grant_of(S3_GET_OBJECT, "");
	struct permission p;

	assert(permission_check(&g) == 0);
	assert(permission_begin(&g, &p) == 0 && permission_to_delete(&p, SPAN("k"), SPAN_NONE));
	permission_end(&p);
	assert(permission_shown(&g, S3_ERROR_NO_SUCH_KEY) == S3_ERROR_NO_SUCH_KEY);
}

static void test_t26_a_user_may_do_what_is_allowed_and_nothing_else(void)
{
	assert(check(S3_GET_OBJECT, POLICY_SAYS_ALLOW, "") == 0);
	assert(check(S3_GET_OBJECT, POLICY_SAYS_NOTHING, "") == S3_ERROR_ACCESS_DENIED);
	assert(check(S3_GET_OBJECT, POLICY_SAYS_DENY, "") == S3_ERROR_ACCESS_DENIED);
	/* Without the policy nobody can decide. */
	assert(check(S3_GET_OBJECT, POLICY_SAYS_UNDECIDED, "") == S3_ERROR_ACCESS_DENIED);
}

/* No object has tags. */
static void test_what_was_undecided_is_finished(void)
{
	assert(check(S3_GET_OBJECT, POLICY_SAYS_UNDECIDED,
		     ALLOW("s3:GetObject", TAGGED("StringEquals"))) == S3_ERROR_ACCESS_DENIED);
	assert(check(S3_GET_OBJECT, POLICY_SAYS_UNDECIDED,
		     ALLOW("s3:GetObject", TAGGED("StringNotEquals"))) == 0);
	assert(check(S3_GET_OBJECT, POLICY_SAYS_UNDECIDED,
		     ALLOW("s3:PutObject", TAGGED("StringNotEquals"))) == S3_ERROR_ACCESS_DENIED);
}

static void test_t20_each_need_of_a_request_must_be_allowed(void)
{
	struct grant g = grant_of(S3_COPY_OBJECT, "alice");

	g.request.source_bucket = SPAN("source");
	g.request.source_key = SPAN("key");
	g.identity.n = 2;
	g.identity.answers[0] = g.identity.answers[1] = POLICY_SAYS_ALLOW;
	assert(permission_check(&g) == 0);
	g.identity.answers[1] = POLICY_SAYS_NOTHING;
	assert(permission_check(&g) == S3_ERROR_ACCESS_DENIED);
	g.identity.answers[1] = POLICY_SAYS_ALLOW;
	g.identity.answers[0] = POLICY_SAYS_NOTHING;
	assert(permission_check(&g) == S3_ERROR_ACCESS_DENIED);
}

static void test_t71_a_grant_that_authd_would_not_make_opens_nothing(void)
{
	struct grant g = grant_of(S3_COPY_OBJECT, "alice");

	g.request.source_bucket = SPAN("source");
	g.request.source_key = SPAN("key");
	g.identity.n = 1;
	g.identity.answers[0] = POLICY_SAYS_ALLOW;
	assert(permission_check(&g) == -EPROTO);
	assert(check(S3_GET_OBJECT, POLICY_SAYS_UNDECIDED, "{no policy") == -EPROTO);
	g = grant_of(S3_DELETE_OBJECTS, "alice");
	g.request.key = SPAN_NONE;
	assert(permission_check(&g) == 0);
	assert(permission_begin(&g, &(struct permission){ 0 }) == -EPROTO);
}

static void test_t21_each_key_is_asked_for_by_itself(void)
{
	struct grant g = grant_of(S3_DELETE_OBJECTS, "alice");
	struct permission p;

	g.request.key = SPAN_NONE;
	g.identity.policy = SPAN("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
				 "\"Action\":\"s3:DeleteObject\",\"Resource\":"
				 "\"arn:aws:s3:::bucket/${aws:username}/*\"}}");
	assert(permission_check(&g) == 0 && permission_begin(&g, &p) == 0);
	assert(permission_to_delete(&p, SPAN("alice/x"), SPAN_NONE));
	assert(!permission_to_delete(&p, SPAN("alice"), SPAN_NONE));
	assert(!permission_to_delete(&p, SPAN("bob/x"), SPAN_NONE));
	/* T22: a version is something else. */
	assert(!permission_to_delete(&p, SPAN("alice/x"), SPAN("null")));
	permission_end(&p);
}

static void test_t24_that_a_key_is_missing_is_told_to_who_may_list(void)
{
	struct grant g = grant_of(S3_GET_OBJECT, "alice");

	assert(permission_shown(&g, S3_ERROR_NO_SUCH_KEY) == S3_ERROR_ACCESS_DENIED);
	assert(permission_shown(&g, S3_ERROR_NO_SUCH_VERSION) == S3_ERROR_ACCESS_DENIED);
	assert(permission_shown(&g, S3_ERROR_INVALID_RANGE) == S3_ERROR_INVALID_RANGE);
	assert(permission_shown(&g, -EIO) == -EIO && permission_shown(&g, 0) == 0);
	g.identity.listing = POLICY_SAYS_ALLOW;
	assert(permission_shown(&g, S3_ERROR_NO_SUCH_KEY) == S3_ERROR_NO_SUCH_KEY);
}

int main(void)
{
	assert(permission_warm_up() == 0);
	test_the_tenant_itself_may_do_everything();
	test_t26_a_user_may_do_what_is_allowed_and_nothing_else();
	test_what_was_undecided_is_finished();
	test_t20_each_need_of_a_request_must_be_allowed();
	test_t71_a_grant_that_authd_would_not_make_opens_nothing();
	test_t21_each_key_is_asked_for_by_itself();
	test_t24_that_a_key_is_missing_is_told_to_who_may_list();
	return 0;
}
