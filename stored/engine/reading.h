/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One read of a tenant's catalog: a connection, and one moment of it for all that is asked. */

#include "stored/engine/engine.h"
#include "stored/engine/rows.h"

struct reading {
	struct store *store;
	struct ipc_id tenant;
	struct catalog *catalog;
	struct database *db;
	bool pinning;
};

/*
 * NO_SUCH_BUCKET where the tenant has no catalog at all. With `pin`, blobs may be pinned until the
 * end. What was begun must be ended, what failed to begin may be.
 */
must_check int reading_begin(struct store *s, const struct ipc_id *tenant, bool pin,
			     struct reading *ret);
void reading_end(struct reading *r);

/*
 * Ends it and turns NO_SUCH_BUCKET into what the client is told about `bucket`; others pass
 * through.
 */
must_check int reading_result(struct reading *r, struct span bucket, int result);
