/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How often something may be said: so many at once, then one each interval. What was held back is
 * counted and told of with the next that is said, or by itself where none comes, so that the log
 * never lies about how much there was.
 */

#include "authd/allowance.h"
#include "base/loop.h"

#define RATE_SUMMARY_NS (10 * NS_PER_S)	/* how long what was held back stays untold */

struct rate {
	struct allowance_size size;
	struct allowance allowance;
	uint64_t held_back;
	struct loop *loop;
	struct loop_timer summary;
	void (*tell)(struct rate *r, uint64_t held_back);
};

/* `tell` says how many there were that nothing else tells of. The loop must outlive the rate. */
void rate_init(struct rate *r, const struct allowance_size *size, struct loop *l,
	       void (*tell)(struct rate *r, uint64_t held_back));

/* Tells of what is still untold. */
void rate_clear(struct rate *r);

/* So many more were not said, by somebody else. */
void rate_hold_back(struct rate *r, uint64_t now_ns, uint64_t n);

/* True if it may be said now; then *ret_held_back is how many were not since the last. */
bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_held_back);
