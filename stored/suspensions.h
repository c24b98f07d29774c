/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which tenants are suspended, or are being deleted, which is no other thing here. What they ask for
 * themselves authd refuses; what others ask of their buckets is refused here. authd tells all of them before it lets anything happen, and from then on each
 * that changes. The set is in memory only: without an authd that has told it, there is no grant.
 *
 * The loop's thread changes it; any thread may ask.
 */

#include <pthread.h>

#include "ipc/schema.h"
#include "ipc/wire.h"

/* Ordered by their bytes. */
struct suspended {
	struct ipc_id *ids;
	size_t n;
};

struct suspensions {
	pthread_mutex_t lock;		/* of `in_force`, but for the loop's thread to read it */
	struct suspended in_force;
	struct suspended coming;	/* what an authd that is new has told so far */
};

enum suspensions_outcome {
	SUSPENSIONS_OK = 0,
	SUSPENSIONS_ABSURD,	/* half an id, or more tenants than there can be: no authd says so */
};

void suspensions_init(struct suspensions *s);
void suspensions_clear(struct suspensions *s);

/* Another authd begins to tell: nothing has come yet. What is in force stays. */
void suspensions_expect(struct suspensions *s);

/* Some of them, end to end. -ENOMEM. */
must_check int suspensions_hear(struct suspensions *s, struct span tenants);

/* That were all: they are in force, and no others. */
void suspensions_settle(struct suspensions *s);

/* One more, or one less. -ENOMEM. */
must_check int suspensions_change(struct suspensions *s, const struct ipc_id *tenant, bool suspended);

bool suspensions_have(struct suspensions *s, const struct ipc_id *tenant);

/* The same for the loop's thread only, which nobody else changes the set beside: it does not wait. */
bool suspensions_have_on_loop(const struct suspensions *s, const struct ipc_id *tenant);

/* False where the tenant is suspended. True: nor is it before suspensions_let_go(), which follows at once. */
must_check bool suspensions_hold_off(struct suspensions *s, const struct ipc_id *tenant);
void suspensions_let_go(struct suspensions *s);
