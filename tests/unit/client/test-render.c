/* SPDX-License-Identifier: Apache-2.0 */
#include "client/render.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct render_field fields[] = { { "NAME", "name" }, { "N", "n" }, { "ON", "on" } };

static void check(const char *json, bool as_table, const char *expected)
{
	json_t *value = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert(value && f);
	if (as_table)
		render_table(f, value, fields, ARRAY_SIZE(fields));
	else
		render_record(f, value, fields, ARRAY_SIZE(fields));
	assert(fclose(f) == 0);
	assert(strcmp(text, expected) == 0);
	free(text);
	json_decref(value);
}

static void test_columns_are_as_wide_as_their_widest(void)
{
	check("[{\"name\":\"longer\",\"n\":12,\"on\":true},{\"name\":\"x\",\"n\":3,\"on\":false}]",
	      true,
	      "NAME    N   ON\n"
	      "longer  12  yes\n"
	      "x       3   no\n");
	check("[]", true, "NAME  N  ON\n");
}

static void test_width_counts_characters(void)
{
	check("[{\"name\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"},{\"name\":\"abcd\"}]", true,
	      "NAME  N  ON\n"
	      "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80   -  -\n"
	      "abcd  -  -\n");
}

static void test_control_characters_are_not_shown(void)
{
	check("[{\"name\":\"a\\u001b[2Jb\\u007f\\u009bc\\nd\"}]", true,
	      "NAME         N  ON\n"
	      "a?[2Jb??c?d  -  -\n");
}

static void test_record_leaves_out_what_is_missing(void)
{
	check("{\"n\":7,\"name\":null}", false, "N     7\n");
	check("{\"name\":\"\",\"on\":true}", false, "NAME  -\nON    yes\n");
}

#define BYTES(n) render_bytes((n), (char[RENDER_BYTES_MAX]){ 0 })

static void test_bytes_have_the_unit_that_suits_them(void)
{
	assert(strcmp(BYTES(0), "0 bytes") == 0);
	assert(strcmp(BYTES(1023), "1023 bytes") == 0);
	assert(strcmp(BYTES(1024), "1.0 KiB") == 0);
	assert(strcmp(BYTES(1536), "1.5 KiB") == 0);
	assert(strcmp(BYTES(5 * GIB), "5.0 GiB") == 0);
	assert(strcmp(BYTES(UINT64_MAX), "16.0 EiB") == 0);
}

#define DURATION(s) render_duration((s), (char[RENDER_DURATION_MAX]){ 0 })

static void test_durations_have_the_units_that_suit_them(void)
{
	assert(strcmp(DURATION(0), "0 s") == 0);
	assert(strcmp(DURATION(59), "59 s") == 0);
	assert(strcmp(DURATION(60), "1 min 0 s") == 0);
	assert(strcmp(DURATION(3599), "59 min 59 s") == 0);
	assert(strcmp(DURATION(3660), "1 h 1 min") == 0);
	assert(strcmp(DURATION(86399), "23 h 59 min") == 0);
	assert(strcmp(DURATION(2 * 86400 + 7200), "2 d 2 h") == 0);
	assert(DURATION(UINT64_MAX)[0] == '2');
}

int main(void)
{
	test_columns_are_as_wide_as_their_widest();
	test_width_counts_characters();
	test_control_characters_are_not_shown();
	test_record_leaves_out_what_is_missing();
	test_bytes_have_the_unit_that_suits_them();
	test_durations_have_the_units_that_suit_them();
	return 0;
}
