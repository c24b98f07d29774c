/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/helper.h"

#include <assert.h>
#include <signal.h>

/* --- on the helper's thread ------------------------------------------------------------------- */

static void *helper_main(void *arg)
{
	struct helper *h = arg;

	pthread_setname_np(pthread_self(), h->name);
	pthread_mutex_lock(&h->lock);
	while (!h->ending) {
		if (!h->half) {
			pthread_cond_wait(&h->offered, &h->lock);
			continue;
		}
		h->begun = true;
		pthread_mutex_unlock(&h->lock);
		h->half(h->context);
		pthread_mutex_lock(&h->lock);
		h->half = NULL;
		h->begun = false;
		pthread_cond_signal(&h->done);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* --- on its owner's --------------------------------------------------------------------------- */

int helper_open(struct helper *h, const char *name)
{
	sigset_t all, before;
	int r;

	*h = (struct helper){ .name = name };
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->offered, NULL);
	pthread_cond_init(&h->done, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&h->thread, NULL, helper_main, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

void helper_close(struct helper *h)
{
	pthread_mutex_lock(&h->lock);
	assert(!h->half);
	h->ending = true;
	pthread_cond_signal(&h->offered);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->offered);
	pthread_cond_destroy(&h->done);
	pthread_mutex_destroy(&h->lock);
}

static void offer(struct helper *h, void (*half)(void *context), void *context)
{
	pthread_mutex_lock(&h->lock);
	assert(!h->half);
	h->half = half;
	h->context = context;
	pthread_mutex_unlock(&h->lock);
	pthread_cond_signal(&h->offered);
}

/* False where the helper has not even begun: then it never will. */
static bool wait_or_take_back(struct helper *h)
{
	bool is_done;

	pthread_mutex_lock(&h->lock);
	while (h->begun)
		pthread_cond_wait(&h->done, &h->lock);
	is_done = !h->half;
	h->half = NULL;
	pthread_mutex_unlock(&h->lock);
	return is_done;
}

void helper_share(struct helper *h, void (*half)(void *context), void (*own)(void *context),
		  void *context)
{
	offer(h, half, context);
	own(context);
	if (!wait_or_take_back(h))
		half(context);
}
