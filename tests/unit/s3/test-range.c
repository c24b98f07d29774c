/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/range.h"

#undef NDEBUG
#include <assert.h>

struct case_row {
	const char *text;
	uint64_t size;
	int outcome;
	uint64_t offset, len;
};

static void check(const struct case_row *c, int (*parse)(struct span, uint64_t, struct range *))
{
	struct range r = { 77, 77 };

	assert(parse(span_from_string(c->text), c->size, &r) == c->outcome);
	assert(r.offset == (c->outcome ? 77 : c->offset));
	assert(r.len == (c->outcome ? 77 : c->len));
}

static void test_t56_ranges_of_an_object(void)
{
	static const struct case_row cases[] = {
		{ "bytes=0-0", 10, RANGE_OK, 0, 1 },
		{ "bytes=0-9", 10, RANGE_OK, 0, 10 },
		{ "bytes=2-4", 10, RANGE_OK, 2, 3 },
		{ "bytes=5-", 10, RANGE_OK, 5, 5 },
		{ "bytes=5-100", 10, RANGE_OK, 5, 5 },
		{ "bytes=5-99999999999999999999999", 10, RANGE_OK, 5, 5 },
		{ "bytes=5-18446744073709551615", 10, RANGE_OK, 5, 5 },
		{ "bytes=-3", 10, RANGE_OK, 7, 3 },
		{ "bytes=-10", 10, RANGE_OK, 0, 10 },
		{ "bytes=-11", 10, RANGE_OK, 0, 10 },
		{ "bytes=-99999999999999999999999", 10, RANGE_OK, 0, 10 },
		{ "BYTES=1-1", 10, RANGE_OK, 1, 1 },
		{ " bytes = 1 - 2 ", 10, RANGE_OK, 1, 2 },
		{ "bytes=0-18446744073709551615", UINT64_MAX, RANGE_OK, 0, UINT64_MAX },
		{ "bytes=10-", 10, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=10-20", 10, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=99999999999999999999999-", 10, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=-0", 10, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=0-0", 0, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=-5", 0, RANGE_UNSATISFIABLE, 0, 0 },
		{ "", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=-", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=5", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=4-2", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=a-b", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=1-b", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=--5", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=1-2-3", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=+1-2", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=0x0-0x5", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=0-1,3-4", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes=0-1,", 10, RANGE_IGNORED, 0, 0 },
		{ "items=0-1", 10, RANGE_IGNORED, 0, 0 },
		{ "bytes 0-1", 10, RANGE_IGNORED, 0, 0 },
		{ "0-1", 10, RANGE_IGNORED, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i], range_parse);
}

static void test_t56_huge_counts_of_ranges_are_one_range_too_many(void)
{
	static char text[32768] = "bytes=0-0";
	struct range r;

	for (size_t i = strlen(text); i + 5 < sizeof(text); i += 4)
		memcpy(text + i, ",1-1", 5);
	assert(range_parse(span_from_string(text), 10, &r) == RANGE_IGNORED);
}

static void test_ranges_of_copy_sources_are_strict(void)
{
	static const struct case_row cases[] = {
		{ "bytes=0-0", 10, RANGE_OK, 0, 1 },
		{ "bytes=2-9", 10, RANGE_OK, 2, 8 },
		{ "bytes=0-5", UINT64_MAX, RANGE_OK, 0, 6 },
		{ "bytes=2-10", 10, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=10-10", 10, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=0-0", 0, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=0-18446744073709551615", UINT64_MAX, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=2-", 10, RANGE_MALFORMED, 0, 0 },
		{ "bytes=-2", 10, RANGE_MALFORMED, 0, 0 },
		{ "bytes=4-2", 10, RANGE_MALFORMED, 0, 0 },
		{ "bytes= 0-1", 10, RANGE_MALFORMED, 0, 0 },
		{ "Bytes=0-1", 10, RANGE_MALFORMED, 0, 0 },
		{ "bytes=0-1,2-3", 10, RANGE_MALFORMED, 0, 0 },
		{ "bytes=0-18446744073709551616", 10, RANGE_MALFORMED, 0, 0 },
		{ "", 10, RANGE_MALFORMED, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i], range_parse_copy_source);
}

int main(void)
{
	test_t56_ranges_of_an_object();
	test_t56_huge_counts_of_ranges_are_one_range_too_many();
	test_ranges_of_copy_sources_are_strict();
	return 0;
}
