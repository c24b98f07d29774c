/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An allowance is so many times at once, and one more each interval until it is whole again: what
 * others call a token bucket, words that mean other things here. All that is kept is when it will
 * be whole; a time in the past is as good as none. So one of zeros is whole, and a whole one can be
 * forgotten.
 */

#include "base/defs.h"

struct allowance_size {
	uint64_t interval_ns;
	uint32_t times;		/* multiplied by the interval less than 2^63 ns */
};

struct allowance {
	uint64_t whole_ns;
};

/* 0: taken, once. Else it is used up, nothing was taken, and in so many ns there will be one. */
uint64_t allowance_take(struct allowance *a, const struct allowance_size *size, uint64_t now_ns);

static inline bool allowance_is_whole(const struct allowance *a, uint64_t now_ns)
{
	return a->whole_ns <= now_ns;
}
