/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/lane.h"

/* In 128 bits nothing overflows; rounded up, so that many small ones pass no faster than one. */
uint64_t lane_cost_ns(uint64_t bytes, uint64_t rate, unsigned int own, unsigned int all)
{
	unsigned __int128 parts = (unsigned __int128)bytes * NS_PER_S * all;
	unsigned __int128 by = (unsigned __int128)rate * own;

	return (uint64_t)MIN((parts + by - 1) / by, (unsigned __int128)(UINT64_MAX / 2));
}

void lane_take(struct lane *l, uint64_t cost_ns, uint64_t now_ns)
{
	l->busy_ns = MAX(l->busy_ns, now_ns) + cost_ns;
}
