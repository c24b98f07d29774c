/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Counting while others read: a number that only grows, and a histogram. Both are plain memory that
 * may be shared with other threads or processes, and start out as zeros. Whoever counts takes no
 * lock: a meter_*_alone() is for what a single thread ever writes, and is not even an atomic addition.
 * Readers see each number whole, and of a histogram a moment that may be a few events off.
 */

#include <stdatomic.h>

#include "base/defs.h"

/*
 * Upper bounds of the buckets, each inclusive. Times are for what a client waits for, from a lookup
 * in memory to a copy of gigabytes; sizes for how many of something come together.
 */
#define METER_TIMES(BOUND)                                                                         \
	BOUND(100 * NS_PER_US)                                                                     \
	BOUND(250 * NS_PER_US)                                                                     \
	BOUND(500 * NS_PER_US)                                                                     \
	BOUND(NS_PER_MS)                                                                           \
	BOUND(2500 * NS_PER_US)                                                                    \
	BOUND(5 * NS_PER_MS)                                                                       \
	BOUND(10 * NS_PER_MS)                                                                      \
	BOUND(25 * NS_PER_MS)                                                                      \
	BOUND(50 * NS_PER_MS)                                                                      \
	BOUND(100 * NS_PER_MS)                                                                     \
	BOUND(250 * NS_PER_MS)                                                                     \
	BOUND(500 * NS_PER_MS)                                                                     \
	BOUND(NS_PER_S)                                                                            \
	BOUND(2500 * NS_PER_MS)                                                                    \
	BOUND(5 * NS_PER_S)                                                                        \
	BOUND(10 * NS_PER_S)                                                                       \
	BOUND(60 * NS_PER_S)

#define METER_SIZES(BOUND)                                                                         \
	BOUND(1)                                                                                   \
	BOUND(2)                                                                                   \
	BOUND(4)                                                                                   \
	BOUND(8)                                                                                   \
	BOUND(16)                                                                                  \
	BOUND(32)                                                                                  \
	BOUND(64)                                                                                  \
	BOUND(128)                                                                                 \
	BOUND(256)                                                                                 \
	BOUND(512)

#define METER_ONE(bound) +1
#define METER_BOUNDS_MAX (0 METER_TIMES(METER_ONE))
_Static_assert(METER_BOUNDS_MAX >= 0 METER_SIZES(METER_ONE), "the sizes fit, too");

enum meter_scale {
	METER_SCALE_TIMES,	/* nanoseconds */
	METER_SCALE_SIZES,
	METER_SCALES,
};

struct meter_row {
	size_t n;
	uint64_t bounds[METER_BOUNDS_MAX];
};

extern const struct meter_row meter_rows[METER_SCALES];

typedef _Atomic uint64_t meter_count;

/* Not cumulative: a value is in one bucket, the last of which has no bound. */
struct meter {
	meter_count buckets[METER_BOUNDS_MAX + 1];
	meter_count sum;
};

static inline uint64_t meter_read(const meter_count *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

static inline void meter_set(meter_count *c, uint64_t value)
{
	atomic_store_explicit(c, value, memory_order_relaxed);
}

static inline void meter_add(meter_count *c, uint64_t n)
{
	atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static inline void meter_add_alone(meter_count *c, uint64_t n)
{
	meter_set(c, meter_read(c) + n);
}

void meter_note(struct meter *m, enum meter_scale scale, uint64_t value);
void meter_note_alone(struct meter *m, enum meter_scale scale, uint64_t value);
