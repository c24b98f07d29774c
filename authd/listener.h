/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A listening socket with a rule about who may come in. Whoever else connects is closed without a
 * word and logged, at a rate; at another one it is logged that nobody could be let in. At the latest
 * listener_close() tells how many more of both there were.
 */

#include "authd/audit/audit.h"
#include "authd/rate.h"
#include "ipc/peer.h"

#define LISTENER_BATCH 16
#define LISTENER_REFUSALS_INTERVAL_NS NS_PER_S
#define LISTENER_REFUSALS_BURST 20
#define LISTENER_FAILURES_INTERVAL_NS (10 * NS_PER_S)
#define LISTENER_FAILURES_BURST 5
#define LISTENER_PAUSE_NS (NS_PER_S / 10)	/* where accepting fails, as for want of memory */

enum listener_outcome {
	LISTENER_OK = 0,
	LISTENER_FULL,	/* there are enough of that kind */
};

struct listener {
	struct loop_source source;
	struct loop_timer pause;
	struct rate refusals, failures;
	const char *name;
	void *owner;
	struct audit *audit;	/* is told of those turned away; NULL: nobody is */
	bool (*admits)(const struct listener *l, const struct peer *p);
	/* Takes fd in every case. */
	int (*opened)(struct listener *l, int fd, const struct peer *p);
};

/* The fields from `name` on are the caller's to set first. Takes fd, a listening socket. */
must_check int listener_open(struct listener *l, struct loop *loop, int fd);
void listener_close(struct listener *l);
