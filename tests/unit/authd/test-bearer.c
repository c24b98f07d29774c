/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/bearer.h"

#include "signer.h"

#undef NDEBUG
#include <assert.h>

/* What is read from a head with these Authorization fields; SPAN_NONE: not authenticated. */
static bool reads(const char *first, const char *second, const char *expected)
{
	struct span token = SPAN_NONE;
	struct s3_head head;
	struct request q;
	bool same;
	int e;

	request_begin(&q, "GET", "/objects/a");
	request_field(&q, "Host", "h");
	if (first)
		request_field(&q, "aUTHORIZATION", first);
	if (second)
		request_field(&q, "Authorization", second);
	head = request_head(&q);
	e = bearer_read(&head, &token);
	assert(e == 0 || e == S3_ERROR_REST_NOT_AUTHENTICATED);
	assert((e == 0) == !span_is_none(token));
	same = expected ? span_equal(token, span_from_string(expected)) : span_is_none(token);
	request_clear(&q);
	return same;
}

static void test_the_scheme_is_read_in_any_case(void)
{
	assert(reads("Bearer abc", NULL, "abc"));
	assert(reads("bearer abc", NULL, "abc") && reads("BEARER abc", NULL, "abc"));
	assert(reads("  Bearer   abc \t", NULL, "abc"));
}

static void test_the_token_is_taken_as_it_is(void)
{
	assert(reads("Bearer aB-_~+/.=", NULL, "aB-_~+/.="));
	assert(reads("Bearer a b", NULL, "a b"));
	assert(reads("Bearer Bearer abc", NULL, "Bearer abc"));
}

static void test_what_is_no_bearer_is_not_authenticated(void)
{
	static const char *const fields[] = {
		"",
		"Bearer",
		"Bearer ",
		"Bearer   ",
		"Bearer\tabc",
		"Basic YTpi",
		"abc",
		"Bearerabc",
		"Bearer:abc",
		"Token abc",
		"AWS4-HMAC-SHA256 Credential=x",
		" ",
	};

	assert(reads(NULL, NULL, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		assert(reads(fields[i], NULL, NULL));
}

/* Somebody in front of us may have looked at the other one. */
static void test_two_fields_are_none(void)
{
	assert(reads("Bearer abc", "Bearer def", NULL));
	assert(reads("Bearer abc", "Bearer abc", NULL));
	assert(reads("Bearer abc", "", NULL));
}

static void test_credentials_in_the_query_are_none(void)
{
	struct span token = SPAN_NONE;
	struct s3_head head;
	struct request q;

	request_begin(&q, "GET",
		      "/objects/a?access_token=abc&Authorization=Bearer%20abc&token=abc");
	request_field(&q, "X-Authorization", "Bearer abc");
	request_field(&q, "Cookie", "token=abc");
	head = request_head(&q);
	assert(bearer_read(&head, &token) == S3_ERROR_REST_NOT_AUTHENTICATED);
	request_clear(&q);
}

int main(void)
{
	test_the_scheme_is_read_in_any_case();
	test_the_token_is_taken_as_it_is();
	test_what_is_no_bearer_is_not_authenticated();
	test_two_fields_are_none();
	test_credentials_in_the_query_are_none();
	return 0;
}
