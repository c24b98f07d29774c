/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The rows of buckets.db: which tenant claims which name. */

#include "ipc/wire.h"
#include "stored/engine/database.h"

struct claim {
	size_t name_len;
	uint8_t name[64];
	struct ipc_id tenant;
};

extern const struct database_texts claims_texts;

/* Makes the table in a new file. -ENOTSUP: a later release made it. */
must_check int claims_prepare(struct database *db);

must_check int claims_begin(struct database *db);
must_check int claims_commit(struct database *db);
void claims_roll_back(struct database *db);

/* 1: *ret claims the name; 0: nobody. */
must_check int claims_find(struct database *db, struct span name, struct ipc_id *ret);
must_check int claims_put(struct database *db, struct span name, const struct ipc_id *tenant);
must_check int claims_delete(struct database *db, struct span name, const struct ipc_id *tenant);
must_check int claims_delete_all(struct database *db, const struct ipc_id *tenant);

/* The next in the order of names: *at is replaced by it. Begin with an empty one. 1, or 0: the end. */
must_check int claims_next(struct database *db, struct claim *at);
