/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * When uploads in parts that nobody finishes are over. How long ago one began is known by the wall
 * clock only, which may be set while it lasts; by mistake, too. So the wall clock is held against
 * CLOCK_BOOTTIME, and where it was set forward nothing is over until as much time has truly passed:
 * what began before that is then old by any clock. Set back, it makes uploads look younger, which
 * harms none. At the start nothing is known of it, and it is given EXPIRY_SETTLING_NS to be put right.
 */

#include "base/defs.h"

#define EXPIRY_SETTLING_NS (3600 * NS_PER_S)
#define EXPIRY_STEP_NS (60 * NS_PER_S)		/* less is no step, but a clock that is slewed */
#define EXPIRY_LOOK_LEAST_NS NS_PER_S
#define EXPIRY_LOOK_MOST_NS (3600 * NS_PER_S)

struct expiry {
	uint64_t after_ns;	/* 0: never */
	uint64_t offset_ns;	/* of the wall clock to CLOCK_BOOTTIME when it was last looked at */
	uint64_t trusted_ns;	/* CLOCK_BOOTTIME from which on it is believed */
};

void expiry_init(struct expiry *e, uint64_t after_ns, uint64_t realtime_ns, uint64_t boottime_ns);

/* How long to wait before it is worth looking again. Not where they are never over. */
uint64_t expiry_interval_ns(const struct expiry *e);

/* True: what began, and was last added to, before *ret_before_ms is over. False: nothing is. */
must_check bool expiry_look(struct expiry *e, uint64_t realtime_ns, uint64_t boottime_ns,
			    uint64_t *ret_before_ms);
