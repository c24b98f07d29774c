/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/limits.h"

#include <sodium.h>

#undef NDEBUG
#include <assert.h>

#define START (1000 * NS_PER_S)

static struct limits *limits_of(uint32_t failures, uint32_t pause_s)
{
	struct limits_config config = { .login_failures = failures, .login_pause_s = pause_s };
	struct limits *l;

	assert(limits_new(&config, &l) == 0);
	return l;
}

static struct ip ip(const char *text)
{
	struct ip a;

	assert(ip_parse(span_from_string(text), &a));
	return a;
}

static struct ip numbered_v4(uint32_t n)
{
	struct ip a = ip("0.0.0.0");

	for (unsigned int i = 0; i < 4; i++)
		a.bytes[IP_LEN - 1 - i] = (uint8_t)(n >> (8 * i));
	return a;
}

static unsigned int fail(struct limits *l, const struct ip *from, uint64_t now_ns,
			 unsigned int times)
{
	unsigned int told = 0;

	while (times--)
		told += limits_failure(l, from, now_ns) == 0;
	return told;
}

/* --- requests ----------------------------------------------------------------------------- */

static unsigned int request(const struct limits *l, struct allowance *a, uint32_t rate,
			    uint64_t now_ns, unsigned int times)
{
	unsigned int may = 0;

	while (times--)
		may += limits_request(l, a, rate, now_ns) == 0;
	return may;
}

static void test_without_a_rate_nobody_is_held(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(1, 1);
	struct allowance a = { 0 };

	assert(request(l, &a, 0, START, 1000000) == 1000000);
}

static void test_a_credential_has_its_own_rate_or_everybodys(void)
{
	struct limits_config config = { .request_rate = 100, .request_burst = 50 };
	_cleanup_(limits_freep) struct limits *l = NULL;
	struct allowance one = { 0 }, other = { 0 };

	assert(limits_new(&config, &l) == 0);
	assert(request(l, &one, 0, START, 1000) == 50);
	assert(request(l, &one, 0, START + NS_PER_S / 10, 1000) == 10);
	assert(request(l, &other, 3, START, 1000) == 3 * LIMITS_BURST_S);
	assert(request(l, &other, 3, START + NS_PER_S + 3, 1000) == 3);
}

static void test_a_burst_is_some_seconds_of_the_rate(void)
{
	struct limits_config config = { .request_rate = 100 };
	_cleanup_(limits_freep) struct limits *l = NULL;
	struct allowance a = { 0 };

	assert(limits_new(&config, &l) == 0);
	assert(request(l, &a, 0, START, 1000) == 100 * LIMITS_BURST_S);
}

static void test_the_largest_of_everything_is_counted_right(void)
{
	struct limits_config config = { LIMITS_RATE_MAX, LIMITS_BURST_MAX, LIMITS_FAILURES_MAX,
					LIMITS_PAUSE_MAX_S };
	_cleanup_(limits_freep) struct limits *l = NULL;
	struct ip from = ip("192.0.2.1");
	struct allowance a = { 0 };

	assert(limits_new(&config, &l) == 0);
	assert(request(l, &a, 0, START, LIMITS_BURST_MAX + 5) == LIMITS_BURST_MAX);
	assert(request(l, &a, 0, START + NS_PER_S, LIMITS_RATE_MAX + 5) == LIMITS_RATE_MAX);
	assert(fail(l, &from, START, LIMITS_FAILURES_MAX + 5) == LIMITS_FAILURES_MAX);
	assert(limits_failure(l, &from, START) == LIMITS_PAUSE_MAX_S);
}

/* --- tenants ------------------------------------------------------------------------------ */

static unsigned int request_of(const struct limits *l, struct allowance *a,
			       const struct ceilings *own, uint64_t now_ns, unsigned int times)
{
	unsigned int may = 0;

	while (times--)
		may += limits_tenant(l, a, own, now_ns) == 0;
	return may;
}

