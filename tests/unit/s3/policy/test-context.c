/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/context.h"

#include "head.h"

static struct span value(const struct policy_context *c, enum policy_key key)
{
	struct span s = SPAN_NONE;
	enum policy_truth t = policy_context_get(c, key, SPAN_NONE, &s);

	assert(t != POLICY_UNKNOWN);
	return t == POLICY_YES ? s : SPAN_NONE;
}

static bool is(const struct policy_context *c, enum policy_key key, const char *expected)
{
	struct span s = value(c, key);

	return expected ? span_equal(s, span_from_string(expected)) : span_is_none(s);
}

static void test_kleene(void)
{
	static const enum policy_truth n = POLICY_NO, y = POLICY_YES, u = POLICY_UNKNOWN;

	assert(policy_and(n, n) == n && policy_and(n, y) == n && policy_and(n, u) == n);
	assert(policy_and(y, n) == n && policy_and(y, y) == y && policy_and(y, u) == u);
	assert(policy_and(u, n) == n && policy_and(u, y) == u && policy_and(u, u) == u);
	assert(policy_or(n, n) == n && policy_or(n, y) == y && policy_or(n, u) == u);
	assert(policy_or(y, n) == y && policy_or(y, y) == y && policy_or(y, u) == y);
	assert(policy_or(u, n) == u && policy_or(u, y) == y && policy_or(u, u) == u);
	assert(policy_not(n) == y && policy_not(y) == n && policy_not(u) == u);
}

static void test_names_of_keys(void)
{
	struct span tag;

	for (unsigned int i = 0; i < POLICY_KEY_COUNT; i++) {
		struct span name = span_from_string(policy_keys[i].name);

		assert((policy_keys[i].shape == POLICY_SHAPE_TAG) ==
		       (span_bytes(name)[name.len - 1] == '/'));
		if (policy_keys[i].shape != POLICY_SHAPE_TAG)
			assert(policy_key_find(name, &tag) == i && span_is_none(tag));
	}
	assert(policy_key_find(SPAN("AWS:sourceIP"), &tag) == POLICY_KEY_SOURCE_IP);
	assert(policy_key_find(SPAN("s3:EXISTINGobjecttag/A b"), &tag) ==
	       POLICY_KEY_EXISTING_OBJECT_TAG);
	assert(span_equal(tag, SPAN("A b")));
	assert(policy_key_find(SPAN("s3:ExistingObjectTag/"), &tag) == POLICY_KEY_COUNT);
	assert(policy_key_find(SPAN("s3:ExistingObjectTag"), &tag) == POLICY_KEY_COUNT);
	assert(policy_key_find(SPAN("s3:prefix/x"), &tag) == POLICY_KEY_COUNT);
	assert(policy_key_find(SPAN("aws:SourceIp "), &tag) == POLICY_KEY_COUNT);
	assert(policy_key_find(SPAN(""), &tag) == POLICY_KEY_COUNT);
}

