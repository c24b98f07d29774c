/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/names.h"

#undef NDEBUG
#include <assert.h>

#include "s3/errors.h"
#include "s3/request.h"

static void test_bucket_names_that_s3_takes(void)
{
	static const char *const names[] = {
		"abc",
		"a.b",
		"a-b",
		"0bc",
		"docexamplebucket1",
		"log-delivery-march-2020",
		"my.bucket.with.dots",
		"a--b",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.4a",
		"xn-a",
		"256.0.0.x",
		"alias-s3",
		"abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert(bucket_name_is_valid(span_from_string(names[i])));
}

static void test_bucket_names_that_s3_refuses(void)
{
	static const char *const names[] = {
		"",
		"a",
		"ab",
		"Abc",
		"abC",
		"a_b",
		"a b",
		"a/b",
		".abc",
		"abc.",
		"-abc",
		"abc-",
		"a..b",
		"a-.b",
		"a.-b",
		"192.168.5.4",
		"999.999.999.999",
		"xn--abc",
		"sthree-abc",
		"sthree-configurator",
		"amzn-s3-demo-bucket",
		"abc-s3alias",
		"abc--ol-s3",
		"abc.mrap",
		"abc--x-s3",
		"abc--table-s3",
		"caf\xc3\xa9",
		"a\nb",
		"..",
		"...",
		"abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz0",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert(!bucket_name_is_valid(span_from_string(names[i])));
	assert(!bucket_name_is_valid((struct span){ "ab\0c", 4 }));
}

static void test_t50_odd_keys_are_keys_like_others(void)
{
	static const char *const keys[] = {
		"..",
		".",
		"/",
		"//",
		"../../etc/passwd",
		"a//b",
		"/a",
		"a/",
		" ",
		"\\",
		"\x01",
		"a\nb",
		"%2e",
		"+",
		"?",
		"#",
		"\xef\xbf\xbf",
		"\xf0\x9f\x98\x80",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert(key_check(span_from_string(keys[i])) == 0);
}

static void test_t50_keys_that_are_too_long_or_no_text_are_refused(void)
{
	char key[S3_KEY_MAX + 1];

	memset(key, 'k', sizeof(key));
	assert(key_check((struct span){ key, S3_KEY_MAX }) == 0);
	assert(key_check((struct span){ key, S3_KEY_MAX + 1 }) == S3_ERROR_KEY_TOO_LONG);
	assert(key_check(SPAN("a\0b")) == S3_ERROR_INVALID_URI);
	assert(key_check(SPAN("\xff")) == S3_ERROR_INVALID_URI);
	assert(key_check(SPAN("\xc0\xaf")) == S3_ERROR_INVALID_URI);
	assert(key_check(SPAN("\xed\xa0\x80")) == S3_ERROR_INVALID_URI);
	assert(key_check(SPAN("")) == S3_ERROR_INVALID_URI);
}

int main(void)
{
	test_bucket_names_that_s3_takes();
	test_bucket_names_that_s3_refuses();
	test_t50_odd_keys_are_keys_like_others();
	test_t50_keys_that_are_too_long_or_no_text_are_refused();
	return 0;
}
