/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A lane lets bytes pass at a rate. Whoever asks gets all he asks for as long as those before him are
 * through, or nearly; how long his own take is then counted on. So a piece may be larger than anything
 * that the rate lets pass at once, and is paid for by who comes next.
 */

#include "base/defs.h"

#define LANE_BURST_NS (100 * NS_PER_MS)	/* so much earlier than the rate says */

struct lane {
	uint64_t busy_ns;	/* until then the bytes last that were let through */
};

static inline bool lane_is_free(const struct lane *l, uint64_t now_ns)
{
	return l->busy_ns <= now_ns + LANE_BURST_NS;
}

/* When it will be, at the soonest. */
static inline uint64_t lane_free_at_ns(const struct lane *l)
{
	return l->busy_ns - MIN(l->busy_ns, (uint64_t)LANE_BURST_NS);
}

/* Nothing is left of what was let through. */
static inline bool lane_is_idle(const struct lane *l, uint64_t now_ns)
{
	return l->busy_ns <= now_ns;
}

/* How long so many bytes take at `own` of `all` parts of the rate, in bytes a second. */
uint64_t lane_cost_ns(uint64_t bytes, uint64_t rate, unsigned int own, unsigned int all);

/* Lets them through, now. */
void lane_take(struct lane *l, uint64_t cost_ns, uint64_t now_ns);
