/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How often something may be said: so many at once, then one each interval. What was held back is
 * counted, so that the log never lies about how much there was.
 */

#include "base/defs.h"

struct rate {
	uint64_t interval_ns;
	unsigned int burst;
	unsigned int left;
	uint64_t filled_ns;	/* until when the interval has been counted */
	uint64_t held_back;
};

#define RATE_INIT(interval_ns_, burst_)                                                            \
	((struct rate){ .interval_ns = (interval_ns_), .burst = (burst_), .left = (burst_) })

/* True if it may be said now; then *ret_held_back is how many were not since the last. */
bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_held_back);