static void test_a_tenant_has_its_own_rate_or_that_of_all(void)
{
	struct limits_config config = { .of_all = {
						{ [CEILING_RATE] = 100, [CEILING_BURST] = 50 } } };
	struct ceilings none = CEILINGS_OF_ALL, rate = CEILINGS_OF_ALL, both = CEILINGS_OF_ALL;
	_cleanup_(limits_freep) struct limits *l = NULL;
	struct allowance a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

	none.of[CEILING_RATE] = CEILING_NONE;
	rate.of[CEILING_RATE] = both.of[CEILING_RATE] = 3;
	rate.of[CEILING_BURST] = CEILING_NONE;
	both.of[CEILING_BURST] = 7;
	assert(limits_new(&config, &l) == 0);
	assert(request_of(l, &a, &CEILINGS_OF_ALL, START, 1000) == 50);
	assert(request_of(l, &a, &CEILINGS_OF_ALL, START + NS_PER_S, 1000) == 50);
	assert(request_of(l, &b, &none, START, 1000000) == 1000000);
	assert(request_of(l, &c, &rate, START, 1000) == 3 * LIMITS_BURST_S);
	assert(request_of(l, &d, &both, START, 1000) == 7);
	assert(request_of(l, &d, &both, START + NS_PER_S + 3, 1000) == 3);
}

/* Whoever waits as he was told has not waited in vain. */
static void test_a_tenant_is_told_how_long_to_wait(void)
{
	struct limits_config config = { 0 };
	_cleanup_(limits_freep) struct limits *l = NULL;
	struct ceilings own = { { [CEILING_RATE] = 1, [CEILING_BURST] = 1 } };
	struct allowance a = { 0 };

	assert(limits_new(&config, &l) == 0);
	assert(limits_tenant(l, &a, &own, START) == 0);
	assert(limits_tenant(l, &a, &own, START) == 1);
	assert(limits_tenant(l, &a, &own, START + NS_PER_S - 1) == 1);
	assert(limits_tenant(l, &a, &own, START + NS_PER_S) == 0);
	/* A rate that was raised meanwhile holds from then on. */
	own.of[CEILING_RATE] = LIMITS_RATE_MAX;
	own.of[CEILING_BURST] = LIMITS_BURST_MAX;
	assert(request_of(l, &a, &own, START + 3 * NS_PER_S, LIMITS_BURST_MAX + 5) ==
	       LIMITS_BURST_MAX);
}

/* --- T41 ---------------------------------------------------------------------------------- */

static void test_t41_failures_are_told_at_a_rate(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(20, 2);
	struct ip from = ip("192.0.2.1");

	assert(fail(l, &from, START, 100000) == 20);
	assert(fail(l, &from, START + 2 * NS_PER_S - 1, 1000) == 0);
	assert(fail(l, &from, START + 2 * NS_PER_S, 1000) == 1);
	assert(fail(l, &from, START + 3600 * NS_PER_S, 1000) == 20);
}

static void test_who_waits_as_told_is_told_again(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(3, 2);
	struct ip from = ip("2001:db8::1");
	uint64_t now = START;

	assert(fail(l, &from, now, 3) == 3);
	for (unsigned int i = 0; i < 10; i++) {
		/* It is told in whole seconds, and none of them is too few. */
		uint32_t wait_s = limits_failure(l, &from, now);

		assert(wait_s == 2 && limits_failure(l, &from, now + NS_PER_S / 2) == 2);
		assert(limits_failure(l, &from, now + NS_PER_S) == 1);
		now += wait_s * NS_PER_S;
		assert(limits_failure(l, &from, now) == 0);
	}
}

static void test_t41_one_address_says_nothing_about_another(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(20, 2);
	struct ip one = ip("192.0.2.1"), other = ip("192.0.2.2");

	assert(fail(l, &one, START, 1000) == 20);
	assert(fail(l, &other, START, 1000) == 20);
}

static void test_t41_the_addresses_of_one_party_count_together(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(20, 2);
	struct ip one = ip("2001:db8:0:1::1"), same = ip("2001:db8:0:1:ffff::2"),
		  other = ip("2001:db8:0:2::1"), v4 = ip("192.0.2.1"),
		  mapped = ip("::ffff:192.0.2.1");

	assert(fail(l, &one, START, 1000) == 20 && fail(l, &same, START, 1000) == 0);
	assert(fail(l, &other, START, 1000) == 20);
	assert(fail(l, &v4, START, 1000) == 20 && fail(l, &mapped, START, 1000) == 0);
}

static void test_no_limit_is_a_choice(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(0, 2);
	struct ip from = ip("192.0.2.1");

	assert(fail(l, &from, START, 100000) == 100000);
}

