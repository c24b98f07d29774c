/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the store counts of its own work, on whichever thread does it. */

#include "base/meter.h"
#include "stored/scrub.h"

/* SWEPT(SYMBOL, "why") */
#define SWEPT(SWEPT_)                                                                              \
	SWEPT_(DROPPED, "dropped")	/* never became part of an object */                       \
	SWEPT_(DEAD, "dead")		/* no row names it any more */                             \
	SWEPT_(ORPHAN, "orphan")	/* left behind by a process that is gone */

enum swept {
#define SWEPT_(SYMBOL, why) SWEPT_##SYMBOL,
	SWEPT(SWEPT_)
#undef SWEPT_
	SWEPT_COUNT,
};

struct store_meters {
	meter_count reads; /* of catalogs */
	struct meter commit_changes;	/* that share a transaction */
	struct meter commit_times;
	meter_count swept[SWEPT_COUNT];
	meter_count expired; /* uploads in parts */
	meter_count scrubbed; /* bytes */
	meter_count damages[SCRUB_WHATS]; /* that were found */
};
