/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/rate.h"

bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_held_back)
{
	if (allowance_take(&r->allowance, &r->size, now_ns)) {
		r->held_back++;
		return false;
	}
	*ret_held_back = r->held_back;
	r->held_back = 0;
	return true;
}
