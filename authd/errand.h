/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An errand is what stored is asked for by authd itself, and not by a grant: to make a bucket, for what
 * must not exist before its bucket does, to let a deleted tenant go, and to close what one has
 * that is suspended or goes. Those under way fail when stored goes away. What failed so may have been done
 * all the same: asking again finds out.
 */

#include "authd/storelink.h"
#include "ipc/erase.h"
#include "ipc/schema.h"
#include "ipc/wire.h"
#include "s3/errors.h"

#define ERRAND_PATIENCE_NS (20 * NS_PER_S)

enum errand_kind {
	ERRAND_PROVIDE,
	ERRAND_ASK,	/* whether a tenant could be erased */
	ERRAND_ERASE,
	ERRAND_SUSPEND,
	ERRAND_KINDS,
};

/* Who hears of it, once, on the loop. */
struct errand_waiter {
	void (*done)(void *owner, enum s3_error error);
	void *owner;
};

/* One under way. */
struct errand {
	struct authd *authd;
	enum errand_kind kind;
	struct loop_timer late;	/* where somebody waits */
	uint64_t order;
	struct ipc_id tenant;
	struct errand_waiter waiter;
	struct errand *next, *before;
};

struct errands {
	struct errand *first;
	size_t n[ERRAND_KINDS];
	uint64_t last;		/* the number of the one before */
};

enum errand_outcome {
	ERRAND_OK = 0,
	ERRAND_FULL,	/* as many of its kind as may be are under way */
	ERRAND_AWAY,	/* stored is not there */
};

/*
 * Sees to it that the tenant has that bucket, durably. Whoever waits hears later: of
 * S3_ERROR_NONE, also where the tenant had it; BUCKET_ALREADY_EXISTS, where it is another's;
 * SERVICE_UNAVAILABLE, where stored did not say in time; or what else stored says. The name must be valid.
 */
must_check int errand_provide(struct authd *a, const struct ipc_id *tenant, struct span bucket,
			      struct errand_waiter w);

/*
 * Sees to it that nothing of the tenant is left, or with ERASE_ASK asks whether it has a bucket. As
 * above, with BUCKET_NOT_EMPTY where it has one. Erasing takes as long as it takes; only the question
 * has a deadline.
 */
must_check int errand_erase(struct authd *a, const struct ipc_id *tenant, enum erase_mode mode,
			    struct errand_waiter w);

/*
 * Tells stored that the tenant is suspended or goes, or that it is neither any more. With ERRAND_AWAY the
 * stored that comes next hears of it before anything else; with ERRAND_FULL this one has been told, and
 * only says nothing of it. Otherwise whoever waits, if w.done is set, hears when it is so: of
 * S3_ERROR_NONE, or as above.
 */
must_check int errand_suspend(struct authd *a, const struct ipc_id *tenant, bool suspended,
			      struct errand_waiter w);

/* Whether one of that kind is under way for the tenant. */
bool errands_have(const struct authd *a, enum errand_kind kind, const struct ipc_id *tenant);

/* stored has answered. An order that is over already, or of another kind, is nobody's. */
void errands_settle(struct authd *a, enum errand_kind kind, uint64_t order, enum s3_error error);

/* The tenant goes: nobody's wait for it is worth anything any more. They hear SERVICE_UNAVAILABLE. */
void errands_give_up(struct authd *a, const struct ipc_id *tenant);

/* stored is gone. */
void errands_fail(struct authd *a);
