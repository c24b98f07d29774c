/* SPDX-License-Identifier: Apache-2.0 */
#include "client/address.h"

#include <assert.h>
#include <string.h>

static void test_address_and_port_are_read(void)
{
	static const struct {
		const char *text, *url;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1:9000", "http://127.0.0.1:9000", true },
		{ "127.9.9.9:1", "http://127.9.9.9:1", true },
		{ "localhost:80", "http://127.0.0.1:80", true },
		{ "[::1]:9000", "http://[::1]:9000", true },
		{ "192.0.2.7:65535", "http://192.0.2.7:65535", false },
		{ "[2001:db8::1]:0", "http://[2001:db8::1]:0", false },
		{ "0.0.0.0:9000", "http://127.0.0.1:9000", false },
		{ ":9000", "http://[::1]:9000", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char url[ADDRESS_URL_MAX];
		struct address a;

		assert(address_parse(cases[i].text, &a));
		assert(strcmp(address_url(&a, url), cases[i].url) == 0);
		assert(address_is_loopback(&a) == cases[i].loopback);
	}
}

static void test_anything_else_is_refused(void)
{
	static const char *const cases[] = {
		"",
		"9000",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"::1:9000",
		"[::1:9000",
		"[]:9000",
		"[127.0.0.1]:80",
		"127.0.0.1:+80",
		"1.2.3.4.5:1",
		"example.com:80",
		"127.0.0.1:80 ",
		"127.0.0.1:80:90",
		" 127.0.0.1:80",
		"[aaaa:bbbb:cccc:dddd:eeee:ffff:1111:2222:3333:4444:5555]:80",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address a = { .len = 77 };

		assert(!address_parse(cases[i], &a));
		assert(a.len == 77);
	}
}

int main(void)
{
	test_address_and_port_are_read();
	test_anything_else_is_refused();
	return 0;
}
