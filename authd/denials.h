/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The record of who was refused what: a line in the log for each, up to a rate, and the number of
 * those that were held back. Neither signatures nor secrets are in it, of access keys only those
 * that exist, of tokens the names: what a stranger sends in their place may be a secret pasted into
 * the wrong field.
 */

#include "authd/audit.h"
#include "authd/judge.h"
#include "authd/origin.h"
#include "authd/rate.h"

#define DENIALS_INTERVAL_NS (NS_PER_S / 10)
#define DENIALS_BURST 50

struct denials {
	struct rate rate;
	struct audit *audit;
};

void denials_init(struct denials *d, struct loop *l, struct audit *audit);

/* Says what is still untold. */
void denials_clear(struct denials *d);

/* What was wrong, whether it was told or not; `retry_after_s` is 0 where it was. */
void denials_note(struct denials *d, uint64_t request_id, const struct origin *from,
		  const struct ruling *ruling, uint32_t retry_after_s);
