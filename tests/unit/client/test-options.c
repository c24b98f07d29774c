/* SPDX-License-Identifier: Apache-2.0 */
#include "client/options.h"

#include "scratch.h"

#define PARSE(ret, why, ...)                                                                       \
	parse((ret), (why), (const char *[]){ "up", __VA_ARGS__, NULL })

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
		const char *named;
	} cases[] = {
		{ { "up", "--colour" }, "--colour" },
		{ { "up", "--data" }, "--data" },
		{ { "up", "here" }, "here" },
		{ { "up", "--data", "" }, "--data cannot be \"\"" },
		{ { "up", "--s3", "example.com:80" }, "--s3 cannot be \"example.com:80\"" },
		{ { "up", "--rest", "8000" }, "--rest cannot be \"8000\"" },
		{ { "up", "--login-pause", "0" }, "--login-pause cannot be \"0\"" },
		{ { "up", "--rest=none", "--rest=:1" }, "rest is none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct options o;

		assert(parse(&o, &why, cases[i].args) == OPTIONS_WRONG);
		assert(strstr(why.error, cases[i].named));
	}
}

static void test_lists_have_an_end(void)
{
	unsigned int times = settings[SETTING_DOMAIN].times;
	const char *args[2 * SETTING_TIMES_MAX + 8] = { "up" };
	_cleanup_(options_clear) struct options o = { 0 };
	struct complaint why = { 0 };

	for (size_t i = 0; i <= times; i++) {
		args[1 + 2 * i] = "--domain";
		args[2 + 2 * i] = "a";
	}
	assert(parse(&o, &why, args) == OPTIONS_WRONG);
	assert(strstr(why.error, "--domain") && strstr(why.hint, "16 times"));
	args[1 + 2 * times] = NULL;
	assert(parse(&o, &why, args) == OPTIONS_OK);
	assert(o.values.of[SETTING_DOMAIN].n == times);
}

static void test_help_and_version_are_outcomes(void)
{
	_cleanup_(options_clear) struct options o = { 0 };
	struct complaint why = { 0 };

	assert(PARSE(&o, &why, "--help") == OPTIONS_HELP);
	assert(PARSE(&o, &why, "--version") == OPTIONS_VERSION);
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_without_options_it_listens_on_loopback();
	test_options_are_taken();
	test_rest_can_be_elsewhere_or_nowhere();
	test_what_is_not_understood_is_named();
	test_lists_have_an_end();
	test_help_and_version_are_outcomes();
	return 0;
}
