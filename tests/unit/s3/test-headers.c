/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/headers.h"

#undef NDEBUG
#include <assert.h>

static void test_names_are_in_the_order_they_are_halved_in(void)
{
	for (unsigned int i = 1; i < S3_HEADER_COUNT; i++)
		assert(strcmp(s3_header_names[i - 1], s3_header_names[i]) < 0);
	for (unsigned int i = 1; i < S3_PARAM_COUNT; i++)
		assert(strcmp(s3_param_names[i - 1], s3_param_names[i]) < 0);
}

static void test_every_name_finds_itself(void)
{
	for (unsigned int i = 0; i < S3_HEADER_COUNT; i++)
		assert(s3_header_find(span_from_string(s3_header_names[i])) == i);
	for (unsigned int i = 0; i < S3_PARAM_COUNT; i++)
		assert(s3_param_find(span_from_string(s3_param_names[i])) == i);
}

static void test_header_names_have_no_case_and_parameters_do(void)
{
	assert(s3_header_find(SPAN("HOST")) == S3_HEADER_HOST);
	assert(s3_header_find(SPAN("X-Amz-Content-SHA256")) == S3_HEADER_AMZ_CONTENT_SHA256);
	assert(s3_param_find(SPAN("partNumber")) == S3_PARAM_PART_NUMBER);
	assert(s3_param_find(SPAN("partnumber")) == S3_PARAM_COUNT);
	assert(s3_param_find(SPAN("x-amz-date")) == S3_PARAM_COUNT);
}

static void test_other_names_are_none_of_ours(void)
{
	static const char longer[] =
		"x-amz-server-side-encryption-customer-algorithm-and-then-some-"
		"more-bytes-than-any-name-has";
	static const char *const others[] = {
		"", "a", "hos", "hostt", "host ", "zzz", "x-amz-", "\xff", "hos\xd4", longer,
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert(s3_header_find(span_from_string(others[i])) == S3_HEADER_COUNT);
		assert(s3_param_find(span_from_string(others[i])) == S3_PARAM_COUNT);
	}
	assert(s3_header_find((struct span){ "host\0", 5 }) == S3_HEADER_COUNT);
}

int main(void)
{
	test_names_are_in_the_order_they_are_halved_in();
	test_every_name_finds_itself();
	test_header_names_have_no_case_and_parameters_do();
	test_other_names_are_none_of_ours();
	return 0;
}
