/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The store from within: its parts, and what they ask of one another. For the engine's own files
 * and their tests; everybody else sees stored/store.h.
 */

#include "stored/engine/bucket_index.h"
#include "stored/engine/catalogs.h"
#include "stored/engine/commits.h"
#include "stored/engine/committer.h"
#include "stored/engine/meters.h"
#include "stored/engine/restoring.h"
#include "stored/engine/room.h"
#include "stored/engine/sluice.h"
#include "stored/engine/stamps.h"
#include "stored/engine/sweep.h"

struct store {
	struct store_config config; /* with the defaults filled in */
	struct durable durable;
	struct durable_meters flushes;
	struct store_meters meters;
	int data_fd;
	int tenants_fd;
	char *tenants_path;
	char *index_path;
	uint64_t started_ns; /* CLOCK_REALTIME: what is older was there before */
	bool nameless; /* files can be staged without a name */
	bool running;

	pthread_mutex_t lock; /* of n_pending */
	pthread_cond_t settled;
	size_t n_pending; /* changes submitted and not yet done */

	struct commits commits;
	struct stamps stamps;
	struct restorations restorations;
	struct room room;
	struct sluice sluice;
	struct catalogs catalogs;
	struct bucket_index index;
	struct committers committers;
	struct sweep sweep;
};

/* The store's logical clock for rows: CLOCK_REALTIME in ms. */
uint64_t store_now_ms(void);

/*
 * What to say of a bucket that is not in the tenant's catalog: ACCESS_DENIED where it is another's,
 * else NO_SUCH_BUCKET. -errno.
 */
must_check int store_explain_missing(struct store *s, const struct ipc_id *tenant,
				     struct span name);

/* 1: this tenant's catalog has the bucket; 0: no. */
must_check int store_has_bucket(struct store *s, const struct ipc_id *tenant, struct span name);

/* Calls each() for every tenant that has a directory, until one is not 0. */
must_check int store_each_tenant(struct store *s,
				 int (*each)(void *context, const struct ipc_id *tenant),
				 void *context);

/* Past the routing of store_submit(): straight to the tenant's committer. */
must_check int store_submit_to_committer(struct store *s, struct change *c);

/* Ends a change: its outcome as clients are told it, then done(). */
void store_finish_change(struct store *s, struct change *c, int result);

/* A flush of this catalog failed: it takes no more changes, and config.failed() hears of it. */
void store_fail_catalog(struct store *s, struct catalog *c);
