/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/lane.h"

#undef NDEBUG
#include <assert.h>

#define START (1000 * NS_PER_S)

/* How many bytes pass in so long, in pieces of that size, where the rate is shared so. */
static uint64_t passed(uint64_t rate, uint64_t piece, uint64_t for_ns, unsigned int own,
		       unsigned int of_all)
{
	struct lane l = { 0 };
	uint64_t n = 0;

	for (uint64_t now = START; now < START + for_ns;) {
		if (lane_is_free(&l, now)) {
			lane_take(&l, lane_cost_ns(piece, rate, own, of_all), now);
			n += piece;
		} else {
			now = lane_free_at_ns(&l);
		}
	}
	return n;
}

static void test_bytes_pass_at_the_rate_whatever_their_pieces(void)
{
	static const uint64_t rates[] = { 64 * KIB, MIB, 100 * MIB };
	static const uint64_t pieces[] = { 1024, 32 * KIB, 3 * MIB };

	for (size_t r = 0; r < ARRAY_SIZE(rates); r++)
		for (size_t p = 0; p < ARRAY_SIZE(pieces); p++) {
			uint64_t n = passed(rates[r], pieces[p], 100 * NS_PER_S, 1, 1);
			uint64_t most = 100 * rates[r] + rates[r] / 10 + pieces[p];

			assert(n <= most && n + pieces[p] >= 100 * rates[r]);
		}
}

static void test_a_share_of_the_rate_is_that(void)
{
	uint64_t quarter = passed(MIB, 4096, 100 * NS_PER_S, 16, 64);

	assert(quarter >= 25 * MIB && quarter <= 25 * MIB + MIB / 40 + 4096);
}

static void test_what_was_not_used_is_not_saved(void)
{
	struct lane l = { 0 };

	lane_take(&l, NS_PER_S, START);
	assert(!lane_is_free(&l, START) && lane_free_at_ns(&l) == START + NS_PER_S - LANE_BURST_NS);
	assert(!lane_is_idle(&l, START + NS_PER_S - 1) && lane_is_idle(&l, START + NS_PER_S));
	lane_take(&l, NS_PER_S, START + 3600 * NS_PER_S);
	assert(!lane_is_free(&l, START + 3600 * NS_PER_S));
}

/* Rounded down they would be free. */
static void test_bytes_that_hardly_take_time_take_some(void)
{
	assert(lane_cost_ns(1, INT64_C(1) << 40, 16, 16) == 1);
	assert(lane_cost_ns(0, MIB, 1, 1) == 0);
	assert(lane_cost_ns(UINT64_MAX, 1, 1, UINT32_MAX) == UINT64_MAX / 2);
}

int main(void)
{
	test_bytes_pass_at_the_rate_whatever_their_pieces();
	test_a_share_of_the_rate_is_that();
	test_what_was_not_used_is_not_saved();
	test_bytes_that_hardly_take_time_take_some();
	return 0;
}
