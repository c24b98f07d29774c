/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"

#undef NDEBUG
#include <assert.h>

static struct ip ip(const char *text)
{
	struct ip a;

	assert(ip_parse(span_from_string(text), &a));
	return a;
}

static bool is_same(const char *one, const char *other)
{
	struct ip a = ip(one), b = ip(other);

	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void test_an_address_has_one_spelling(void)
{
	assert(is_same("192.0.2.7", "::ffff:192.0.2.7"));
	assert(is_same("192.0.2.7", "::ffff:c000:207"));
	assert(is_same("2001:db8::7", "2001:0DB8:0:0:0:0:0:7"));
	assert(!is_same("192.0.2.7", "::192.0.2.7"));
}

static void test_what_is_no_address_is_refused(void)
{
	static const struct span cases[] = {
		SPAN(""),
		SPAN("localhost"),
		SPAN("192.0.2"),
		SPAN("192.0.2.256"),
		SPAN("192.0.2.07"),
		SPAN("192.0.2.7:80"),
		SPAN("[::1]"),
		SPAN("::1%lo"),
		SPAN("2001:db8::1::2"),
		SPAN("unknown"),
		SPAN("192.0.2.7\0x"),
		SPAN("1111:2222:3333:4444:5555:6666:7777:"
		     "8888:9999:aaaa:bbbb:cccc"),
	};
	struct ip a;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(!ip_parse(cases[i], &a));
}

static void test_a_mask_keeps_the_first_bits(void)
{
	struct ip a = ip("ffff:ffff:ffff:ffff:ffff::1"), masked;

	masked = ip_mask(&a, 0);
	assert(memcmp(&masked, &(struct ip){ 0 }, sizeof(masked)) == 0);
	masked = ip_mask(&a, 13);
	assert(masked.bytes[0] == 0xff && masked.bytes[1] == 0xf8 && masked.bytes[2] == 0);
	masked = ip_mask(&a, IP_BITS);
	assert(memcmp(&masked, &a, sizeof(masked)) == 0);
}

static void test_a_network_has_its_own_addresses(void)
{
	static const struct {
		const char *network, *address;
		bool has;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.6", false },
		{ "192.0.2.7/32", "::ffff:192.0.2.7", true },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.7", false },
		{ "::1", "::1", true },
		{ "::1", "::2", false },
		{ "fd00::/9", "fd7f::1", true },
		{ "fd00::/9", "fd80::1", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip a = ip(cases[i].address);
		struct ip_network n;

		assert(ip_network_parse(span_from_string(cases[i].network), &n));
		assert(ip_network_has(&n, &a) == cases[i].has);
	}
}

static void test_what_is_no_network_is_refused(void)
{
	static const char *const cases[] = {
		"",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.1/8",
		"::/129",
		"fd00::1/64",
		"10.0.0.0/8/8",
		"10.0.0.0/255.0.0.0",
		"example.com",
		"10.0.0.0 /8",
	};
	struct ip_network n;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(!ip_network_parse(span_from_string(cases[i]), &n));
}

int main(void)
{
	test_an_address_has_one_spelling();
	test_what_is_no_address_is_refused();
	test_a_mask_keeps_the_first_bits();
	test_a_network_has_its_own_addresses();
	test_what_is_no_network_is_refused();
	return 0;
}
