/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a worker posts for the others of the tenants whose limits all workers share: how many requests it
 * has under way for one, how many of them move bytes, and until when what it let through lasts. It is
 * memory that others read (board.h), written by one thread.
 *
 * A tenant has a place here while it has a request under way or bytes are still counted on. What another
 * worker says is believed within bounds: where bandwidth is shared, no worker counts for more than
 * PRESENCE_MOVERS_MAX, so that none can take it all by a word.
 */

#include "base/meter.h"

enum presence_way {
	PRESENCE_IN,	/* from clients */
	PRESENCE_OUT,
	PRESENCE_WAYS,
};

#define PRESENCE_PLACES 1024
#define PRESENCE_PROBES 16
#define PRESENCE_MOVERS_MAX 16

struct presence_place {
	meter_count tenant;	/* ipc_id_number(); 0: free */
	meter_count under_way;
	meter_count moving[PRESENCE_WAYS];
	meter_count busy_ns[PRESENCE_WAYS];
};

struct presence {
	struct presence_place places[PRESENCE_PLACES];
};

/* A free place for a tenant that has none, now taken; NULL where there is none. */
struct presence_place *presence_take(struct presence *p, uint64_t tenant);
void presence_free(struct presence_place *place);

/* Where another worker counts that tenant; NULL where it does not. */
const struct presence_place *presence_find(const struct presence *p, uint64_t tenant);

/* The worker has gone, and with it all it was at. */
void presence_vacate(struct presence *p);

/* How much it counts for where bandwidth is shared, at that time. */
unsigned int presence_weight(const struct presence_place *place, enum presence_way way,
			     uint64_t now_ns);
