/* SPDX-License-Identifier: Apache-2.0 */

/* What may be taken for old, whatever is done to the wall clock. */

#include "stored/engine/expiry.h"

#undef NDEBUG
#include <assert.h>

#define HOUR  (3600 * NS_PER_S)
#define DAY   (24 * HOUR)
#define AFTER (7 * DAY)
#define BOOT  (5 * DAY) /* how long the host is up at the start */
#define START (20000 * DAY) /* and what the wall clock says */

static struct expiry e;

static void begin(uint64_t after_ns)
{
	expiry_init(&e, after_ns, START, BOOT);
}

/* So long after the start, with a wall clock that is off by so much. 0: nothing is over. */
static uint64_t before_ms(uint64_t passed_ns, int64_t off_ns)
{
	uint64_t before = 0;

	if (!expiry_look(&e, START + passed_ns + (uint64_t)off_ns, BOOT + passed_ns, &before))
		return 0;
	assert(before);
	return before;
}

static uint64_t ms(uint64_t ns)
{
	return ns / NS_PER_MS;
}

static void test_what_is_older_than_that_is_over(void)
{
	begin(AFTER);
	assert(before_ms(2 * HOUR, 0) == ms(START + 2 * HOUR - AFTER));
	assert(before_ms(9 * DAY, 0) == ms(START + 2 * DAY));
}

static void test_never_is_never(void)
{
	begin(0);
	assert(!before_ms(0, 0) && !before_ms(100 * DAY, 0));
}

/* A host may come up with a clock that is put right a little later. */
static void test_right_after_the_start_nothing_is_over(void)
{
	begin(AFTER);
	assert(!before_ms(0, 0) && !before_ms(EXPIRY_SETTLING_NS - 1, 0));
	assert(before_ms(EXPIRY_SETTLING_NS, 0));
	begin(2 * NS_PER_S);
	assert(!before_ms(NS_PER_S, 0) && before_ms(2 * NS_PER_S, 0));
}

static void test_a_clock_set_forward_makes_nothing_old(void)
{
	begin(AFTER);
	assert(before_ms(2 * HOUR, 0));
	for (uint64_t h = 3; h < 7 * 24; h += 5)
		assert(!before_ms(h * HOUR, 30 * DAY));
	/* By now what began before that is as old as it looks, or nearly. */
	assert(before_ms(3 * HOUR + AFTER, 30 * DAY) == ms(START + 3 * HOUR + 30 * DAY));
}

static void test_a_clock_that_is_set_forward_and_back_again_ends_no_fresh_upload(void)
{
	uint64_t before;

	begin(AFTER);
	assert(before_ms(2 * HOUR, 0));
	assert(!before_ms(3 * HOUR, 400 * DAY));
	assert(!before_ms(4 * HOUR, 0));
	before = before_ms(3 * HOUR + AFTER, 0);
	assert(before == ms(START + 3 * HOUR));
}

static void test_a_clock_set_back_makes_uploads_younger_and_no_more(void)
{
	begin(AFTER);
	assert(before_ms(2 * HOUR, 0));
	assert(before_ms(3 * HOUR, -(int64_t)DAY) == ms(START + 3 * HOUR - DAY - AFTER));
	/* Before 1970 and its first week there is nothing. */
	assert(!before_ms(4 * HOUR, -(int64_t)(START + 4 * HOUR) + (int64_t)DAY));
}

static void test_a_clock_that_is_slewed_is_believed(void)
{
	begin(AFTER);
	for (uint64_t h = 2; h < 100; h++)
		assert(before_ms(h * HOUR, (int64_t)(h * 2 * NS_PER_S)));
	assert(!before_ms(100 * HOUR, (int64_t)(400 * NS_PER_S)));
}

static void test_it_is_looked_at_often_enough_and_not_too_often(void)
{
	begin(AFTER);
	assert(expiry_interval_ns(&e) == HOUR);
	begin(8 * 60 * NS_PER_S);
	assert(expiry_interval_ns(&e) == 60 * NS_PER_S);
	begin(1);
	assert(expiry_interval_ns(&e) == NS_PER_S);
}

int main(void)
{
	test_what_is_older_than_that_is_over();
	test_never_is_never();
	test_right_after_the_start_nothing_is_over();
	test_a_clock_set_forward_makes_nothing_old();
	test_a_clock_that_is_set_forward_and_back_again_ends_no_fresh_upload();
	test_a_clock_set_back_makes_uploads_younger_and_no_more();
	test_a_clock_that_is_slewed_is_believed();
	test_it_is_looked_at_often_enough_and_not_too_often();
	return 0;
}
