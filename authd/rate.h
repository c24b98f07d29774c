/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How often something may be said: so many at once, then one each interval. What was held back is
 * counted, so that the log never lies about how much there was.
 */

#include "authd/allowance.h"

struct rate {
	struct allowance_size size;
	struct allowance allowance;
	uint64_t held_back;
};

#define RATE_INIT(interval_ns_, burst_) ((struct rate){ .size = { (interval_ns_), (burst_) } })

/* True if it may be said now; then *ret_held_back is how many were not since the last. */
bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_held_back);
