/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The record of who was refused what: a line in the log for each, up to a rate, and the number of
 * those that were held back. Neither signatures nor secrets are in it, of access keys only those
 * that exist, of tokens the names: what a stranger sends in their place may be a secret pasted into
 * the wrong field. Likewise of buckets; and of what stored has refused the record says so.
 */

#include "authd/audit/audit.h"
#include "authd/rate.h"
#include "s3/errors.h"

#define DENIALS_INTERVAL_NS (NS_PER_S / 10)
#define DENIALS_BURST 50

struct denials {
	struct rate rate;
	struct audit *audit;
};

void denials_init(struct denials *d, struct loop *l, struct audit *audit);

/* Says what is still untold. */
void denials_clear(struct denials *d);

/* What was refused, to whom. Texts are read during the call that is given them. */
struct denial {
	uint64_t request_id;
	enum s3_error error;		/* what was wrong, whether it was told or not */
	struct span peer;		/* an origin's text */
	struct span credential;		/* as ruling_credential() has it */
	uint32_t retry_after_s;		/* 0: he was told */
	const char *operation;		/* where stored has refused it; NULL: authd itself */
	struct span bucket;		/* likewise: one that is there, or empty */
	uint64_t untold;		/* likewise: how many before it stored did not tell of */
};

void denials_note(struct denials *d, const struct denial *denial);
