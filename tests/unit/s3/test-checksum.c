/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/checksum.h"

#undef NDEBUG
#include <assert.h>

static struct checksum_value checksum_of(enum checksum_algorithm a, struct span s, size_t step)
{
	_cleanup_(checksum_freep) struct checksum *c = NULL;
	struct checksum_value v;

	assert(checksum_new(a, &c) == 0);
	while (s.len) {
		size_t n = MIN(step, s.len);

		assert(checksum_update(c, span_first(s, n)) == 0);
		s = span_skip(s, n);
	}
	assert(checksum_finish(c, &v) == 0);
	return v;
}

static void test_values_are_those_that_others_compute(void)
{
	static const struct {
		enum checksum_algorithm algorithm;
		const char *text; /* of "123456789", by independent tools */
	} cases[] = {
		{ CHECKSUM_CRC32, "y/Q5Jg==" },
		{ CHECKSUM_CRC32C, "4waSgw==" },
		{ CHECKSUM_CRC64NVME, "rosUhgp5mIg=" },
		{ CHECKSUM_SHA1, "98O8HYCOBHMq32eZZczDTKeuNEE=" },
		{ CHECKSUM_SHA256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct checksum_value parsed, v;
		char text[CHECKSUM_TEXT_MAX];

		for (size_t step = 1; step < 10; step++) {
			v = checksum_of(cases[i].algorithm, SPAN("123456789"), step);
			assert(!strcmp(checksum_format(&v, 0, text), cases[i].text));
		}
		assert(checksum_parse(cases[i].algorithm, span_from_string(text), &parsed));
		assert(checksum_equal(&parsed, &v));
	}
}

static void test_names_and_headers_find_their_algorithm(void)
{
	for (unsigned int a = CHECKSUM_NONE + 1; a < CHECKSUM_COUNT; a++) {
		assert(checksum_by_name(span_from_string(checksum_rows[a].name)) == a);
		assert(checksum_by_header(span_from_string(checksum_rows[a].header)) == a);
	}
	assert(checksum_by_name(SPAN("crc32c")) == CHECKSUM_CRC32C);
	assert(checksum_by_header(SPAN("X-Amz-Checksum-CRC32")) == CHECKSUM_CRC32);
	assert(checksum_by_name(SPAN("MD5")) == CHECKSUM_NONE);
	assert(checksum_by_name(SPAN("")) == CHECKSUM_NONE);
	assert(checksum_by_header(SPAN("x-amz-checksum-")) == CHECKSUM_NONE);
	assert(checksum_by_header(SPAN("x-amz-checksum-algorithm")) == CHECKSUM_NONE);
}

static void test_text_of_another_length_is_refused(void)
{
	struct checksum_value v = { .algorithm = CHECKSUM_SHA1 };

	assert(!checksum_parse(CHECKSUM_CRC32, SPAN("AAAAAAAAAAA="), &v));
	assert(!checksum_parse(CHECKSUM_CRC64NVME, SPAN("AAAAAA=="), &v));
	assert(!checksum_parse(CHECKSUM_CRC32, SPAN("AAAAAA==-2"), &v));
	assert(!checksum_parse(CHECKSUM_CRC32, SPAN(" AAAAAA=="), &v));
	assert(v.algorithm == CHECKSUM_SHA1);
}

static void test_parts_are_shown_behind(void)
{
	struct checksum_value v = { .algorithm = CHECKSUM_SHA256 };
	char text[CHECKSUM_TEXT_MAX];

	assert(!strcmp(checksum_format(&v, 10000, text),
		       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=-10000"));
}

static void test_values_of_two_algorithms_are_never_equal(void)
{
	struct checksum_value a = { .algorithm = CHECKSUM_CRC32 };
	struct checksum_value b = { .algorithm = CHECKSUM_CRC32C };

	assert(checksum_equal(&a, &a) && !checksum_equal(&a, &b));
	b.algorithm = CHECKSUM_CRC32;
	b.bytes[3] = 1;
	assert(!checksum_equal(&a, &b));
}

static void test_full_object_checksums_are_combined_from_parts(void)
{
	static const enum checksum_algorithm crcs[] = { CHECKSUM_CRC32, CHECKSUM_CRC32C,
							CHECKSUM_CRC64NVME };

	for (size_t i = 0; i < ARRAY_SIZE(crcs); i++) {
		struct checksum_value a = checksum_of(crcs[i], SPAN("12345"), 5);
		struct checksum_value b = checksum_of(crcs[i], SPAN("6789"), 4);
		struct checksum_value all = checksum_of(crcs[i], SPAN("123456789"), 9);

		assert(checksum_rows[crcs[i]].full_object);
		checksum_combine(&a, &b, 4);
		assert(checksum_equal(&a, &all));
	}
}

static void test_there_is_no_checksum_of_no_algorithm(void)
{
	struct checksum *c = NULL;

	assert(checksum_new(CHECKSUM_NONE, &c) == -EINVAL && !c);
	assert(checksum_new(CHECKSUM_COUNT, &c) == -EINVAL && !c);
	assert(checksum_free(NULL) == NULL);
}

int main(void)
{
	test_values_are_those_that_others_compute();
	test_names_and_headers_find_their_algorithm();
	test_text_of_another_length_is_refused();
	test_parts_are_shown_behind();
	test_values_of_two_algorithms_are_never_equal();
	test_full_object_checksums_are_combined_from_parts();
	test_there_is_no_checksum_of_no_algorithm();
	return 0;
}
