/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/allowance.h"

uint64_t allowance_take(struct allowance *a, const struct allowance_size *size, uint64_t now_ns)
{
	uint64_t whole_ns = MAX(a->whole_ns, now_ns) + size->interval_ns;
	uint64_t latest_ns = now_ns + size->interval_ns * size->times;

	if (whole_ns > latest_ns)
		return whole_ns - latest_ns;
	a->whole_ns = whole_ns;
	return 0;
}
