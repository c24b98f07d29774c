/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a worker counts of its requests. It is memory that the other workers read (board.h), written
 * by one thread, and costs neither a lock nor an allocation. Whoever reads another worker's cannot
 * rely on anything in it: that worker may be somebody else's by now.
 *
 * A tenant gets a place when its first request ends, up to COUNTS_TENANTS_MAX; those who find none
 * share the last one.
 */

#include "base/meter.h"
#include "frontend/links.h"
#include "frontend/presence.h"
#include "ipc/grant.h"

#define COUNTS_TENANTS_MAX 256
#define COUNTS_TENANT_PROBES 16
#define COUNTS_TENANT_NAME_MAX 63
#define COUNTS_OPERATIONS (S3_OPERATION_COUNT + 1)	/* the last: none, or not known */

/* STATUS(SYMBOL, "label") */
#define COUNTS_STATUSES(STATUS)                                                                    \
	STATUS(2XX, "2xx")                                                                         \
	STATUS(3XX, "3xx")                                                                         \
	STATUS(4XX, "4xx")                                                                         \
	STATUS(5XX, "5xx")                                                                         \
	STATUS(NONE, "none")	/* the client left before there was an answer */

enum counts_status {
#define STATUS(SYMBOL, label) COUNTS_##SYMBOL,
	COUNTS_STATUSES(STATUS)
#undef STATUS
	COUNTS_STATUS_COUNT,
};

enum counts_scrape {
	COUNTS_SCRAPE_ANSWERED,
	COUNTS_SCRAPE_REFUSED,
	COUNTS_SCRAPE_COUNT,
};

/* Limits that a worker holds a tenant to. */
enum counts_limit {
	COUNTS_LIMIT_PARALLEL,
	COUNTS_LIMIT_BANDWIDTH,
	COUNTS_LIMITS,
};

/* What both a worker and a tenant have. */
struct counts_traffic {
	meter_count received, sent;
	struct meter times;
};

struct counts_tenant {
	_Atomic bool taken;	/* after which id and name stay */
	struct ipc_id id;
	char name[COUNTS_TENANT_NAME_MAX + 1];
	meter_count requests[COUNTS_STATUS_COUNT];
	meter_count limited[COUNTS_LIMITS];
	struct counts_traffic traffic;
};

/* As things stand, at the last sweep. */
struct counts_now {
	meter_count running;	/* 1 while there is a worker */
	meter_count connections;
	meter_count in_flight;
	meter_count queued[LINKS_PEERS];	/* bytes */
};

struct counts {
	struct counts_now now;
	struct presence presence;
	meter_count requests[COUNTS_OPERATIONS][S3_DIALECT_COUNT][COUNTS_STATUS_COUNT];
	meter_count errors[S3_ERROR_COUNT];
	meter_count aborted;
	meter_count scrapes[COUNTS_SCRAPE_COUNT];
	meter_count losses[LINKS_PEERS][CHANNEL_ENDS];
	struct counts_traffic operations[COUNTS_OPERATIONS];
	struct meter answer_times[COUNTS_OPERATIONS];
	struct counts_tenant tenants[COUNTS_TENANTS_MAX + 1];	/* the last: all who found no place */
};

extern const char *const counts_status_labels[COUNTS_STATUS_COUNT];
extern const char *const counts_limit_labels[COUNTS_LIMITS];
extern const char *const counts_scrape_labels[COUNTS_SCRAPE_COUNT];

/* A request that has ended. */
struct counts_request {
	const struct grant *grant;	/* NULL where there was none */
	enum s3_dialect dialect;
	unsigned int status;		/* 0: no answer */
	enum s3_error error;		/* S3_ERROR_NONE: none */
	bool whole;			/* the client got all of the answer */
	uint64_t received, sent;
	uint64_t answer_ns;		/* 0: no answer */
	uint64_t ns;
};

void counts_note(struct counts *c, const struct counts_request *r);

/* A request that was refused for that. */
void counts_limit(struct counts *c, const struct principal *p, enum counts_limit limit);

/* The worker has gone: what it was at, it is at no longer. */
void counts_vacate(struct counts *c);
