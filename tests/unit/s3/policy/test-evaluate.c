/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/evaluate.h"

#include "policy.h"

#define STATEMENT(effect, rest) "{'Effect':'" effect "'," rest "}"
#define POLICY(statements)	"{'Version':'2012-10-17','Statement':[" statements "]}"
#define TAGGED(effect)                                                                             \
	STATEMENT(effect, "'Action':'s3:GetObject','Resource':'*','Condition':{'StringEquals':"    \
			  "{'s3:ExistingObjectTag/open':'yes'}}")

enum {
	N = POLICY_SAYS_NOTHING,
	A = POLICY_SAYS_ALLOW,
	U = POLICY_SAYS_UNDECIDED,
	D = POLICY_SAYS_DENY
};

static const struct policy_principal alice = {
	.who = POLICY_USER,
	.account = SPAN(TEST_ACCOUNT),
	.user = SPAN("alice"),
	.user_id = SPAN("AIDAALICE"),
	.canonical_id = SPAN(TEST_CANONICAL),
};
static const struct policy_principal bob = {
	.who = POLICY_USER,
	.account = SPAN(TEST_STRANGER),
	.user = SPAN("bob"),
	.canonical_id = SPAN("00"),
};
static const struct policy_principal root = {
	.who = POLICY_ROOT,
	.account = SPAN(TEST_ACCOUNT),
	.canonical_id = SPAN(TEST_CANONICAL),
};
/* Whatever else is left standing there. */
static const struct policy_principal anybody = {
	.who = POLICY_ANONYMOUS,
	.account = SPAN(TEST_ACCOUNT),
	.user = SPAN("alice"),
	.canonical_id = SPAN(TEST_CANONICAL),
};

/* The context says who asks; `tags` are what the object has, NULL where that is not known. */
static enum policy_answer ask(enum policy_kind kind, const char *json, const char *action,
			      const char *bucket, const char *key,
			      const struct policy_principal *who, const char *tags)
{
	_cleanup_(policy_freep) struct policy_document *d = test_policy(kind, json);
	_cleanup_(buffer_clear) struct buffer pairs = BUFFER_INIT(KIB);
	struct policy_context c = POLICY_CONTEXT_INIT;
	struct policy_request r = {
		.action = span_from_string(action),
		.bucket = span_from_string(bucket),
		.key = span_from_string(key),
		.owner = SPAN(TEST_ACCOUNT),
		.principal = who,
		.context = &c,
	};

	policy_context_set_principal(&c, who);
	if (tags)
		test_pairs(&pairs, tags);
	else
		policy_context_set_unknown(&c, POLICY_KEY_EXISTING_OBJECT_TAG);
	c.existing_tags = buffer_span(&pairs);
	return policy_evaluate(d, &r);
}

static void test_actions_and_resources(void)
{
	static const struct {
		const char *what, *where; /* of an allowing statement */
		const char *action, *bucket, *key;
		int expected;
	} rows[] = {
		{ "'Action':'s3:GetObject'", "'Resource':'*'", "s3:GetObject", "b", "k", A },
		{ "'Action':'s3:getobject'", "'Resource':'*'", "s3:GetObject", "b", "k", A },
		{ "'Action':'S3:Get*'", "'Resource':'*'", "s3:GetObject", "b", "k", A },
		{ "'Action':'*'", "'Resource':'*'", "s3:GetObject", "b", "k", A },
		{ "'Action':'s3:*'", "'Resource':'*'", "s3:GetObject", "b", "k", A },
		{ "'Action':'s3:?etObject'", "'Resource':'*'", "s3:GetObject", "b", "k", A },
		{ "'Action':'s3:GetObject'", "'Resource':'*'", "s3:GetObjectAcl", "b", "k", N },
		{ "'Action':['s3:PutObject','s3:GetObject']", "'Resource':'*'", "s3:GetObject", "b",
		  "k", A },
		{ "'NotAction':['s3:PutObject','s3:GetObject']", "'Resource':'*'", "s3:GetObject",
		  "b", "k", N },
		{ "'NotAction':['s3:PutObject']", "'Resource':'*'", "s3:GetObject", "b", "k", A },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b'", "s3:ListBucket", "b", NULL, A },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b'", "s3:GetObject", "b", "k", N },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b/*'", "s3:ListBucket", "b", NULL, N },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b/*'", "s3:GetObject", "b", "k/l", A },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b*'", "s3:GetObject", "bb", "k", A },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b/k'", "s3:GetObject", "b", "K", N },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b/home/${aws:username}/*'",
		  "s3:GetObject", "b", "home/alice/x", A },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b/home/${aws:username}/*'",
		  "s3:GetObject", "b", "home/bob/x", N },
		{ "'Action':'*'", "'NotResource':'arn:aws:s3:::b/k'", "s3:GetObject", "b", "k", N },
		{ "'Action':'*'", "'NotResource':['arn:aws:s3:::b/k','arn:aws:s3:::c']",
		  "s3:GetObject", "b", "l", A },
		/* Above all buckets. */
		{ "'Action':'*'", "'Resource':'*'", "s3:ListAllMyBuckets", NULL, NULL, A },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::*'", "s3:ListAllMyBuckets", NULL, NULL,
		  A },
		{ "'Action':'*'", "'Resource':'arn:aws:s3:::b'", "s3:ListAllMyBuckets", NULL, NULL,
		  N },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char json[512];

		snprintf(json, sizeof(json), POLICY("{'Effect':'Allow',%s,%s}"), rows[i].what,
			 rows[i].where);
		assert(ask(POLICY_IDENTITY, json, rows[i].action, rows[i].bucket, rows[i].key,
			   &alice, "") == (enum policy_answer)rows[i].expected);
	}
}

