/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is reserved in a ledger for a body that is on its way: stored/store.h. */

#include "stored/engine/ledger.h"

struct reservation {
	struct catalog *catalog; /* a reference: its ledger stays where it is */
	uint64_t bucket;
	struct growth growth; /* what is reserved now; the committer's while it is being spent */
	uint64_t replaced; /* bytes of what will go: so many may come without a growth */
	struct reservation *next_spent; /* in a transaction */
};
