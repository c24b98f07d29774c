/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `cofferctl status` tells of a server's figures, added up. */

#include "client/daemon.h"
#include "client/figures.h"
#include "s3/request.h"

/* How requests have ended. */
enum vitals_end {
	VITALS_DONE,		/* 2xx and 3xx */
	VITALS_CLIENT_ERROR,	/* 4xx */
	VITALS_SERVER_ERROR,	/* 5xx */
	VITALS_UNANSWERED,	/* the client left */
	VITALS_ENDS,
};

struct vitals_daemon {
	struct span version;		/* SPAN_NONE: it did not answer */
	struct span confinement;	/* in its own word: full, one-uid, degraded */
	uint64_t landlock_abi;		/* 0: without */
};

/* Borrows from the text. */
struct vitals {
	struct vitals_daemon daemons[DAEMONS];
	uint64_t requests[S3_DIALECT_COUNT][VITALS_ENDS]; /* since the frontend has started */
	uint64_t tenants, access_keys, tokens;
	uint64_t disk_size, disk_free, disk_floor; /* in bytes; size 0: stored did not answer */
};

void vitals_take(struct span text, struct vitals *ret);
