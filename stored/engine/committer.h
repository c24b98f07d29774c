/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The threads that write catalogs. Each takes all changes that wait for it, and commits those of
 * one tenant in one transaction with one flush: whoever comes during a flush shares the next one,
 * and a lone writer waits for nobody. A tenant has always the same thread.
 */

#include <pthread.h>

#include "stored/change.h"

#define COMMITTERS_MAX	      64
#define COMMITTER_WAITING_MAX 8192 /* changes in one queue */

struct committer {
	struct store *store;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of these: */
	pthread_cond_t wake;
	struct change *first, *last;
	size_t n_waiting;
	bool stopping;

	struct catalog **dirty; /* references: catalogs with a log to be checkpointed */
	size_t n_dirty, dirty_max;
};

struct committers {
	struct committer *all;
	unsigned int n;
};

must_check int committers_init(struct committers *all, struct store *s, unsigned int n);
must_check int committers_start(struct committers *all);

/* Lets them finish what waits, then ends and frees them. Not started: what waits is freed undone. */
void committers_clear(struct committers *all);

/* How many changes wait, all queues together. */
size_t committers_waiting(struct committers *all);

/* SLOW_DOWN where the queue is full. */
must_check int committers_submit(struct committers *all, struct change *c);
