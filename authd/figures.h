/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What coffer-authd counts, on its loop, and tells of itself for the metrics. */

#include "ipc/channel.h"
#include "s3/errors.h"
#include "s3/request.h"

struct authd;

#define FIGURES_TENANTS_MAX 200

/* Who is at the other end of a channel. */
enum figures_peer {
	FIGURES_FRONTEND,
	FIGURES_STORED,
	FIGURES_PEERS,
};

enum figures_limit {
	FIGURES_LIMIT_REQUESTS,	/* of one credential */
	FIGURES_LIMIT_TENANT,	/* of all of a tenant */
	FIGURES_LIMIT_LOGINS,	/* wrong credentials of one address */
	FIGURES_LIMITS,
};

enum figures_order {
	FIGURES_ORDER_DONE,
	FIGURES_ORDER_REFUSED,
	FIGURES_ORDER_FAILED,	/* of our own */
	FIGURES_ORDERS,
};

struct figures {
	uint64_t started_ns;	/* CLOCK_REALTIME */
	uint64_t grants[S3_DIALECT_COUNT];
	uint64_t denials[S3_ERROR_COUNT];
	uint64_t slowed[FIGURES_LIMITS];
	uint64_t epochs;
	uint64_t orders[FIGURES_ORDERS];
	uint64_t losses[FIGURES_PEERS][CHANNEL_ENDS];
};

/* Appends samples; the buffer's error tells whether they are whole. */
void figures_tell(const struct authd *a, struct buffer *to);
