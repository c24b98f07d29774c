/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/options.h"

#include <getopt.h>

#undef NDEBUG
#include <assert.h>

#define REQUIRED "--data", "/d", "--authd", "/a", "--frontend-uid", "7"

static struct options o;

static bool parse(const char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	optind = 0; /* how the C library is told that this is another line */
	return options_parse(argc, (char **)argv, &o);
}

#define PARSE(...) parse((const char *const[]){ "coffer-stored", __VA_ARGS__, NULL })

static void test_what_is_not_said_has_defaults(void)
{
	assert(PARSE(REQUIRED));
	assert(o.frontend_uid == 7 && o.authd_uid == (uid_t)-1 && o.uid == (uid_t)-1);
	assert(o.inline_limit == OPTIONS_INLINE_LIMIT && !o.region);
	assert(o.object_memory == 32 * MIB);
	assert(o.uploads_expire_ns == 7 * 24 * 3600 * NS_PER_S);
	assert(o.durability == DURABILITY_FULL && o.confine == CONFINE_STRICT);
	assert(o.admins.n_uids == 0 && o.admins.n_gids == 0);
}

static void test_what_is_said_is_taken(void)
{
	assert(PARSE(REQUIRED, "--durability", "relaxed", "--inline-limit", "0", "--region", "here",
		     "--uid", "8", "--gid", "9", "--confine", "degraded", "--authd-uid", "10"));
	assert(o.durability == DURABILITY_RELAXED && o.inline_limit == 0);
	assert(strcmp(o.region, "here") == 0 && o.uid == 8 && o.gid == 9 && o.authd_uid == 10);
	assert(o.confine == CONFINE_DEGRADED);
	assert(PARSE(REQUIRED, "--admin-uid", "11", "--admin-gid", "12", "--admin-uid", "13"));
	assert(o.admins.n_uids == 2 && o.admins.uids[0] == 11 && o.admins.uids[1] == 13);
	assert(o.admins.n_gids == 1 && o.admins.gids[0] == 12);
	assert(PARSE(REQUIRED, "--object-memory", "1GiB") && o.object_memory == GIB);
	assert(PARSE(REQUIRED, "--object-memory", "none") && o.object_memory == 0);
	assert(PARSE(REQUIRED, "--uploads-expire", "1h 30min"));
	assert(o.uploads_expire_ns == 5400 * NS_PER_S);
	assert(PARSE(REQUIRED, "--uploads-expire", "none") && o.uploads_expire_ns == 0);
	assert(PARSE(REQUIRED, "--uploads-expire", "0") && o.uploads_expire_ns == 0);
}

static void test_nothing_required_may_be_missing(void)
{
	assert(!PARSE("--authd", "/a", "--frontend-uid", "7"));
	assert(!PARSE("--data", "/d", "--frontend-uid", "7"));
	assert(!PARSE("--data", "/d", "--authd", "/a"));
}

static void test_what_is_not_understood_is_refused(void)
{
	assert(!PARSE(REQUIRED, "--data", "relative"));
	assert(!PARSE(REQUIRED, "--frontend-uid", "-1"));
	assert(!PARSE(REQUIRED, "--uid", "4294967295"));
	assert(!PARSE(REQUIRED, "--uid", "no such user"));
	assert(!PARSE(REQUIRED, "--admin-uid", "no such user"));
	assert(!PARSE(REQUIRED, "--inline-limit", "65537"));
	assert(!PARSE(REQUIRED, "--object-memory", "65535"));
	assert(!PARSE(REQUIRED, "--object-memory", "2GiB"));
	assert(!PARSE(REQUIRED, "--object-memory", "some"));
	assert(!PARSE(REQUIRED, "--durability", "Full"));
	assert(!PARSE(REQUIRED, "--confine", "none"));
	assert(!PARSE(REQUIRED, "--region", ""));
	assert(!PARSE(REQUIRED, "--uploads-expire", "never"));
	assert(!PARSE(REQUIRED, "--no-such-option"));
	assert(!PARSE(REQUIRED, "surplus"));
}

int main(void)
{
	test_what_is_not_said_has_defaults();
	test_what_is_said_is_taken();
	test_nothing_required_may_be_missing();
	test_what_is_not_understood_is_refused();
	return 0;
}
