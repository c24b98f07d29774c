/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the rest of the store asks of a restoration, and where one leaves its traces. */

#include <pthread.h>

#include "stored/restoration.h"

/* In a tenant's directory, while there is no catalog: nobody makes one then. */
#define RESTORING_DIRECTORY "restoring"

/* Those under way in this process: one of each tenant. */
struct restorations {
	pthread_mutex_t lock;
	struct restoration *first;
};

/* The name of the bucket at *at, 0 for the first, which moves on to the next; SPAN_NONE behind the last. */
struct span restoration_next_bucket(const struct restoration *r, size_t *at);

/* The index has all its names: gives the catalog its own. On the thread of the index. */
must_check int restoration_adopt(struct restoration *r);
