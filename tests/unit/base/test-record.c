/* SPDX-License-Identifier: Apache-2.0 */
#include "base/record.h"

#undef NDEBUG
#include <assert.h>

static struct record record;

static bool ends_as(const char *expected)
{
	struct span line = record_end(&record);

	return span_equal(line, span_from_string(expected));
}

static void test_both_forms_say_the_same(void)
{
	static const char *const expected[] = {
		[RECORD_KV] = "request id=7F op=GetObject in=0 ms=1.042 aborted=true "
			      "key=\"a b\"\n",
		[RECORD_JSON] =
			"{\"event\":\"request\",\"id\":\"7F\",\"op\":\"GetObject\",\"in\":0,"
			"\"ms\":1.042,\"aborted\":true,\"key\":\"a b\"}\n",
	};

	for (enum record_form f = RECORD_KV; f <= RECORD_JSON; f++) {
		record_begin(&record, f, "request");
		record_string(&record, "id", "7F");
		record_string(&record, "op", "GetObject");
		record_number(&record, "in", 0);
		record_ms(&record, "ms", 1042999);
		record_true(&record, "aborted");
		record_text(&record, "key", SPAN("a b"));
		assert(ends_as(expected[f]));
	}
}

static void test_t52_foreign_bytes_cannot_end_a_line_or_forge_a_field(void)
{
	static const struct {
		struct span value;
		const char *kv, *json;
	} cases[] = {
		{ SPAN("plain/key"), "e v=plain/key\n", "{\"event\":\"e\",\"v\":\"plain/key\"}\n" },
		{ SPAN("x\nadmin ok=1"), "e v=\"x\\x0aadmin ok=1\"\n",
		  "{\"event\":\"e\",\"v\":\"x\\u000aadmin ok=1\"}\n" },
		{ SPAN("\",\"v\":\\"), "e v=\"\\\",\\\"v\\\":\\\\\"\n",
		  "{\"event\":\"e\",\"v\":\"\\\",\\\"v\\\":\\\\\"}\n" },
		{ SPAN(""), "e v=\"\"\n", "{\"event\":\"e\",\"v\":\"\"}\n" },
		{ SPAN("a\0b"), "e v=\"a\\x00b\"\n", "{\"event\":\"e\",\"v\":\"a\\u0000b\"}\n" },
		{ SPAN("\xc3\xa9\xe2\x82\xac"), "e v=\"\\xc3\\xa9\\xe2\\x82\\xac\"\n",
		  "{\"event\":\"e\",\"v\":\"\xc3\xa9\xe2\x82\xac\"}\n" },
		/* Terminals take U+009B for the beginning of an escape sequence. */
		{ SPAN("\xc2\x9b\x33"), "e v=\"\\xc2\\x9b3\"\n",
		  "{\"event\":\"e\",\"v\":\"\\u009b3\"}\n" },
		{ SPAN("\xff\xc3\xa9"), "e v=\"\\xff\\xc3\\xa9\"\n",
		  "{\"event\":\"e\",\"v\":\"\\u00ff\\u00c3\\u00a9\"}\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (enum record_form f = RECORD_KV; f <= RECORD_JSON; f++) {
			record_begin(&record, f, "e");
			record_text(&record, "v", cases[i].value);
			assert(ends_as(f == RECORD_KV ? cases[i].kv : cases[i].json));
		}
}

static void test_what_is_too_long_is_cut_visibly_and_the_line_stays_whole(void)
{
	static const char *const ends[] = { [RECORD_KV] = "...\"\n", [RECORD_JSON] = "...\"}\n" };
	static char raw[2 * RECORD_MAX];

	/* Of every length that might just fit, and of characters that end in the reserve. */
	for (size_t len = RECORD_MAX / 6 - 20; len < sizeof(raw); len += 1 + len / 100)
		for (enum record_form f = RECORD_KV; f <= RECORD_JSON; f++) {
			struct span line;

			memset(raw, '\n', len);
			record_begin(&record, f, "e");
			record_text(&record, "v", (struct span){ raw, len });
			record_number(&record, "behind", UINT64_MAX);
			record_text(&record, "and", (struct span){ raw, len });
			line = record_end(&record);
			assert(line.len <= RECORD_MAX && memchr(raw, '\n', len));
			assert(memchr(line.data, '\n', line.len) ==
			       span_bytes(line) + line.len - 1);
			if (len > RECORD_MAX)
				assert(!memcmp(span_bytes(line) + line.len - strlen(ends[f]),
					       ends[f], strlen(ends[f])));
		}
}

int main(void)
{
	test_both_forms_say_the_same();
	test_t52_foreign_bytes_cannot_end_a_line_or_forge_a_field();
	test_what_is_too_long_is_cut_visibly_and_the_line_stays_whole();
	return 0;
}
