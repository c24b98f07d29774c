/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/rate.h"

#include "authd/audit/denials.h"
#include "base/clock.h"
#include "office.h"

#undef NDEBUG
#include <assert.h>

#define START (1000 * NS_PER_S)

static unsigned int take(struct rate *r, uint64_t now_ns, unsigned int times)
{
	unsigned int taken = 0;
	uint64_t held_back;

	while (times--)
		taken += rate_take(r, now_ns, &held_back);
	return taken;
}

static uint64_t told;

static void tell(struct rate *r, uint64_t held_back)
{
	told += held_back;
}

static void begin(struct rate *r, uint32_t burst)
{
	static struct loop never_turns;

	never_turns = (struct loop){ .epoll_fd = -1 };
	told = 0;
	rate_init(r, &(struct allowance_size){ NS_PER_S, burst }, &never_turns, tell);
}

static void test_a_burst_and_then_one_each_interval(void)
{
	struct rate r;

	begin(&r, 5);
	assert(take(&r, START, 100) == 5);
	assert(take(&r, START + NS_PER_S - 1, 100) == 0);
	assert(take(&r, START + NS_PER_S, 100) == 1);
	assert(take(&r, START + 3 * NS_PER_S + NS_PER_S / 2, 100) == 2);
	assert(take(&r, START + 4 * NS_PER_S, 100) == 1);
	assert(take(&r, START + 1000 * NS_PER_S, 100) == 5);
	rate_clear(&r);
}

static void test_a_quiet_time_gives_no_more_than_a_burst(void)
{
	struct rate r;

	begin(&r, 5);
	assert(take(&r, START, 1) == 1);
	assert(take(&r, START + 1000000 * NS_PER_S, 100) == 5);
	rate_clear(&r);
}

static void test_what_was_held_back_is_counted(void)
{
	uint64_t held_back = 77;
	struct rate r;

	begin(&r, 2);
	assert(take(&r, START, 10) == 2);
	assert(rate_take(&r, START + NS_PER_S, &held_back) && held_back == 8);
	assert(rate_take(&r, START + 2 * NS_PER_S, &held_back) && held_back == 0);
	rate_clear(&r);
	assert(told == 0);
}

/* By itself when it is old, and at the end; each of them once. */
static void test_what_was_held_back_is_told_though_nothing_follows(void)
{
	struct rate r;

	begin(&r, 2);
	assert(take(&r, START, 10) == 2);
	assert(r.summary.loop && r.summary.at_ns == START + RATE_SUMMARY_NS);
	assert(r.summary.expired(&r.summary) == 0 && told == 8);
	assert(take(&r, START, 5) == 0);
	rate_clear(&r);
	assert(told == 13 && !r.summary.loop);
	rate_clear(&r);
	assert(told == 13);
}

/* The log of a flood of denials: a burst of lines, and how many there were beside. */
static void test_a_flood_of_denials_is_a_few_lines(void)
{
	struct denial denial = { .error = S3_ERROR_ACCESS_DENIED,
				 .peer = SPAN("192.0.2.1\nforged line"),
				 .credential = SPAN("unknown") };
	struct denials d;
	struct loop l;
	const char *said;
	size_t lines = 0;

	assert(loop_init(&l) == 0);
	office_log_begin();
	denials_init(&d, &l, &(struct audit){ 0 });
	for (denial.request_id = 0; denial.request_id < 10000; denial.request_id++)
		denials_note(&d, &denial);
	assert(d.rate.summary.loop);
	loop_arm(&l, &d.rate.summary, clock_boottime_ns());
	assert(loop_step(&l, 100) == 0);
	denials_clear(&d);
	said = office_log_end();
	for (const char *at = said; (at = strchr(at, '\n')); at++)
		lines++;
	assert(lines >= DENIALS_BURST && lines < DENIALS_BURST + 20);
	assert(strstr(said, "denials-not-told count=9"));
	assert(!strstr(said, "\nforged line"));
	loop_clear(&l);
}

int main(void)
{
	test_a_burst_and_then_one_each_interval();
	test_a_quiet_time_gives_no_more_than_a_burst();
	test_what_was_held_back_is_counted();
	test_what_was_held_back_is_told_though_nothing_follows();
	test_a_flood_of_denials_is_a_few_lines();
	return 0;
}
