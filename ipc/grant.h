/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A grant is authd's word that one request may happen. It carries the whole request and who asks:
 * stored executes what it says and believes nothing else. These are its contents; ipc/sealed.h is
 * the envelope. It opens on one channel, in one epoch, until it expires, and once if it changes
 * something.
 */

#include "ipc/identity.h"
#include "ipc/principal.h"
#include "ipc/schema.h"
#include "s3/pairs.h"
#include "s3/request.h"

#define GRANT_LIFE_NS (30 * NS_PER_S)	/* from issue to opening */
#define GRANT_PEER_MAX 256

/*
 * What the tenant of who asks may have at a time: for who moves the bytes, and knows when a request has
 * ended. Of nobody in particular there are none.
 */
struct grant_limits {
	uint64_t bandwidth;	/* bytes of bodies a second, each way; 0: any */
	uint32_t parallel;	/* requests under way; 0: any number */
};

struct grant {
	struct ipc_id id;
	struct ipc_id channel;
	uint64_t epoch;			/* as in the envelope */
	uint64_t expires_ns;		/* CLOCK_BOOTTIME */
	uint64_t request_id;
	struct principal principal;
	struct identity identity;
	struct grant_limits limits;
	struct span peer;		/* textual address */
	struct s3_request request;	/* without credentials: those parameters and headers stay at authd */
};

/* Appends the contents, epoch included. The buffer's error tells whether they fit. */
void grant_encode(const struct grant *g, struct buffer *b);

/* False where the bytes are no grant. What is in *ret is borrowed from contents. */
must_check bool grant_decode(struct span contents, struct grant *ret);
