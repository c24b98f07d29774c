/* SPDX-License-Identifier: Apache-2.0 */
#include "client/options.h"

#include "scratch.h"

/* Not what this host has in /etc. */
#define PARSE(ret, why, ...)                                                                       \
	parse((ret), (why), (const char *[]){ "up", "--config", "/dev/null", __VA_ARGS__, NULL })

static int parse(struct options *ret, struct complaint *why, const char *const args[])
{
	int n = 0;

	while (args[n])
		n++;
	return options_parse(n, (char **)args, ret, why);
}

static bool is(const struct options *o, enum setting s, const char *value)
{
	return strcmp(values_get(&o->values, s), value) == 0;
}

static void test_without_options_it_listens_on_loopback(void)
{
	_cleanup_(options_clear) struct options o = { 0 };
	struct complaint why = { 0 };
	char url[ADDRESS_URL_MAX];

	assert(PARSE(&o, &why, NULL) == OPTIONS_OK);
	assert(o.n_s3 == 1);
	assert(strcmp(address_url(&o.s3[0], url), "http://127.0.0.1:9000") == 0);
	assert(o.n_rest == 1);
	assert(strcmp(address_url(&o.rest[0], url), "http://127.0.0.1:8000") == 0);
	assert(!values_get(&o.values, SETTING_DATA) && !values_get(&o.values, SETTING_REGION));
	assert(is(&o, SETTING_DURABILITY, "full"));
}

static void test_options_are_taken(void)
{
	_cleanup_(options_clear) struct options o = { 0 };
	struct complaint why = { 0 };

	assert(PARSE(&o, &why, "--data", "/d", "--s3=127.0.0.1:1", "--s3", ":2", "--credentials",
		     "f", "--domain", "a", "--domain", "b", "--region", "eu", "--region", "us",
		     "--inline-limit", "4", "--confine", "degraded") == OPTIONS_OK);
	assert(is(&o, SETTING_DATA, "/d") && is(&o, SETTING_CREDENTIALS, "f"));
	assert(o.n_s3 == 2 && o.s3[0].v4.sin_port == htons(1) && o.s3[1].v6.sin6_port == htons(2));
	assert(o.values.of[SETTING_DOMAIN].n == 2);
	assert(strcmp(o.values.of[SETTING_DOMAIN].v[1].text, "b") == 0);
	assert(is(&o, SETTING_REGION, "us") && is(&o, SETTING_INLINE_LIMIT, "4"));
	assert(is(&o, SETTING_CONFINE, "degraded"));
}

static void test_rest_can_be_elsewhere_or_nowhere(void)
{
	_cleanup_(options_clear) struct options two = { 0 }, none = { 0 };
	struct complaint why = { 0 };

	assert(PARSE(&two, &why, "--rest", "127.0.0.1:1", "--rest", ":2") == OPTIONS_OK);
	assert(two.n_rest == 2 && two.rest[1].v6.sin6_port == htons(2) && two.n_s3 == 1);
	assert(PARSE(&none, &why, "--rest", "none") == OPTIONS_OK);
	assert(none.n_rest == 0 && none.n_s3 == 1);
}

