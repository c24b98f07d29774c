/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/spent.h"

#undef NDEBUG
#include <assert.h>

#define START_S 1000000

static struct spent spent;

/* A signature that no other number makes, of that time. */
static int take(uint64_t number, uint64_t tenant, int64_t time_s, int64_t now_s)
{
	struct claim m = { .time_s = time_s };

	memcpy(m.signature + 1, &number, sizeof(number) - 1);
	return spent_take(&spent, &m, tenant, now_s);
}

static void test_a_signature_is_good_once_as_long_as_it_is_good(void)
{
	/* As far ahead as a clock may be, it is good for the longest. */
	int64_t time_s = START_S + CLAIM_SKEW_S;

	assert(take(1, 1, time_s, START_S) == SPENT_NEW);
	assert(take(2, 1, time_s, START_S) == SPENT_NEW);
	for (int64_t now_s = START_S; now_s <= time_s + CLAIM_SKEW_S; now_s += CLAIM_SKEW_S)
		assert(take(1, 1, time_s, now_s) == SPENT_BEFORE);
	assert(take(1, 2, time_s, START_S) == SPENT_BEFORE);
}

static void test_what_is_from_before_the_start_is_not_believed(void)
{
	assert(take(3, 1, START_S - 1, START_S) == SPENT_UNKNOWN);
	assert(take(3, 1, START_S, START_S) == SPENT_NEW);
}

/* Also more than there is room for at once, one after another. */
static void test_old_ones_make_room(void)
{
	int64_t now_s = START_S + SPENT_LIFE_S + 1;

	assert(spent.n == 3);
	for (uint64_t i = 0; i < 3 * (uint64_t)SPENT_MAX; i++) {
		if (i % 1000 == 0)
			now_s += SPENT_LIFE_S + 1;
		assert(take(10 + i, 1, now_s, now_s) == SPENT_NEW);
	}
	assert(spent.n <= 1000);
	now_s += SPENT_LIFE_S + 1;
	assert(take(1, 1, now_s, now_s) == SPENT_NEW && spent.n == 1);
}

static void test_a_tenant_that_is_alone_gets_half_and_others_still_some(void)
{
	int64_t now_s = START_S + 1000 * SPENT_LIFE_S;
	uint64_t number = 1000000;

	spent.n = 0;
	table_clear(&spent.numbers);
	spent.numbers = TABLE_INIT(SPENT_MAX);
	for (size_t i = 0; i < SPENT_MAX / 2; i++) {
		spent.all[(spent.first + i) % SPENT_MAX] =
			(struct spent_signature){ number + i, 1, now_s + 1 };
		spent.n++;
	}
	assert(take(number + SPENT_MAX, 1, now_s, now_s) == SPENT_FULL);
	assert(take(number + SPENT_MAX, 2, now_s, now_s) == SPENT_NEW);
}

int main(void)
{
	assert(spent_init(&spent, START_S) == 0);
	test_a_signature_is_good_once_as_long_as_it_is_good();
	test_what_is_from_before_the_start_is_not_believed();
	test_old_ones_make_room();
	test_a_tenant_that_is_alone_gets_half_and_others_still_some();
	spent_clear(&spent);
	return 0;
}
