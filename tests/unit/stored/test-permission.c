/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/permission.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "s3/policy/public.h"

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

static int ask(const struct grant *g, const struct gate *bucket, const struct gate *source,
	       bool *ret_may_miss)
{
	struct permission_gates gates = { bucket, source };
	struct permission p;
	int r = permission_begin(g, &gates, &p);

	if (r == 0)
		r = permission_check(&p);
	if (r == 0 && ret_may_miss)
		*ret_may_miss = permission_to_miss(&p);
	permission_end(&p);
	return r;
}

static int check(enum s3_operation o, enum policy_answer answer, const char *policy)
{
	struct grant g = grant_of(o, "alice");

	g.identity.n = 1;
	g.identity.answers[0] = answer;
	g.identity.policy = span_from_string(policy);
	return ask(&g, NULL, NULL, NULL);
}

static bool may_delete(const struct grant *g, const struct gate *gate, const char *key,
		       struct span version)
{
	struct permission_gates gates = { gate, NULL };
	struct permission p;
	bool may;

	assert(permission_begin(g, &gates, &p) == 0);
	may = permission_to_delete(&p, span_from_string(key), version, SPAN_NONE);
	permission_end(&p);
	return may;
}

static void test_the_tenant_itself_may_do_everything(void)
{
	struct grant g = grant_of(S3_GET_OBJECT, "");
	bool may_miss;

	assert(ask(&g, NULL, NULL, &may_miss) == 0 && may_miss);
	assert(may_delete(&g, NULL, "k", SPAN_NONE));
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

static struct grant copy_of(const char *user)
{
	struct grant g = grant_of(S3_COPY_OBJECT, user);

	g.request.source_bucket = SPAN("source");
	g.request.source_key = SPAN("key");
	g.identity.n = g.principal.user.len ? 2 : 0;
	g.identity.answers[0] = g.identity.answers[1] = POLICY_SAYS_ALLOW;
	return g;
}

static void test_t20_each_need_of_a_request_must_be_allowed(void)
{
	struct grant g = copy_of("alice");

	assert(ask(&g, NULL, NULL, NULL) == 0);
	g.identity.answers[1] = POLICY_SAYS_NOTHING;
	assert(ask(&g, NULL, NULL, NULL) == S3_ERROR_ACCESS_DENIED);
	g.identity.answers[1] = POLICY_SAYS_ALLOW;
	g.identity.answers[0] = POLICY_SAYS_NOTHING;
	assert(ask(&g, NULL, NULL, NULL) == S3_ERROR_ACCESS_DENIED);
}

static void test_t71_a_grant_that_authd_would_not_make_opens_nothing(void)
{
	struct grant g = copy_of("alice");

	g.identity.n = 1;
	assert(ask(&g, NULL, NULL, NULL) == -EPROTO);
	g = copy_of("");
	g.identity.n = 2;
	assert(ask(&g, NULL, NULL, NULL) == -EPROTO);
	assert(check(S3_GET_OBJECT, POLICY_SAYS_UNDECIDED, "{no policy") == -EPROTO);
}

static struct grant delete_of(const char *user, const char *policy)
{
	struct grant g = grant_of(S3_DELETE_OBJECTS, user);

	g.request.key = SPAN_NONE;
	g.identity.policy = span_from_string(policy);
	return g;
}

static void test_t21_each_key_is_asked_for_by_itself(void)
{
	struct grant g = delete_of("alice", "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":"
					    "\"Allow\",\"Action\":\"s3:DeleteObject\",\"Resource\":"
					    "\"arn:aws:s3:::bucket/${aws:username}/*\"}}");

	assert(ask(&g, NULL, NULL, NULL) == 0);
	assert(may_delete(&g, NULL, "alice/x", SPAN_NONE));
	assert(!may_delete(&g, NULL, "alice", SPAN_NONE));
	assert(!may_delete(&g, NULL, "bob/x", SPAN_NONE));
	/* T22: a version is something else. */
	assert(!may_delete(&g, NULL, "alice/x", SPAN("null")));
	/* Who has no policy. */
	g = delete_of("alice", "");
	assert(ask(&g, NULL, NULL, NULL) == 0 && !may_delete(&g, NULL, "alice/x", SPAN_NONE));
}

static void test_t24_that_a_key_is_missing_is_told_to_who_may_list(void)
{
	struct grant g = grant_of(S3_GET_OBJECT, "alice");
	bool may_miss;

	g.identity.n = 1;
	g.identity.answers[0] = POLICY_SAYS_ALLOW;
	assert(ask(&g, NULL, NULL, &may_miss) == 0 && !may_miss);
	g.identity.listing = POLICY_SAYS_ALLOW;
	assert(ask(&g, NULL, NULL, &may_miss) == 0 && may_miss);
}

/* --- with a bucket that has a policy -----------------------------------------------------------
 */

#define OWN   "01000000000000000000000000000000"
#define OTHER "09000000000000000000000000000000"
#define SAYS(effect, principal, action)                                                            \
	"{\"Effect\":\"" effect "\",\"Principal\":" principal ",\"Action\":\"" action              \
	"\",\"Resource\":[\"arn:aws:s3:::bucket\",\"arn:aws:s3:::bucket/key\"]}"
#define ALL	   "\"*\""
#define NAMED(who) "{\"AWS\":\"" who "\"}"

/* The grant's tenant is 1. */
static struct gate gate_of(uint8_t owner, const char *statements)
{
	static const struct policy_rules rules = { .kind = POLICY_BUCKET,
						   .bucket = SPAN("bucket") };
	struct gate g = { .owner = { { owner } } };
	struct policy_complaint complaint;
	struct policy_document *d = NULL;
	char text[2048];

	if (!*statements)
		return g;
	snprintf(text, sizeof(text), "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", statements);
	assert(policy_parse(span_from_string(text), &rules, &d, &complaint) == 0);
	g.policy = d;
	g.is_public = policy_is_public(d);
	return g;
}

static int ask_gate(const struct grant *g, uint8_t owner, const char *statements,
		    unsigned int blocks)
{
	struct gate gate = gate_of(owner, statements);
	int r;

	gate.blocks = blocks;
	r = ask(g, &gate, NULL, NULL);
	policy_free((struct policy_document *)gate.policy);
	return r;
}

static struct grant grant_to_nobody(enum s3_operation o)
{
	struct grant g = grant_of(o, "");

	g.principal = PRINCIPAL_ANONYMOUS;
	return g;
}

static struct grant grant_to_user(enum policy_answer says)
{
	struct grant g = grant_of(S3_GET_OBJECT, "alice");

	g.identity.n = 1;
	g.identity.answers[0] = says;
	g.identity.policy = SPAN("");
	return g;
}

/* Who asks, whose the bucket is, what it says; and whether the request goes through. */
static void test_t23_t26_t30_the_order_of_the_documents(void)
{
	static const struct {
		const char *user; /* "" the tenant itself, NULL nobody */
		enum policy_answer identity;
		uint8_t owner;
		const char *bucket;
		bool allowed;
	} cases[] = {
		{ "", 0, 1, "", true },
		{ "", 0, 1, SAYS("Deny", ALL, "s3:GetObject"), false },
		{ "", 0, 1, SAYS("Deny", ALL, "s3:PutObject"), true },
		{ "", 0, 9, "", false },
		{ "", 0, 9, SAYS("Allow", NAMED(OWN), "s3:GetObject"), true },
		{ "", 0, 9, SAYS("Allow", NAMED(OTHER), "s3:GetObject"), false },
		{ "", 0, 9, SAYS("Allow", NAMED(OWN), "s3:PutObject"), false },
		{ "", 0, 9, SAYS("Allow", ALL, "s3:*"), true },
		{ "", 0, 9, SAYS("Allow", ALL, "s3:*") "," SAYS("Deny", NAMED(OWN), "s3:GetObject"),
		  false },
		{ "alice", POLICY_SAYS_NOTHING, 1, "", false },
		{ "alice", POLICY_SAYS_ALLOW, 1, "", true },
		{ "alice", POLICY_SAYS_NOTHING, 1, SAYS("Allow", ALL, "s3:GetObject"), true },
		{ "alice", POLICY_SAYS_NOTHING, 1, SAYS("Allow", NAMED(OWN), "s3:GetObject"),
		  false },
		{ "alice", POLICY_SAYS_ALLOW, 1, SAYS("Deny", NAMED(OWN), "s3:GetObject"), false },
		{ "alice", POLICY_SAYS_ALLOW, 9, "", false },
		{ "alice", POLICY_SAYS_NOTHING, 9, SAYS("Allow", ALL, "s3:*"), false },
		{ "alice", POLICY_SAYS_ALLOW, 9, SAYS("Allow", NAMED(OWN), "s3:*"), true },
		{ NULL, 0, 1, "", false },
		{ NULL, 0, 0, "", false },
		{ NULL, 0, 1, SAYS("Allow", ALL, "s3:GetObject"), true },
		{ NULL, 0, 1, SAYS("Allow", NAMED(OWN), "s3:GetObject"), false },
		{ NULL, 0, 1, SAYS("Allow", ALL, "s3:*") "," SAYS("Deny", ALL, "s3:GetObject"),
		  false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct grant g = !cases[i].user	  ? grant_to_nobody(S3_GET_OBJECT)
				 : *cases[i].user ? grant_to_user(cases[i].identity)
						  : grant_of(S3_GET_OBJECT, "");

		assert(ask_gate(&g, cases[i].owner, cases[i].bucket, 0) ==
		       (cases[i].allowed ? 0 : S3_ERROR_ACCESS_DENIED));
	}
}

static void test_t23_a_name_that_is_nobodys_is_open_to_nobody(void)
{
	struct grant g = grant_to_nobody(S3_GET_OBJECT);

	assert(ask(&g, NULL, NULL, NULL) == S3_ERROR_ACCESS_DENIED);
}

static void test_t23_restricted_a_public_bucket_is_for_its_own_tenant(void)
{
	const char *public = SAYS("Allow", ALL, "s3:GetObject");
	const char *narrow = SAYS("Allow", NAMED(OWN), "s3:GetObject");
	const unsigned int restricted = 1u << S3_BLOCK_RESTRICT;
	struct grant nobody = grant_to_nobody(S3_GET_OBJECT), root = grant_of(S3_GET_OBJECT, ""),
		     user = grant_to_user(POLICY_SAYS_NOTHING);

	assert(ask_gate(&nobody, 9, public, restricted) == S3_ERROR_ACCESS_DENIED);
	assert(ask_gate(&root, 9, public, restricted) == S3_ERROR_ACCESS_DENIED);
	assert(ask_gate(&root, 9, narrow, restricted) == 0);
	assert(ask_gate(&user, 1, public, restricted) == 0);
	assert(ask_gate(&nobody, 9, public, ~restricted) == 0);
}

static void test_the_owner_of_a_bucket_is_never_locked_out_of_its_policy(void)
{
	const char *shut = SAYS("Deny", ALL, "s3:*");
	static const enum s3_operation about[] = { S3_GET_BUCKET_POLICY, S3_PUT_BUCKET_POLICY,
						   S3_DELETE_BUCKET_POLICY };
	struct gate damaged = { .owner = { { 1 } }, .is_damaged = true };

	for (size_t i = 0; i < ARRAY_SIZE(about); i++) {
		struct grant g = grant_of(about[i], ""), user = grant_to_user(POLICY_SAYS_ALLOW);

		g.request.key = user.request.key = SPAN_NONE;
		user.request.operation = about[i];
		assert(ask_gate(&g, 1, shut, 0) == 0 && ask(&g, &damaged, NULL, NULL) == 0);
		assert(ask_gate(&user, 1, shut, 0) == S3_ERROR_ACCESS_DENIED);
		/* Another may not, even where he is let; but hears why. */
		assert(ask_gate(&g, 9, SAYS("Allow", ALL, "s3:*"), 0) ==
		       S3_ERROR_METHOD_NOT_ALLOWED);
		assert(ask_gate(&g, 9, "", 0) == S3_ERROR_ACCESS_DENIED);
	}
	assert(ask(&(struct grant){ .principal = { .tenant = { { 1 } } },
				    .request = { .operation = S3_GET_OBJECT,
						 .bucket = SPAN("bucket"),
						 .key = SPAN("key") } },
		   &damaged, NULL, NULL) == S3_ERROR_ACCESS_DENIED);
}

static void test_t20_of_a_copy_each_bucket_is_asked_for_its_own_part(void)
{
	struct grant g = copy_of("");
	struct gate own = gate_of(1, ""), other = gate_of(9, "");
	struct gate reads = gate_of(9, "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":"
				       "\"s3:GetObject\",\"Resource\":\"*\"}");

	assert(ask(&g, &own, &own, NULL) == 0);
	assert(ask(&g, &own, &other, NULL) == S3_ERROR_ACCESS_DENIED);
	assert(ask(&g, &own, &reads, NULL) == 0);
	assert(ask(&g, &reads, &own, NULL) == S3_ERROR_ACCESS_DENIED);
	policy_free((struct policy_document *)reads.policy);
}

static void test_a_token_is_good_for_its_own_tenant_only(void)
{
	struct grant g = grant_of(S3_GET_OBJECT, "");

	g.request.dialect = S3_DIALECT_REST;
	assert(ask_gate(&g, 1, "", 0) == 0);
	assert(ask_gate(&g, 9, SAYS("Allow", ALL, "s3:*"), 0) == S3_ERROR_ACCESS_DENIED);
	assert(ask_gate(&g, 1, SAYS("Deny", ALL, "s3:*"), 0) == S3_ERROR_ACCESS_DENIED);
}

static void test_t24_a_missing_key_is_told_to_who_may_list_the_bucket(void)
{
	struct grant g = grant_to_nobody(S3_GET_OBJECT);
	struct gate gate = gate_of(9, SAYS("Allow", ALL, "s3:GetObject"));
	bool may_miss;

	assert(ask(&g, &gate, NULL, &may_miss) == 0 && !may_miss);
	policy_free((struct policy_document *)gate.policy);
	gate = gate_of(9, SAYS("Allow", ALL, "s3:*"));
	assert(ask(&g, &gate, NULL, &may_miss) == 0 && may_miss);
	policy_free((struct policy_document *)gate.policy);
}

/* authd does not know whose the bucket is, and what depends on it comes here undecided. */
static void test_t25_whose_the_bucket_is_is_known_here(void)
{
	struct grant g = grant_to_user(POLICY_SAYS_UNDECIDED);

	g.identity.policy = SPAN(ALLOW("s3:*", ",\"Condition\":{\"StringEquals\":"
					       "{\"s3:ResourceAccount\":\"" OWN "\"}}"));
	assert(ask_gate(&g, 1, "", 0) == 0);
	assert(ask(&g, NULL, NULL, NULL) == 0);
	assert(ask_gate(&g, 9, SAYS("Allow", ALL, "s3:*"), 0) == S3_ERROR_ACCESS_DENIED);
}

static void test_t21_each_key_is_asked_of_the_bucket(void)
{
	struct grant g = delete_of("", "");
	struct gate gate = gate_of(9, SAYS("Allow", NAMED(OWN), "s3:DeleteObject"));

	assert(may_delete(&g, &gate, "key", SPAN_NONE));
	assert(!may_delete(&g, &gate, "another", SPAN_NONE));
	assert(!may_delete(&g, &gate, "key", SPAN("null")));
	policy_free((struct policy_document *)gate.policy);
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
	test_t23_t26_t30_the_order_of_the_documents();
	test_t23_a_name_that_is_nobodys_is_open_to_nobody();
	test_t23_restricted_a_public_bucket_is_for_its_own_tenant();
	test_the_owner_of_a_bucket_is_never_locked_out_of_its_policy();
	test_t20_of_a_copy_each_bucket_is_asked_for_its_own_part();
	test_a_token_is_good_for_its_own_tenant_only();
	test_t24_a_missing_key_is_told_to_who_may_list_the_bucket();
	test_t25_whose_the_bucket_is_is_known_here();
	test_t21_each_key_is_asked_of_the_bucket();
	return 0;
}
