/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/endpoint.h"

#include <assert.h>
#include <string.h>

static void test_an_endpoint_is_a_scheme_and_a_host(void)
{
	static const struct {
		const char *text;
		bool is_tls, is_loopback;
		const char *authority;
	} cases[] = {
		{ "http://127.0.0.1:9000", false, true, "127.0.0.1:9000" },
		{ "http://127.0.0.1:9000/", false, true, "127.0.0.1:9000" },
		{ "HTTPS://coffer.example", true, false, "coffer.example" },
		{ "https://coffer.example:443", true, false, "coffer.example" },
		{ "https://coffer.example:80", true, false, "coffer.example:80" },
		{ "http://coffer.example:80/", false, false, "coffer.example" },
		{ "http://localhost:1", false, true, "localhost:1" },
		{ "http://[::1]:65535", false, true, "[::1]:65535" },
		{ "http://[::1]", false, true, "[::1]" },
		{ "http://127.9.8.7", false, true, "127.9.8.7" },
		{ "http://[fd00::2]:9000", false, false, "[fd00::2]:9000" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct endpoint e;

		assert(endpoint_parse(cases[i].text, &e));
		assert(e.is_tls == cases[i].is_tls);
		assert(e.is_loopback == cases[i].is_loopback);
		assert(strcmp(e.authority, cases[i].authority) == 0);
	}
}

static void test_what_only_looks_like_loopback_is_not(void)
{
	static const char *const names[] = {
		"http://127.0.0.1.example",
		"http://localhost.example",
		"http://127.1",
		"http://0177.0.0.1",
		"http://0.0.0.0:9000",
		"http://[::]:9000",
		"http://[::ffff:192.0.2.1]:80",
		"http://x-127.0.0.1:80",
		"http://2130706433",
		"http://128.0.0.1",
		"http://localhost.:9000",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct endpoint e;

		assert(endpoint_parse(names[i], &e));
		assert(!e.is_loopback);
	}
}

static void test_anything_else_is_refused(void)
{
	static const char *const texts[] = {
		"",
		"127.0.0.1:9000",
		"coffer.example",
		"ftp://coffer.example",
		"file:///etc/passwd",
		"unix:///run/x",
		"http://",
		"http:///",
		"http://:9000",
		"http://a:",
		"http://a:0",
		"http://a:65536",
		"http://a:99999999999999999999",
		"http://a:+1",
		"http://a:80x",
		"http://a//",
		"http://a/path",
		"http://a/?q",
		"http://a?q",
		"http://a#f",
		"http://user@a",
		"http://user:secret@a:80",
		"http://a b",
		"http://a\r\nx: y",
		"http://a%2e",
		"http://\xc3\xa4",
		"http://[::1",
		"http://[::1]9000",
		"http://[::1%lo]:9000",
		"http://[]",
		"http://[127.0.0.1]",
		"http://[::1]]",
		" http://a",
		"http://a ",
	};
	struct endpoint e = { .authority = "untouched" };
	char longest[300] = "http://";

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert(!endpoint_parse(texts[i], &e));
	memset(longest + 7, 'a', ENDPOINT_HOST_MAX + 1);
	assert(!endpoint_parse(longest, &e));
	assert(strcmp(e.authority, "untouched") == 0);
	longest[7 + ENDPOINT_HOST_MAX] = '\0';
	assert(endpoint_parse(longest, &e));
	assert(strcmp(e.authority, longest + 7) == 0);
}

int main(void)
{
	test_an_endpoint_is_a_scheme_and_a_host();
	test_what_only_looks_like_loopback_is_not();
	test_anything_else_is_refused();
	return 0;
}
