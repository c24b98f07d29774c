/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/rate.h"

static void summarise(struct rate *r)
{
	uint64_t held_back = r->held_back;

	r->held_back = 0;
	if (held_back)
		r->tell(r, held_back);
}

static int flood_is_old(struct loop_timer *t)
{
	summarise((struct rate *)((char *)t - offsetof(struct rate, summary)));
	return 0;
}

void rate_init(struct rate *r, const struct allowance_size *size, struct loop *l,
	       void (*tell)(struct rate *r, uint64_t held_back))
{
	*r = (struct rate){
		.size = *size, .loop = l, .summary.expired = flood_is_old, .tell = tell
	};
}

void rate_clear(struct rate *r)
{
	loop_disarm(&r->summary);
	summarise(r);
}

void rate_hold_back(struct rate *r, uint64_t now_ns, uint64_t n)
{
	r->held_back += n;
	if (!r->summary.loop)
		loop_arm(r->loop, &r->summary, now_ns + RATE_SUMMARY_NS);
}

bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_held_back)
{
	if (allowance_take(&r->allowance, &r->size, now_ns)) {
		rate_hold_back(r, now_ns, 1);
		return false;
	}
	*ret_held_back = r->held_back;
	r->held_back = 0;
	return true;
}
