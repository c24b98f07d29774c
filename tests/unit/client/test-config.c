/* SPDX-License-Identifier: Apache-2.0 */
#include "client/config.h"

#include "scratch.h"

static struct complaint why;

static int read_config(struct values *v)
{
	why = (struct complaint){ 0 };
	return config_read("coffer.conf", v, &why);
}

/* What is complained of in a file with that text. */
static bool complains(const char *text, const char *error, const char *hint)
{
	_cleanup_(values_clear) struct values v = { 0 };

	scratch_write("coffer.conf", text, 0600);
	assert(read_config(&v) == CONFIG_WRONG);
	return strstr(why.error, error) && strstr(why.hint, hint);
}

static bool holds(const struct values *v, enum setting s, const char *value, const char *from)
{
	return v->of[s].n == 1 && strcmp(v->of[s].v[0].text, value) == 0 &&
	       strcmp(v->of[s].v[0].from, from) == 0;
}

static void test_settings_are_read_with_where_they_stand(void)
{
	_cleanup_(values_clear) struct values v = { 0 };

	scratch_write("coffer.conf",
		      "# a comment\n"
		      "\n"
		      "[storage]\n"
		      "data = /srv/data\n"
		      "  durability=relaxed\n"
		      "[limits]\n"
		      "\tlogin-failures = 7   ; so many\n"
		      "[storage]\r\n"
		      "inline-limit = 1\r\n",
		      0600);
	assert(read_config(&v) == CONFIG_OK);
	assert(holds(&v, SETTING_DATA, "/srv/data", "coffer.conf:4"));
	assert(holds(&v, SETTING_DURABILITY, "relaxed", "coffer.conf:5"));
	assert(holds(&v, SETTING_LOGIN_FAILURES, "7", "coffer.conf:7"));
	assert(holds(&v, SETTING_INLINE_LIMIT, "1", "coffer.conf:9"));
	assert(!v.of[SETTING_REGION].n);
}

static void test_a_list_grows_until_it_is_emptied(void)
{
	_cleanup_(values_clear) struct values v = { 0 };

	scratch_write("coffer.conf",
		      "[limits]\n"
		      "trusted-proxy = 10.0.0.1\n"
		      "trusted-proxy =\n"
		      "trusted-proxy = 10.0.0.2 \t10.0.0.3\n"
		      "trusted-proxy = ::1\n"
		      "login-pause = 1\n"
		      "login-pause = 2\n"
		      "login-failures = 3\n"
		      "login-failures =\n",
		      0600);
	assert(read_config(&v) == CONFIG_OK);
	assert(v.of[SETTING_TRUSTED_PROXY].n == 3);
	assert(strcmp(v.of[SETTING_TRUSTED_PROXY].v[0].text, "10.0.0.2") == 0);
	assert(strcmp(v.of[SETTING_TRUSTED_PROXY].v[1].text, "10.0.0.3") == 0);
	assert(strcmp(v.of[SETTING_TRUSTED_PROXY].v[2].from, "coffer.conf:5") == 0);
	assert(holds(&v, SETTING_LOGIN_PAUSE, "2", "coffer.conf:7"));
	/* As if it had not been said. */
	assert(strcmp(values_get(&v, SETTING_LOGIN_FAILURES), "20") == 0);
}

static void test_a_value_may_have_blanks_in_it(void)
{
	_cleanup_(values_clear) struct values v = { 0 };

	scratch_write("coffer.conf", "[storage]\ndata = /srv/my data \n", 0600);
	assert(read_config(&v) == CONFIG_OK);
	assert(holds(&v, SETTING_DATA, "/srv/my data", "coffer.conf:2"));
}

static void test_a_value_that_begins_as_a_comment_is_read_as_it_is_printed(void)
{
	_cleanup_(values_clear) struct values v = { 0 }, again = { 0 };
	FILE *to;

	scratch_write("coffer.conf", "[s3]\nregion =;here\ndomain =;a.example b.example ; two\n",
		      0600);
	assert(read_config(&v) == CONFIG_OK);
	assert(holds(&v, SETTING_REGION, ";here", "coffer.conf:2"));

	to = fopen("coffer.conf", "w");
	assert(to);
	values_print(&v, to);
	assert(fclose(to) == 0);
	assert(read_config(&again) == CONFIG_OK);
	assert(strcmp(values_get(&again, SETTING_REGION), ";here") == 0);
	assert(again.of[SETTING_DOMAIN].n == 2);
	assert(strcmp(again.of[SETTING_DOMAIN].v[0].text, ";a.example") == 0);
}

