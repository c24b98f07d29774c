/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/uri.h"

#undef NDEBUG
#include <assert.h>

static bool encodes(struct span s, bool keep_slashes, const char *expected)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);

	uri_encode(&b, s, keep_slashes);
	return !buffer_error(&b) && span_equal(buffer_span(&b), span_from_string(expected));
}

static bool decodes(struct span s, bool plus_is_space, struct span expected)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);

	return uri_decode(&b, s, plus_is_space) && span_equal(buffer_span(&b), expected);
}

static void test_only_the_unreserved_stay(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	assert(encodes(SPAN(unreserved), false, unreserved));
	for (unsigned int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;

		buffer_reset(&b);
		uri_encode(&b, (struct span){ &byte, 1 }, false);
		assert(b.len == (c && strchr(unreserved, (int)c) ? 1 : 3));
	}
}

static void test_slashes_stay_in_paths_only(void)
{
	assert(encodes(SPAN("/a b/c"), true, "/a%20b/c"));
	assert(encodes(SPAN("/a b/c"), false, "%2Fa%20b%2Fc"));
	assert(encodes(SPAN("\xc3\xa4+*'()"), false, "%C3%A4%2B%2A%27%28%29"));
}

static void test_listed_keys_are_read_back_by_both_kinds_of_decoders(void)
{
	static const struct span keys[] = {
		SPAN("a b/c+d"),
		SPAN("100%"),
		SPAN("\x01\n"),
		SPAN("\xc3\xa4\xef\xbf\xbf"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);

		uri_encode_key(&b, keys[i]);
		assert(decodes(buffer_span(&b), false, keys[i]));
		assert(decodes(buffer_span(&b), true, keys[i]));
	}
}

static void test_plus_is_a_space_in_queries_only(void)
{
	assert(decodes(SPAN("a+b"), false, SPAN("a+b")));
	assert(decodes(SPAN("a+b"), true, SPAN("a b")));
	assert(decodes(SPAN("a%2Bb"), true, SPAN("a+b")));
}

static void test_t50_decoding_happens_once(void)
{
	assert(decodes(SPAN("%252e%252e"), false, SPAN("%2e%2e")));
	assert(decodes(SPAN("%2525"), true, SPAN("%25")));
}

static void test_broken_percents_are_refused_and_leave_nothing(void)
{
	static const char *const broken[] = {
		"%", "a%", "a%2", "%g0", "%0g", "%%20", "%-1", "%+1"
	};

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);

		assert(!uri_decode(&b, span_from_string(broken[i]), false));
		assert(b.len == 0);
	}
}

static void test_every_byte_reads_back(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);
	uint8_t all[256];

	for (unsigned int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	uri_encode(&b, (struct span){ all, 256 }, false);
	assert(decodes(buffer_span(&b), false, (struct span){ all, 256 }));
}

int main(void)
{
	test_only_the_unreserved_stay();
	test_slashes_stay_in_paths_only();
	test_listed_keys_are_read_back_by_both_kinds_of_decoders();
	test_plus_is_a_space_in_queries_only();
	test_t50_decoding_happens_once();
	test_broken_percents_are_refused_and_leave_nothing();
	test_every_byte_reads_back();
	return 0;
}
