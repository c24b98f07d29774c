/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/rate.h"

static void fill(struct rate *r, uint64_t now_ns)
{
	uint64_t n = now_ns > r->filled_ns ? (now_ns - r->filled_ns) / r->interval_ns : 0;

	if (n >= r->burst - r->left) {
		r->left = r->burst;
		r->filled_ns = now_ns;
	} else {
		r->left += (unsigned int)n;
		r->filled_ns += n * r->interval_ns;
	}
}

bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_held_back)
{
	/* A full one starts to count when the first is taken. */
	if (r->left == r->burst)
		r->filled_ns = now_ns;
	fill(r, now_ns);
	if (!r->left) {
		r->held_back++;
		return false;
	}
	r->left--;
	*ret_held_back = r->held_back;
	r->held_back = 0;
	return true;
}
