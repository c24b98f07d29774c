/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A door is a listening socket of stored; whom it lets in, its role says. Any local user can connect,
 * as often as he likes: who may not come in is let go, and told of once until the next sweep.
 */

#include "base/loop.h"

#define DOOR_SWEEP_NS (2 * NS_PER_S)	/* how often refusals are told, and a held door is tried */

struct service;
struct session_role;

struct door {
	struct service *service;
	const struct session_role *role;	/* of the sessions that come through it */
	struct loop_source listener;
	struct loop_timer sweep;
	uint64_t n_refused;			/* since the last sweep; only the first is told */
};

/* Serves whoever connects to listen_fd, which stays the caller's. */
must_check int door_open(struct door *d, struct service *s, const struct session_role *role,
			 int listen_fd);

/* Listens no more. Also of a zeroed one. */
void door_close(struct door *d);
