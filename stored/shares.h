/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Places of which there is a limited number, and who of the tenants has how many. Where they are shared, the
 * rule of base/turns.h holds: whoever has many leaves room for who comes next. One thread.
 */

#include "base/table.h"
#include "base/turns.h"
#include "ipc/wire.h"

struct shares {
	bool shared;		/* else one tenant may have all */
	size_t count, limit;	/* places that are taken, and that there are */
	struct table taken;	/* ipc_id_number() of a tenant -> how many */
};

#define SHARES_INIT(limit_, shared_) \
	((struct shares){ .shared = (shared_), .limit = (limit_), .taken = TABLE_INIT(limit_) })

void shares_clear(struct shares *s);

/* False where the tenant may have no more; also without memory. */
must_check bool shares_take(struct shares *s, const struct ipc_id *tenant);

/* One that it has. */
void shares_give_back(struct shares *s, const struct ipc_id *tenant);