static void test_what_is_not_understood_is_named(void)
{
	static const struct {
		const char *args[6];
		const char *named, *hint;
	} cases[] = {
		{ { "up", "--colour" }, "--colour" },
		{ { "up", "--dta", "x" }, "--dta", "did you mean --data?" },
		{ { "up", "--durabilty=full" }, "--durabilty=full", "did you mean --durability?" },
		{ { "up", "-abc" }, "no such option: -a" },
		{ { "up", "--check-config=x" }, "no value is taken by --check-config" },
		{ { "up", "--data" }, "--data" },
		{ { "up", "here" }, "here" },
		{ { "up", "--data", "" }, "--data cannot be \"\"" },
		{ { "up", "--s3", "example.com:80" }, "--s3 cannot be \"example.com:80\"" },
		{ { "up", "--rest", "8000" }, "--rest cannot be \"8000\"" },
		{ { "up", "--login-pause", "0" }, "--login-pause cannot be \"0\"" },
		{ { "up", "--config=/dev/null", "--rest=none", "--rest=:1" }, "rest is none" },
		{ { "up", "--config", "/nothing" }, "/nothing: No such file or directory" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct options o;

		assert(parse(&o, &why, cases[i].args) == OPTIONS_WRONG);
		assert(strstr(why.error, cases[i].named));
		assert(why.hint[0] && strstr(why.hint, cases[i].hint ? cases[i].hint : ""));
	}
}

static void test_lists_have_an_end(void)
{
	unsigned int times = settings[SETTING_DOMAIN].times;
	const char *args[2 * SETTING_TIMES_MAX + 8] = { "up", "--config", "/dev/null" };
	_cleanup_(options_clear) struct options o = { 0 };
	struct complaint why = { 0 };

	for (size_t i = 0; i <= times; i++) {
		args[3 + 2 * i] = "--domain";
		args[4 + 2 * i] = "a";
	}
	assert(parse(&o, &why, args) == OPTIONS_WRONG);
	assert(strstr(why.error, "--domain") && strstr(why.hint, "16 times"));
	args[3 + 2 * times] = NULL;
	assert(parse(&o, &why, args) == OPTIONS_OK);
	assert(o.values.of[SETTING_DOMAIN].n == times);
}

static void test_the_command_line_goes_before_the_file(void)
{
	_cleanup_(options_clear) struct options o = { 0 };
	struct complaint why = { 0 };

	scratch_write("coffer.conf",
		      "[s3]\nregion = eu\ndomain = a b\n[listen]\ns3 = :1 :2\nrest = :3\n", 0600);
	assert(parse(&o, &why,
		     (const char *[]){ "up", "--domain", "c", "--config", "coffer.conf", "--rest",
				       "none", NULL }) == OPTIONS_OK);
	assert(is(&o, SETTING_REGION, "eu") && o.n_s3 == 2 && o.n_rest == 0);
	/* All that it says of a setting, and nothing beside it. */
	assert(o.values.of[SETTING_DOMAIN].n == 1 && is(&o, SETTING_DOMAIN, "c"));
}

/* Even where the command line says something else: it is wrong all the same. */
static void test_what_is_wrong_in_the_file_is_complained_of(void)
{
	struct complaint why = { 0 };
	struct options o;

	scratch_write("coffer.conf", "[limits]\nlogin-pause = 0\n", 0600);
	assert(parse(&o, &why,
		     (const char *[]){ "up", "--login-pause=1", "--config=coffer.conf", NULL }) ==
	       OPTIONS_WRONG);
	assert(strstr(why.error, "coffer.conf:2: login-pause cannot be \"0\""));
}

static void test_help_version_and_a_check_are_outcomes(void)
{
	_cleanup_(options_clear) struct options o = { 0 };
	struct complaint why = { 0 };

	assert(PARSE(&o, &why, "--help") == OPTIONS_HELP);
	assert(PARSE(&o, &why, "--version") == OPTIONS_VERSION);
	assert(PARSE(&o, &why, "--check-config", "--region=eu") == OPTIONS_CHECK);
	assert(is(&o, SETTING_REGION, "eu"));
}

/* What a check prints is a file that means the same. */
static void test_what_holds_is_printed_as_a_file(void)
{
	_cleanup_(options_clear) struct options o = { 0 }, again = { 0 };
	struct complaint why = { 0 };
	FILE *f = fopen("printed.conf", "w");

	assert(PARSE(&o, &why, "--region=eu", "--domain=a", "--domain=b", "--data=/my data") ==
	       OPTIONS_OK);
	assert(f);
	values_print(&o.values, f);
	assert(fclose(f) == 0);
	assert(parse(&again, &why, (const char *[]){ "up", "--config=printed.conf", NULL }) ==
	       OPTIONS_OK);
	for (enum setting s = 0; s < SETTINGS; s++) {
		assert(o.values.of[s].n == again.values.of[s].n);
		for (size_t i = 0; i < o.values.of[s].n; i++)
			assert(strcmp(o.values.of[s].v[i].text, again.values.of[s].v[i].text) == 0);
	}
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_without_options_it_listens_on_loopback();
	test_options_are_taken();
	test_rest_can_be_elsewhere_or_nowhere();
	test_what_is_not_understood_is_named();
	test_lists_have_an_end();
	test_the_command_line_goes_before_the_file();
	test_what_is_wrong_in_the_file_is_complained_of();
	test_help_version_and_a_check_are_outcomes();
	test_what_holds_is_printed_as_a_file();
	return 0;
}
