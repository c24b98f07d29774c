/* SPDX-License-Identifier: Apache-2.0 */

/* Where bodies end. */

#undef NDEBUG
#include "frontend/transfer.h"

#include <assert.h>
#include <stdio.h>

#include "base/buffer.h"

/* Feeds a body in pieces of that size. Returns the last outcome, what is left of the input, and the
 * data. */
static int feed(struct transfer *t, struct span *body, size_t step, struct buffer *data)
{
	int r = TRANSFER_STARVED;

	while (r == TRANSFER_STARVED) {
		struct span piece = span_first(*body, MIN(step, body->len)), some;
		size_t before = piece.len;

		do {
			r = transfer_next(t, &piece, &some);
			if (r != TRANSFER_DATA)
				break;
			buffer_append(data, some);
			transfer_use(t, &piece, some.len);
		} while (true);
		*body = span_skip(*body, before - piece.len);
		if (!before)
			return r;
	}
	return r;
}

static void check(struct transfer t, struct span body, int outcome, struct span data, size_t left)
{
	for (size_t step = 1; step <= body.len + 1; step++) {
		struct transfer copy = t;
		struct span rest = body;
		struct buffer got = BUFFER_INIT(1000);
		int r = feed(&copy, &rest, step, &got);

		if (r != outcome || (r != TRANSFER_MALFORMED && rest.len != left))
			fprintf(stderr, "%.*s: %d, %zu\n", (int)body.len, (const char *)body.data,
				r, rest.len);
		assert(r == outcome && span_equal(buffer_span(&got), data));
		assert(r == TRANSFER_MALFORMED || rest.len == left);
		buffer_clear(&got);
	}
}

static void test_a_length_counts_every_byte(void)
{
	check(transfer_of_length(0), SPAN("GET"), TRANSFER_OVER, SPAN(""), 3);
	check(transfer_of_length(5), SPAN("hello"), TRANSFER_OVER, SPAN("hello"), 0);
	check(transfer_of_length(5), SPAN("helloGET"), TRANSFER_OVER, SPAN("hello"), 3);
	check(transfer_of_length(5), SPAN("hell"), TRANSFER_STARVED, SPAN("hell"), 0);
}

static void test_chunks_are_put_together(void)
{
	static const struct {
		struct span body, data;
		size_t left;
	} cases[] = {
		{ SPAN("0\r\n\r\n"), SPAN(""), 0 },
		{ SPAN("000\r\n\r\nGET"), SPAN(""), 3 },
		{ SPAN("5\r\nhello\r\n0\r\n\r\n"), SPAN("hello"), 0 },
		{ SPAN("1\r\nh\r\n4\r\nello\r\n0\r\n\r\n0"), SPAN("hello"), 1 },
		{ SPAN("0b\r\nhello\r\nworl\r\n0\r\n\r\n"), SPAN("hello\r\nworl"), 0 },
		{ SPAN("B\r\nhello\r\nworl\r\n0\r\n\r\n"), SPAN("hello\r\nworl"), 0 },
		{ SPAN("5;a=\"b\";c\r\nhello\r\n0;\r\n\r\n"), SPAN("hello"), 0 },
		{ SPAN("5\r\nhello\r\n0\r\nX-A: b\r\nY:\r\n\r\nG"), SPAN("hello"), 1 },
		{ SPAN("0000000000000005\r\nhello\r\n0\r\n\r\n"), SPAN("hello"), 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(transfer_of_chunks(), cases[i].body, TRANSFER_OVER, cases[i].data,
		      cases[i].left);
}

static void test_t54_chunks_of_another_form_are_refused(void)
{
	static const struct {
		struct span body, data;
	} cases[] = {
		{ SPAN("\r\n"), SPAN("") },
		{ SPAN(";a\r\n"), SPAN("") },
		{ SPAN(" 5\r\nhello"), SPAN("") },
		{ SPAN("5 \r\nhello"), SPAN("") },
		{ SPAN("+5\r\nhello"), SPAN("") },
		{ SPAN("-5\r\nhello"), SPAN("") },
		{ SPAN("0x5\r\nhello"), SPAN("") },
		{ SPAN("5g\r\nhello"), SPAN("") },
		{ SPAN("5\nhello"), SPAN("") },
		{ SPAN("5\r\rhello"), SPAN("") },
		{ SPAN("5;a\nhello"), SPAN("") },
		{ SPAN("5;a\0\r\nhello"), SPAN("") },
		{ SPAN("00000000000000005\r\nhello"), SPAN("") },
		{ SPAN("5\r\nhello0\r\n"), SPAN("hello") },
		{ SPAN("5\r\nhello\n0\r\n"), SPAN("hello") },
		{ SPAN("5\r\nhello\r0\r\n"), SPAN("hello") },
		{ SPAN("5\r\nhello\r\n\r\n"), SPAN("hello") },
		{ SPAN("0\r\n\n"), SPAN("") },
		{ SPAN("0\r\n\rG"), SPAN("") },
		{ SPAN("0\r\nX\r\n\r\n"), SPAN("") },
		{ SPAN("0\r\nX : y\r\n\r\n"), SPAN("") },
		{ SPAN("0\r\n: y\r\n\r\n"), SPAN("") },
		{ SPAN("0\r\n X: y\r\n\r\n"), SPAN("") },
		{ SPAN("0\r\nX: y\n\r\n"), SPAN("") },
		{ SPAN("0\r\nX: y\x01\r\n\r\n"), SPAN("") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(transfer_of_chunks(), cases[i].body, TRANSFER_MALFORMED, cases[i].data, 0);
}

static void test_a_refused_body_stays_refused(void)
{
	struct transfer t = transfer_of_chunks();
	struct span input = SPAN("x"), data;

	assert(transfer_next(&t, &input, &data) == TRANSFER_MALFORMED);
	input = SPAN("0\r\n\r\n");
	assert(transfer_next(&t, &input, &data) == TRANSFER_MALFORMED);
}

static void test_the_largest_chunk_has_a_size(void)
{
	struct transfer t = transfer_of_chunks();
	struct span input = SPAN("ffffffffffffffff\r\nx"), data;

	assert(transfer_next(&t, &input, &data) == TRANSFER_DATA);
	assert(t.left == UINT64_MAX && data.len == 1);
}

/* What is dropped has its bound for each chunk, and for all trailer fields together. */
static void expect_bound(const char *before, const char *unit, size_t n, int outcome)
{
	struct transfer t = transfer_of_chunks();
	struct span input = span_from_string(before), data;
	int r = transfer_next(&t, &input, &data);

	for (size_t i = 0; i < n && r == TRANSFER_STARVED; i++) {
		input = span_from_string(unit);
		r = transfer_next(&t, &input, &data);
	}
	assert(r == outcome);
}

static void test_t57_what_is_dropped_is_bounded(void)
{
	expect_bound("5;", "a", TRANSFER_EXTRA_MAX, TRANSFER_STARVED);
	expect_bound("5;", "a", TRANSFER_EXTRA_MAX + 1, TRANSFER_MALFORMED);
	expect_bound("0\r\n", "a:b\r\n", TRANSFER_EXTRA_MAX / 2, TRANSFER_STARVED);
	expect_bound("0\r\n", "a:b\r\n", TRANSFER_EXTRA_MAX / 2 + 1, TRANSFER_MALFORMED);
}

int main(void)
{
	test_a_length_counts_every_byte();
	test_chunks_are_put_together();
	test_t54_chunks_of_another_form_are_refused();
	test_a_refused_body_stays_refused();
	test_the_largest_chunk_has_a_size();
	test_t57_what_is_dropped_is_bounded();
	return 0;
}
