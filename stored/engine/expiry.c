/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/expiry.h"

void expiry_init(struct expiry *e, uint64_t after_ns, uint64_t realtime_ns, uint64_t boottime_ns)
{
	*e = (struct expiry){
		.after_ns = after_ns,
		.offset_ns = realtime_ns - boottime_ns,
		.trusted_ns = boottime_ns + MIN(after_ns, EXPIRY_SETTLING_NS),
	};
}

uint64_t expiry_interval_ns(const struct expiry *e)
{
	return MIN(MAX(e->after_ns / 8, EXPIRY_LOOK_LEAST_NS), EXPIRY_LOOK_MOST_NS);
}

/* The difference wraps, where the wall clock stands before the host's start. */
static bool was_set_forward(const struct expiry *e, uint64_t offset_ns)
{
	int64_t by_ns = (int64_t)(offset_ns - e->offset_ns);

	return by_ns > (int64_t)MIN(EXPIRY_STEP_NS, e->after_ns / 8);
}

bool expiry_look(struct expiry *e, uint64_t realtime_ns, uint64_t boottime_ns,
		 uint64_t *ret_before_ms)
{
	uint64_t offset_ns = realtime_ns - boottime_ns;

	if (was_set_forward(e, offset_ns))
		e->trusted_ns = boottime_ns + e->after_ns;
	e->offset_ns = offset_ns;
	if (!e->after_ns || boottime_ns < e->trusted_ns || realtime_ns < e->after_ns)
		return false;
	*ret_before_ms = (realtime_ns - e->after_ns) / NS_PER_MS;
	return true;
}
