/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/pairs.h"

#undef NDEBUG
#include <assert.h>

static struct span some_pairs(struct buffer *b)
{
	pairs_append(b, SPAN("content-type"), SPAN("text/plain"));
	pairs_append(b, SPAN("x-amz-meta-empty"), SPAN(""));
	pairs_append(b, SPAN("content-type"), SPAN("image/png"));
	assert(buffer_error(b) == 0);
	return buffer_span(b);
}

static void test_pairs_come_back_in_order(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(1024);
	struct span rest = some_pairs(&b), name, value;

	assert(pairs_are_whole(rest));
	assert(pairs_next(&rest, &name, &value) == 1);
	assert(span_equal(name, SPAN("content-type")) && span_equal(value, SPAN("text/plain")));
	assert(pairs_next(&rest, &name, &value) == 1);
	assert(span_equal(name, SPAN("x-amz-meta-empty")) && value.len == 0 && value.data);
	assert(pairs_next(&rest, &name, &value) == 1);
	assert(span_equal(value, SPAN("image/png")));
	assert(pairs_next(&rest, &name, &value) == 0);
}

static void test_the_first_of_a_name_is_found(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(1024);
	struct span pairs = some_pairs(&b);

	assert(span_equal(pairs_find(pairs, SPAN("content-type")), SPAN("text/plain")));
	assert(!span_is_none(pairs_find(pairs, SPAN("x-amz-meta-empty"))));
	assert(span_is_none(pairs_find(pairs, SPAN("content-typ"))));
	assert(span_is_none(pairs_find(SPAN_NONE, SPAN("content-type"))));
}

static void test_the_layout_is_as_written_down(void)
{
	static const uint8_t expected[] = { 2, 0, 3, 0, 0, 0, 'a', 'b', 'x', 'y', 'z' };
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(64);

	pairs_append(&b, SPAN("ab"), SPAN("xyz"));
	assert(span_equal(buffer_span(&b), (struct span){ expected, sizeof(expected) }));
}

static void test_a_run_cut_anywhere_but_between_pairs_is_not_whole(void)
{
	static const size_t borders[] = { 0, 28, 50, 77 };
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(1024);
	struct span pairs = some_pairs(&b);

	for (size_t len = 0; len < pairs.len; len++) {
		bool border = false;

		for (size_t i = 0; i < ARRAY_SIZE(borders); i++)
			border = border || borders[i] == len;
		assert(pairs_are_whole(span_first(pairs, len)) == border);
	}
}

static void test_lengths_beyond_the_run_are_refused(void)
{
	static const uint8_t name_too_long[] = { 0xff, 0xff, 0, 0, 0, 0, 'a' };
	static const uint8_t value_too_long[] = { 1, 0, 0xff, 0xff, 0xff, 0xff, 'a', 'b' };

	assert(!pairs_are_whole((struct span){ name_too_long, sizeof(name_too_long) }));
	assert(!pairs_are_whole((struct span){ value_too_long, sizeof(value_too_long) }));
}

static void test_what_does_not_fit_leaves_no_half_pair(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(20);

	pairs_append(&b, SPAN("abc"), SPAN("defgh"));
	pairs_append(&b, SPAN("i"), SPAN("j"));
	assert(buffer_error(&b) == -EMSGSIZE);
	assert(b.len == 14 && pairs_are_whole(buffer_span(&b)));
}

static void test_a_name_over_16_bits_is_refused(void)
{
	static const char name[UINT16_MAX + 1];
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(1024 * 1024);

	pairs_append(&b, (struct span){ name, sizeof(name) }, SPAN("v"));
	assert(buffer_error(&b) == -EMSGSIZE && b.len == 0);
}

int main(void)
{
	test_pairs_come_back_in_order();
	test_the_first_of_a_name_is_found();
	test_the_layout_is_as_written_down();
	test_a_run_cut_anywhere_but_between_pairs_is_not_whole();
	test_lengths_beyond_the_run_are_refused();
	test_what_does_not_fit_leaves_no_half_pair();
	test_a_name_over_16_bits_is_refused();
	return 0;
}
