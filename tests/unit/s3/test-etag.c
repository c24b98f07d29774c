/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/etag.h"

#undef NDEBUG
#include <assert.h>

#define DIGITS "d41d8cd98f00b204e9800998ecf8427e"

static void test_tags_read_back_as_they_were_written(void)
{
	static const unsigned int parts[] = { 0, 1, 17, 10000 };
	static const uint8_t md5[16] = { 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04,
					 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char text[ETAG_TEXT_MAX];
		unsigned int n = 77;
		uint8_t back[16];

		etag_format(md5, parts[i], text);
		assert(!strncmp(text, DIGITS, 32) && (text[32] == '-') == (parts[i] > 0));
		assert(etag_parse(span_from_string(text), back, &n));
		assert(n == parts[i] && !memcmp(md5, back, 16));
	}
}

static void test_what_is_no_tag_of_ours_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"\"\"",
		"abc",
		DIGITS "0",
		DIGITS "-",
		DIGITS "-0",
		DIGITS "-10001",
		DIGITS "-x",
		DIGITS "-1-1",
		"\"" DIGITS,
		DIGITS "\"",
		"W/\"" DIGITS "\"",
		"*",
		"g41d8cd98f00b204e9800998ecf8427e",
	};
	unsigned int parts;
	uint8_t md5[16];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert(!etag_parse(span_from_string(bad[i]), md5, &parts));
	assert(etag_parse(SPAN(" \"" DIGITS "-2\" "), md5, &parts) && parts == 2);
}

static void test_lists_of_tags(void)
{
	static const struct {
		const char *list;
		bool strong, weak;
	} cases[] = {
		{ "\"abc\"", true, true },
		{ "abc", true, true },
		{ " abc ", true, true },
		{ "*", true, true },
		{ " * ", true, true },
		{ "\"x\", \"abc\"", true, true },
		{ "\"x\",\"abc\",\"y\"", true, true },
		{ "x,abc", true, true },
		{ "\"x,y\",\"abc\"", true, true },
		{ ",, \"abc\"", true, true },
		{ "W/\"abc\"", false, true },
		{ "\"x\", W/\"abc\"", false, true },
		{ "W/\"abc\", \"abc\"", true, true },
		{ "W/\"x\", abc", true, true },
		{ "", false, false },
		{ "\"x\"", false, false },
		{ "\"ABC\"", false, false },
		{ "\"abcd\"", false, false },
		{ "\"x,abc\"", false, false },
		{ "\"*\"", false, false },
		{ "*, \"x\"", false, false },
		{ "\"abc", true, true }, /* the quote that is missing changes no meaning */
		{ "\"x", false, false },
		{ "W/", false, false },
		{ "\"\"", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span list = span_from_string(cases[i].list);

		assert(etag_list_has(list, SPAN("abc"), false) == cases[i].strong);
		assert(etag_list_has(list, SPAN("abc"), true) == cases[i].weak);
	}
	assert(!etag_list_has(SPAN_NONE, SPAN("abc"), true));
}

int main(void)
{
	test_tags_read_back_as_they_were_written();
	test_what_is_no_tag_of_ours_is_refused();
	test_lists_of_tags();
	return 0;
}
