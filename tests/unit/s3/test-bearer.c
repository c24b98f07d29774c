/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/bearer.h"

#undef NDEBUG
#include <assert.h>

static bool reads(const char *value, const char *token)
{
	return span_equal(bearer_token(span_from_string(value)), span_from_string(token));
}

static void test_the_scheme_is_read_in_any_case(void)
{
	assert(reads("Bearer abc", "abc") && reads("bearer abc", "abc"));
	assert(reads("BEARER abc", "abc") && reads(" \tBearer   abc \t", "abc"));
}

static void test_the_token_is_taken_as_it_is(void)
{
	assert(reads("Bearer aB-_~+/.=", "aB-_~+/.="));
	assert(reads("Bearer a b", "a b") && reads("Bearer Bearer abc", "Bearer abc"));
}

static void test_what_is_no_bearer_is_none(void)
{
	static const char *const values[] = {
		"",	      " ",	    "abc",	   "Bearer",
		"Bearer ",    "Bearer \t ", "Bearer\tabc", "Bearerabc",
		"Bearer:abc", "Basic YTpi", "Token abc",
	};

	assert(span_is_none(bearer_token(SPAN_NONE)));
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert(span_is_none(bearer_token(span_from_string(values[i]))));
}

int main(void)
{
	test_the_scheme_is_read_in_any_case();
	test_the_token_is_taken_as_it_is();
	test_what_is_no_bearer_is_none();
	return 0;
}
