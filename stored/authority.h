/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * stored's end of the channel to authd, who says what may happen. stored dials, and dials again after a
 * loss, waiting longer each time. What comes in is which tenants are suspended, the seal key of a new
 * epoch, and orders to make a bucket or to erase a tenant; what goes out is the hashes of signed streams,
 * what became of those orders, and what was refused here, for authd's audit log.
 */

#include "ipc/channel.h"
#include "ipc/grant.h"
#include "s3/errors.h"

#define AUTHORITY_DIAL_FIRST_NS (100 * NS_PER_MS)
#define AUTHORITY_DIAL_MOST_NS (5 * NS_PER_S)

enum authority_state {
	AUTHORITY_AWAY = 0,	/* nobody there; a timer runs */
	AUTHORITY_GREETING,	/* introduced ourselves; waits for the key */
	AUTHORITY_READY,
	AUTHORITY_STATES,
};

struct service;

struct authority {
	struct service *service;
	enum authority_state state;
	struct channel channel;
	struct loop_timer redial;
	uint64_t wait_ns;	/* before the next attempt */
	uint64_t untold;	/* refusals that authd did not hear of */
};

/* Dials now if somebody is there, else later. */
must_check int authority_open(struct authority *a, struct service *s);
void authority_close(struct authority *a);

/* Hashes of the chunks of one upload, 32 bytes each. Lost where authd is away: then so is its chain. */
void authority_send_hashes(struct authority *a, const struct ipc_id *grant, struct span hashes);

/* The upload of this grant will not need its chain. */
void authority_unchain(struct authority *a, const struct ipc_id *grant);

/* What was refused, of a bucket that is there, or empty. Where authd has much to read it is only counted. */
void authority_refused(struct authority *a, const struct grant *g, enum s3_error error,
		       struct span bucket);

/* What became of an order to make a bucket. Nobody is told whose epoch is over. */
void authority_provided(struct authority *a, uint64_t epoch, uint64_t order, enum s3_error error);

/* Likewise, of an order to erase a tenant. */
void authority_erased(struct authority *a, uint64_t epoch, uint64_t order, enum s3_error error);
