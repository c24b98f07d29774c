/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#undef NDEBUG
#include <assert.h>

#define REQUIRED	"--state", "/s", "--frontend-uid", "1", "--stored-uid", "2"
#define PARSE(ret, ...) parse((ret), (const char *[]){ "coffer-authd", __VA_ARGS__, NULL })

static char said[4096]; /* by the last parse() */

static int parse(struct options *ret, const char *const args[])
{
	int before = dup(STDERR_FILENO), heard = memfd_create("said", MFD_CLOEXEC), n = 0, r;
	ssize_t len;

	while (args[n])
		n++;
	assert(dup2(heard, STDERR_FILENO) >= 0);
	optind = 0;
	r = options_parse(n, (char **)args, ret);
	assert(dup2(before, STDERR_FILENO) >= 0);
	len = pread(heard, said, sizeof(said) - 1, 0);
	assert(len >= 0);
	said[len] = '\0';
	close(heard);
	close(before);
	return r;
}

static void test_without_limits_failures_have_one(void)
{
	struct options o;

	assert(PARSE(&o, REQUIRED) == OPTIONS_OK);
	assert(o.live.limits.request_rate == 0 && o.live.limits.request_burst == 0);
	assert(o.live.limits.login_failures == LIMITS_FAILURES);
	assert(o.live.limits.login_pause_s == LIMITS_PAUSE_S);
	assert(o.live.n_proxies == 0);
}

static void test_limits_are_taken(void)
{
	struct ip inside;
	struct options o;

	assert(PARSE(&o, REQUIRED, "--request-rate", "3", "--request-burst", "4",
		     "--login-failures", "0", "--login-pause", "3600", "--trusted-proxy",
		     "10.0.0.0/8", "--trusted-proxy", "::1") == OPTIONS_OK);
	assert(o.live.limits.request_rate == 3 && o.live.limits.request_burst == 4);
	assert(o.live.limits.login_failures == 0 && o.live.limits.login_pause_s == 3600);
	assert(o.live.n_proxies == 2 && ip_parse(SPAN("10.1.2.3"), &inside));
	assert(ip_network_has(&o.live.proxies[0], &inside) &&
	       !ip_network_has(&o.live.proxies[1], &inside));
}

static void test_what_an_option_does_not_take_is_said(void)
{
	static const struct {
		const char *option, *value, *sentence;
	} cases[] = {
		{ "--request-rate", "-1", "requests a second, 0 to 1000000" },
		{ "--request-rate", "1000001", "requests a second, 0 to 1000000" },
		{ "--request-burst", "many", "a number of requests, 0 to 10000000" },
		{ "--login-failures", "", "a number of failures, 0 to 1000000" },
		{ "--login-pause", "0", "seconds, 1 to 3600" },
		{ "--login-pause", "3601", "seconds, 1 to 3600" },
		{ "--trusted-proxy", "proxy.example.com", "a network such as 10.0.0.0/8" },
		{ "--trusted-proxy", "10.0.0.1/8", "a network such as 10.0.0.0/8" },
		{ "--tenant-requests-per-second", "1000001", "requests a second, 0 to 1000000" },
		{ "--tenant-burst", "none", "a number of requests, 0 to 10000000" },
		{ "--tenant-bandwidth", "1KiB", "a number of bytes from 64KiB to 1TiB, or none" },
		{ "--tenant-parallel", "100001", "a number of requests, 0 to 100000" },
		{ "--admin-uid", "4294967295", "a user's name or number" },
		{ "--confine", "sometimes", "strict or degraded" },
	};
	struct options o;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert(PARSE(&o, REQUIRED, cases[i].option, cases[i].value) == OPTIONS_WRONG);
		assert(strstr(said, cases[i].option) && strstr(said, cases[i].sentence));
	}
}

static void test_proxies_have_a_largest_number(void)
{
	const char *args[8 + 2 * OPTIONS_PROXIES_MAX + 2] = { "coffer-authd", REQUIRED };
	struct options o;
	size_t n = 7;

	for (size_t i = 0; i <= OPTIONS_PROXIES_MAX; i++) {
		args[n++] = "--trusted-proxy";
		args[n++] = "::1";
	}
	assert(parse(&o, args) == OPTIONS_WRONG && strstr(said, "at most 64 times"));
	args[n - 2] = NULL;
	assert(parse(&o, args) == OPTIONS_OK && o.live.n_proxies == OPTIONS_PROXIES_MAX);
}

static void test_what_may_change_is_taken_by_name(void)
{
	struct options_live l = OPTIONS_LIVE_DEFAULT;

	assert(options_live_take(&l, "login-pause", "7") == LIVE_OK);
	assert(options_live_take(&l, "trusted-proxy", "::1") == LIVE_OK);
	assert(options_live_take(&l, "trusted-proxy", "10.0.0.0/8") == LIVE_OK);
	assert(l.limits.login_pause_s == 7 && l.n_proxies == 2);
	assert(options_live_take(&l, "tenant-bandwidth", "2MiB") == LIVE_OK);
	assert(l.limits.of_all.of[CEILING_BANDWIDTH] == 2 * (int64_t)MIB);
	assert(options_live_take(&l, "tenant-bandwidth", "none") == LIVE_OK);
	assert(l.limits.of_all.of[CEILING_BANDWIDTH] == CEILING_NONE);
	assert(options_live_take(&l, "login-pause", "0") == LIVE_WRONG);
	assert(strcmp(options_live_takes("login-pause"), "seconds, 1 to 3600") == 0);
	assert(options_live_take(&l, "region", "eu") == LIVE_FIXED);
	assert(options_live_take(&l, "", "") == LIVE_FIXED);
	assert(l.limits.login_pause_s == 7);
}

static void test_every_change_is_seen(void)
{
	static const char *const names[OPTIONS_LIVE] = { "request-rate",
							 "request-burst",
							 "login-failures",
							 "login-pause",
							 "tenant-requests-per-second",
							 "tenant-burst",
							 "tenant-bandwidth",
							 "tenant-parallel",
							 "trusted-proxy" };
	static const char *const values[OPTIONS_LIVE] = { "9", "9",    "9", "9",  "9",
							  "9", "1MiB", "9", "::1" };
	const struct options_live before = OPTIONS_LIVE_DEFAULT;
	const char *changed[OPTIONS_LIVE];

	assert(options_live_changes(&before, &before, changed) == 0);
	for (size_t i = 0; i < OPTIONS_LIVE; i++) {
		struct options_live after = before;

		assert(options_live_take(&after, names[i], values[i]) == LIVE_OK);
		assert(options_live_changes(&before, &after, changed) == 1);
		assert(strcmp(changed[0], names[i]) == 0);
	}
}

int main(void)
{
	test_without_limits_failures_have_one();
	test_limits_are_taken();
	test_what_an_option_does_not_take_is_said();
	test_proxies_have_a_largest_number();
	test_what_may_change_is_taken_by_name();
	test_every_change_is_seen();
	return 0;
}
