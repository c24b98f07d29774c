/* SPDX-License-Identifier: Apache-2.0 */
#include "client/setting.h"

#include <assert.h>
#include <string.h>

static void test_every_setting_is_described(void)
{
	for (enum setting s = 0; s < SETTINGS; s++) {
		const struct setting_row *row = &settings[s];

		assert(row->section && row->key && row->argument && row->help);
		assert(row->times >= 1 && row->times <= SETTING_TIMES_MAX);
		assert(setting_find(row->key) == s);
		assert(!row->fallback || setting_admits(s, row->fallback));
		assert(!row->fallback || !row->otherwise);
	}
	assert(setting_find("colour") == SETTINGS);
}

/* They are printed by section, each with one heading. */
static void test_settings_of_a_section_stand_together(void)
{
	for (enum setting s = 1; s < SETTINGS; s++)
		for (enum setting before = 0; before + 1 < s; before++)
			assert(strcmp(settings[before].section, settings[s].section) != 0 ||
			       strcmp(settings[s - 1].section, settings[s].section) == 0);
}

static void test_what_a_setting_takes_is_said(void)
{
	static const struct {
		enum setting s;
		const char *good[4], *wrong[8];
		const char *takes;
	} cases[] = {
		{ SETTING_DATA, { "/d", "memory:" }, { "" }, "a value" },
		{ SETTING_DURABILITY,
		  { "full", "relaxed" },
		  { "", "fullest", "ful", "Full", "full|relaxed" },
		  "full or relaxed" },
		{ SETTING_INLINE_LIMIT,
		  { "0", "65536" },
		  { "", "65537", "-1", "16K", " 1", "1.0" },
		  "a whole number from 0 to 65536" },
		{ SETTING_UPLOADS_EXPIRE,
		  { "7d", "1h 30min", "none", "0" },
		  { "", "never", "-1d", "1.5d", "7dd" },
		  "such as 7d, 12h or 30min, or none" },
		{ SETTING_LOGIN_PAUSE, { "1", "3600" }, { "0", "3601" }, "from 1 to 3600" },
		{ SETTING_ADMIN_UID,
		  { "0", "4294967294", "root" },
		  { "", "4294967295", "nobody of that name" },
		  "name or number of a user" },
		{ SETTING_ADMIN_GID,
		  { "0", "root" },
		  { "", "-1", "nobody of that name" },
		  "name or number of a group" },
		{ SETTING_S3,
		  { "127.0.0.1:0", "[::1]:9000", ":9000" },
		  { "", "none", "127.0.0.1", "example.com:80", "127.0.0.1:65536" },
		  "127.0.0.1:9000" },
		{ SETTING_REST, { "none", ":8000" }, { "", "some" }, "or none" },
		{ SETTING_TRUSTED_PROXY,
		  { "10.0.0.0/8", "::1" },
		  { "", "10.0.0.1/8", "proxy", "10.0.0.1:80" },
		  "a network such as 10.0.0.0/8" },
	};
	char buf[SETTING_TAKES_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t j = 0; j < 4 && cases[i].good[j]; j++)
			assert(setting_admits(cases[i].s, cases[i].good[j]));
		for (size_t j = 0; j < 8 && cases[i].wrong[j]; j++)
			assert(!setting_admits(cases[i].s, cases[i].wrong[j]));
		assert(strstr(setting_takes(cases[i].s, buf), cases[i].takes));
	}
}

int main(void)
{
	test_every_setting_is_described();
	test_settings_of_a_section_stand_together();
	test_what_a_setting_takes_is_said();
	return 0;
}