static void test_an_older_version_has_no_variables(void)
{
	static const char json[] = "{'Statement':{'Effect':'Allow','Action':'*',"
				   "'Resource':'arn:aws:s3:::b/${aws:username}'}}";

	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "alice", &alice, "") ==
	       POLICY_SAYS_NOTHING);
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "${aws:username}", &alice, "") ==
	       POLICY_SAYS_ALLOW);
}

static void test_principals(void)
{
	/* What a statement with that principal, which allows or denies, says to each. */
	static const struct {
		const char *effect, *principal;
		int alice, bob, root, anybody;
	} rows[] = {
		{ "Allow", "'Principal':'*'", A, A, A, A },
		{ "Allow", "'Principal':{'AWS':'*'}", A, A, A, A },
		{ "Allow", "'Principal':{'AWS':['x','*']}", A, A, A, A },
		{ "Allow", "'Principal':{'AWS':'arn:aws:iam::" TEST_ACCOUNT ":user/alice'}", A, N,
		  N, N },
		{ "Allow", "'Principal':{'AWS':'arn:aws:iam::" TEST_ACCOUNT ":user/Alice'}", N, N,
		  N, N },
		{ "Allow", "'Principal':{'AWS':'arn:aws:iam::" TEST_STRANGER ":user/alice'}", N, N,
		  N, N },
		{ "Allow", "'Principal':{'AWS':'arn:aws:iam::" TEST_STRANGER ":root'}", N, A, N,
		  N },
		{ "Allow", "'Principal':{'AWS':'" TEST_STRANGER "'}", N, A, N, N },
		/* An account is left to allow its own users itself. */
		{ "Allow", "'Principal':{'AWS':'" TEST_ACCOUNT "'}", N, N, A, N },
		{ "Allow", "'Principal':{'CanonicalUser':'" TEST_CANONICAL "'}", N, N, A, N },
		{ "Deny", "'Principal':'*'", D, D, D, D },
		{ "Deny", "'Principal':{'AWS':'" TEST_ACCOUNT "'}", D, N, D, N },
		{ "Deny", "'Principal':{'AWS':'arn:aws:iam::" TEST_ACCOUNT ":root'}", D, N, D, N },
		{ "Deny", "'Principal':{'CanonicalUser':'" TEST_CANONICAL "'}", D, N, D, N },
		{ "Deny", "'Principal':{'AWS':'arn:aws:iam::" TEST_ACCOUNT ":user/alice'}", D, N, N,
		  N },
		/* A user is spared who is named beside his account. */
		{ "Deny", "'NotPrincipal':{'AWS':'arn:aws:iam::" TEST_ACCOUNT ":user/alice'}", D, D,
		  D, D },
		{ "Deny",
		  "'NotPrincipal':{'AWS':['" TEST_ACCOUNT "','arn:aws:iam::" TEST_ACCOUNT
		  ":user/alice']}",
		  N, D, N, D },
		{ "Deny",
		  "'NotPrincipal':{'AWS':['" TEST_ACCOUNT "','arn:aws:iam::" TEST_ACCOUNT
		  ":user/bob']}",
		  D, D, N, D },
		{ "Deny", "'NotPrincipal':{'AWS':'" TEST_ACCOUNT "'}", D, D, N, D },
		{ "Deny", "'NotPrincipal':'*'", N, N, N, N },
		{ "Allow", "'NotPrincipal':{'AWS':'" TEST_ACCOUNT "'}", N, A, N, A },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct {
			const struct policy_principal *who;
			int expected;
		} all[] = { { &alice, rows[i].alice },
			    { &bob, rows[i].bob },
			    { &root, rows[i].root },
			    { &anybody, rows[i].anybody } };
		char json[512];

		snprintf(json, sizeof(json),
			 POLICY("{'Effect':'%s',%s,'Action':'s3:*','Resource':'arn:aws:s3:::bkt/"
				"*'}"),
			 rows[i].effect, rows[i].principal);
		for (size_t j = 0; j < ARRAY_SIZE(all); j++)
			assert(ask(POLICY_BUCKET, json, "s3:GetObject", "bkt", "k", all[j].who,
				   "") == (enum policy_answer)all[j].expected);
	}
}

