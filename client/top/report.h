/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What has come between two moments, tenant by tenant: for people, for other programs, and in between. */

#include <jansson.h>
#include <stdio.h>

#include "client/top/load.h"

/* What has come of each tenant in so many seconds; the busiest first. */
struct report {
	const struct load *now;
	struct load_tenant *since;	/* as many as there are tenants now */
	struct load_tenant all;	/* their sum */
	double seconds;
	uint64_t at_ns;			/* CLOCK_REALTIME */
};

/* Of two looks, so many seconds apart; both are borrowed. -ENOMEM. */
must_check int report_make(const struct load *before, const struct load *now, double seconds,
			   struct report *ret);
void report_clear(struct report *r);

/* A table; of tenants only those who asked for something, with `rows` at most so many. */
void report_table(FILE *to, const struct report *r, size_t rows);

/* A line for each tenant who asked for something, with the time in front. */
void report_lines(FILE *to, const struct report *r);

/* NULL for lack of memory. */
json_t *report_json(const struct report *r);

#define REPORT_TIME_MAX 24

/* "0.42ms", "1.5s", ">60s", "-". Returns buf. */
const char *report_time(uint64_t ns, char buf[static REPORT_TIME_MAX]);