/* "Principal key values" of IAM's page on variables. */
static void test_principals(void)
{
	static const struct {
		struct policy_principal p;
		const char *type, *account, *arn, *id, *name;
	} rows[] = {
		{ { .who = POLICY_ANONYMOUS }, "Anonymous", "anonymous", NULL, "anonymous", NULL },
		{ { .who = POLICY_ROOT, .account = SPAN("12"), .user = SPAN("") },
		  "Account",
		  "12",
		  "arn:aws:iam::12:root",
		  "12",
		  NULL },
		{ { .who = POLICY_USER,
		    .account = SPAN("12"),
		    .user = SPAN("a"),
		    .user_id = SPAN("AIDA") },
		  "User",
		  "12",
		  "arn:aws:iam::12:user/a",
		  "AIDA",
		  "a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct policy_context c = POLICY_CONTEXT_INIT;

		policy_context_set_principal(&c, &rows[i].p);
		assert(is(&c, POLICY_KEY_PRINCIPAL_TYPE, rows[i].type));
		assert(is(&c, POLICY_KEY_PRINCIPAL_ACCOUNT, rows[i].account));
		assert(is(&c, POLICY_KEY_PRINCIPAL_ARN, rows[i].arn));
		assert(is(&c, POLICY_KEY_USER_ID, rows[i].id));
		assert(is(&c, POLICY_KEY_USER_NAME, rows[i].name));
	}
}

static void test_half_an_arn_is_nobodys(void)
{
	struct policy_context c = POLICY_CONTEXT_INIT;
	char user[2 * POLICY_USER_MAX];
	struct span s;
	struct policy_principal p = { .who = POLICY_USER,
				      .account = SPAN("12"),
				      .user = { user, sizeof(user) } };

	memset(user, 'a', sizeof(user));
	policy_context_set_principal(&c, &p);
	assert(policy_context_get(&c, POLICY_KEY_PRINCIPAL_ARN, SPAN_NONE, &s) == POLICY_UNKNOWN);
}

static void test_times_and_numbers(void)
{
	struct policy_context c = POLICY_CONTEXT_INIT;
	struct span s;

	policy_context_set_time(&c, 784111777);
	assert(is(&c, POLICY_KEY_CURRENT_TIME, "1994-11-06T08:49:37Z"));
	assert(is(&c, POLICY_KEY_EPOCH_TIME, "784111777"));
	policy_context_set_number(&c, POLICY_KEY_SIGNATURE_AGE, UINT64_MAX);
	assert(is(&c, POLICY_KEY_SIGNATURE_AGE, "18446744073709551615"));
	for (unsigned int i = 0; i < POLICY_NUMBERS_MAX; i++)
		policy_context_set_number(&c, POLICY_KEY_MAX_KEYS, i);
	assert(policy_context_get(&c, POLICY_KEY_MAX_KEYS, SPAN_NONE, &s) == POLICY_UNKNOWN);
}

static void test_requests(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	struct policy_context c = POLICY_CONTEXT_INIT;

	policy_context_set_request(
		&c, test_request_init(
			    &t, "GET /bkt?list-type=2&prefix=a%2Fb&delimiter=%2F&max-keys=7"));
	assert(t.result == 0);
	assert(is(&c, POLICY_KEY_PREFIX, "a/b") && is(&c, POLICY_KEY_DELIMITER, "/"));
	assert(is(&c, POLICY_KEY_MAX_KEYS, "7") && is(&c, POLICY_KEY_AMZ_ACL, NULL));
}

static void test_a_list_without_a_number_asks_for_the_most(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	struct policy_context c = POLICY_CONTEXT_INIT;

	policy_context_set_request(&c, test_request_init(&t, "GET /bkt"));
	assert(t.result == 0 && is(&c, POLICY_KEY_MAX_KEYS, "1000"));
	assert(is(&c, POLICY_KEY_PREFIX, NULL));
}

static void test_headers(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	struct policy_context c = POLICY_CONTEXT_INIT;

	policy_context_set_request(
		&c, test_request_init(&t, "PUT /bkt/k\nx-amz-copy-source: src/k\n"
					  "x-amz-metadata-directive: REPLACE\nx-amz-acl: private"));
	assert(t.result == 0);
	assert(is(&c, POLICY_KEY_AMZ_COPY_SOURCE, "src/k"));
	assert(is(&c, POLICY_KEY_AMZ_METADATA_DIRECTIVE, "REPLACE"));
	assert(is(&c, POLICY_KEY_AMZ_ACL, "private"));
	assert(is(&c, POLICY_KEY_MAX_KEYS, NULL));
}

static void test_tags_of_the_request_and_of_the_object_are_not_the_same(void)
{
	_cleanup_(buffer_clear) struct buffer there = BUFFER_INIT(KIB), asked = BUFFER_INIT(KIB);
	struct policy_context c = POLICY_CONTEXT_INIT;
	struct span s;

	pairs_append(&there, SPAN("k"), SPAN("old"));
	pairs_append(&asked, SPAN("k"), SPAN("new"));
	c.existing_tags = buffer_span(&there);
	c.request_tags = buffer_span(&asked);
	assert(policy_context_get(&c, POLICY_KEY_EXISTING_OBJECT_TAG, SPAN("k"), &s) == POLICY_YES);
	assert(span_equal(s, SPAN("old")));
	assert(policy_context_get(&c, POLICY_KEY_REQUEST_OBJECT_TAG, SPAN("k"), &s) == POLICY_YES);
	assert(span_equal(s, SPAN("new")));
	assert(policy_context_get(&c, POLICY_KEY_REQUEST_OBJECT_TAG, SPAN("K"), &s) == POLICY_NO);
	assert(policy_context_get_many(&c, POLICY_KEY_REQUEST_OBJECT_TAG_KEYS, &s) == POLICY_YES);
	assert(span_equal(s, buffer_span(&asked)));
	assert(policy_context_get_many(&c, POLICY_KEY_TAG_KEYS, &s) == POLICY_YES && !s.len);
	policy_context_set_unknown(&c, POLICY_KEY_REQUEST_OBJECT_TAG_KEYS);
	assert(policy_context_get_many(&c, POLICY_KEY_REQUEST_OBJECT_TAG_KEYS, &s) ==
	       POLICY_UNKNOWN);
}

int main(void)
{
	test_kleene();
	test_names_of_keys();
	test_principals();
	test_half_an_arn_is_nobodys();
	test_times_and_numbers();
	test_requests();
	test_a_list_without_a_number_asks_for_the_most();
	test_headers();
	test_tags_of_the_request_and_of_the_object_are_not_the_same();
	return 0;
}
