/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Buckets that stored is asked to make, for what must not exist before its bucket does. Each such
 * order has a deadline; those under way fail when stored goes away. A bucket whose order failed so
 * may have been made all the same: asking again finds it.
 */

#include "authd/storelink.h"
#include "ipc/schema.h"
#include "ipc/wire.h"
#include "s3/errors.h"

#define PROVIDE_PATIENCE_NS (20 * NS_PER_S)

/* One under way. */
struct provision {
	struct authd *authd;
	struct loop_timer late;
	uint64_t order;
	void (*done)(void *owner, enum s3_error error);
	void *owner;
	struct provision *next, *before;
};

struct provisions {
	struct provision *first;
	size_t n;
	uint64_t last;		/* the number of the one before */
};

enum provide_outcome {
	PROVIDE_OK = 0,
	PROVIDE_FULL,	/* as many as may be are under way */
	PROVIDE_AWAY,	/* stored is not there */
};

/*
 * Sees to it that the tenant has that bucket, durably. done() comes later, once, on the loop: with
 * S3_ERROR_NONE, also where the tenant had it; BUCKET_ALREADY_EXISTS, where it is another's;
 * SERVICE_UNAVAILABLE, where stored did not say; or what else stored says. The name must be valid.
 */
must_check int provide_bucket(struct authd *a, const struct ipc_id *tenant, struct span bucket,
			      void (*done)(void *owner, enum s3_error error), void *owner);

/* stored has answered. An order that is over already is nobody's. */
void provisions_settle(struct authd *a, uint64_t order, enum s3_error error);

/* stored is gone. */
void provisions_fail(struct authd *a);
