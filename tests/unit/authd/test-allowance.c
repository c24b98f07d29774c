/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/allowance.h"

#undef NDEBUG
#include <assert.h>

#define START (1000 * NS_PER_S)

static const struct allowance_size five = { NS_PER_S, 5 };

static unsigned int take(struct allowance *a, uint64_t now_ns, unsigned int times)
{
	unsigned int taken = 0;

	while (times--)
		taken += !allowance_take(a, &five, now_ns);
	return taken;
}

static void test_an_allowance_of_zeros_is_whole(void)
{
	struct allowance a = { 0 };

	assert(allowance_is_whole(&a, START));
	assert(take(&a, START, 100) == 5);
	assert(!allowance_is_whole(&a, START + 5 * NS_PER_S - 1));
	assert(allowance_is_whole(&a, START + 5 * NS_PER_S));
}

/* The host has just started, so its clock says next to nothing. */
static void test_it_counts_from_the_first_nanosecond(void)
{
	struct allowance a = { 0 };

	assert(take(&a, 1, 100) == 5 && take(&a, NS_PER_S, 100) == 0);
	assert(take(&a, NS_PER_S + 1, 100) == 1);
}

static void test_who_waits_as_told_gets_one(void)
{
	struct allowance a = { 0 };
	uint64_t now = START, wait;

	assert(take(&a, now, 5) == 5);
	for (unsigned int i = 0; i < 20; i++) {
		wait = allowance_take(&a, &five, now);
		assert(wait == NS_PER_S);
		assert(allowance_take(&a, &five, now + wait - 1) == 1);
		now += wait;
		assert(!allowance_take(&a, &five, now));
	}
}

static void test_to_be_refused_costs_nothing(void)
{
	struct allowance a = { 0 };

	assert(take(&a, START, 100000) == 5);
	assert(allowance_is_whole(&a, START + 5 * NS_PER_S));
}

static void test_a_quiet_time_gives_no_more_than_it_holds(void)
{
	struct allowance a = { 0 };

	assert(take(&a, START, 1) == 1);
	assert(take(&a, START + 1000000 * NS_PER_S, 100) == 5);
}

int main(void)
{
	test_an_allowance_of_zeros_is_whole();
	test_it_counts_from_the_first_nanosecond();
	test_who_waits_as_told_gets_one();
	test_to_be_refused_costs_nothing();
	test_a_quiet_time_gives_no_more_than_it_holds();
	return 0;
}
