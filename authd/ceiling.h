/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a tenant may have at a time, of things that are used up and come back by themselves. A tenant has
 * what was said of it, or else what the configuration says of all.
 *
 *   CEILING(SYMBOL, symbol, "name", least, most)
 */
#define CEILINGS(CEILING)                                                                          \
	CEILING(RATE, rate, "requests_per_second", 1, 1000000)                                     \
	CEILING(BURST, burst, "burst", 1, 10000000)	/* requests at once */                     \
	CEILING(BANDWIDTH, bandwidth, "bandwidth", 65536, 1099511627776)	/* bytes a second, each way */ \
	CEILING(PARALLEL, parallel, "parallel", 1, 100000)	/* requests under way */

#include "base/defs.h"

enum ceiling {
#define CEILING(SYMBOL, ...) CEILING_##SYMBOL,
	CEILINGS(CEILING)
#undef CEILING
	CEILING_COUNT,
};

/* In place of a number. The first two are on disk. */
#define CEILING_OF_ALL (-1)	/* what the configuration says */
#define CEILING_NONE 0
#define CEILING_STAYS (-2)	/* in a change: whatever it was */

struct ceilings {
	int64_t of[CEILING_COUNT];
};

#define CEILINGS_OF_ALL                                                                            \
	((struct ceilings){ { CEILING_OF_ALL, CEILING_OF_ALL, CEILING_OF_ALL, CEILING_OF_ALL } })
#define CEILINGS_STAY                                                                              \
	((struct ceilings){ { CEILING_STAYS, CEILING_STAYS, CEILING_STAYS, CEILING_STAYS } })

/* How orders, answers and the database call it. */
const char *ceiling_name(enum ceiling c);

/* Whether it may be that number; words in its place are not asked about here. */
bool ceiling_admits(enum ceiling c, int64_t n);

/* What holds for a tenant: a number, or CEILING_NONE; a burst is then some seconds of the rate. */
int64_t ceiling_in_force(const struct ceilings *own, const struct ceilings *of_all, enum ceiling c);

void ceilings_change(struct ceilings *to, const struct ceilings *by);
