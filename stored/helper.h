/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A helper is a thread that does one half of some work while its owner does the other. Nothing is handed
 * over for longer than one call: so no half is ever waited for later, and nothing has to be copied. Where the
 * helper has not begun by the time its owner is done, since processors are scarce, the owner does both.
 */

#include <pthread.h>

#include "base/defs.h"

struct helper {
	pthread_mutex_t lock;
	pthread_cond_t offered, done;
	void (*half)(void *context);	/* NULL: there is nothing to do */
	void *context;
	bool begun;	/* the helper has taken that half; it is NULL again when it is done */
	bool ending;
	const char *name;
	pthread_t thread;
};

/* Starts the thread; its name, at most 15 characters, outlives it. Where it fails there is nothing to close. */
must_check int helper_open(struct helper *h, const char *name);
void helper_close(struct helper *h);

/*
 * Does both halves, in any order or at once, and returns when both are done. Each gets the context; they may
 * not touch the same part of it. One thread alone may call this.
 */
void helper_share(struct helper *h, void (*half)(void *context), void (*own)(void *context),
		  void *context);