static void test_a_wrong_line_is_explained(void)
{
	static char longest[600] = "[storage]\ndata = /";

	assert(complains("[limits]\n\nlogin-pause = 0\n",
			 "coffer.conf:3: login-pause cannot be \"0\"",
			 "it takes a whole number from 1 to 3600"));
	assert(complains("[limits]\ntrusted-proxy = ::1 here\n",
			 "coffer.conf:2: trusted-proxy cannot be \"here\"", "a network such as"));
	assert(complains("[limit]\nlogin-pause = 1\n", "coffer.conf:2: there is no section [limit]",
			 "storage, listen, s3, limits"));
	assert(complains("login-pause = 1\n", "coffer.conf:1: login-pause stands in no section",
			 "storage, listen"));
	assert(complains("[limits]\nlogin-puase = 1\n",
			 "coffer.conf:2: [limits] has no key "
			 "login-puase",
			 "request-rate, request-burst, login-failures, login-pause"));
	assert(complains("[limits]\nregion = eu\n",
			 "coffer.conf:2: region belongs into [s3], not into [limits]", "[s3]"));
	assert(complains("[limits]\n#\nlogin-pause\n[s3]\nregion =\n",
			 "coffer.conf:3: this line is neither", "comment"));
	assert(complains("[limits\n", "coffer.conf:1: this line is neither", "comment"));
	/* The first of several. */
	assert(complains("[limits]\nlogin-pause\nlogin-pause = 0\n", "coffer.conf:2: this line",
			 ""));
	assert(complains("[limits]\nlogin-pause = 0\nlogin-pause\n", "coffer.conf:2: login-pause",
			 ""));
	memset(longest + strlen(longest), 'x', 400);
	assert(complains(longest, "coffer.conf:2: this line is longer than 198 bytes", ""));
}

static void test_lists_have_an_end(void)
{
	char text[4096] = "[s3]\n";

	for (unsigned int i = 0; i <= settings[SETTING_DOMAIN].times; i++)
		strcat(text, "domain = a.example\n");
	assert(complains(text, "coffer.conf:18: domain is there too many times", "16 times"));
}

static void test_a_zero_byte_hides_nothing(void)
{
	static const char text[] = "[storage]\ndata = /a\0 hidden\n";
	_cleanup_(values_clear) struct values v = { 0 };
	FILE *f = fopen("coffer.conf", "w");

	assert(f && fwrite(text, 1, sizeof(text) - 1, f) == sizeof(text) - 1 && fclose(f) == 0);
	assert(read_config(&v) == CONFIG_WRONG);
	assert(strstr(why.error, "coffer.conf:2: there is a zero byte"));
}

/* A line in front of which blanks stand is a line of its own: not more of the one before. */
static void test_an_indented_line_is_a_line(void)
{
	assert(complains("[storage]\ndata = /a\n  colour = blue\n",
			 "coffer.conf:3: [storage] has no key colour", ""));
}

/* Whatever order the file system has them in. */
static void assert_order(struct values *v)
{
	static const char *const names[] = { "5", "3", "8", "1", "9", "2", "7", "6", "4" };
	char path[64], text[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "coffer.conf.d/%s.conf", names[i]);
		snprintf(text, sizeof(text), "[s3]\ndomain = %s\n", names[i]);
		scratch_write(path, text, 0600);
	}
	values_clear(v);
	scratch_write("coffer.conf", "", 0600);
	scratch_write("coffer.conf.d/10-a.conf", "", 0600);
	assert(read_config(v) == CONFIG_OK && v->of[SETTING_DOMAIN].n == ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert(v->of[SETTING_DOMAIN].v[i].text[0] == '1' + (char)i);
}

static void test_drop_ins_come_behind_in_their_order(void)
{
	_cleanup_(values_clear) struct values v = { 0 };

	scratch_write("coffer.conf", "[s3]\nregion = one\ndomain = a\n[limits]\nlogin-pause = 9\n",
		      0600);
	assert(mkdir("coffer.conf.d", 0700) == 0);
	scratch_write("coffer.conf.d/20-b.conf", "[s3]\nregion = three\n", 0600);
	scratch_write("coffer.conf.d/10-a.conf", "[s3]\nregion = two\ndomain = b\n", 0600);
	scratch_write("coffer.conf.d/30-c.conf.bak", "nonsense", 0600);
	scratch_write("coffer.conf.d/.hidden.conf", "nonsense", 0600);
	assert(read_config(&v) == CONFIG_OK);
	assert(holds(&v, SETTING_REGION, "three", "coffer.conf.d/20-b.conf:2"));
	assert(holds(&v, SETTING_LOGIN_PAUSE, "9", "coffer.conf:5"));
	assert(v.of[SETTING_DOMAIN].n == 2);
	assert_order(&v);
	scratch_write("coffer.conf.d/40-d.conf", "\nnonsense\n", 0600);
	assert(read_config(&v) == CONFIG_WRONG);
	assert(strstr(why.error, "coffer.conf.d/40-d.conf:2: this line"));
}

static void test_a_file_that_is_named_must_be_there(void)
{
	_cleanup_(values_clear) struct values v = { 0 };

	assert(config_read("nothing.conf", &v, &why) == CONFIG_WRONG);
	assert(strstr(why.error, "nothing.conf: No such file or directory"));
	assert(mkdir("directory", 0700) == 0);
	assert(config_read("directory", &v, &why) == CONFIG_WRONG);
	assert(strstr(why.error, "cannot read directory: Is a directory"));
	assert(config_read("/dev/null", &v, &why) == CONFIG_OK);
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_settings_are_read_with_where_they_stand();
	test_a_list_grows_until_it_is_emptied();
	test_a_value_may_have_blanks_in_it();
	test_a_value_that_begins_as_a_comment_is_read_as_it_is_printed();
	test_a_wrong_line_is_explained();
	test_lists_have_an_end();
	test_a_zero_byte_hides_nothing();
	test_an_indented_line_is_a_line();
	test_a_file_that_is_named_must_be_there();
	/* What it leaves behind is read by all that follow. */
	test_drop_ins_come_behind_in_their_order();
	return 0;
}
