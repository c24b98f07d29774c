/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How long things took: counted in slots that grow with the time, so that every figure read from
 * it is within one in 64 of the truth, from a microsecond to an hour, in a few KiB.
 */

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_FINE	 64 /* slots in each doubling */
#define HISTOGRAM_DOUBLE 42 /* doublings of a nanosecond, beyond the first HISTOGRAM_FINE */

struct histogram {
	uint64_t counts[(HISTOGRAM_DOUBLE + 1) * HISTOGRAM_FINE];
	uint64_t n;
	uint64_t most_ns;
};

void histogram_add(struct histogram *h, uint64_t ns);

/* The time that `share` of all stay below, 0 < share <= 1; 0 where there are none. */
uint64_t histogram_quantile(const struct histogram *h, double share);

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* One line of JSON on stdout: what was counted in `seconds`, the bytes it moved, `all` that was done,
 * uncounted things too, and `counts`: [µs, how many took no longer and longer than the one before]. */
void histogram_print(const struct histogram *h, double seconds, uint64_t bytes, uint64_t all);
