/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/cursor.h"

#undef NDEBUG
#include <assert.h>

#include "s3/encoding.h"
#include "s3/errors.h"

static int decode(const char *text, struct buffer *key)
{
	*key = BUFFER_INIT(4096);
	return cursor_decode(span_from_string(text), key);
}

/* Decodes the cursor that stands for this JSON. */
static int decode_json(const char *json, struct buffer *key)
{
	char text[BASE64_TEXT_SIZE(512)];

	assert(strlen(json) <= 512);
	return decode(base64_encode(span_from_string(json), text), key);
}

/* What base64.b64encode(json.dumps({"last_key": key}).encode()) says. */
static void test_cursors_are_what_python_makes(void)
{
	static const struct {
		const char *key, *cursor;
	} cases[] = {
		{ "a", "eyJsYXN0X2tleSI6ICJhIn0=" },
		{ "", "eyJsYXN0X2tleSI6ICIifQ==" },
		{ "a b/c", "eyJsYXN0X2tleSI6ICJhIGIvYyJ9" },
		{ "\"\\\b\f\n\r\t", "eyJsYXN0X2tleSI6ICJcIlxcXGJcZlxuXHJcdCJ9" },
		{ "\x01\x1f\x7f~", "eyJsYXN0X2tleSI6ICJcdTAwMDFcdTAwMWZcdTAwN2Z+In0=" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		  "eyJsYXN0X2tleSI6ICJcdTAwZTRcdTIwYWNcdWQ4M2RcdWRlMDAifQ==" },
		{ "\xf4\x8f\xbf\xbf", "eyJsYXN0X2tleSI6ICJcdWRiZmZcdWRmZmYifQ==" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_clear) struct buffer text = BUFFER_INIT(4096), key;

		cursor_encode(&text, span_from_string(cases[i].key));
		assert(span_equal(buffer_span(&text), span_from_string(cases[i].cursor)));
		assert(decode(cases[i].cursor, &key) == 0);
		assert(span_equal(buffer_span(&key), span_from_string(cases[i].key)));
	}
}

static void test_json_may_be_written_in_any_way(void)
{
	static const struct {
		const char *json, *key;
	} cases[] = {
		{ "{\"last_key\":\"a\"}", "a" },
		{ " { \"last_key\" :\n\t\"a\" } ", "a" },
		{ "{\"last_key\":\"\xc3\xa4\"}", "\xc3\xa4" },
		{ "{\"last_key\":\"\\u00E4\\u00e4\\/\"}", "\xc3\xa4\xc3\xa4/" },
		{ "{\"\\u006cast_key\":\"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_clear) struct buffer key;

		assert(decode_json(cases[i].json, &key) == 0);
		assert(span_equal(buffer_span(&key), span_from_string(cases[i].key)));
	}
}

static void test_what_is_no_cursor_is_refused(void)
{
	static const char *const no_json[] = {
		"",
		"{",
		"null",
		"[]",
		"\"last_key\"",
		"{}",
		"{\"last_key\":1}",
		"{\"last_key\":null}",
		"{\"last_key\":[\"a\"]}",
		"{\"key\":\"a\"}",
		"{\"last_key\":\"a\",\"more\":1}",
		"{\"last_key\":\"a\",\"last_key\":\"b\"}",
		"{\"last_key\":\"a\"}x",
		"{\"last_key\":\"\xff\"}",
		"{\"last_key\":\"\xc0\xaf\"}",
		"{\"last_key\":\"\\u0000\"}",
		"{\"last_key\":\"\\ud800\"}",
		"{\"last_key\":\"\n\"}",
	};
	static const char *const no_base64[] = {
		"",
		"=",
		"====",
		"x",
		"not a cursor",
		"eyJsYXN0X2tleSI6ICJhIn0",
		"eyJsYXN0X2tleSI6ICJhIn0==",
		"eyJsYXN0X2tleSI6ICJhIn0=\n",
		"eyJsYXN0X2tleSI6ICJhIn1=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(no_json); i++) {
		_cleanup_(buffer_clear) struct buffer key;

		assert(decode_json(no_json[i], &key) == S3_ERROR_REST_INVALID_CURSOR);
		assert(!key.len);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no_base64); i++) {
		_cleanup_(buffer_clear) struct buffer key;

		assert(decode(no_base64[i], &key) == S3_ERROR_REST_INVALID_CURSOR);
		assert(!key.len);
	}
}

static void test_deep_json_is_refused(void)
{
	_cleanup_(buffer_clear) struct buffer json = BUFFER_INIT(65536), text = BUFFER_INIT(131072),
					      key = BUFFER_INIT(64);

	for (unsigned int i = 0; i < 12000; i++)
		buffer_append_byte(&json, '[');
	base64_encode(buffer_span(&json), (char *)buffer_reserve(&text, BASE64_TEXT_SIZE(12000)));
	buffer_commit(&text, BASE64_TEXT_SIZE(12000) - 1);
	assert(cursor_decode(buffer_span(&text), &key) == S3_ERROR_REST_INVALID_CURSOR);
}

static void test_every_character_comes_back(void)
{
	for (uint32_t c = 1; c < 0x800; c++) {
		_cleanup_(buffer_clear) struct buffer text = BUFFER_INIT(256),
						      key = BUFFER_INIT(64);
		uint8_t utf8[] = { (uint8_t)(0xc0 | c >> 6), (uint8_t)(0x80 | (c & 0x3f)) };
		struct span s = { utf8, 2 };

		if (c < 0x80) {
			utf8[0] = (uint8_t)c;
			s.len = 1;
		}
		cursor_encode(&text, s);
		assert(cursor_decode(buffer_span(&text), &key) == 0);
		assert(span_equal(buffer_span(&key), s));
	}
}

static void test_a_key_that_does_not_fit_is_no_half_key(void)
{
	_cleanup_(buffer_clear) struct buffer small = BUFFER_INIT(8), key = BUFFER_INIT(0);

	cursor_encode(&small, SPAN("a"));
	assert(buffer_error(&small) && !small.len);
	assert(cursor_decode(SPAN("eyJsYXN0X2tleSI6ICJhIn0="), &key) < 0);
}

int main(void)
{
	test_cursors_are_what_python_makes();
	test_json_may_be_written_in_any_way();
	test_what_is_no_cursor_is_refused();
	test_deep_json_is_refused();
	test_every_character_comes_back();
	test_a_key_that_does_not_fit_is_no_half_key();
	return 0;
}
