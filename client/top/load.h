/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the metrics say of tenants at one moment, and what has come between two of them. Pure: text in,
 * numbers out.
 */

#include "base/meter.h"
#include "base/span.h"

#define LOAD_NAME_MAX 64
#define LOAD_TENANTS_MAX 16384	/* more would be no text of a Coffer's */

enum load_count {
	LOAD_REQUESTS,
	LOAD_CLIENT_ERRORS,	/* 4xx; they are among the requests */
	LOAD_SERVER_ERRORS,
	LOAD_RECEIVED,		/* bytes */
	LOAD_SENT,
	LOAD_TIMES,		/* requests by METER_SCALE_TIMES, from here on; the last has no bound */
	LOAD_COUNTS = LOAD_TIMES + METER_BOUNDS_MAX + 1,
};

struct load_tenant {
	char name[LOAD_NAME_MAX];
	uint64_t counts[LOAD_COUNTS];
};

struct load {
	struct load_tenant *tenants;	/* in the order of their names */
	size_t n;
	size_t at;			/* the one last told of, while it is read */
	uint64_t connections, in_flight;
};

/* -EBADMSG where what it says of tenants cannot be; -ENOMEM. *ret is the caller's to clear. */
must_check int load_read(struct span text, struct load *ret);
void load_clear(struct load *l);

/* The tenant of that name, or NULL. */
const struct load_tenant *load_find(const struct load *l, const char *name);

/*
 * What has come since `before`, which may be NULL. Counters that are smaller than they were have begun
 * anew, with the server: then all there is has come since.
 */
void load_since(const struct load_tenant *before, const struct load_tenant *now,
		struct load_tenant *ret);

/* Adds numbers to numbers; the name stays. */
void load_add(struct load_tenant *to, const struct load_tenant *more);

#define LOAD_NO_TIME UINT64_MAX

/*
 * In ns, how long that part of the requests took at most: 0.5 for the median. Within a bucket they are
 * taken to lie evenly, as histogram_quantile() of Prometheus has it; of those longer than every bound the
 * last bound is given. LOAD_NO_TIME: there were none.
 */
uint64_t load_quantile(const struct load_tenant *t, double part);
