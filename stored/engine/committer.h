/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The threads that write catalogs. Tenants have their turns, and whichever thread is free takes the
 * next: all that waits of that tenant, within what a turn may cost, is committed in one transaction with
 * one flush. Whoever comes during a flush shares the next one, and a lone writer waits for nobody. What
 * is of one tenant is one thread's at a time: "the tenant's committer", everywhere in the engine.
 */

#include <pthread.h>

#include "base/turns.h"
#include "stored/change.h"

#define COMMITTERS_MAX	      64
#define COMMITTER_WAITING_MAX 32768 /* changes of all tenants; of one that is alone half of them */

/* What one turn may cost, in rows or so that its changes write: for so long others wait for the thread. */
#define COMMITTER_TURN_COST 1024

struct committer {
	struct committers *all;
	pthread_t thread;
	bool started;
	struct turns_hold tenant; /* whom it serves */
};

struct committers {
	struct store *store;
	struct committer *all;
	unsigned int n;
	pthread_mutex_t lock; /* of these: */
	pthread_cond_t wake;
	struct turns waiting;
	uint64_t n_turns; /* that were taken */
	bool stopping;
	struct catalog **dirty; /* references: catalogs with a log to be checkpointed */
	size_t n_dirty, dirty_max;
};

must_check int committers_init(struct committers *all, struct store *s, unsigned int n);
must_check int committers_start(struct committers *all);

/* Lets them finish what waits, then ends and frees them. Not started: what waits is freed undone. */
void committers_clear(struct committers *all);

/* How many changes wait. */
size_t committers_waiting(struct committers *all);

/* SLOW_DOWN where as many of the tenant's wait as may. */
must_check int committers_submit(struct committers *all, struct change *c);
