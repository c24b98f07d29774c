/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#undef NDEBUG
#include <assert.h>

static void test_grows_to_its_limit_and_not_beyond(void)
{
	struct buffer b = BUFFER_INIT(300);

	for (int i = 0; i < 300; i++)
		buffer_append_byte(&b, 'x');
	assert(buffer_error(&b) == 0 && b.len == 300 && b.size <= 300);
	buffer_append_byte(&b, 'x');
	assert(buffer_error(&b) == -EMSGSIZE && b.len == 300);
	buffer_clear(&b);
	assert(b.limit == 300 && b.len == 0 && buffer_error(&b) == 0);
}

static void test_errors_stick_until_reset(void)
{
	struct buffer b = BUFFER_INIT(4);

	buffer_append(&b, SPAN("abc"));
	buffer_append(&b, SPAN("de"));
	buffer_append(&b, SPAN("f"));
	assert(buffer_error(&b) == -EMSGSIZE);
	assert(span_equal(buffer_span(&b), SPAN("abc")));
	buffer_reset(&b);
	buffer_append(&b, SPAN("wxyz"));
	assert(buffer_error(&b) == 0 && span_equal(buffer_span(&b), SPAN("wxyz")));
	buffer_clear(&b);
}

static void test_overflowing_reserve_is_refused(void)
{
	struct buffer b = BUFFER_INIT(SIZE_MAX);

	buffer_append_byte(&b, 'x');
	assert(!buffer_reserve(&b, SIZE_MAX));
	assert(buffer_error(&b) == -EMSGSIZE);
	buffer_clear(&b);
}

static void test_formats_numbers_and_text(void)
{
	struct buffer b = BUFFER_INIT(1000);

	buffer_append_u64(&b, 0);
	buffer_append_byte(&b, ' ');
	buffer_append_u64(&b, UINT64_MAX);
	buffer_printf(&b, " %s-%d", "part", 7);
	assert(span_equal(buffer_span(&b), SPAN("0 18446744073709551615 part-7")));
	buffer_clear(&b);
}

static void test_an_empty_buffer_is_an_empty_span_not_none(void)
{
	struct buffer b = BUFFER_INIT(10);

	assert(buffer_span(&b).len == 0 && !span_is_none(buffer_span(&b)));
}

int main(void)
{
	test_grows_to_its_limit_and_not_beyond();
	test_errors_stick_until_reset();
	test_overflowing_reserve_is_refused();
	test_formats_numbers_and_text();
	test_an_empty_buffer_is_an_empty_span_not_none();
	return 0;
}
