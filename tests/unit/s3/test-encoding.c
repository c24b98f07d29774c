/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

static void test_hex_reads_back_what_it_wrote(void)
{
	uint8_t all[256], back[256];
	char text[513];

	for (unsigned int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_encode((struct span){ all, 256 }, text);
	assert(strlen(text) == 512 && !strncmp(text, "000102", 6));
	assert(hex_decode(span_from_string(text), back, 256) && !memcmp(all, back, 256));
}

static void test_hex_takes_either_case_and_nothing_else(void)
{
	uint8_t b[2];

	assert(hex_decode(SPAN("aBcD"), b, 2) && b[0] == 0xab && b[1] == 0xcd);
	assert(!hex_decode(SPAN("abc"), b, 2));
	assert(!hex_decode(SPAN("abcde"), b, 2));
	assert(!hex_decode(SPAN("ab g"), b, 2));
	assert(!hex_decode(SPAN("0x12"), b, 2));
	assert(!hex_decode(SPAN("ab\x00"
				"1"),
			   b, 2));
	assert(hex_digit('@') < 0 && hex_digit('`') < 0 && hex_digit('G') < 0 &&
	       hex_digit(0x10) < 0);
}

/* RFC 4648, section 10. */
static void test_base64_of_the_standard(void)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span bytes = span_from_string(cases[i][0]);
		char text[BASE64_TEXT_SIZE(6)];
		uint8_t back[6];

		assert(!strcmp(base64_encode(bytes, text), cases[i][1]));
		assert(base64_decode(span_from_string(text), back, bytes.len));
		assert(!memcmp(back, bytes.data, bytes.len));
	}
}

static void test_base64_says_how_long_what_it_stands_for_is(void)
{
	static const struct {
		const char *text;
		size_t len; /* 0: of no length that base64 has */
	} cases[] = {
		{ "", 0 },     { "Z", 0 },    { "Zg", 0 },	 { "Zg=", 0 },	   { "Zg==", 1 },
		{ "Zm8=", 2 }, { "Zm9v", 3 }, { "Zm9vYg==", 4 }, { "Zm9vYg=", 0 }, { "====", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = 0;

		assert(base64_len(span_from_string(cases[i].text), &len) == (cases[i].len > 0));
		assert(len == cases[i].len);
	}
}

static void test_base64_has_one_text_for_one_value(void)
{
	uint8_t b[16];

	assert(base64_decode(SPAN("Zg=="), b, 1));
	assert(!base64_decode(SPAN("Zh=="), b, 1)); /* unused bits set */
	assert(!base64_decode(SPAN("Zm9="), b, 2));
	assert(!base64_decode(SPAN("Zg"), b, 1));
	assert(!base64_decode(SPAN("Zg=a"), b, 1));
	assert(!base64_decode(SPAN("Z==="), b, 1));
	assert(!base64_decode(SPAN("Zg=="), b, 2));
	assert(!base64_decode(SPAN("Zm8="), b, 1));
	assert(!base64_decode(SPAN("Zm 8"), b, 3));
	assert(!base64_decode(SPAN("Zm-_"), b, 3));
	assert(!base64_decode(SPAN("Zg==\n"), b, 1));
	assert(!base64_decode(SPAN("1B2M2Y8AsgTpgAmY7PhCfh=="), b, 16));
	assert(base64_decode(SPAN("1B2M2Y8AsgTpgAmY7PhCfg=="), b, 16));
}

static void test_base32_of_the_standard(void)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "MY======", "f" },
		{ "MZXQ====", "fo" },
		{ "MZXW6===", "foo" },
		{ "MZXW6YQ=", "foob" },
		{ "MZXW6YTB", "fooba" },
		{ "MZXW6YTBOI======", "foobar" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[BASE32_BYTES_MAX(16)];
		size_t len;

		assert(base32_decode(span_from_string(cases[i][0]), bytes, &len));
		assert(len == strlen(cases[i][1]) && !memcmp(bytes, cases[i][1], len));
	}
}

static void test_base32_has_one_text_for_one_value(void)
{
	static const char *const wrong[] = {
		"MZ======",	    /* unused bits set */
		"MY",		    /* padding left out */
		"MY=====",	    "MY=======", "M=======", "MZX=====", "MZXW6Y==", "========",
		"my======",	    "MZ=W6YTB",	 "MZXW6YT1", "MZXW6YT8", "MZXW 6YT", "MY======\n",
		"MY======MZXW6YTB",
	};
	uint8_t b[16];
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert(!base32_decode(span_from_string(wrong[i]), b, &len));
}

int main(void)
{
	test_hex_reads_back_what_it_wrote();
	test_hex_takes_either_case_and_nothing_else();
	test_base64_of_the_standard();
	test_base64_says_how_long_what_it_stands_for_is();
	test_base64_has_one_text_for_one_value();
	test_base32_of_the_standard();
	test_base32_has_one_text_for_one_value();
	return 0;
}
