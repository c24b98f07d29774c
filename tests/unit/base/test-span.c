/* SPDX-License-Identifier: Apache-2.0 */
#include "base/span.h"

#undef NDEBUG
#include <assert.h>

static void test_numbers_are_digits_and_nothing_else(void)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x10", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 77;

		assert(span_to_u64(span_from_string(cases[i].text), &value) == cases[i].good);
		assert(value == (cases[i].good ? cases[i].value : 77));
	}
}

static void test_utf8_is_well_formed_or_refused(void)
{
	static const struct {
		const char *bytes;
		bool good;
	} cases[] = {
		{ "", true },
		{ "plain", true },
		{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", true },
		{ "\xef\xbf\xbe", true },	  /* U+FFFE is a noncharacter, but well-formed */
		{ "\xf4\x8f\xbf\xbf", true },	  /* U+10FFFF */
		{ "\xf4\x90\x80\x80", false },	  /* over it */
		{ "\xc0\xaf", false },		  /* overlong slash */
		{ "\xe0\x80\xaf", false },	  /* overlong in three */
		{ "\xf0\x80\x80\xaf", false },	  /* overlong in four */
		{ "\xed\xa0\x80", false },	  /* surrogate */
		{ "\x80", false },		  /* lone continuation */
		{ "\xe2\x82", false },		  /* cut short */
		{ "\xff", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(span_is_utf8(span_from_string(cases[i].bytes)) == cases[i].good);
}

static void test_cut_yields_head_and_rest(void)
{
	struct span head, rest;

	rest = span_cut(SPAN("a=b=c"), '=', &head);
	assert(span_equal(head, SPAN("a")) && span_equal(rest, SPAN("b=c")));
	rest = span_cut(SPAN("a="), '=', &head);
	assert(span_equal(head, SPAN("a")) && rest.len == 0 && !span_is_none(rest));
	rest = span_cut(SPAN("abc"), '=', &head);
	assert(span_equal(head, SPAN("abc")) && span_is_none(rest));
	rest = span_cut(SPAN_NONE, '=', &head);
	assert(head.len == 0 && span_is_none(rest));
}

static void test_order_is_that_of_bytes_and_prefixes_first(void)
{
	assert(span_compare(SPAN("a"), SPAN("ab")) < 0);
	assert(span_compare(SPAN("\xff"), SPAN("a")) > 0);
	assert(span_compare(SPAN("a\0b"), SPAN("a")) > 0);
	assert(span_compare(SPAN("same"), SPAN("same")) == 0);
	assert(span_compare(SPAN_NONE, SPAN("")) == 0);
}

static void test_case_is_folded_for_ascii_only(void)
{
	assert(span_equal_nocase(SPAN("Content-MD5"), SPAN("content-md5")));
	assert(!span_equal_nocase(SPAN("@"), SPAN("`")));
	assert(!span_equal_nocase(SPAN("\xc4"), SPAN("\xe4")));
	assert(span_starts_with_nocase(SPAN("X-Amz-Meta-A"), SPAN("x-amz-meta-")));
	assert(!span_starts_with(SPAN("abc"), SPAN("abcd")));
}

static void test_trim_takes_blanks_only(void)
{
	assert(span_equal(span_trim(SPAN(" \t a b \t")), SPAN("a b")));
	assert(span_trim(SPAN("  \t")).len == 0);
	assert(span_equal(span_trim(SPAN("\ra\n")), SPAN("\ra\n")));
}

static void test_text_is_utf8_without_control_characters(void)
{
	static const char *const not_text[] = { "", "a\nb", "\x1f", "a\x7f", "\xff", "a\xc3" };

	assert(span_is_text(SPAN("Jane's laptop \xc3\xa9")) && span_is_text(SPAN(" ")));
	for (size_t i = 0; i < ARRAY_SIZE(not_text); i++)
		assert(!span_is_text(span_from_string(not_text[i])));
	assert(!span_is_text(SPAN("a\0b")) && !span_is_text(SPAN_NONE));
}

static void test_lower_hex_is_digits_and_small_letters(void)
{
	static const char digits[] = "0123456789abcdef";

	assert(span_is_lower_hex(SPAN(digits)) && span_is_lower_hex(SPAN("")));
	for (unsigned int c = 0; c < 256; c++) {
		char one = (char)c;
		bool is_digit = c && strchr(digits, (int)c);

		assert(span_is_lower_hex((struct span){ &one, 1 }) == is_digit);
	}
	assert(!span_is_lower_hex(SPAN("abcdeF")));
}

int main(void)
{
	test_numbers_are_digits_and_nothing_else();
	test_utf8_is_well_formed_or_refused();
	test_cut_yields_head_and_rest();
	test_order_is_that_of_bytes_and_prefixes_first();
	test_case_is_folded_for_ascii_only();
	test_trim_takes_blanks_only();
	test_text_is_utf8_without_control_characters();
	test_lower_hex_is_digits_and_small_letters();
	return 0;
}
