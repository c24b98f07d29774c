/* SPDX-License-Identifier: Apache-2.0 */
#include "client/options.h"

#include <assert.h>
#include <string.h>

#define PARSE(ret, why, ...) parse((ret), (why), (const char *[]){ "up", __VA_ARGS__, NULL })

static int parse(struct options *ret, struct complaint *why, const char *const args[])
{
	int n = 0;

	while (args[n])
		n++;
	return options_parse(n, (char **)args, ret, why);
}

static void test_without_options_it_listens_on_loopback(void)
{
	struct complaint why = { 0 };
	char url[ADDRESS_URL_MAX];
	struct options o;

	assert(options_parse(1, (char *[]){ (char *)"up", NULL }, &o, &why) == OPTIONS_OK);
	assert(o.n_s3 == 1);
	assert(strcmp(address_url(&o.s3[0], url), "http://127.0.0.1:9000") == 0);
	assert(o.n_rest == 1);
	assert(strcmp(address_url(&o.rest[0], url), "http://127.0.0.1:8000") == 0);
	assert(!o.data && !o.credentials && !o.region && !o.n_domains);
}

static void test_options_are_taken(void)
{
	struct complaint why = { 0 };
	struct options o;

	assert(PARSE(&o, &why, "--data", "/d", "--s3=127.0.0.1:1", "--s3", ":2", "--credentials",
		     "f", "--domain", "a", "--domain", "b", "--region", "eu", "--workers", "3",
		     "--durability", "relaxed", "--inline-limit", "4", "--admin-uid", "5",
		     "--admin-gid", "6", "--confine", "degraded") == OPTIONS_OK);
	assert(strcmp(o.data, "/d") == 0 && strcmp(o.credentials, "f") == 0);
	assert(o.n_s3 == 2 && o.s3[0].v4.sin_port == htons(1) && o.s3[1].v6.sin6_port == htons(2));
	assert(o.n_domains == 2 && strcmp(o.domains[1], "b") == 0);
	assert(strcmp(o.region, "eu") == 0 && strcmp(o.workers, "3") == 0);
	assert(strcmp(o.durability, "relaxed") == 0 && strcmp(o.inline_limit, "4") == 0);
	assert(o.n_admin_uids == 1 && strcmp(o.admin_uids[0], "5") == 0);
	assert(o.n_admin_gids == 1 && strcmp(o.admin_gids[0], "6") == 0);
	assert(strcmp(o.confine, "degraded") == 0);
}

static void test_rest_can_be_elsewhere_or_nowhere(void)
{
	struct complaint why = { 0 };
	struct options o;

	assert(PARSE(&o, &why, "--rest", "127.0.0.1:1", "--rest", ":2") == OPTIONS_OK);
	assert(o.n_rest == 2 && o.rest[1].v6.sin6_port == htons(2) && o.n_s3 == 1);
	assert(PARSE(&o, &why, "--rest", "none") == OPTIONS_OK);
	assert(o.n_rest == 0 && o.n_s3 == 1);
}

static void test_what_is_not_understood_is_named(void)
{
	static const struct {
		const char *args[4];
		const char *named;
	} cases[] = {
		{ { "up", "--colour" }, "--colour" },
		{ { "up", "--data" }, "--data" },
		{ { "up", "here" }, "here" },
		{ { "up", "--s3", "example.com:80" }, "example.com:80" },
		{ { "up", "--rest", "8000" }, "--rest 8000" },
		{ { "up", "--rest=none", "--rest=:1" }, "--rest none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct options o;

		assert(parse(&o, &why, cases[i].args) == OPTIONS_WRONG);
		assert(strstr(why.error, cases[i].named));
		assert(why.hint[0]);
	}
}

static void test_lists_have_an_end(void)
{
	const char *args[2 * OPTIONS_REPEAT_MAX + 4] = { "up" };
	struct complaint why = { 0 };
	struct options o;

	for (size_t i = 0; i <= OPTIONS_REPEAT_MAX; i++) {
		args[1 + 2 * i] = "--domain";
		args[2 + 2 * i] = "a";
	}
	assert(parse(&o, &why, args) == OPTIONS_WRONG);
	args[1 + 2 * OPTIONS_REPEAT_MAX] = NULL;
	assert(parse(&o, &why, args) == OPTIONS_OK);
	assert(o.n_domains == OPTIONS_REPEAT_MAX);
}

static void test_help_and_version_are_outcomes(void)
{
	struct complaint why = { 0 };
	struct options o;

	assert(PARSE(&o, &why, "--help") == OPTIONS_HELP);
	assert(PARSE(&o, &why, "--version") == OPTIONS_VERSION);
}

int main(void)
{
	test_without_options_it_listens_on_loopback();
	test_options_are_taken();
	test_rest_can_be_elsewhere_or_nowhere();
	test_what_is_not_understood_is_named();
	test_lists_have_an_end();
	test_help_and_version_are_outcomes();
	return 0;
}
