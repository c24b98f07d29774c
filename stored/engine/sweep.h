/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One thread that takes away what nobody needs any more: blobs that were dropped before they became
 * part of the store, blobs in a catalog's table of dead, uploads in parts that nobody has finished in
 * time, and once after the start orphans: files in no catalog, not of an upload under way, and named
 * before this start.
 */

#include <pthread.h>

#include "stored/engine/blob_life.h"
#include "stored/engine/expiry.h"
#include "stored/engine/place.h"

struct sweep_tenant {
	struct ipc_id tenant;
	struct sweep_tenant *next;
};

struct sweep {
	struct store *store;
	pthread_t thread;
	bool started;
	struct expiry expiry; /* the thread's own */
	pthread_mutex_t lock; /* of these: */
	pthread_cond_t wake;
	struct blob *dropped;
	struct sweep_tenant *tenants; /* whose dead are to be buried */
	uint64_t due_ns; /* CLOCK_MONOTONIC; they are let gather for a moment */
	bool stopping;
};

void sweep_init(struct sweep *w, struct store *s);
must_check int sweep_start(struct sweep *w);

/* Ends the thread; what was dropped and is still there, sweep_clear() removes. */
void sweep_stop(struct sweep *w);
void sweep_clear(struct sweep *w);

bool sweep_is_stopping(struct sweep *w);

/* Never waits for the disk. */
void sweep_take_blob(struct sweep *w, struct blob *b);
void sweep_tell_of_dead(struct sweep *w, const struct ipc_id *tenant);

/*
 * The work itself, on the caller's thread. Names of the dead are taken away unless they are pinned;
 * *ret_n is how many were.
 */
must_check int sweep_bury_dead(struct store *s, const struct ipc_id *tenant, size_t *ret_n);
must_check int sweep_orphans(struct store *s, const struct ipc_id *tenant, size_t *ret_n);

/*
 * Ends uploads that began before that moment, and to which nothing was added since; as their clients
 * could. *ret_n is how many, also where it could not go on.
 */
must_check int sweep_overdue(struct store *s, const struct ipc_id *tenant, uint64_t before_ms,
			     size_t *ret_n);