/* Whoever forgets to say whose the bucket is allows less, not more. */
static void test_without_an_owner_no_account_is_enough(void)
{
	_cleanup_(policy_freep) struct policy_document *d = test_policy(
		POLICY_BUCKET, POLICY(STATEMENT("Allow", "'Principal':{'AWS':'" TEST_ACCOUNT
							 "'},'Action':'s3:*','Resource':'*'")));
	struct policy_context c = POLICY_CONTEXT_INIT;
	struct policy_request r = { .action = SPAN("s3:GetObject"),
				    .bucket = SPAN("bkt"),
				    .key = SPAN("k"),
				    .principal = &alice,
				    .context = &c };

	assert(policy_evaluate(d, &r) == POLICY_SAYS_NOTHING);
}

#define ALLOWS STATEMENT("Allow", "'Action':'s3:*','Resource':'*'")
#define DENIES STATEMENT("Deny", "'Action':'s3:*','Resource':'*'")
#define OTHERS STATEMENT("Deny", "'Action':'s3:*','Resource':'arn:aws:s3:::elsewhere'")

static void test_statements_together(void)
{
	static const struct {
		const char *json;
		int unknown, open, closed; /* by what is known of the object's tags */
	} rows[] = {
		{ POLICY(ALLOWS), A, A, A },
		{ POLICY(DENIES), D, D, D },
		{ POLICY(OTHERS), N, N, N },
		{ POLICY(ALLOWS "," OTHERS), A, A, A },
		{ POLICY(ALLOWS "," DENIES), D, D, D },
		{ POLICY(DENIES "," ALLOWS), D, D, D },
		{ POLICY(TAGGED("Allow")), U, A, N },
		{ POLICY(TAGGED("Deny")), U, D, N },
		/* Undecided where it would matter, and only there. */
		{ POLICY(TAGGED("Allow") "," ALLOWS), A, A, A },
		{ POLICY(ALLOWS "," TAGGED("Allow")), A, A, A },
		{ POLICY(TAGGED("Deny") "," ALLOWS), U, D, A },
		{ POLICY(ALLOWS "," TAGGED("Deny")), U, D, A },
		{ POLICY(TAGGED("Deny") "," DENIES), D, D, D },
		{ POLICY(TAGGED("Allow") "," TAGGED("Deny")), U, D, N },
		{ POLICY(TAGGED("Allow") "," OTHERS), U, A, N },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *json = rows[i].json;

		assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, NULL) ==
		       (enum policy_answer)rows[i].unknown);
		assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, "open=yes") ==
		       (enum policy_answer)rows[i].open);
		assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, "open=no") ==
		       (enum policy_answer)rows[i].closed);
	}
}

static void test_all_conditions_must_hold(void)
{
	static const char json[] = POLICY(STATEMENT(
		"Allow", "'Action':'s3:*','Resource':'*','Condition':{'StringEquals':{"
			 "'s3:ExistingObjectTag/a':'1','aws:username':'alice'},'StringLike':{"
			 "'s3:ExistingObjectTag/b':'x*'}}"));

	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, "a=1&b=xy") ==
	       POLICY_SAYS_ALLOW);
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, "a=1&b=y") ==
	       POLICY_SAYS_NOTHING);
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, "a=2&b=xy") ==
	       POLICY_SAYS_NOTHING);
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, "b=xy") ==
	       POLICY_SAYS_NOTHING);
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &alice, NULL) ==
	       POLICY_SAYS_UNDECIDED);
	/* What is known already says no. */
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", "b", "k", &bob, NULL) ==
	       POLICY_SAYS_NOTHING);
}