/* He has as many addresses as he likes, and wants one of them to be heard again. */
static void test_t41_a_flood_of_addresses_frees_nobody(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(20, 2);
	struct ip known[100];

	for (uint32_t i = 0; i < ARRAY_SIZE(known); i++) {
		known[i] = numbered_v4(0x0a000000 + i);
		assert(fail(l, &known[i], START, 1000) == 20);
	}
	for (uint32_t i = 0; i < 4 * LIMITS_ADDRESSES_MAX; i++) {
		struct ip from = numbered_v4(0xc0000000 + i);

		limits_failure(l, &from, START + NS_PER_S);
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert(fail(l, &known[i], START + NS_PER_S, 1000) == 0);
}

static void test_t41_a_full_memory_slows_who_comes_anew(void)
{
	_cleanup_(limits_freep) struct limits *l = limits_of(20, 2);
	unsigned int told = 0, slowed = 0;

	for (uint32_t i = 0; i < 4 * LIMITS_ADDRESSES_MAX; i++) {
		struct ip from = numbered_v4(i);

		told += limits_failure(l, &from, START) == 0;
	}
	assert(told > LIMITS_ADDRESSES_MAX * 9 / 10 && told <= LIMITS_ADDRESSES_MAX);
	for (uint32_t i = 0; i < 1000; i++) {
		struct ip from = numbered_v4(0xc0000000 + i);
		uint32_t wait_s = limits_failure(l, &from, START + NS_PER_S);

		assert(wait_s <= 1);
		slowed += wait_s == 1;
	}
	assert(slowed > 900);
	/* They failed once each: two seconds later all that is forgotten. */
	for (uint32_t i = 0; i < 1000; i++) {
		struct ip from = numbered_v4(0xc0000000 + i);

		assert(limits_failure(l, &from, START + 2 * NS_PER_S) == 0);
	}
}

static void test_t41_strangers_have_a_rate_of_their_address(void)
{
	struct limits *l = limits_of(LIMITS_FAILURES, LIMITS_PAUSE_S);
	struct ip here = ip("192.0.2.7"), there = ip("192.0.2.8");
	unsigned int may = 0;

	for (unsigned int i = 0; i < 2 * LIMITS_STRANGER_BURST; i++)
		may += limits_stranger(l, &here, START) == 0;
	assert(may == LIMITS_STRANGER_BURST);
	assert(limits_stranger(l, &here, START) == 1);
	assert(limits_stranger(l, &there, START) == 0);
	/* Neither counts for the other, and who waits may again. */
	assert(limits_failure(l, &here, START) == 0);
	assert(fail(l, &here, START, LIMITS_FAILURES) == LIMITS_FAILURES - 1);
	assert(limits_stranger(l, &here, START + NS_PER_S) == 0);
	limits_free(l);
}

/* An address is not forgotten because one of its two counts is whole. */
static void test_t41_a_place_is_kept_while_either_counts(void)
{
	struct limits *l = limits_of(1, 1000);
	struct ip here = ip("192.0.2.7");

	assert(limits_failure(l, &here, START) == 0);
	assert(limits_stranger(l, &here, START) == 0);
	assert(limits_stranger(l, &here, START + 10 * NS_PER_S) == 0);
	assert(limits_failure(l, &here, START + 20 * NS_PER_S) > 0);
	limits_free(l);
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_without_a_rate_nobody_is_held();
	test_a_credential_has_its_own_rate_or_everybodys();
	test_a_burst_is_some_seconds_of_the_rate();
	test_the_largest_of_everything_is_counted_right();
	test_a_tenant_has_its_own_rate_or_that_of_all();
	test_a_tenant_is_told_how_long_to_wait();
	test_t41_failures_are_told_at_a_rate();
	test_who_waits_as_told_is_told_again();
	test_t41_one_address_says_nothing_about_another();
	test_t41_the_addresses_of_one_party_count_together();
	test_no_limit_is_a_choice();
	test_t41_a_flood_of_addresses_frees_nobody();
	test_t41_a_full_memory_slows_who_comes_anew();
	test_t41_strangers_have_a_rate_of_their_address();
	test_t41_a_place_is_kept_while_either_counts();
	return 0;
}
