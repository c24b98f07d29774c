/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/origin.h"

#include "s3/pairs.h"

#undef NDEBUG
#include <assert.h>

static struct ip_network trusted[2];

/* Whether a request with such lines of X-Forwarded-For is taken to come from there. */
static bool comes_from(const char *peer, const char *const lines[2], const char *wanted)
{
	struct buffer fields = BUFFER_INIT(KIB);
	struct origin o;
	struct ip ip = { 0 };
	bool same;

	pairs_append(&fields, SPAN("Host"), SPAN("198.51.100.99"));
	for (size_t i = 0; i < 2 && lines[i]; i++)
		pairs_append(&fields, i ? SPAN("x-forwarded-for") : SPAN("X-Forwarded-For"),
			     span_from_string(lines[i]));
	o = origin_of(span_from_string(peer), buffer_span(&fields), trusted, ARRAY_SIZE(trusted));
	same = span_equal(o.text, span_from_string(wanted));
	assert(!ip_parse(span_from_string(wanted), &ip) || memcmp(&ip, &o.ip, sizeof(ip)) == 0);
	buffer_clear(&fields);
	return same;
}

static bool says(const char *peer, const char *line, const char *wanted)
{
	return comes_from(peer, (const char *const[2]){ line }, wanted);
}

static void test_t25_a_stranger_cannot_say_who_he_is(void)
{
	assert(says("203.0.113.5", "192.0.2.1", "203.0.113.5"));
	assert(says("203.0.113.5", "10.0.0.1", "203.0.113.5"));
	assert(says("2001:db8::1", "192.0.2.1", "2001:db8::1"));
}

static void test_a_trusted_proxy_says_whom_it_speaks_for(void)
{
	assert(says("10.0.0.1", "192.0.2.1", "192.0.2.1"));
	assert(says("::1", "2001:db8::7", "2001:db8::7"));
	assert(says("10.0.0.1", NULL, "10.0.0.1"));
	assert(says("10.0.0.1", "", "10.0.0.1"));
}

/* What stands further left came from the one who is not trusted, or through him. */
static void test_t25_the_list_is_believed_from_its_end(void)
{
	assert(says("10.0.0.1", "192.0.2.66, 192.0.2.1", "192.0.2.1"));
	assert(says("10.0.0.1", "nonsense, 10.9.9.9,\t192.0.2.1", "192.0.2.1"));
	assert(comes_from("10.0.0.1", (const char *const[2]){ "192.0.2.1", "192.0.2.2" },
			  "192.0.2.2"));
	assert(comes_from("10.0.0.1", (const char *const[2]){ "192.0.2.1", "10.0.0.3" },
			  "192.0.2.1"));
}

static void test_trusted_proxies_are_looked_through(void)
{
	assert(says("10.0.0.1", "192.0.2.66, 192.0.2.1, 10.0.0.3,::1", "192.0.2.1"));
	assert(says("10.0.0.1", "192.0.2.1 , ,, 10.0.0.3 ,", "192.0.2.1"));
	/* Nobody else is in it: the nearest. */
	assert(says("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.1"));
}

static void test_what_is_no_address_makes_it_the_proxy_itself(void)
{
	static const char *const lines[] = {
		"unknown",
		"192.0.2.1:4711",
		"[2001:db8::7]",
		"192.0.2.1 192.0.2.2",
		"192.0.2.1, _hidden",
		"192.0.2.1; 10.0.0.3",
		"192.0.2.1, unknown, 10.0.0.3",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert(says("10.0.0.1", lines[i], "10.0.0.1"));
	assert(comes_from("10.0.0.1", (const char *const[2]){ "192.0.2.1", "unknown" },
			  "10.0.0.1"));
}

static void test_a_peer_without_an_address_is_nobodys_proxy(void)
{
	assert(says("unknown", "192.0.2.1", "unknown"));
	assert(says("", "192.0.2.1", ""));
}

int main(void)
{
	assert(ip_network_parse(SPAN("10.0.0.0/8"), &trusted[0]));
	assert(ip_network_parse(SPAN("::1"), &trusted[1]));
	test_t25_a_stranger_cannot_say_who_he_is();
	test_a_trusted_proxy_says_whom_it_speaks_for();
	test_t25_the_list_is_believed_from_its_end();
	test_trusted_proxies_are_looked_through();
	test_what_is_no_address_makes_it_the_proxy_itself();
	test_a_peer_without_an_address_is_nobodys_proxy();
	return 0;
}
