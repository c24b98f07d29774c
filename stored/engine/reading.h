/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One read of a tenant's catalog: a connection, and one moment of it for all that is asked. Each is counted. */

#include "stored/engine/engine.h"
#include "stored/engine/rows.h"

struct reading {
	struct store *store;
	struct ipc_id tenant;
	struct catalog *catalog;
	struct catalog *reference; /* to it, or NULL: the caller has one */
	struct database *db;
	bool pinning;
};

/*
 * NO_SUCH_BUCKET where the tenant has no catalog at all. With `pin`, blobs may be pinned until the
 * end. What was begun must be ended, what failed to begin may be.
 */
must_check int reading_begin(struct store *s, const struct ipc_id *tenant, bool pin,
			     struct reading *ret);
/* The same in a catalog to which the caller has a reference until the end. */
must_check int reading_begin_in(struct store *s, struct catalog *c, bool pin, struct reading *ret);
void reading_end(struct reading *r);

/*
 * Ends it and turns NO_SUCH_BUCKET into what the client is told about `bucket`; others pass
 * through.
 */
must_check int reading_result(struct reading *r, struct span bucket, int result);