static void test_what_cannot_be_asked_is_denied(void)
{
	char key[S3_KEY_MAX + 2], bucket[S3_BUCKET_NAME_MAX + 1];
	static const char json[] = POLICY(ALLOWS);

	memset(key, 'k', sizeof(key));
	memset(bucket, 'b', sizeof(bucket));
	bucket[sizeof(bucket) - 1] = key[sizeof(key) - 1] = '\0';
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", bucket, key, &alice, "") ==
	       POLICY_SAYS_DENY);
	key[S3_KEY_MAX] = '\0';
	assert(ask(POLICY_IDENTITY, json, "s3:GetObject", bucket, key, &alice, "") ==
	       POLICY_SAYS_ALLOW);
	assert(ask(POLICY_IDENTITY, json, "GetObject", "b", "k", &alice, "") == POLICY_SAYS_DENY);
	assert(ask(POLICY_IDENTITY, json, "iam:GetObject", "b", "k", &alice, "") ==
	       POLICY_SAYS_DENY);
}

/* As dear as its size allows: a hundred patterns that nearly fit, then one that fits. */
static void test_policies_that_are_too_dear_deny(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);
	char key[S3_KEY_MAX + 1] = "";

	memset(key, 'a', S3_KEY_MAX);
	buffer_append_string(&b, "{'Statement':{'Effect':'Allow','Action':'*','Resource':[");
	for (size_t i = 0; i < 100; i++)
		buffer_append_string(&b, "'arn:aws:s3:::b/*aaaaaaaaaaaaaaaaaaaaaaaaaab',");
	buffer_append(&b, (struct span){ "'*']}}", sizeof("'*']}}") });
	assert(!buffer_error(&b));
	assert(ask(POLICY_IDENTITY, (const char *)b.data, "s3:GetObject", "b", key, &alice, "") ==
	       POLICY_SAYS_DENY);
	key[S3_KEY_MAX / 16] = '\0';
	assert(ask(POLICY_IDENTITY, (const char *)b.data, "s3:GetObject", "b", key, &alice, "") ==
	       POLICY_SAYS_ALLOW);
}

static void test_joining(void)
{
	static const int joined[4][4] = {
		{ N, A, U, D },
		{ A, A, U, D },
		{ U, U, U, D },
		{ D, D, D, D },
	};

	for (int a = N; a <= D; a++)
		for (int b = N; b <= D; b++)
			assert(policy_join((enum policy_answer)a, (enum policy_answer)b) ==
			       (enum policy_answer)joined[a][b]);
}

/* Every combination there is. Rows: the identity's side; columns: the bucket's. */
static void test_every_verdict(void)
{
	enum {
		NO = POLICY_DENIED,
		XX = POLICY_DENIED_EXPLICITLY,
		UN = POLICY_UNDECIDED,
		OK = POLICY_ALLOWED
	};
	static const struct {
		enum policy_who who;
		bool same_account;
		int verdicts[4][4];
	} tables[] = {
		{ POLICY_USER,
		  true,
		  { { NO, OK, UN, XX },
		    { OK, OK, UN, XX },
		    { UN, UN, UN, XX },
		    { XX, XX, XX, XX } } },
		{ POLICY_USER,
		  false,
		  { { NO, NO, NO, XX },
		    { NO, OK, UN, XX },
		    { NO, UN, UN, XX },
		    { XX, XX, XX, XX } } },
		{ POLICY_ROOT,
		  true,
		  { { OK, OK, UN, XX },
		    { OK, OK, UN, XX },
		    { UN, UN, UN, XX },
		    { XX, XX, XX, XX } } },
		{ POLICY_ROOT,
		  false,
		  { { NO, OK, UN, XX },
		    { NO, OK, UN, XX },
		    { NO, UN, UN, XX },
		    { XX, XX, XX, XX } } },
		{ POLICY_ANONYMOUS,
		  false,
		  { { NO, OK, UN, XX },
		    { NO, OK, UN, XX },
		    { NO, UN, UN, XX },
		    { XX, XX, XX, XX } } },
		{ POLICY_ANONYMOUS,
		  true,
		  { { NO, OK, UN, XX },
		    { NO, OK, UN, XX },
		    { NO, UN, UN, XX },
		    { XX, XX, XX, XX } } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (int a = N; a <= D; a++)
			for (int b = N; b <= D; b++)
				assert(policy_decide(tables[i].who, tables[i].same_account,
						     (enum policy_answer)a,
						     (enum policy_answer)b) ==
				       (enum policy_verdict)tables[i].verdicts[a][b]);
}

int main(void)
{
	test_actions_and_resources();
	test_an_older_version_has_no_variables();
	test_principals();
	test_without_an_owner_no_account_is_enough();
	test_statements_together();
	test_all_conditions_must_hold();
	test_what_cannot_be_asked_is_denied();
	test_policies_that_are_too_dear_deny();
	test_joining();
	test_every_verdict();
	return 0;
}
